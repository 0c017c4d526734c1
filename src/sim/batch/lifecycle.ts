import { released, slotLimited } from './dependencies.js';
import { type BatchJob, type EndCause, type Execution, endRun } from './job.js';
import { drops } from './mom.js';
import type { Server } from './server.js';

/** Works out where a job that does not run stands: held, dated or queued. */
export function settle(server: Server, job: BatchJob): void {
  if (job.state === 'R' || job.state === 'C' || job.kind === 'array') return;
  const now = server.now;
  const dated = job.executionAt !== undefined && job.executionAt > now;
  const state = job.holds.size > 0 ? 'H' : dated ? 'W' : 'Q';
  if (state === 'Q') job.eligibleAt ??= now;
  else if (!onlySlotLimited(job)) job.eligibleAt = undefined;
  if (state !== job.state) server.setState(job, state);
  job.cancel();
  job.cancel = () => undefined;
  if (!dated || job.executionAt === undefined) return;
  job.cancel = server.agenda.at(job.executionAt, () => {
    settle(server, job);
    server.wake();
  });
}

/** Held by its array's slot limit and by nothing else: recorded with an `etime` all the same. */
const onlySlotLimited = (job: BatchJob): boolean => job.holds.size === 1 && job.holds.has('l');

/** Takes the job off its nodes and moms. */
function vacate(server: Server, job: BatchJob): Execution | undefined {
  const { execution } = job;
  if (execution === undefined) return undefined;
  execution.cancel();
  for (const { node, slot } of execution.slots) {
    const listed = server.nodes.get(node);
    if (listed?.slots.get(slot) === job) listed.slots.delete(slot);
    const mom = server.moms.get(node);
    if (mom !== undefined) drops(mom, job.id, server.now);
  }
  job.execution = undefined;
  return execution;
}

/** The job is over: state C, kept for a while. */
export function finish(server: Server, job: BatchJob, why: EndCause, exit?: number): void {
  if (job.state === 'C') return;
  const now = server.now;
  const execution = vacate(server, job);
  const known = execution?.run?.endedAt !== undefined;
  if (execution !== undefined) endRun(execution, now, why, exit);
  job.cancel();
  job.lastExecution = execution;
  if (execution !== undefined) job.completedAt = now;
  if (exit !== undefined) job.exitStatus = exit;
  server.setState(job, 'C');
  const record = server.records.get(job.id);
  const cause = execution?.run?.why ?? why;
  if (record !== undefined) record.ended = { at: now, why: cause, ...(exit === undefined ? {} : { exit }) };
  if (!known) server.events.tell('job-ended', { job, run: execution?.run, why: cause });
  job.cancel = server.agenda.at(now + server.ms('keep_completed', 60_000), () => remove(server, job));
  afterEnd(server, job, exit);
  if (execution !== undefined && (server.options.refill ?? 'immediate') === 'immediate') server.wake();
}

/** What a job's end means to others. */
function afterEnd(server: Server, job: BatchJob, exit: number | undefined): void {
  for (const [child, fate] of released(server, job, exit)) {
    if (fate === 'die') finish(server, child, 'deleted');
    else {
      settle(server, child);
      server.wake();
    }
  }
  for (const element of slotLimited(job)) settle(server, element);
  settleArray(server, job.parent);
}

/** Removes a job without a trace (its keeping time is over, or `qdel -p`). */
export function remove(server: Server, job: BatchJob): void {
  vacate(server, job);
  job.cancel();
  server.forget(job);
  const { parent } = job;
  if (parent?.elements.every((element) => server.jobs.get(element.id) !== element) === true) server.forget(parent);
}

/** Back into its queue at its old place. */
export function requeue(server: Server, job: BatchJob, exitStatus: number | undefined): void {
  const execution = vacate(server, job);
  if (execution?.run !== undefined && execution.run.endedAt === undefined) {
    endRun(execution, server.now, 'requeued', exitStatus);
    server.events.tell('job-ended', { job, run: execution.run, why: 'requeued' });
  }
  job.exitStatus = exitStatus;
  job.startedAt = undefined;
  server.setState(job, job.holds.size > 0 ? 'H' : 'Q');
  settleArray(server, job.parent);
}

/** An array shows R while an element runs, C when all are over, else Q (H when all are held). */
export function settleArray(server: Server, array: BatchJob | undefined): void {
  if (array === undefined) return;
  const has = (state: string): boolean => array.elements.some((element) => element.state === state);
  const state = has('R') ? 'R' : has('Q') ? 'Q' : has('W') ? 'W' : has('H') ? 'H' : 'C';
  if (state !== array.state) server.setState(array, state);
}
