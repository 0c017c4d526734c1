import { jobKey } from '../model/job.js';
import type { Present } from '../model/present.js';
import { sentence } from '../model/reason.js';
import type { Request } from '../model/rows.js';
import type { MachineView } from '../model/world.js';
import { answerRequests } from '../plan/requests.js';
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
};

function touchesOf(present: Present, viewer: Viewer, request: Request): readonly Touch[] {
  const { world, plan } = present;
  const machine = (view: MachineView, text: string): Touch => ({ subject: `machine:${view.row.id}`, text, jobs: jobsOn(present, viewer, view) });
  const its = world.machines.get(request.subject);
  if (its !== undefined) return [machine(its, byKind[request.kind]?.(its) ?? 'is what it is about')];
  if (request.kind === 'cordon') {
    const there = world.hosts.get(request.subject)?.machines ?? [];
    return there.map((view) => machine(view, request.drain === true ? ends(view.jobs.length) : 'stays, and serves on'));
  }
  if (request.kind === 'freeze') {
    const running = [...world.rows.intents.values()].map(({ id, deed }) => ({ subject: `deed:${id}`, text: `${deed.verb} is under way and ends`, jobs: [] }));
    const held = plan.decisions.map(decisionRecord).map(({ kind, subject, why }) => ({ subject, text: `${kind} waits until the thaw: ${why}`, jobs: [] }));
    return [...running, ...held];
  }
  const proposal = proposalList(present).find(({ id }) => id === request.subject);
  return proposal === undefined ? [] : [{ subject: proposal.subject, text: proposal.text, jobs: [] }];
}

/** What the planner would answer now, and what would happen to whom. Nothing is written. */
export function previewOf(present: Present, viewer: Viewer, request: Request): Preview {
  const rows = { ...present.world.rows, requests: new Map([[request.id, request]]) };
  const { changes } = answerRequests({ ...present.world, rows }, present.policy, request.at);
  const answered = changes.flatMap((change) => (change.table === 'requests' && change.key === request.id && change.row !== null ? [change.row] : []))[0];
  const done = answered?.state === 'done';
  const text = answered?.answer === undefined ? 'no answer' : sentence(answered.answer);
  return { state: done ? 'done' : 'refused', text, touches: done ? touchesOf(present, viewer, request) : [] };
}
