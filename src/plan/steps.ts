import type { Deed } from '../model/action.js';
import { type BatchNode, isOffline } from '../model/batch.js';
import type { Mode } from '../model/environment.js';
import type { Machine } from '../model/machine.js';
import { oncePer } from '../model/once.js';
import { because, type Reason } from '../model/reason.js';
import { seatLists } from '../model/seats.js';
import { atATime, type Slices } from '../model/slices.js';
import type { MachineView, SeatView } from '../model/world.js';
import { begun } from './begun.js';
import type { Reasons } from './decision.js';
import type { Draft } from './draft.js';
import { move } from './moving.js';
import { restNote, retire } from './retire.js';
import { notRuling } from './rule.js';
import { serve } from './serve.js';
import { lostWithHost, serviceStep } from './service-steps.js';
import { type Context, machineRef, type Step } from './step.js';
import { Load } from './traffic.js';

/** May deeds be done for this environment on this host? What is under way goes on in advise mode: its decision was approved. */
export type MayAct = (environment: string, host: string | undefined) => { readonly mode: Mode; readonly waits?: Reason };

/** The next missing step of every machine and of every seat at rest, within the limits of what may go on at one host at a time. */
export function* steps(context: Context, draft: Draft, mayAct: MayAct, reasons: Reasons): Slices<readonly Deed[]> {
  const load = new Load(context);
  const deeds: Deed[] = [];
  let count = 0;
  for (const machine of context.world.machines.values()) {
    if (++count % atATime === 0) yield;
    const view = draft.touched(machine.row.id) ? asDecided(machine, draft.machine(machine.row.id)) : machine;
    const deed = view && stepOf(context, view, draft, mayAct, load, reasons);
    if (deed !== undefined) deeds.push(deed);
  }
  for (const machine of begun(context, draft)) {
    if (++count % atATime === 0) yield;
    const deed = stepOf(context, machine, draft, mayAct, load, reasons);
    if (deed !== undefined) deeds.push(deed);
  }
  return [...deeds, ...restfulSeats(context, mayAct, reasons)];
}

/** Writes down what the machine's steps confirm, says why, and gives the deed where it may begin now. */
function stepOf(context: Context, machine: MachineView, draft: Draft, mayAct: MayAct, load: Load, reasons: Reasons): Deed | undefined {
  const [subject] = machineRef(machine.row);
  const { deed, reason } = lastStep(context, machine, draft, reasons);
  const waits = deed === undefined ? undefined : (mayAct(machine.row.environment, machine.row.host).waits ?? load.full(deed));
  if (waits !== undefined) reasons.say(subject, waits);
  reasons.say(subject, reason);
  if (deed === undefined || waits !== undefined) return undefined;
  load.take(deed);
  return deed;
}

/** Steps that only write down what is seen follow each other at once, up to the first that needs a deed or another look. */
function lastStep(context: Context, machine: MachineView, draft: Draft, reasons: Reasons): Step {
  const lost = lostWithHost(context, machine);
  const waiting = lost === undefined ? underWay(machine, context.now) : undefined;
  if (waiting !== undefined) return { reason: waiting };
  let view = machine;
  for (let count = 1; ; count++) {
    const step = count === 1 && lost !== undefined ? lost : nextStep(context, view);
    for (const change of step.changes ?? []) draft.put(change);
    const next = step.changes === undefined || step.deed !== undefined ? view : asDecided(view, draft.machine(view.row.id));
    if (next === undefined || next === view || endsTheChain(view.row, next.row) || count === mostSteps) return step;
    reasons.say(machineRef(view.row)[0], step.reason);
    view = next;
  }
}

/** What failed is told as it stands; what is on another host is seen by another view. */
const endsTheChain = (before: Machine, after: Machine): boolean => before.failing !== after.failing || before.host !== after.host;

/** The view with the row as this plan leaves it; undefined: its row is closed. */
const asDecided = (machine: MachineView, row: Machine | undefined): MachineView | undefined =>
  row === undefined ? undefined : row === machine.row ? machine : { ...machine, row };

/** A guest that a lost journal's daemon booted takes four: disk, guest, host's boot, readiness. */
const mostSteps = 6;

