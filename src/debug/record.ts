import type { StoredEvent } from '../journal/contract.js';
import type { Fence } from '../model/fence.js';
import type { Plan, Present } from '../model/present.js';
import { noRows } from '../model/rows.js';
import type { Inputs } from '../observe/join.js';

/** What one tick took in, and what it made of it: enough to think the tick again elsewhere. */
export interface TickRecord {
  readonly v: 1;
  readonly version: string;
  readonly at: number;
  readonly revision: number;
  readonly inputs: Omit<Inputs, 'classify'>;
  readonly plan: Pick<Plan, 'decisions' | 'recorded' | 'deeds' | 'reasons' | 'due'>;
  /** The newest first. */
  readonly events: readonly StoredEvent[];
}

/** The last tick as data. */
export function recordOf(present: Present, more: { readonly fence: Fence; readonly version: string; readonly events: readonly StoredEvent[] }): TickRecord {
  const { world, policy, plan, at, revision } = present;
  const sources = [...world.sources.values()];
  const schedulers = sources.flatMap(({ name, scheduler }) => (scheduler === undefined ? [] : [[name, scheduler] as const]));
  const loads = [...world.hosts].flatMap(([name, { load }]) => (load === undefined ? [] : [[name, load] as const]));
  const { decisions, recorded, deeds, reasons, due } = plan;
  return {
    ...{ v: 1, version: more.version, at, revision },
    inputs: {
      ...{ policy, rows: world.rows, fence: more.fence, life: world.life },
      batch: new Map(sources.map(({ name, reading }) => [name, reading])),
      ...(schedulers.length === 0 ? {} : { schedulers: new Map(schedulers) }),
      ...(loads.length === 0 ? {} : { loads: new Map(loads) }),
      hosts: new Map([...world.hosts].map(([name, { reading }]) => [name, reading])),
      ...(world.clockJumpAt === undefined ? {} : { clockJumpAt: world.clockJumpAt }),
    },
    plan: { decisions, recorded, deeds, reasons, due },
    events: more.events,
  };
}

const mark = '$map';

/** JSON in which a Map is `{"$map": [[key, value], ...]}`. */
export const recordText = (record: unknown): string =>
  JSON.stringify(record, (_, value: unknown) => (value instanceof Map ? { [mark]: [...(value as ReadonlyMap<unknown, unknown>)] } : value));

/** Tables that came after it was recorded are empty. Raises Error for what is no record of this version. */
export function readRecord(text: string): TickRecord {
  const record: unknown = JSON.parse(text, (_, value: unknown) => {
    const pairs = typeof value === 'object' && value !== null && mark in value ? value[mark] : undefined;
    return Array.isArray(pairs) ? new Map(pairs as [unknown, unknown][]) : value;
  });
  if (typeof record !== 'object' || record === null || !('v' in record) || record.v !== 1) throw new Error('it is no record of a tick that this Domus reads');
  const { inputs, ...rest } = record as TickRecord;
  return { ...rest, inputs: { ...inputs, rows: { ...noRows(), ...inputs.rows } } };
}
