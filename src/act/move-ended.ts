import type { Machine } from '../model/machine.js';

/** Where it is now is seen by looking at both hosts after this. */
export const moveEnded = (row: Machine | undefined, at: number): Partial<Machine> =>
  row?.moving === undefined ? {} : { moving: { ...row.moving, endedAt: at } };

/** A try to start it from what was saved is over. */
export const restoreEnded = (row: Machine | undefined, at: number): Partial<Machine> =>
  row?.moving === undefined ? {} : { moving: { ...row.moving, endedAt: at, restores: (row.moving.restores ?? 0) + 1 } };
