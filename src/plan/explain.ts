import { because, type Reason, sentence } from '../model/reason.js';
import type { MachineView } from '../model/world.js';
import { isBroken, type Sheet } from './capacity.js';
import { isPersons } from './offline.js';
import type { Supply } from './supply.js';

/** Says why for everything that no step has spoken of: environments, hosts, machines, and the jobs nobody serves. */
export function explain(sheet: Sheet, supply: Supply): void {
  environments(sheet);
  hosts(sheet);
  for (const machine of sheet.world.machines.values()) {
    const subject = `machine:${machine.row.id}`;
    const reason = aboutMachine(sheet, supply, machine);
    if (reason !== undefined) sheet.reasons.say(subject, reason);
  }
  for (const [key, verdict] of sheet.world.verdicts) {
    if ('unserved' in verdict) sheet.reasons.say(`job:${key}`, verdict.unserved);
  }
}

function environments(sheet: Sheet): void {
  const waiting = new Map<string, { count: number; since: number; job: string }>();
  for (const group of sheet.world.groups) {
    const sum = waiting.get(group.environment);
    const job = group.sample[0] ?? group.key;
    if (sum === undefined) waiting.set(group.environment, { count: group.count, since: group.since, job });
    else {
      sum.count += group.count;
      if (group.since < sum.since) Object.assign(sum, { since: group.since, job });
    }
  }
  for (const room of sheet.environments.values()) {
    const name = room.environment.name;
    const subject = `environment:${name}`;
    const sum = waiting.get(name);
    if (sum === undefined) sheet.reasons.say(subject, because('environment-calm', { machines: room.serving }, [subject]));
    else {
      const waitedMs = Math.max(0, sheet.now - sum.since);
      sheet.reasons.say(subject, because('jobs-wait', { count: sum.count, environment: name, job: sum.job, waitedMs }, [subject]));
    }
    if (room.blocked !== undefined) sheet.reasons.say(subject, room.blocked);
    for (const trouble of room.seatTroubles) sheet.reasons.say(subject, trouble);
  }
}

function hosts(sheet: Sheet): void {
  for (const { name, view, blocked } of sheet.hosts.values()) {
    sheet.reasons.say(`host:${name}`, blocked ?? because('host-usable', { cores: view.free.cores, memory: view.free.memoryMiB }, [`host:${name}`]));
  }
}

/** Undefined where a step has said it: drains, resizes, idle ones. */
function aboutMachine({ chosen, rows, world, now }: Sheet, supply: Supply, machine: MachineView): Reason | undefined {
  const { row } = machine;
  const refs = [`machine:${row.id}`];
  const held = rows.machines.get(row.id)?.held;
  if (held !== undefined) return because('keep-held', { who: held.by, why: held.why }, refs);
  if (chosen.has(row.id)) return undefined;
  if (row.goal.kind === 'gone') return because('keep-draining', { why: sentence(row.goal.reason) }, refs);
  if (isBroken(machine)) return row.failing?.reason;
  if (isPersons(machine)) return because('offline-by-person', { note: machine.node?.note ?? '' }, refs);
  const source = world.sources.get(machine.seat?.source ?? '');
  const silentSince = source?.reading.silentSince;
  if (source !== undefined && silentSince !== undefined) {
    return because('wait-silent', { source: source.name, sinceMs: Math.max(0, now - silentSince), cause: source.reading.cause ?? 'no answer' }, refs);
  }
  if (machine.jobs.length > 0) return because('keep-busy', { jobs: machine.jobs.slice(0, 5).join(', ') }, refs);
  const needed = supply.byMachine.get(row.id)?.needed;
  if (needed !== undefined) return because('keep-wanted', { why: `job ${needed.job} waits` }, refs);
  return machine.phase === 'ready' ? leftAlone(machine, now) : because('keep-wanted', { why: sentence(row.reason) }, refs);
}

/** A ready machine that the scale-down could not look at. */
function leftAlone({ row, intent, nodeHeard, hostHeard }: MachineView, now: number): Reason | undefined {
  const refs = [`machine:${row.id}`];
  if (intent !== undefined) return because('step-in-flight', { verb: intent.deed.verb, sinceMs: Math.max(0, now - intent.openedAt) }, refs);
  return nodeHeard && hostHeard ? undefined : because('wait-unread', { source: nodeHeard ? row.host : row.seat }, refs);
}
