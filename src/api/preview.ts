import type { Environment } from '../model/environment.js';
import { jobKey } from '../model/job.js';
import type { Policy } from '../model/policy.js';
import type { Present } from '../model/present.js';
import { sentence } from '../model/reason.js';
import type { Request } from '../model/rows.js';
import type { MachineView } from '../model/world.js';
import { answerRequests } from '../plan/requests.js';
import { sharesNow } from '../plan/shares.js';
import type { Preview } from './schema/what-if.js';
import { seesJob, type Viewer } from './viewer.js';
import { decisionRecord, proposalList } from './views-plan.js';

type Touch = Preview['touches'][number];

/** The jobs of a machine, with their owners for who may see them. */
function jobsOn(present: Present, viewer: Viewer, { jobs, row, seat }: MachineView): Touch['jobs'] {
  return jobs.map((id) => {
    const job = seat === undefined ? undefined : present.world.jobs.get(jobKey({ source: seat.source, id }));
    return job !== undefined && seesJob(viewer, job, row.environment) ? { id, owner: job.owner } : { id };
  });
}

const ends = (count: number): string =>
  count === 0 ? 'has no job: leaves at once' : `takes no new jobs, leaves when its ${count === 1 ? 'job has' : `${count} jobs have`} ended`;

const byKind: Readonly<Partial<Record<Request['kind'], (machine: MachineView) => string>>> = {
  drain: ({ jobs }) => ends(jobs.length),
  hold: ({ jobs }) => `is left alone; ${jobs.length === 0 ? 'it has no job' : 'its jobs go on'}`,
  release: () => 'is looked after again',
  move: ({ jobs, row }) =>
    jobs.length > 0 || row.kind === 'service'
      ? 'goes on while it is moved, and stands still for some seconds'
      : 'is offline while it is moved, and then serves on',
  stay: () => 'stays where it is, and is left there for a while',
  bury: ({ jobs }) =>
    jobs.length === 0 ? 'is stopped; nothing is known to run there' : 'is stopped, and what the batch server shows there counts for nothing',
};

/** A host that goes, for a while or for good, with what is on it; one that comes back. */
function hostTouched({ world }: Present, { kind, subject, drain }: Request, machine: (view: MachineView, text: string) => Touch): readonly Touch[] | undefined {
  const there = world.hosts.get(subject)?.machines ?? [];
  const host = (text: string): Touch => ({ subject: `host:${subject}`, text, jobs: [] });
  const leaves = (): readonly Touch[] => there.map((view) => machine(view, ends(view.jobs.length)));
  switch (kind) {
    case 'cordon':
      return drain === true ? leaves() : there.map((view) => machine(view, 'stays, and serves on'));
    case 'uncordon':
      return [host('may get machines again')];
    case 'wake':
      return [host('is switched on where it is off, and left on for a while')];
    case 'sleep':
      return [...leaves(), host('is switched off when nothing is on it any more, and stays off until somebody switches it on')];
    case 'prove':
      return [host('is switched off and on again, supervised: no machine can be there meanwhile')];
    default:
      return undefined;
  }
}

/** Deeds that end, and decisions that wait or go on. */
function deploymentTouched({ world, plan }: Present, kind: 'freeze' | 'thaw'): readonly Touch[] {
  const running = [...world.rows.intents.values()].map(({ id, deed }) => ({ subject: `deed:${id}`, text: `${deed.verb} is under way and ends`, jobs: [] }));
  const held = (kind === 'freeze' ? plan.decisions : plan.recorded).map(decisionRecord);
  const until = kind === 'freeze' ? 'waits until the thaw' : 'is no longer held back by the freeze';
  return [...(kind === 'freeze' ? running : []), ...held.map((each) => ({ subject: each.subject, text: `${each.kind} ${until}: ${each.why}`, jobs: [] }))];
}

