import type { Policy } from '../model/policy.js';
import { isHeard } from '../model/reading.js';
import type { Change } from '../model/rows.js';
import { withChanges } from '../model/rows.js';
import { atOnce, type Slices } from '../model/slices.js';
import type { World } from '../model/world.js';
import { openingSheet } from './capacity.js';
import { consolidate } from './consolidation.js';
import type { Part, Reasons } from './decision.js';
import { demandOf } from './demand.js';
import { explain } from './explain.js';
import { orderedDrains } from './leaving.js';
import { standingNeeds } from './minimum.js';
import { frozenBy } from './modes.js';
import { onlyIdle } from './only-idle.js';
import { switchHosts } from './power.js';
import { powerMemory } from './power-memory.js';
import { forgetRefusals } from './refusals.js';
import { replaceOutdated, tellOutdated, turnovers } from './reimage.js';
import { answerRequests } from './requests.js';
import { idleMemory, scaleDown } from './scaledown.js';
import { askedMoves } from './sending.js';
import { startServices } from './service-place.js';
import { forgetShares } from './shares.js';
import { share } from './sharing.js';
import { steer } from './steering.js';
import { supplyOf } from './supply.js';
import { tenancyMemory } from './tenancy-memory.js';
import { turnHosts } from './tenancy-turn.js';

/**
 * What capacity should change now, and why: people's requests, then who must leave, then what waits and what is there
 * for it, then who gets what is lacking, then who is no longer needed. Each step reads the world and one working sheet
 * (`capacity.ts`), made afresh for this call, on which room, seats and budgets shrink with every decision; so no step
 * can promise twice. Pure and deterministic: the same arguments give the same answer.
 *
 * The changes hold whole rows made from `world.rows`: apply them first, then what becomes of the decisions.
 */
export const decide = (world: World, policy: Policy, now: number, reasons: Reasons): Part => atOnce(deciding(world, policy, now, reasons));

/** The same in slices. */
export function* deciding(world: World, policy: Policy, now: number, reasons: Reasons): Slices<Part> {
  const answers = answerRequests(world, policy, now);
  const asked = withChanges(world.rows, answers.changes);
  const tenancies = tenancyMemory(world, asked, policy, now, reasons);
  const turned = withChanges(asked, tenancies);
  const powers = powerMemory(world, turned, policy, now, reasons);
  const shares = forgetShares(asked, policy, now);
  const rows = withChanges(turned, [...powers, ...shares]);
  const frozen = frozenBy(rows);
  if (frozen !== undefined) reasons.say('domus', frozen);
  yield;
  const sheet = yield* openingSheet(withHeld(world, rows), rows, policy, now, reasons);
  yield;
  askedMoves(sheet, answers);
  orderedDrains(sheet, answers.drains);
  const services = startServices(sheet);
  yield;
  const supply = supplyOf(sheet);
  yield;
  const demand = yield* demandOf(sheet, supply);
  yield* share(sheet, supply, [...demand.needs, ...standingNeeds(sheet)]);
  yield;
  const turning = turnovers(sheet);
  replaceOutdated(sheet, supply, turning);
  yield;
  const alone = onlyIdle(sheet, supply);
  scaleDown(sheet, supply, alone);
  steer(sheet, supply, alone);
  yield;
  const moved = consolidate(sheet, supply);
  yield;
  const memories = [...services, ...moved, ...idleMemory(sheet, supply), ...demand.changes, ...forgetRefusals(sheet)];
  yield;
  turnHosts(sheet);
  switchHosts(sheet, supply);
  yield* explain(sheet, supply);
  tellOutdated(sheet, turning);
  const { sorter } = sheet;
  if (frozen === undefined && [...world.sources.values()].every((s) => isHeard(s.reading))) sorter.forgetStale();
  return {
    decisions: sorter.decisions,
    recorded: sorter.recorded,
    holds: frozen === undefined ? sheet.holds : new Map(),
    changes: lastOfEach([...answers.changes, ...tenancies, ...powers, ...shares, ...sorter.changes, ...memories]),
  };
}

/** Views carry the rows as they stood: a hold or release answered just now counts at once. */
function withHeld(world: World, rows: World['rows']): World {
  if (rows.machines === world.rows.machines) return world;
  const machines = new Map(
    [...world.machines].map(([id, view]) => {
      const row = rows.machines.get(id);
      return [id, row === undefined || row === view.row ? view : { ...view, row }] as const;
    }),
  );
  return { ...world, machines };
}

/** One change per row: the last written holds what the earlier ones said. */
function lastOfEach(changes: readonly Change[]): readonly Change[] {
  const last = new Map<string, Change>();
  for (const change of changes) last.set(`${change.table} ${change.key}`, change);
  return [...last.values()];
}
