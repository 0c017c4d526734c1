import type { Machine } from '../model/machine.js';

/** One phase that a machine has left, and how long it was in it. */
export interface Left {
  readonly environment: string;
  readonly phase: 'wanted' | 'preparing' | 'booting' | 'joining' | 'draining' | 'stopping';
  readonly ms: number;
}

const drainedSince = (row: Machine): number | undefined => (row.goal.kind === 'gone' ? row.goal.since : undefined);
const stoppedAt = (row: Machine): number | undefined => row.shutdownAt ?? row.destroyedAt;

/** From the instant that began a phase to the one that ended it, as the row has them. */
const spans: readonly (readonly [Left['phase'], (row: Machine) => number | undefined, (row: Machine) => number | undefined])[] = [
  ['wanted', (row) => row.wantedAt, (row) => row.overlayAt],
  ['preparing', (row) => row.overlayAt, (row) => row.guestAt],
  ['booting', (row) => row.guestAt, (row) => row.readyAt],
  ['joining', (row) => row.readyAt, (row) => row.admittedAt],
  ['draining', drainedSince, stoppedAt],
  ['stopping', stoppedAt, (row) => row.overlayGoneAt],
];

/** The phases that a change of a machine's row ends: each is told once, when the instant of its end is first written. */
export function phasesLeft(before: Machine | undefined, after: Machine): readonly Left[] {
  return spans.flatMap(([phase, begun, ended]): readonly Left[] => {
    const [from, to] = [begun(after), ended(after)];
    if (from === undefined || to === undefined || (before !== undefined && ended(before) !== undefined)) return [];
    return [{ environment: after.environment, phase, ms: Math.max(0, to - from) }];
  });
}

/** The job for which the machine was started; undefined when it was for another reason. */
export const jobOf = (row: Machine): string | undefined =>
  row.reason.code === 'start-for-job' ? row.reason.refs.find((ref) => ref.startsWith('job:'))?.slice('job:'.length) : undefined;