/** What the hosts that are to be empty carry now. */
function maintained({ world, policy }: Present, subject: string, machine: (view: MachineView, text: string) => Touch): readonly Touch[] {
  const hosts = [...world.hosts.values()].filter(({ spec }) => spec.name === subject || (policy.hosts[subject] === undefined && spec.pool === subject));
  return hosts.flatMap(({ machines }) => machines.map((view) => machine(view, 'takes no job any more that could last too long, and is gone by then')));
}

function touchesOf(present: Present, viewer: Viewer, request: Request): readonly Touch[] {
  const { world } = present;
  const machine = (view: MachineView, text: string): Touch => ({ subject: `machine:${view.row.id}`, text, jobs: jobsOn(present, viewer, view) });
  const its = world.machines.get(request.subject);
  if (its !== undefined) return [machine(its, byKind[request.kind]?.(its) ?? 'is what it is about')];
  if (request.kind === 'maintain') return maintained(present, request.subject, machine);
  const host = hostTouched(present, request, machine);
  if (host !== undefined) return host;
  if (request.kind === 'freeze' || request.kind === 'thaw') return deploymentTouched(present, request.kind);
  const stray = request.kind === 'forget' ? world.strays.find(({ key }) => key === request.subject) : undefined;
  if (stray !== undefined) return [{ subject: `stray:${stray.key}`, text: `stays on ${stray.host} as it is, and is not reported any more`, jobs: [] }];
  if (request.kind === 'share' || request.kind === 'unshare') return sharesTouched(present, request);
  const proposal = proposalList(present).find(({ id }) => id === request.subject);
  return proposal === undefined ? [] : [{ subject: proposal.subject, text: proposal.text, jobs: [] }];
}

/** Whose guaranteed cores become more or fewer; who is over his own share gives freed capacity to who is below. */
function sharesTouched({ world, policy, at }: Present, { kind, subject, share, who, why }: Request): readonly Touch[] {
  const rest = [...world.rows.shares].filter(([name]) => name !== subject);
  const set = kind === 'share' && share !== undefined ? [[subject, { environment: subject, share, by: who, why, at }] as const] : [];
  const before = sharesNow(world.rows, policy, at);
  const after = sharesNow({ ...world.rows, shares: new Map([...rest, ...set]) }, policy, at);
  const pools = new Set(policy.environments[subject]?.pools);
  return Object.values(policy.environments)
    .filter((environment) => environment.name === subject || environment.pools.some((pool) => pools.has(pool)))
    .map((environment) => {
      const cores = coresOf(policy, environment);
      const of = (shares: ReadonlyMap<string, number>): number => Math.floor((shares.get(environment.name) ?? 0) * cores);
      const changed = of(before) === of(after) ? `keeps its guaranteed ${of(after)}` : `is guaranteed ${of(after)} (now ${of(before)})`;
      return { subject: `environment:${environment.name}`, text: `${changed} of the ${cores} cores of its pools`, jobs: [] };
    });
}

/** Cores for machines in all pools of an environment. */
const coresOf = ({ hosts }: Policy, { pools }: Environment): number =>
  Object.values(hosts).reduce((sum, { pool, cores, reserve }) => (pools.includes(pool) ? sum + cores - reserve.cores : sum), 0);

/** What the planner would answer now, and what would happen to whom. Nothing is written. */
export function previewOf(present: Present, viewer: Viewer, request: Request): Preview {
  const rows = { ...present.world.rows, requests: new Map([[request.id, request]]) };
  const { changes } = answerRequests({ ...present.world, rows }, present.policy, request.at);
  const answered = changes.flatMap((change) => (change.table === 'requests' && change.key === request.id && change.row !== null ? [change.row] : []))[0];
  const done = answered?.state === 'done';
  const text = answered?.answer === undefined ? 'no answer' : sentence(answered.answer);
  return { state: done ? 'done' : 'refused', text, touches: done ? touchesOf(present, viewer, request) : [] };
}
