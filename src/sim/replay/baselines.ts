import { type FixedOptions, replayFixed } from './fixed.js';
import { type Lot, sharedPool, staticPartition } from './partition.js';
import type { Run, Site, Workload } from './workload.js';

/** A host without a job is switched off after so long in the scenarios that switch off, ms: the daemon's own default, so that all have one power manager. */
export const usualOffAfterMs = 30 * 60_000;

type LotsOf = (workload: Workload, site: Site) => readonly Lot[];

const lots = {
  pool: sharedPool,
  'static-mean': (workload, site) => staticPartition(workload, site, 'mean'),
  'static-peak': (workload, site) => staticPartition(workload, site, 'peak'),
} as const satisfies Record<string, LotsOf>;
type Name = keyof typeof lots;

/** What Domus is compared with: the ideal pool and two partitions, with every host always on and (`-power`) with idle hosts switched off. */
export const baselineNames = (Object.keys(lots) as Name[]).flatMap((name) => [name, `${name}-power`] as const);
export type BaselineName = (typeof baselineNames)[number];
/** Those that waits are compared with: every host always on. */
export const alwaysOnBaselines: readonly BaselineName[] = Object.keys(lots) as Name[];

/** The hosts each class has in a baseline. Throws `TooSmall`. */
export const lotsOf = (name: BaselineName, workload: Workload, site: Site): readonly Lot[] => lots[name.replace(/-power$/, '') as Name](workload, site);

/** Replays a baseline. Throws `TooSmall` where the site cannot be partitioned so. */
export function replayBaseline(name: BaselineName, workload: Workload, site: Site, options: Omit<FixedOptions, 'scenario' | 'offAfterMs'>): Run {
  const power = name.endsWith('-power') ? { offAfterMs: usualOffAfterMs } : {};
  return replayFixed(workload, site, lotsOf(name, workload, site), { ...options, scenario: name, ...power });
}