/** Somebody sits there, or it rests as it should: nothing to do and nothing to say. */
function isQuiet({ seat, node, machine, blocked }: SeatView): boolean {
  if (blocked !== undefined && !toldElsewhere.has(blocked.code)) return false;
  return machine !== undefined || node === undefined || isRestful(node, seat.largestNp);
}

/** Those of one environment that something is to be done or said about: few, and looked for once for each list. */
const restless = oncePer((views: readonly SeatView[]): readonly SeatView[] => views.filter((view) => !isQuiet(view)));

/** What is said of the machine that sits there, of the source that is silent, or with the step towards rest. */
const toldElsewhere: ReadonlySet<Reason['code']> = new Set(['seat-taken', 'wait-unread', 'wait-seat-jobs']);

function restfulSeats(context: Context, mayAct: MayAct, reasons: Reasons): readonly Deed[] {
  const underWayNow = new Set([...context.world.rows.intents.values()].flatMap(({ deed }) => ('node' in deed ? [deed.node] : [])));
  const deeds: Deed[] = [];
  const somebodyElse = notRuling(context.world);
  for (const view of [...seatLists(context.world.seats).values()].flatMap(restless)) {
    const { name, environment } = view.seat;
    if (view.blocked !== undefined && !toldElsewhere.has(view.blocked.code)) reasons.say(`seat:${name}`, view.blocked);
    const deed = restful(context, view);
    if (deed === undefined || underWayNow.has(name) || mayAct(environment, undefined).waits !== undefined) continue;
    reasons.say(`seat:${name}`, somebodyElse ?? deed.reason);
    if (somebodyElse !== undefined) continue;
    deeds.push(deed);
  }
  return deeds;
}

function nextStep(context: Context, machine: MachineView): Step {
  const moves = machine.row.moving === undefined ? undefined : move(context, machine);
  if (moves !== undefined) return moves;
  const { kind, goal, held, id } = machine.row;
  const keeps: Step | undefined = held && { reason: because('keep-held', { who: held.by, why: held.why }, [`machine:${id}`]) };
  if (kind === 'service') return keeps ?? serviceStep(context, machine);
  if (goal.kind === 'gone') return keeps === undefined || machine.guest === undefined ? retire(context, machine) : keeps;
  return serve(context, machine);
}

/** A deed under way, or a pause after one that failed. */
function underWay(machine: MachineView, now: number): Reason | undefined {
  const { intent, row } = machine;
  if (intent === undefined && row.trouble === undefined) return undefined;
  const refs = machineRef(row);
  if (intent?.uncertainSince !== undefined) return because('step-uncertain', { verb: intent.deed.verb, why: row.trouble?.why ?? 'no answer' }, refs);
  if (intent !== undefined) return because('step-in-flight', { verb: intent.deed.verb, sinceMs: now - intent.openedAt }, refs);
  const { trouble } = row;
  if (trouble !== undefined && now < trouble.notBefore)
    return because('step-retry', { verb: trouble.verb, why: trouble.why, count: trouble.count + 1, inMs: trouble.notBefore - now }, refs);
  return undefined;
}

const isRestful = (node: BatchNode, largestNp: number): boolean => isOffline(node) && node.np === largestNp && node.note === restNote;

/** A seat that nobody sits in must be offline, with its largest np and our note; a person's offline is left alone. */
function restful({ world }: Context, { seat, node, machine, blocked }: SeatView): Deed | undefined {
  const reading = world.sources.get(seat.source)?.reading;
  if (machine !== undefined || node === undefined || reading === undefined || reading.silentSince !== undefined) return undefined;
  if (blocked?.code === 'wait-seat-person' || isRestful(node, seat.largestNp)) return undefined;
  const last = Math.max(world.rows.withheld.get(seat.name)?.confirmedAt ?? 0, world.rows.generations.get(seat.name)?.closedAt ?? 0);
  if (reading.askedAt <= last) return undefined;
  const reason = because('step-rest', { seat: seat.name, np: seat.largestNp }, [`seat:${seat.name}`]);
  return { verb: 'withhold-node', source: seat.source, node: seat.name, note: restNote, np: seat.largestNp, reason };
}
