/** Virtual hardware of a machine. */
export interface Size {
  readonly cores: number;
  readonly memoryMiB: number;
}

export interface Range {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

export const sameSize = (a: Size, b: Size): boolean => a.cores === b.cores && a.memoryMiB === b.memoryMiB;

/** Smallest value of the range that is at least `wanted`; undefined when `wanted` is above its maximum. */
export function stepUp(range: Range, wanted: number): number | undefined {
  if (wanted > range.max) return undefined;
  const steps = Math.ceil(Math.max(0, wanted - range.min) / range.step);
  return Math.min(range.max, range.min + steps * range.step);
}
