import type { EnvironmentStep, HostHour, PoolStep, PowerSum } from '../history/contract.js';

export const energyKinds = ['pool', 'host', 'day'] as const;
export type EnergyKind = (typeof energyKinds)[number];

/** What was recorded of the time that is told of: hours. */
export interface RecordedPower {
  readonly pools: readonly PoolStep[];
  readonly hosts: readonly HostHour[];
  readonly environments: readonly EnvironmentStep[];
}

/** How the draw of hosts was known, as shares of their known time, 0 to 1: read from the host's controller, by numbers of the configuration, or by those of another machine. */
export interface Known {
  readonly measured: number;
  readonly configured: number;
  readonly assumed: number;
}

export interface EnergyRow {
  readonly name: string;
  readonly usedKWh: number;
  /** The same hosts and jobs, had none of them been off for a moment. */
  readonly alwaysOnKWh: number;
  readonly savedKWh: number;
  /** Of always on, 0 to 1; absent where nothing is known. */
  readonly savedShare?: number;
  readonly onHours: number;
  readonly offHours: number;
  /** Silent, and nobody knows: in no figure of energy. */
  readonly unknownHours: number;
  readonly known?: Known;
  /** Hours that jobs waited while a host was switched on for them. Not said of one host. */
  readonly waitedHours?: number;
}

export interface EnergyReport {
  readonly since: number;
  readonly until: number;
  readonly by: EnergyKind;
  /** How much of the period is past, and in how much of that the daemon looked, ms. */
  readonly pastMs: number;
  readonly coveredMs: number;
  readonly rows: readonly EnergyRow[];
  readonly total: EnergyRow;
  readonly waiting: {
    /** As in the total. */
    readonly hours: number;
    readonly jobsStarted: number;
    /** Spread over all jobs that started, ms; absent where none did. */
    readonly perJobMs?: number;
    /** The whole waiting time of the jobs that started, for whatever reason, hours. */
    readonly allHours: number;
  };
}

const hourMs = 3_600_000;
const joulesPerKWh = 3_600_000;

type Sums = { readonly [K in PowerSum]: number } & { readonly wakeWaits?: number };
const total = (steps: readonly Sums[], key: PowerSum): number => steps.reduce((sum, step) => sum + step[key], 0);

function knownOf(steps: readonly Sums[]): Known | undefined {
  const [measured, configured, assumed] = [total(steps, 'measured'), total(steps, 'configured'), total(steps, 'assumed')];
  const all = measured + configured + assumed;
  return all > 0 ? { measured: measured / all, configured: configured / all, assumed: assumed / all } : undefined;
}

function rowOf(name: string, steps: readonly Sums[]): EnergyRow {
  const usedKWh = total(steps, 'joules') / joulesPerKWh;
  const alwaysOnKWh = total(steps, 'alwaysOnJoules') / joulesPerKWh;
  const known = knownOf(steps);
  const waits = steps.flatMap(({ wakeWaits }) => (wakeWaits === undefined ? [] : [wakeWaits]));
  return {
    ...{ name, usedKWh, alwaysOnKWh, savedKWh: alwaysOnKWh - usedKWh },
    ...(alwaysOnKWh > 0 ? { savedShare: (alwaysOnKWh - usedKWh) / alwaysOnKWh } : {}),
    ...{ onHours: total(steps, 'on') / hourMs, offHours: total(steps, 'off') / hourMs, unknownHours: total(steps, 'unknown') / hourMs },
    ...(known === undefined ? {} : { known }),
    ...(waits.length > 0 ? { waitedHours: waits.reduce((sum, ms) => sum + ms, 0) / hourMs } : {}),
  };
}

function grouped<T>(all: readonly T[], nameOf: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(nameOf(one));
    if (group === undefined) groups.set(nameOf(one), [one]);
    else group.push(one);
  }
  return groups;
}

export interface EnergyQuery {
  readonly since: number;
  readonly until: number;
  readonly by: EnergyKind;
  readonly now: number;
  /** Name of the day that an instant is in, where people are. */
  readonly dayOf: (at: number) => string;
}

/** What hosts used within [since, until), what switching them off has saved, and what that cost in waiting. Pure. */
export function energyOf(recorded: RecordedPower, { since, until, by, now, dayOf }: EnergyQuery): EnergyReport {
  const { pools, hosts, environments } = recorded;
  const steps: readonly (Sums & { readonly name: string; readonly at: number })[] = by === 'host' ? hosts : pools;
  const groups = grouped(steps, by === 'day' ? ({ at }) => dayOf(at) : ({ name }) => name);
  const rows = [...groups].map(([name, group]) => rowOf(name, group)).sort((a, b) => (a.name < b.name ? -1 : 1));
  const all = rowOf('total', pools);
  const covered = [...grouped(pools, ({ at }) => String(at)).values()].map((group) => Math.max(...group.map(({ coveredMs }) => coveredMs)));
  const jobsStarted = environments.reduce((sum, { started }) => sum + started, 0);
  const hours = all.waitedHours ?? 0;
  return {
    ...{ since, until, by, pastMs: Math.max(0, Math.min(until, now) - since), coveredMs: covered.reduce((sum, ms) => sum + ms, 0) },
    ...{ rows, total: all },
    waiting: {
      ...{ hours, jobsStarted, allHours: environments.reduce((sum, { waitMs }) => sum + waitMs, 0) / hourMs },
      ...(jobsStarted > 0 ? { perJobMs: (hours * hourMs) / jobsStarted } : {}),
    },
  };
}
