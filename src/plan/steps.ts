import type { Deed } from '../model/action.js';
import { isOffline } from '../model/batch.js';
import type { Mode } from '../model/environment.js';
import { because, type Reason } from '../model/reason.js';
import type { MachineView, SeatView } from '../model/world.js';
import type { Reasons } from './decision.js';
import type { Draft } from './draft.js';
import { restNote, retire } from './retire.js';
import { serve } from './serve.js';
import type { Context, Step } from './step.js';

/** May deeds be done for this environment on this host? What is under way goes on in advise mode: its decision was approved. */
export type MayAct = (environment: string, host: string | undefined) => { readonly mode: Mode; readonly waits?: Reason };

/** The next missing step of every machine and of every seat at rest, within the limits of what may go on at one host at a time. */
export function steps(context: Context, draft: Draft, mayAct: MayAct, reasons: Reasons): readonly Deed[] {
  const deeds: Deed[] = [];
  const load = new Load(context);
  for (const machine of context.world.machines.values()) {
    const subject = `machine:${machine.row.id}`;
    if (draft.touched(machine.row.id)) continue; // decided in this tick: its next step follows at the next
    const waiting = underWay(machine, context.now);
    const step = waiting === undefined ? nextStep(context, machine) : { reason: waiting };
    const waits = mayAct(machine.row.environment, machine.row.host).waits;
    for (const change of step.changes ?? []) draft.put(change);
    if (waits !== undefined && step.deed !== undefined) {
      reasons.say(subject, waits);
      reasons.say(subject, step.reason);
      continue;
    }
    const full = step.deed === undefined ? undefined : load.full(step.deed);
    reasons.say(subject, full ?? step.reason);
    if (step.deed !== undefined && full === undefined) {
      load.take(step.deed);
      deeds.push(step.deed);
    }
  }
  const reserved = new Set([...context.world.rows.intents.values()].flatMap(({ deed }) => ('node' in deed ? [deed.node] : [])));
  for (const seat of context.world.seats.values()) {
    if (seat.blocked !== undefined && seat.blocked.code !== 'wait-seat-jobs') reasons.say(`seat:${seat.seat.name}`, seat.blocked);
    const deed = restful(context, seat);
    if (deed === undefined || reserved.has(seat.seat.name) || mayAct(seat.seat.environment, undefined).waits !== undefined) continue;
    reasons.say(`seat:${seat.seat.name}`, deed.reason);
    deeds.push(deed);
  }
  return deeds;
}

function nextStep(context: Context, machine: MachineView): Step {
  if (machine.row.goal.kind === 'gone')
    return machine.row.held === undefined || machine.guest === undefined
      ? retire(context, machine)
      : { reason: because('keep-held', { who: machine.row.held.by, why: machine.row.held.why }, [`machine:${machine.row.id}`]) };
  return serve(context, machine);
}

/** A deed under way, or a pause after one that failed. */
function underWay(machine: MachineView, now: number): Reason | undefined {
  const { intent, row } = machine;
  const refs = [`machine:${row.id}`];
  if (intent?.uncertainSince !== undefined) return because('step-uncertain', { verb: intent.deed.verb, why: row.trouble?.why ?? 'no answer' }, refs);
  if (intent !== undefined) return because('step-in-flight', { verb: intent.deed.verb, sinceMs: now - intent.openedAt }, refs);
  const { trouble } = row;
  if (trouble !== undefined && now < trouble.notBefore)
    return because('step-retry', { verb: trouble.verb, why: trouble.why, count: trouble.count + 1, inMs: trouble.notBefore - now }, refs);
  return undefined;
}

/** What is going on at each host: one creation at a time, a few stops, and a bound on stops everywhere. */
class Load {
  readonly #limits;
  readonly #creating = new Map<string, number>();
  readonly #stopping = new Map<string, number>();
  #stops = 0;

  constructor({ world, policy }: Context) {
    this.#limits = policy.limits;
    for (const { deed } of world.rows.intents.values()) this.take(deed);
  }

  full(deed: Deed): Reason | undefined {
    const { stopsAtOnce, stopsAtOncePerHost } = this.#limits;
    if (deed.verb === 'create-guest' && (this.#creating.get(deed.host) ?? 0) > 0)
      return because('wait-budget', { what: `another guest is being created on ${deed.host}`, limit: 1 }, [`host:${deed.host}`]);
    if (deed.verb !== 'shutdown-guest' && deed.verb !== 'destroy-guest') return undefined;
    if (this.#stops >= stopsAtOnce) return because('wait-budget', { what: 'stops under way', limit: stopsAtOnce });
    return (this.#stopping.get(deed.host) ?? 0) >= stopsAtOncePerHost
      ? because('wait-budget', { what: `stops under way on ${deed.host}`, limit: stopsAtOncePerHost }, [`host:${deed.host}`])
      : undefined;
  }

  take(deed: Deed): void {
    if (deed.verb === 'create-guest') this.#creating.set(deed.host, (this.#creating.get(deed.host) ?? 0) + 1);
    if (deed.verb !== 'shutdown-guest' && deed.verb !== 'destroy-guest') return;
    this.#stops++;
    this.#stopping.set(deed.host, (this.#stopping.get(deed.host) ?? 0) + 1);
  }
}

/** A seat that nobody sits in must be offline, with its largest np and our note; a person's offline is left alone. */
function restful({ world }: Context, { seat, node, machine, blocked }: SeatView): Deed | undefined {
  const reading = world.sources.get(seat.source)?.reading;
  if (machine !== undefined || node === undefined || reading === undefined || reading.silentSince !== undefined) return undefined;
  if (blocked?.code === 'wait-seat-person' || (isOffline(node) && node.np === seat.largestNp && node.note === restNote)) return undefined;
  const last = Math.max(world.rows.withheld.get(seat.name)?.confirmedAt ?? 0, world.rows.generations.get(seat.name)?.closedAt ?? 0);
  if (reading.askedAt <= last) return undefined;
  const reason = because('step-rest', { seat: seat.name, np: seat.largestNp }, [`seat:${seat.name}`]);
  return { verb: 'withhold-node', source: seat.source, node: seat.name, note: restNote, np: seat.largestNp, reason };
}
