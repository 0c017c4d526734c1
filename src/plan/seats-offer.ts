import { isOffline } from '../model/batch.js';
import { oncePer } from '../model/once.js';
import { because, type Reason } from '../model/reason.js';
import type { SeatView } from '../model/world.js';

/** What the seats of one environment offer. */
export interface SeatsOffer {
  /** Those where a machine may sit. */
  readonly free: readonly SeatView[];
  /** Of these, the ones that are at rest. */
  readonly resting: readonly SeatView[];
  /** All that could ever be used. */
  readonly count: number;
  readonly troubles: readonly Reason[];
}

/** Looked through once for each list. */
export const seatsIn = oncePer((own: readonly SeatView[]): SeatsOffer => {
  const [free, resting]: [SeatView[], SeatView[]] = [[], []];
  let count = 0;
  for (const view of own) {
    if (!view.seat.feasibility) count++;
    if (!isFree(view)) continue;
    free.push(view);
    if (isResting(view)) resting.push(view);
  }
  return { free, resting, count, troubles: troublesOf(own) };
});

/** Offline: a guest that boots on a seat that is not gets jobs before it is ready. */
const isResting = ({ node }: SeatView): boolean => node === undefined || isOffline(node);
const isFree = (s: SeatView): boolean => s.blocked === undefined && s.machine === undefined && !s.seat.feasibility;

/** Why a machine-less seat may not be used, the first of each. */
function troublesOf(seats: readonly SeatView[]): readonly Reason[] {
  const first = new Map<string, Reason>();
  for (const view of seats) {
    const { seat, machine } = view;
    if (machine !== undefined || seat.feasibility || (view.blocked === undefined && isResting(view))) continue;
    const blocked = view.blocked ?? because('step-rest', { seat: seat.name, np: seat.largestNp }, [`seat:${seat.name}`]);
    if (!first.has(blocked.code)) first.set(blocked.code, blocked);
  }
  return [...first.values()];
}
