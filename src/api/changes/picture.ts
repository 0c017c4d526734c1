import type { Present } from '../../model/present.js';
import type { Reason } from '../../model/reason.js';
import type { HostView, MachineView } from '../../model/world.js';
import { censusOf } from '../census.js';
import { reasonsOf } from '../said.js';
import type { Change, Touchable } from '../schema/changes.js';
import { environmentList } from '../views-environments.js';
import { hostRecord, machineRecord } from '../views-machines.js';
import { statusRecord } from '../views-status.js';
import { difference, fieldsChanged, type Shown } from './difference.js';

/** A sentence that only counts on (`idle for 5 min`) is said anew this often, ms. */
export const countingMs = 60_000;

/** Reasons that differ in nothing but durations. */
function sayAlike(a: readonly Reason[], b: readonly Reason[]): boolean {
  const [first, other] = [a[0], b[0]];
  if (first === other || first === undefined || other === undefined) return first === other;
  if (first.code !== other.code) return false;
  return Object.entries(first.args).every(([name, value]) => other.args[name] === value || (typeof value === 'number' && name.endsWith('Ms')));
}

/** A record, and what it was made from. */
interface Kept<V> {
  readonly record: Shown;
  readonly view: V;
  readonly reasons: readonly Reason[];
  readonly saidAt: number;
}

/** What is shown of one tick. */
export interface Picture {
  readonly present: Present;
  readonly status: Shown;
  readonly machines: ReadonlyMap<string, Kept<MachineView>>;
  readonly hosts: ReadonlyMap<string, Kept<HostView>>;
  readonly environments: ReadonlyMap<string, Shown>;
}

const sameWords = (a: readonly string[] | undefined, b: readonly string[] | undefined): boolean =>
  a === b || (a?.length === b?.length && a?.every((word, at) => word === b?.[at]) === true);

/** A guest's clock of its processors moves on: that is not shown. */
const machinesAlike = (a: MachineView, b: MachineView): boolean =>
  a === b ||
  (a.row === b.row &&
    a.phase === b.phase &&
    a.guest?.state === b.guest?.state &&
    a.node?.np === b.node?.np &&
    sameWords(a.node?.states, b.node?.states) &&
    a.intent === b.intent &&
    a.slotsFree === b.slotsFree &&
    sameWords(a.jobs, b.jobs));

/** Views that join has not kept although nothing that is shown of them differs. */
const viewsAlike = (a: HostView, b: HostView, before: Present, now: Present): boolean =>
  a.spec === b.spec &&
  a.reading.revision === b.reading.revision &&
  a.reading.silentSince === b.reading.silentSince &&
  a.free.cores === b.free.cores &&
  a.free.memoryMiB === b.free.memoryMiB &&
  a.blocked?.code === b.blocked?.code &&
  a.load === b.load &&
  a.arriving === b.arriving &&
  a.machines.length === b.machines.length &&
  a.machines.every((machine, at) => machine.row.id === b.machines[at]?.row.id) &&
  before.world.rows.cordons === now.world.rows.cordons;

function drawn<V>(
  views: ReadonlyMap<string, V>,
  known: ReadonlyMap<string, Kept<V>> | undefined,
  kind: string,
  present: Present,
  alike: (a: V, b: V) => boolean,
  make: (view: V) => Shown,
): ReadonlyMap<string, Kept<V>> {
  const kept = new Map<string, Kept<V>>();
  for (const [name, view] of views) {
    const before = known?.get(name);
    const reasons = reasonsOf(present, `${kind}:${name}`);
    const stands = before !== undefined && present.at - before.saidAt < countingMs && alike(before.view, view) && sayAlike(before.reasons, reasons);
    kept.set(name, stands ? { ...before, view, reasons } : { record: make(view), view, reasons, saidAt: present.at });
  }
  return kept;
}

/** When a source answered last is no news; that it has fallen silent is. */
function hostShown(view: HostView, present: Present): Shown {
  const { answeredAt: _, ...record } = hostRecord(view, present);
  return record;
}

/** Everything that is sent in differences, as one tick shows it; what did not change since the picture before is taken over. */
export function pictureOf(present: Present, version: string, before?: Picture): Picture {
  const { tickTookMs: _, batch, silent, ...status } = statusRecord(present, version, undefined);
  const quiet = (sources: typeof batch) => sources.map(({ answeredAt: __, ...source }) => source);
  return {
    present,
    status: { ...status, batch: quiet(batch), silent: quiet(silent) },
    machines: drawn(present.world.machines, before?.machines, 'machine', present, machinesAlike, (view) => machineRecord(view, present)),
    hosts: drawn(
      present.world.hosts,
      before?.hosts,
      'host',
      present,
      (a, b) => before !== undefined && viewsAlike(a, b, before.present, present),
      (view) => hostShown(view, present),
    ),
    environments: new Map(environmentList(present).map((record) => [record.name, record])),
  };
}

/** Where the lists that are not sent come from: another object is another list. */
const roots: Readonly<Record<Touchable, (present: Present) => readonly unknown[]>> = {
  jobs: ({ world }) => [censusOf(world)],
  seats: ({ world }) => [world.rows.withheld, world.machines.size, ...[...world.sources.values()].map(({ reading }) => reading.value?.nodes)],
  strays: ({ world }) => [world.rows.forgotten, world.strays.map(({ key }) => key).join(' ')],
  proposals: ({ world }) => [world.rows.proposals],
  requests: ({ world }) => [world.rows.requests],
  actions: ({ world }) => [world.rows.intents],
  plan: ({ plan }) => [plan.decisions.length, plan.recorded.length, plan.deeds.length],
  images: ({ world }) => [...world.hosts.values()].map(({ reading }) => reading.value?.images.map(({ name, version }) => `${name} ${version}`).join(' ')),
};

const records = (kept: ReadonlyMap<string, Kept<unknown>>): ReadonlyMap<string, Shown> => new Map([...kept].map(([name, { record }]) => [name, record]));

/** What a reader who shows `before` must be told to show `after`. */
export function changeBetween(before: Picture, after: Picture): Change {
  const { revision, at } = after.present;
  const status = fieldsChanged(before.status, after.status);
  const machines = difference('id', records(before.machines), records(after.machines));
  const hosts = difference('name', records(before.hosts), records(after.hosts));
  const environments = difference('name', before.environments, after.environments);
  const touched = (Object.keys(roots) as Touchable[]).filter((list) => {
    const [old, now] = [roots[list](before.present), roots[list](after.present)];
    return old.length !== now.length || old.some((root, place) => root !== now[place]);
  });
  return {
    revision,
    at,
    ...(status === undefined ? {} : { status }),
    ...(machines === undefined ? {} : { machines }),
    ...(hosts === undefined ? {} : { hosts }),
    ...(environments === undefined ? {} : { environments }),
    ...(touched.length === 0 ? {} : { touched }),
  };
}
