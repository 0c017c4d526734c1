import type { Wish } from '../src/api/schema/requests.js';
import type { Seen } from './seen.js';
import { count, short } from './words.js';

export type Verb = Extract<Wish['kind'], 'drain' | 'hold' | 'release' | 'cordon' | 'uncordon' | 'wake' | 'sleep' | 'freeze' | 'thaw' | 'approve'>;

const named = (ids: readonly string[]): string =>
  ids.length <= 4 ? ids.map(short).join(', ') : `${ids.slice(0, 4).map(short).join(', ')} and ${ids.length - 4} more`;

function ofMachine(verb: Verb, id: string, { machines, environments }: Seen): readonly string[] {
  const machine = machines.get(id);
  if (machine === undefined) return ['This machine is gone: nothing happens.'];
  const { jobs, environment } = machine;
  if (verb === 'release') return [`The hold on ${short(id)} ends: the planner may drain and remove it again when nobody needs it.`];
  if (verb === 'hold')
    return [`${short(id)} is left alone until somebody releases it, however long it is idle: its ${count(machine.cores, 'core')} stay taken.`];
  const others = [...machines.values()].filter((each) => each.environment === environment && each.phase === 'ready' && each.id !== id).length;
  const env = environments.get(environment);
  return [
    `${short(id)} takes no new jobs.`,
    jobs.length === 0
      ? 'No job runs on it: it is stopped and removed at once.'
      : `${jobs.length === 1 ? 'The job' : `The ${jobs.length} jobs`} on it (${named(jobs)}) end${jobs.length === 1 ? 's' : ''} first, then it is removed. No job is killed.`,
    `${environment} keeps ${count(others, 'other ready machine')}${env === undefined ? '' : `, and has ${count(env.jobs.waiting, 'waiting job')} now`}.`,
  ];
}

function ofHost(verb: Verb, name: string, drain: boolean, { hosts, machines }: Seen): readonly string[] {
  const host = hosts.get(name);
  const there = [...machines.values()].filter((machine) => machine.host === name);
  const jobs = there.flatMap((machine) => machine.jobs);
  if (verb === 'uncordon') return [`Machines may be placed on ${short(name)} again; ${count(host?.freeCores ?? 0, 'core')} of it are free now.`];
  if (verb === 'wake') return [`${short(name)} is switched on.`];
  if (verb === 'sleep')
    return [
      there.length === 0
        ? `${short(name)} is switched off, once nothing runs on it, and stays off until somebody wakes it.`
        : `${count(there.length, 'machine')} on it (${named(there.map(({ id }) => id))}) with ${count(jobs.length, 'job')} must go first; then it is switched off and stays off until somebody wakes it.`,
    ];
  const rest = drain
    ? there.length === 0
      ? 'There is no machine on it.'
      : `Its ${count(there.length, 'machine')} (${named(there.map(({ id }) => id))}) take no new jobs and go when their ${count(jobs.length, 'running job')} end. No job is killed.`
    : `Its ${count(there.length, 'machine')} and their ${count(jobs.length, 'running job')} stay.`;
  return [`No new machine is placed on ${short(name)}: ${count(host?.freeCores ?? 0, 'free core')} less to start on.`, rest];
}

function ofAll(verb: Verb, subject: string, { status, machines }: Seen): readonly string[] {
  if (verb === 'approve') return [`What is proposed (${subject}) is done at the next look, if it is still right by then.`];
  if (verb === 'thaw') return ['Deeds go on: what the plan wants is done from the next look on.'];
  return [
    `Nothing is started, drained or removed any more; ${count(status?.deeds ?? 0, 'deed')} under way stop where they can.`,
    `${count(machines.size, 'machine')} and ${count(status?.jobs.running ?? 0, 'running job')} go on. ${count(status?.jobs.waiting ?? 0, 'waiting job')} get no new machine until it is thawed.`,
  ];
}

/** What a wish will do and to whom, in sentences, from what is known now. */
export function whatHappens(verb: Verb, subject: string, drain: boolean, seen: Seen): readonly string[] {
  if (verb === 'drain' || verb === 'hold' || verb === 'release') return ofMachine(verb, subject, seen);
  if (verb === 'cordon' || verb === 'uncordon' || verb === 'wake' || verb === 'sleep') return ofHost(verb, subject, drain, seen);
  return ofAll(verb, subject, seen);
}
