import { randomBytes } from 'node:crypto';
import type { BootChoice, BootSeen, BootState, BootSystem, PoolBoot } from '../model/boot.js';

/** A secret as it stands in a menu: 192 random bits. */
export const newSecret = (): string => randomBytes(24).toString('base64url');

/** Longest that a choice for good waits for its host: as good as for ever. */
const forGoodMs = 50 * 365.25 * 24 * 3600 * 1000;

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
}

/** The choice to be written, or nothing where it is made already. */
export function choiceFor({ state, choice, seen }: Standing, { usual }: PoolBoot, wanted: Wanted): BootChoice | undefined {
  const { system, by, now, windowMs } = wanted;
  const once = system === 'dom0' && usual === 'classroom';
  if (wanted.anew !== true && choice?.system === system) {
    const used = seen?.choice === choice.id;
    const stands = system === 'classroom' || state.runs === 'dom0' || (!used && now < choice.until);
    if (stands) return undefined;
  }
  const until = system === 'dom0' && !once ? now + forGoodMs : now + windowMs;
  return { system, once, id: randomBytes(8).toString('hex'), at: now, until, secret: newSecret(), by };
}

/**
 * Where Dom0 is for good, its next boot gets a secret as soon as this one is lost, so that a power cut needs nobody. A
 * host nobody chose for boots what is usual in its pool.
 */
export function renewal(standing: Standing, boot: PoolBoot, now: number, windowMs: number): BootChoice | undefined {
  const { choice, seen } = standing;
  if (choice === undefined) return boot.usual === 'dom0' ? choiceFor(standing, boot, { system: 'dom0', by: 'usual', now, windowMs }) : undefined;
  const spent = choice.system === 'dom0' && !choice.once && seen?.choice === choice.id && seen.lost !== undefined;
  return spent ? choiceFor(standing, boot, { system: 'dom0', by: choice.by, now, windowMs, anew: true }) : undefined;
}
