/** What asks for capacity, but for permanent machines: those stand before all of it (`plan/service-place.ts`). */
export const claimKinds = ['job', 'lease', 'spare', 'minimum'] as const;
export type ClaimKind = (typeof claimKinds)[number];

/** `count` places on distinct nodes or not, each of `slots` slots with `perSlotMiB` memory. */
export interface Shape {
  readonly nodes: number;
  readonly slots: number;
  readonly perSlotMiB: number;
  readonly properties: readonly string[];
}

export interface Claim {
  readonly kind: ClaimKind;
  readonly environment: string;
  readonly shape: Shape;
  /** How many times this shape is asked for (jobs of the group). */
  readonly count: number;
  readonly since: number;
  readonly priority: number;
  /** What to name in sentences: the oldest job's id, or the environment. */
  readonly ref: string;
}
