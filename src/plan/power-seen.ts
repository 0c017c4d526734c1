import { altered } from '../model/altered.js';
import type { HostPower, PowerPolicy } from '../model/power.js';
import { isHeard } from '../model/reading.js';
import { because, type Reason, sentence } from '../model/reason.js';
import type { HostView } from '../model/world.js';
import { pauseAfterTry, remembered, sleepLimitOf, wakeLimitOf } from './power-limits.js';

/** What a host does, as far as anybody can tell. */
export interface PowerSeen {
  /** Answered a question asked after its state began, and was rebooted since the boot we know; `same`: it was not. */
  readonly runner: 'rebooted' | 'same' | 'silent' | 'unread';
  /** Its runner gives no answer, but somebody refuses there: Dom0 with a broken `xl`, or another system. */
  readonly speaks: boolean;
  /** What its controller said after that; `unknown` without one. */
  readonly meter: 'on' | 'off' | 'unknown';
  /** How long its runner has been silent since it was told, ms. */
  readonly silentMs: number;
}

export function seePower(power: HostPower, { reading, meter }: HostView, now: number): PowerSeen {
  const told = power.orderedAt ?? power.since;
  const { silentSince } = reading;
  const answered = isHeard(reading) && reading.askedAt > power.since ? reading.value.bootId : undefined;
  const metered = meter !== undefined && isHeard(meter) && meter.askedAt > told ? meter.value.on : undefined;
  return {
    runner: answered !== undefined ? (answered === power.bootId ? 'same' : 'rebooted') : silentSince === undefined ? 'unread' : 'silent',
    speaks: reading.speaks === true,
    meter: metered === undefined ? 'unknown' : metered ? 'on' : 'off',
    silentMs: silentSince === undefined ? 0 : Math.max(0, now - Math.max(silentSince, told)),
  };
}

/** The row after what was seen, and what there is to tell; the same row where nothing changed. */
export interface Advance {
  readonly power: HostPower;
  readonly tells?: Reason;
  /** Given up: a cordon stands until it is back. */
  readonly gaveUp?: true;
  readonly cameBack?: true;
}

interface About {
  readonly power: HostPower;
  readonly seen: PowerSeen;
  readonly policy: PowerPolicy;
  /** A silence this long is the host's, not one lost answer's, ms. */
  readonly silenceMs: number;
  readonly now: number;
}

/** What becomes of a host's power by what is seen of it. Never by what a driver answered. */
export function advance(about: About): Advance {
  switch (about.power.state) {
    case 'on':
      return whileOn(about);
    case 'sleeping':
      return whileSleeping(about);
    case 'off':
      return whileOff(about);
    case 'waking':
      return whileWaking(about);
  }
}

const refs = (power: HostPower): readonly string[] => [`host:${power.host}`];
const newest = (times: readonly number[], tookMs: number): readonly number[] => [...times, tookMs].slice(-remembered);

/** The row in a new state, without what belonged to the old one. */
function enters(power: HostPower, state: HostPower['state'], by: HostPower['by'], now: number): HostPower {
  const { orderedAt: _, notBefore: __, emptySince: ___, ...rest } = power;
  return altered<HostPower>(rest, { state, by, since: now });
}

/**
 * A power cut, or a hand at the button: a controller can tell it from a network that is down. Without one, a host that
 * has been silent for long is taken as off: nothing is concluded for its machines, but waking it does no harm. One that
 * refuses is on.
 */
function whileOn({ power, seen, policy, silenceMs, now }: About): Advance {
  if (seen.runner !== 'silent') return { power };
  if (seen.meter === 'unknown' && !seen.speaks && seen.silentMs >= Math.max(policy.leaveAloneMs, silenceMs))
    return { power: enters(power, 'off', 'nobody', now), tells: because('power-silent', { silentMs: seen.silentMs }, refs(power)) };
  if (seen.meter !== 'off' || seen.silentMs < silenceMs) return { power };
  return { power: enters(power, 'off', 'person', now), tells: because('power-found-off', {}, refs(power)) };
}

