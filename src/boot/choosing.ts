import { randomBytes } from 'node:crypto';
import type { BootChoice, BootSeen, BootState, BootSystem, PoolBoot } from '../model/boot.js';

/** A secret as it stands in a menu: 192 random bits. */
export const newSecret = (): string => randomBytes(24).toString('base64url');

/** Of one host: what was chosen and seen, and what follows. */
export interface Standing {
  readonly state: BootState;
  readonly choice: BootChoice | undefined;
  readonly seen: BootSeen | undefined;
}

/** What somebody asks for. */
export interface Wanted {
  readonly system: BootSystem;
  readonly by: string;
  readonly now: number;
  readonly windowMs: number;
  /** A new secret and a new window in any case. */
  readonly anew?: boolean;
  /** The boot that was seen last is shut out. */
  readonly shut?: boolean;
}

/** The choice to be written, or nothing where it is made already. */
export function choiceFor({ state, choice, seen }: Standing, { usual }: PoolBoot, wanted: Wanted): BootChoice | undefined {
  const { system, by, now, windowMs } = wanted;
  const once = system === 'dom0' && usual === 'classroom';
  if (wanted.anew !== true && choice?.system === system) {
    const used = seen?.choice === choice.id;
    // where Dom0 is for good, who chooses it wakes it: a Dom0 that is only silent is no reason to let nobody in
    const runs = state.runs === 'dom0' && (once || seen?.lost === undefined);
    if (system === 'classroom' || runs || (!used && now < choice.until)) return undefined;
  }
  const shuts = wanted.shut === true && seen !== undefined ? seen.boot : choice?.shuts;
  const made = { system, once, id: randomBytes(8).toString('hex'), at: now, until: now + windowMs, secret: newSecret(), by };
  return shuts === undefined ? made : { ...made, shuts };
}

/**
 * A host nobody chose for boots what is usual in its pool. Where that is Dom0 its menu says so, and no window is open: it
 * opens when Domus wakes the host, or a person enrols it, so that a powered-off host's address is worth nothing.
 */
export function firstChoice(standing: Standing, boot: PoolBoot, now: number): BootChoice | undefined {
  if (standing.choice !== undefined || boot.usual !== 'dom0') return undefined;
  return choiceFor(standing, boot, { system: 'dom0', by: 'usual', now, windowMs: 0 });
}
