import type { Policy } from '../model/policy.js';
import type { World } from '../model/world.js';
import type { Part, Reasons } from './decision.js';

/** What capacity should change now, and why. Pure and deterministic: the same arguments give the same answer. */
export function decide(_world: World, _policy: Policy, _now: number, _reasons: Reasons): Part {
  return { decisions: [], changes: [], recorded: [] };
}
