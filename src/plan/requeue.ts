import type { Job } from '../model/job.js';
import { because } from '../model/reason.js';
import type { MachineView } from '../model/world.js';
import { batchAskedAfter, type Context, machineRef, type Step } from './step.js';

/** Its guest is proved gone: by a look asked after it was made, or because we saw it stop. */
const isGone = (machine: MachineView | undefined): boolean =>
  machine !== undefined && (machine.row.guestGoneAt !== undefined || (machine.hostHeard && machine.guest === undefined));

/**
 * A job that its dead guest left in state R is put back into its queue, where the environment's policy says so: only a
 * rerunnable one, and only when every guest it ran on is proved gone, so that no part of it can still be running.
 */
export function requeue(context: Context, machine: MachineView): Step | undefined {
  const { world } = context;
  const { row, seat, environment } = machine;
  if (environment?.lostJobs !== 'requeue' || seat === undefined || !isGone(machine)) return undefined;
  if (row.requeuedAt !== undefined && !batchAskedAfter(context, machine, row.requeuedAt))
    return { reason: because('step-look-again', { sinceMs: context.now - row.requeuedAt, of: seat.source }, machineRef(row)) };
  const seated = (node: string): MachineView | undefined => world.seats.get(node)?.machine;
  const isOrphan = (job: Job | undefined): job is Job =>
    job?.rerunnable === true && job.state === 'running' && job.execHosts.length > 0 && job.execHosts.every(({ node }) => isGone(seated(node)));
  const job = machine.jobs.map((id) => world.jobs.get(`${seat.source}/${id}`)).find(isOrphan);
  if (job === undefined) return undefined;
  const reason = because('step-requeue', { job: job.id }, [...machineRef(row), `job:${seat.source}/${job.id}`]);
  return { reason, deed: { verb: 'requeue-job', source: seat.source, node: row.seat, job: job.id, machine: row.id, reason } };
}
