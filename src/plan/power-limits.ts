import { altered } from '../model/altered.js';
import type { Decision } from '../model/decision.js';
import { dayMs, type HostPower, type PowerPolicy } from '../model/power.js';
import type { Change } from '../model/rows.js';

/** How many of a host's own times are enough to judge it by, and how much longer than the longest it may take. */
const enough = 3;
const generosity = 2;
const graceMs = 30_000;
/** Of each kind, so many times are remembered. */
export const remembered = 8;

/** Twice the longest of its own times and half a minute, once there are some; never more than twice what is allowed without. */
const learned = (times: readonly number[], limitMs: number): number =>
  times.length < enough ? limitMs : Math.min(2 * limitMs, generosity * Math.max(...times) + graceMs);

/** A host that was woken answers within this, ms. */
export const wakeLimitOf = (power: HostPower, policy: PowerPolicy): number => learned(power.wakesMs, policy.wakeLimitMs);
/** A host that was told to switch off is off within this, ms. */
export const sleepLimitOf = (power: HostPower, policy: PowerPolicy): number => learned(power.sleepsMs, policy.sleepLimitMs);

/** Before try `tries` + 1: 1 min, 2 min, 4 min ... then as seldom as `retryMs`. */
export const pauseAfterTry = (tries: number, policy: PowerPolicy): number =>
  tries >= policy.wakeTries ? policy.retryMs : Math.min(policy.retryMs, 60_000 * 2 ** Math.min(tries - 1, 20));

/** Days over which a host's switch-offs are averaged: a lively day may take what quiet ones left. */
export const cycleDays = 3;
const spanMs = cycleDays * dayMs;

/** Switch-offs within the last `cycleDays`. */
export const cyclesLately = (power: HostPower, now: number): readonly number[] => power.cycles.filter((at) => at > now - spanMs);

/** As many as wear allows have been used up: `cyclesPerDay` on average. */
export const isWorn = (power: HostPower, policy: PowerPolicy, now: number): boolean => cyclesLately(power, now).length >= cycleDays * policy.cyclesPerDay;

/** When the row may change without any news, epoch ms. */
export function dueOfPower(power: HostPower, policy: PowerPolicy): readonly (number | undefined)[] {
  const { state, since, orderedAt, emptySince, notBefore, cycles } = power;
  const told = orderedAt ?? since;
  if (state === 'waking') return [told + wakeLimitOf(power, policy)];
  if (state === 'sleeping') return [told + sleepLimitOf(power, policy), told + 2 * sleepLimitOf(power, policy)];
  if (state === 'off') return [notBefore, since + policy.minOffMs, since + policy.leaveAloneMs];
  // whether idle machines go hangs on whether their host would, so these count for hosts in use, too
  const unworn = cycles.map((at) => at + spanMs);
  return [notBefore, since + policy.minOnMs, since + policy.leaveAloneMs, ...(emptySince === undefined ? [] : [emptySince + policy.idleMs]), ...unworn];
}

/** The row of a host that was decided to be switched; the deed follows at the next look. */
export function switched(decision: Extract<Decision, { kind: 'wake' | 'sleep' }>, power: HostPower | undefined, now: number): readonly Change[] {
  if (power === undefined) return [];
  const { orderedAt: _, notBefore: __, emptySince: ___, ...rest } = power;
  const by = decision.reason.code === 'wake-asked' ? 'person' : 'domus';
  const row: HostPower =
    decision.kind === 'wake'
      ? altered<HostPower>(rest as HostPower, { state: 'waking', since: now, by })
      : altered<HostPower>(rest as HostPower, { state: 'sleeping', since: now, by, cycles: [...cyclesLately(power, now), now] });
  return [{ table: 'powers', key: power.host, row }];
}
