/** How machines are moved between hosts. Durations ms, loads in parts of a host's cores, 0 to 1. */
export interface ConsolidationPolicy {
  /** Off: no machine is moved unless a person asks. */
  readonly manage: boolean;
  /** Migrations under way, in all, and at most so many into or out of one host. */
  readonly atOnce: number;
  readonly atOncePerHost: number;
  /** Loads are means over so long: minutes of work are no reason to move a machine. At least a minute. */
  readonly windowMs: number;
  /** A host above the one is overloaded, below the other it is underloaded. */
  readonly over: number;
  readonly under: number;
  /** A machine that was moved stays where it is for so long. */
  readonly cooldownMs: number;
  /** So much time of migrating is worth one host less: a plan that costs more is not begun. */
  readonly worthMs: number;
  /** What a migration is reckoned to take: so long whatever it is, and so much memory in a second. */
  readonly eachMs: number;
  readonly mibPerSecond: number;
}

/** What holds where a policy says nothing: people's own moves. The window is the 62-host laboratory's. */
export const usualMoves: ConsolidationPolicy = {
  ...{ manage: false, windowMs: 15 * 60_000, atOnce: 16, atOncePerHost: 2, over: 0.85, under: 0.5 },
  ...{ cooldownMs: 15 * 60_000, worthMs: 10 * 60_000, eachMs: 3_000, mibPerSecond: 60 },
};
