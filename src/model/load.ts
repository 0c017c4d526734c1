import type { ConsolidationPolicy } from './consolidation.js';
import { type HostSnapshot, isAlive } from './host.js';
import { isAsleep } from './power.js';
import { isHeard } from './reading.js';
import type { HostView, MachineView } from './world.js';

/** Samples are at least this part of the window apart: what lies between them is in the counters. */
const perWindow = 15;

/** Processor seconds used since the book was opened, by whom. */
interface Sample {
  readonly at: number;
  readonly dom0: number;
  readonly guests: ReadonlyMap<string, number>;
}

/** One host's counters as they were read within the last window, for one boot of it. */
export interface LoadBook {
  readonly bootId: string;
  readonly samples: readonly Sample[];
  /** As the host last showed them, by domain: a guest that came from elsewhere, or was made anew, counts from 0. */
  readonly last: { readonly dom0: number; readonly guests: ReadonlyMap<string, number> };
}

/** What a host has been busy with over the window, in cores. */
export interface HostLoad {
  /** When it was last worked out; the window ends there. */
  readonly at: number;
  /** The guests' and Dom0's, in parts of the host's cores. */
  readonly perCore: number;
  readonly dom0: number;
  /** By uuid; only guests that are there now. */
  readonly guests: Readonly<Record<string, number>>;
}

const domainOf = (uuid: string, domid: number): string => `${uuid} ${domid}`;

/** The book with one more look in it, `windowMs` long; the same one where it is too soon for another sample. */
export function sampled(book: LoadBook | undefined, snapshot: HostSnapshot, at: number, windowMs: number): LoadBook {
  const newest = book?.samples.at(-1);
  const isSame = book !== undefined && newest !== undefined && book.bootId === snapshot.bootId && at >= newest.at;
  if (isSame && at - newest.at < windowMs / perWindow) return book;
  const dom0 = snapshot.dom0CpuSeconds ?? 0;
  const counters = new Map(snapshot.guests.map((guest) => [domainOf(guest.uuid, guest.domid), guest.cpuSeconds]));
  const last = { dom0, guests: counters };
  if (!isSame) return { bootId: snapshot.bootId, samples: [{ at, dom0: 0, guests: new Map() }], last };
  const guests = new Map<string, number>();
  for (const { uuid, domid, cpuSeconds } of snapshot.guests) {
    const before = book.last.guests.get(domainOf(uuid, domid)) ?? 0;
    guests.set(uuid, (newest.guests.get(uuid) ?? 0) + Math.max(0, cpuSeconds - before));
  }
  const samples = [...book.samples, { at, dom0: newest.dom0 + Math.max(0, dom0 - book.last.dom0), guests }];
  const first = samples.findLastIndex((sample) => sample.at <= at - windowMs); // what lies before it tells nothing any more
  return { bootId: book.bootId, samples: samples.slice(Math.max(0, first)), last };
}

/** The means over the window, once the book holds that much; `cores` of the host. */
export function loadOf({ samples }: LoadBook, cores: number, windowMs: number): HostLoad | undefined {
  const [first] = samples;
  const newest = samples.at(-1);
  if (first === undefined || newest === undefined || newest.at - first.at < windowMs) return undefined;
  const seconds = (newest.at - first.at) / 1000;
  const dom0 = (newest.dom0 - first.dom0) / seconds;
  const guests: Record<string, number> = {};
  for (const [uuid, used] of newest.guests) guests[uuid] = (used - (first.guests.get(uuid) ?? 0)) / seconds;
  const gone = 0; // what guests used that have left is in no sum: it will not come back
  const all = Object.values(guests).reduce((sum, each) => sum + each, gone) + dom0;
  return { at: newest.at, perCore: all / Math.max(1, cores), dom0, guests };
}

/** `unknown`: it answers, and not for long enough. */
export const loadClasses = ['over', 'under', 'regular', 'off', 'unknown'] as const;
export type LoadClass = (typeof loadClasses)[number];

/** It runs jobs, on the cores that it was given for them. */
const isAtWork = ({ jobs, row }: MachineView): boolean => jobs.length > 0 && row.goal.kind === 'serve';

/**
 * What everybody but workers at their jobs uses of the cores that those leave, 0 to 1 and above: a worker that keeps the
 * cores busy which it was made with is what it is for.
 */
export function strainOf({ machines, spec, load }: HostView): number {
  if (load === undefined) return 0;
  const workers = machines.filter(isAtWork);
  const theirs = workers.reduce((sum, { row }) => sum + (load.guests[row.uuid] ?? 0), 0);
  const cores = workers.reduce((sum, { row }) => sum + row.size.cores, 0);
  return (load.perCore * spec.cores - theirs) / Math.max(1, spec.cores - cores);
}

/** No room for one more of the smallest that are on it. */
export function isFullOfMachines({ machines, free }: HostView, overheadMiB: number): boolean {
  if (machines.length === 0) return false;
  const cores = Math.min(...machines.map(({ row }) => row.size.cores));
  const memoryMiB = Math.min(...machines.map(({ row }) => row.size.memoryMiB)) + overheadMiB;
  return free.cores < cores || free.memoryMiB < memoryMiB;
}

/** As in the 62-host laboratory, with its two exceptions: with a single machine none is overloaded, with its maximum of machines none underloaded. */
export function loadClassOf(view: HostView, { over, under }: Pick<ConsolidationPolicy, 'over' | 'under'>, overheadMiB: number): LoadClass {
  const guests = view.reading.value?.guests.filter(isAlive).length ?? 0;
  if (!isHeard(view.reading) || isAsleep(view.power)) return 'off';
  if (view.load === undefined) return 'unknown';
  if (strainOf(view) > over && guests > 1) return 'over';
  return view.load.perCore < under && !isFullOfMachines(view, overheadMiB) ? 'under' : 'regular';
}
