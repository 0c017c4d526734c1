import type { Policy } from '../model/policy.js';
import type { ClassroomPolicy, Tenancy } from '../model/tenancy.js';

const minute = 60_000;

/** How hosts are handed over where nothing is said: the defaults of the configuration. */
export const usualClassroom: ClassroomPolicy = {
  ...{ marginMs: 10 * minute, leaveLimitMs: 15 * minute, comeLimitMs: 15 * minute, quietMs: 10 * minute, shortestMs: 60 * minute },
  ...{ atOnce: 16, tries: 3, retryMs: 30 * minute, wake: true, requeue: 'never', noticeMs: 15 * minute, unattended: 'wait' },
};
export const classroomOf = (policy: Policy): ClassroomPolicy => policy.classroom ?? usualClassroom;

/** How many of a host's own times are enough to judge it by, and how much longer than the longest it may take. */
const enough = 3;
const generosity = 2;
const graceMs = 30_000;
/** Of each kind, so many times are remembered. */
export const remembered = 8;

/** Twice the longest of its own times and half a minute, once there are some; never more than twice what is allowed without. */
const learned = (times: readonly number[] | undefined, limitMs: number): number =>
  times === undefined || times.length < enough ? limitMs : Math.min(2 * limitMs, generosity * Math.max(...times) + graceMs);

/** From being told until its classroom is ready, a host takes at most this, ms. */
export const leaveLimitOf = (tenancy: Tenancy | undefined, policy: ClassroomPolicy): number => learned(tenancy?.leavesMs, policy.leaveLimitMs);
/** From being told until its Dom0 answers, ms. */
export const comeLimitOf = (tenancy: Tenancy | undefined, policy: ClassroomPolicy): number => learned(tenancy?.comesMs, policy.comeLimitMs);

/** Somebody who booted Dom0 in the classroom's own time has as long to log in there as a room is quiet before it is taken; epoch ms, 0: nobody has. */
export const wantedThere = ({ state, by, since }: Tenancy, due: { readonly at: number }, policy: ClassroomPolicy): number =>
  state === 'cluster' && by === 'person' && since >= due.at ? since + policy.quietMs : 0;

/** Before try `tries` + 1: 30 s, 1 min, 2 min ... then as seldom as `retryMs`. */
export const pauseAfterTry = (tries: number, policy: ClassroomPolicy): number =>
  tries >= policy.tries ? policy.retryMs : Math.min(policy.retryMs, 30_000 * 2 ** Math.min(tries - 1, 20));

/** When the row may change without any news, epoch ms. */
export function dueOfTenancy(row: Tenancy, policy: ClassroomPolicy): readonly (number | undefined)[] {
  const told = row.orderedAt;
  const limitMs = row.state === 'leaving' ? leaveLimitOf(row, policy) : comeLimitOf(row, policy);
  return [row.notBefore, told === undefined ? undefined : told + limitMs + 1, row.quietSince === undefined ? undefined : row.quietSince + policy.quietMs];
}
