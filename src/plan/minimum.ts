import type { Claim, ClaimKind } from '../model/claim.js';
import { isHeard } from '../model/reading.js';
import type { EnvironmentRoom, Sheet } from './capacity.js';
import type { Need } from './demand.js';
import type { Bin, Supply } from './supply.js';

/** Claims of the environments themselves: never fewer than `min` machines, and `spare` idle ones beyond demand. They stand behind the jobs. */
export function standingNeeds(sheet: Sheet): readonly Need[] {
  const rooms = [...sheet.environments.values()].filter((room) => sourceHeard(sheet, room.environment.serves.source));
  return [
    ...rooms.filter((r) => r.environment.min > 0).map((r) => needOf(sheet, r, 'minimum')),
    ...rooms.filter((r) => r.environment.spare > 0).map((r) => needOf(sheet, r, 'spare')),
  ];
}

export const sourceHeard = (sheet: Sheet, source: string): boolean => {
  const reading = sheet.world.sources.get(source)?.reading;
  return reading !== undefined && isHeard(reading);
};

function needOf({ now }: Sheet, { environment }: EnvironmentRoom, kind: ClaimKind): Need {
  const count = kind === 'minimum' ? environment.min : environment.spare;
  const shape = { nodes: 1, slots: 1, perSlotMiB: 0, properties: [] };
  const claim: Claim = { kind, environment: environment.name, shape, count, since: now, priority: environment.priority, ref: environment.name };
  return { claim, environment, rank: Number.POSITIVE_INFINITY, group: undefined, missing: [] };
}

/** Idle machines that nobody counts on, there or coming. */
const isSpare = (bin: Bin): boolean => bin.needed === undefined && (bin.machine === undefined || bin.machine.jobs.length === 0);

/** How many idle machines the environment lacks. */
export function spareMissing({ chosen }: Sheet, supply: Supply, { environment }: EnvironmentRoom): number {
  const own = supply.own.get(environment.name) ?? [];
  const fresh = supply.fresh.get(environment.name) ?? [];
  const standing = own.filter((bin) => isSpare(bin) && !chosen.has(bin.id)).length;
  return environment.spare - standing - fresh.filter(isSpare).length;
}
