/** What a host draws, watts, and how long its transitions take, ms. */
export interface Draw {
  readonly offWatts: number;
  readonly idleWatts: number;
  /** With all cores busy; between idle and this by the share of busy cores. */
  readonly busyWatts: number;
  readonly risingWatts: number;
  readonly fallingWatts: number;
  readonly onMs: number;
  readonly offMs: number;
}

/** Source: Batsim's energy tests (on: 19,030 J in 152 s, off: 620 J in 6.1 s). */
export const usualDraw: Draw = {
  offWatts: 9.75,
  idleWatts: 95,
  busyWatts: 190.738,
  risingWatts: 19_030 / 152,
  fallingWatts: 620 / 6.1,
  onMs: 152_000,
  offMs: 6_100,
};