function whileSleeping(about: About): Advance {
  const { power, seen, policy, now } = about;
  const limitMs = sleepLimitOf(power, policy);
  if (power.orderedAt === undefined) return now < power.since + limitMs ? { power } : untold(about, limitMs);
  const tookMs = now - power.orderedAt;
  const rebooted = seen.runner === 'rebooted'; // off and on again before anybody looked
  const gone = seen.meter === 'off' || (seen.meter === 'unknown' && isSilent(about));
  if (gone || rebooted) {
    const off = altered(enters(power, 'off', 'domus', now), { tries: 0, sleepsMs: newest(power.sleepsMs, tookMs) });
    return { power: off, tells: because('power-went', { tookMs }, refs(power)) };
  }
  // a controller that can is asked to cut its power in the second half (`power-steps.ts`)
  return now < power.orderedAt + 2 * limitMs || !isUp(seen) ? { power } : stays(about, 2 * limitMs);
}

/** Nobody told it in time, or it is not known that somebody did. */
function untold(about: About, limitMs: number): Advance {
  if (isUp(about.seen)) return stays(about, limitMs);
  return isSilent(about) ? { power: enters(about.power, 'off', 'domus', about.now) } : { power: about.power };
}

/** Proved by an answer; that nobody has answered yet proves nothing. */
const isUp = (seen: PowerSeen): boolean => seen.runner === 'same' || seen.meter === 'on';
const isSilent = ({ seen, silenceMs }: About): boolean => seen.runner === 'silent' && seen.silentMs >= silenceMs;

/** It would not go: left on, tried again after a pause that grows. */
function stays({ power, policy, now }: About, limitMs: number): Advance {
  const { proving: _, failing: __, ...rest } = enters(power, 'on', 'nobody', now);
  const tries = power.tries + 1;
  const cycles = power.cycles.slice(0, -1); // that was none
  return {
    power: { ...rest, cycles, tries, notBefore: now + pauseAfterTry(tries, policy) },
    tells: because('power-stays', { limitMs }, refs(power)),
    cameBack: true,
  };
}

/** Answers after another boot, or its controller says on: a hand at the button. Answers after the same: it never was off. */
function whileOff(about: About): Advance {
  const { power, seen, policy, now } = about;
  if (seen.runner === 'same') return stays(about, sleepLimitOf(power, policy));
  if (seen.runner !== 'rebooted' && seen.meter !== 'on') return { power };
  const { failing: _, proving: __, wishedOff: ___, ...on } = enters(power, 'on', 'person', now);
  return { power: { ...on, tries: 0 }, tells: because('power-by-hand', {}, refs(power)), cameBack: true };
}

function whileWaking(about: About): Advance {
  const { power, seen, policy, now } = about;
  const limitMs = wakeLimitOf(power, policy);
  const told = power.orderedAt ?? power.since;
  if (seen.runner === 'same') return stays(about, sleepLimitOf(power, policy));
  if (seen.runner === 'rebooted') {
    const { failing: _, proving, ...on } = enters(power, 'on', power.by, now);
    const tookMs = now - told;
    const back: HostPower = altered<HostPower>(on, { tries: 0, wakesMs: newest(power.wakesMs, tookMs), ...(proving === undefined ? {} : { provenAt: now }) });
    const tells = proving === undefined ? because('power-came', { tookMs }, refs(power)) : because('power-proved', { tookMs: now - proving.at }, refs(power));
    return { power: back, tells, cameBack: true };
  }
  if (now < told + limitMs || !isSilent(about)) return { power };
  const tries = power.tries + 1;
  const off: HostPower = { ...enters(power, 'off', 'domus', now), tries, notBefore: now + pauseAfterTry(tries, policy) };
  if (tries < policy.wakeTries) return { power: off, tells: because('power-late', { limitMs }, refs(power)) };
  const tells = because('power-gone', { tries, limitMs }, refs(power));
  return { power: { ...off, failing: sentence(tells) }, tells, gaveUp: true };
}
