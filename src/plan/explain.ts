import type { Machine } from '../model/machine.js';
import { oncePer } from '../model/once.js';
import { because, type Reason, sentence } from '../model/reason.js';
import { atATime, type Slices } from '../model/slices.js';
import type { HostView, MachineView } from '../model/world.js';
import { isBroken, type Sheet } from './capacity.js';
import { silence } from './demand.js';
import { isPersons } from './offline.js';
import { aboutShare } from './shares.js';
import { isBusy, machineRef } from './step.js';
import type { Supply } from './supply.js';

/** Says why for everything that no step has spoken of: environments, hosts, machines, and the jobs nobody serves. */
export function* explain(sheet: Sheet, supply: Supply): Slices<void> {
  environments(sheet);
  hosts(sheet);
  yield;
  let count = 0;
  for (const machine of sheet.world.machines.values()) {
    if (++count % atATime === 0) yield;
    if (machine.row.kind === 'service' && machine.row.held === undefined) continue; // its step says it
    const reason = aboutMachine(sheet, supply, machine);
    if (reason !== undefined) sheet.reasons.say(machineRef(machine.row)[0], reason);
  }
  schedulers(sheet);
  for (const [key, why] of sheet.world.unserved) {
    if (++count % atATime === 0) yield;
    sheet.reasons.say(`job:${key}`, why);
  }
}

interface Waiting {
  count: number;
  /** Of the oldest. */
  since: number;
  job: string;
}

/** Eligible jobs of every environment that has some. */
function waitingIn({ world }: Sheet): ReadonlyMap<string, Readonly<Waiting>> {
  const waiting = new Map<string, Waiting>();
  for (const { environment, count, since, sample, key } of world.groups) {
    const sum = waiting.get(environment);
    if (sum === undefined) {
      waiting.set(environment, { count, since, job: sample[0] ?? key });
      continue;
    }
    sum.count += count;
    if (since >= sum.since) continue;
    sum.since = since;
    sum.job = sample[0] ?? key;
  }
  return waiting;
}

function environments(sheet: Sheet): void {
  const waiting = waitingIn(sheet);
  for (const room of sheet.environments.values()) {
    const name = room.environment.name;
    const subject = `environment:${name}`;
    const sum = waiting.get(name);
    const silent = silence(sheet, room.environment.serves.source);
    if (silent !== undefined) sheet.reasons.say(subject, silent);
    else if (sum === undefined) sheet.reasons.say(subject, because('environment-calm', { machines: room.serving }, [subject]));
    if (sum !== undefined) {
      const waitedMs = Math.max(0, sheet.now - sum.since);
      sheet.reasons.say(subject, because('jobs-wait', { count: sum.count, environment: name, job: sum.job, waitedMs }, [subject]));
    }
    const setting = aboutShare(sheet.rows, sheet.policy, sheet.now, name, room.share);
    if (setting !== undefined) sheet.reasons.say(subject, setting);
    if (room.blocked !== undefined) sheet.reasons.say(subject, room.blocked);
    for (const trouble of room.seatTroubles) sheet.reasons.say(subject, trouble);
  }
}

/** What stands out of a scheduler's word; on a job it is told to who asks for that job. */
function schedulers({ world, reasons, now }: Sheet): void {
  for (const { name, scheduler } of world.sources.values()) {
    if (scheduler === undefined) continue;
    const subject = `source:${name}`;
    const { value, silentSince, cause } = scheduler;
    if (silentSince !== undefined)
      reasons.say(subject, because('scheduler-silent', { sinceMs: Math.max(0, now - silentSince), cause: cause ?? 'no answer' }, [subject]));
    if (value === undefined) continue;
    const forGood = [...value.held].filter(([, hold]) => hold.state === 'batch-hold');
    const [first] = forGood;
    if (first !== undefined) reasons.say(subject, because('scheduler-holds', { count: forGood.length, job: first[0] }, [subject]));
    if (value.deferMs !== undefined && value.deferMs > 0) reasons.say(subject, because('scheduler-defers', { deferMs: value.deferMs }, [subject]));
  }
}

function hosts(sheet: Sheet): void {
  for (const { name, view, blocked } of sheet.hosts.values()) {
    const usable = isUsable(view);
    sheet.reasons.say(usable.refs[0] ?? name, blocked ?? usable);
  }
}

const isUsable = oncePer(({ spec, free }: HostView): Reason => because('host-usable', { cores: free.cores, memory: free.memoryMiB }, [`host:${spec.name}`]));

/** Its row changes with each of its last steps, and why it goes does not. */
const whyGone = oncePer((goal: Machine['goal']): { readonly why: string } => ({ why: goal.kind === 'gone' ? sentence(goal.reason) : '' }));
const isLeaving = oncePer((row: Machine): Reason => because('keep-draining', whyGone(row.goal), machineRef(row)));

/** Undefined where a step has said it: drains, resizes, idle ones. */
function aboutMachine({ chosen, rows, world, now }: Sheet, supply: Supply, machine: MachineView): Reason | undefined {
  const { row } = machine;
  const held = rows.machines.get(row.id)?.held;
  if (held !== undefined) return because('keep-held', { who: held.by, why: held.why }, machineRef(row));
  if (chosen.has(row.id)) return undefined;
  if (row.goal.kind === 'gone') return isLeaving(row);
  if (isBroken(machine)) return row.failing?.reason;
  if (isPersons(machine)) return because('offline-by-person', { note: machine.node?.note ?? '' }, machineRef(row));
  const source = world.sources.get(machine.seat?.source ?? '');
  const silentSince = source?.reading.silentSince;
  if (source !== undefined && silentSince !== undefined) {
    return because(
      'wait-silent',
      { source: source.name, sinceMs: Math.max(0, now - silentSince), cause: source.reading.cause ?? 'no answer' },
      machineRef(row),
    );
  }
  if (machine.jobs.length > 0) return isBusy(machine);
  const needed = supply.byMachine.get(row.id)?.needed;
  if (needed !== undefined) return because('keep-wanted', { why: `job ${needed.job} waits` }, machineRef(row));
  return machine.phase === 'ready' ? leftAlone(machine, now) : because('keep-wanted', { why: sentence(row.reason) }, machineRef(row));
}

/** A ready machine that the scale-down could not look at. */
function leftAlone({ row, intent, nodeHeard, hostHeard }: MachineView, now: number): Reason | undefined {
  const refs = [`machine:${row.id}`];
  if (intent !== undefined) return because('step-in-flight', { verb: intent.deed.verb, sinceMs: Math.max(0, now - intent.openedAt) }, refs);
  return nodeHeard && hostHeard ? undefined : because('wait-unread', { source: nodeHeard ? row.host : row.seat }, refs);
}
