/** How long things take in a fake host, ms. */
export interface Pace {
  /** From creation to the readiness report, give or take a fifth. */
  readonly bootMs: number;
  /** From `xl shutdown` to gone, give or take a fifth. */
  readonly haltMs: number;
  readonly hotplugMs: number;
  readonly balloonMiBPerSecond: number;
  /** From power to answering again. */
  readonly hostBootMs: number;
}
export const usualPace: Pace = { bootMs: 15_000, haltMs: 3_000, hotplugMs: 1_500, balloonMiBPerSecond: 512, hostBootMs: 45_000 };
