import { type Deed, subjectOf } from '../model/action.js';
import type { Policy } from '../model/policy.js';
import type { Plan } from '../model/present.js';
import { because } from '../model/reason.js';
import { type Change, withChanges } from '../model/rows.js';
import { atOnce, type Slices } from '../model/slices.js';
import type { World } from '../model/world.js';
import { assemble } from './assembly.js';
import { cycles } from './cycle.js';
import { deciding } from './decide.js';
import { Reasons } from './decision.js';
import { denials } from './denials.js';
import { Draft } from './draft.js';
import { nextDue } from './due.js';
import { fromTheFuture } from './future.js';
import { proved, writeDown } from './outcome.js';
import { advances } from './overtaken.js';
import { permission } from './permission.js';
import { powerSteps } from './power-steps.js';
import { releases } from './release.js';
import { replicate } from './replicas.js';
import { settle } from './settle.js';
import type { Context } from './step.js';
import { steps } from './steps.js';
import { recoverStrays } from './strays.js';
import { requeues } from './tenancy-requeue.js';
import { tenancySteps } from './tenancy-steps.js';

/** Would another plan for the same readings say something else? What is written down of a machine was planned with already, but for the room that one gives back. */
function changesTheView({ rows, groups, hosts }: World, change: Change): boolean {
  if (change.table === 'powers') return rows.powers.get(change.key)?.state !== change.row?.state;
  if (change.table === 'tenancies') return rows.tenancies.get(change.key)?.state !== change.row?.state;
  if (change.table !== 'machines') return change.table === 'intents' || change.table === 'cordons' || change.table === 'freeze';
  const before = rows.machines.get(change.key);
  if (before?.failing !== change.row?.failing) return true;
  const gone = change.row === null || (change.row.guestGoneAt !== undefined && before?.guestGoneAt === undefined);
  return gone && (groups.length > 0 || hosts.get(before?.host ?? '')?.machines.length === 1); // an empty host may sleep
}

/** Failed a moment ago: its pause and the cause are said where its reason is. */
function pauses({ rows }: World, now: number, deed: Deed, reasons: Reasons): boolean {
  const subject = subjectOf(deed);
  const breaker = rows.breakers.get(subject);
  if (breaker === undefined || breaker.openUntil <= now) return false;
  const { why, failures, openUntil } = breaker;
  reasons.say(subject.replace(/^node:/, 'seat:'), because('step-retry', { verb: deed.verb, why, count: failures + 1, inMs: openUntil - now }, [subject]));
  return true;
}

/**
 * The whole plan, pure and deterministic: world + policy + now -> rows to write, deeds to begin, reasons for everything.
 * First what is uncertain is settled, then capacity is decided (who gets more, who gives), then every machine gets its
 * next missing step. The daemon, `domus plan`, the simulator and the tests call this same function.
 */
export const plan = (world: World, policy: Policy, now: number): Plan => atOnce(planning(world, policy, now));

export type Planning = typeof planning;

/** The same in slices of a few milliseconds. */
export function* planning(world: World, policy: Policy, now: number): Slices<Plan> {
  const reasons = new Reasons();
  const draft = new Draft(world.rows);
  const mayAct = permission(world, policy);
  const holds = assemble({ world, policy, now }, draft, mayAct, reasons);
  yield;
  for (const change of [...fromTheFuture(world.rows, now), ...settle(world, now)]) draft.put(change);
  yield;
  const part = yield* deciding(world, policy, now, reasons);
  for (const change of part.changes) draft.put(change);
  const context: Context = { world, policy, now, holds: new Map([...(part.holds ?? []), ...holds]) };
  writeDown(context, draft, part.decisions);
  const anywhere = policy.mode !== 'watch' && !world.rows.freeze.has('freeze');
  const wanted = [
    ...(yield* steps(context, draft, mayAct, reasons)),
    ...powerSteps(context, draft, reasons),
    ...tenancySteps(context, draft, reasons),
    ...requeues(context, draft, mayAct, reasons),
    ...replicate(context, draft, reasons),
    ...recoverStrays(context, anywhere, reasons),
    ...releases(context, draft, anywhere, mayAct),
    ...advances(context, draft, mayAct),
    ...cycles(context, draft, anywhere),
  ];
  // deeds of no machine (seats at rest, strays, cycles) that failed a moment ago pause; a machine's own pause stands in its row
  proved(context, draft);
  yield;
  const deeds = wanted.filter((deed) => !pauses(world, now, deed, reasons));
  denials(world, reasons);
  const changes = draft.changes();
  // rows that change what the next look at the same world would say are looked at again at once
  const again = changes.some((change) => changesTheView(world, change));
  const others = changes.filter(({ table }) => table !== 'machines');
  const due = again ? now : nextDue({ ...world, rows: withChanges(world.rows, others) }, policy, now, (id) => draft.machine(id));
  return { changes, deeds, decisions: part.decisions, recorded: part.recorded ?? [], reasons: reasons.all(), due, waitsForTurn: reasons.waitsForTurn };
}
