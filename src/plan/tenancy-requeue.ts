import type { Deed } from '../model/action.js';
import { clockText } from '../model/calendar.js';
import { type Job, jobKey } from '../model/job.js';
import { because } from '../model/reason.js';
import type { Tenancy } from '../model/tenancy.js';
import type { MachineView } from '../model/world.js';
import type { Reasons } from './decision.js';
import type { Draft } from './draft.js';
import type { Context } from './step.js';
import type { MayAct } from './steps.js';
import { type Due, Dues, endOf } from './tenancy-due.js';
import { classroomOf } from './tenancy-limits.js';

/** Rerunnable jobs on a host that will not have ended when it must go; only those of machines that take no new ones. */
function overdue({ world }: Context, machines: readonly MachineView[], emptyBy: number): readonly { readonly machine: MachineView; readonly job: Job }[] {
  return machines.flatMap((machine) => {
    const { row, seat, withheld, intent, nodeHeard } = machine;
    if (row.goal.kind !== 'gone' || withheld?.confirmedAt === undefined || intent !== undefined || !nodeHeard || seat === undefined) return [];
    const jobs = machine.jobs.map((id) => world.jobs.get(`${seat.source}/${id}`));
    return jobs.flatMap((job) =>
      job?.state === 'running' && job.rerunnable && (endOf(world, job) ?? Number.POSITIVE_INFINITY) > emptyBy ? [{ machine, job }] : [],
    );
  });
}

/**
 * Where the site says so, rerunnable jobs that are still there when their host must be empty go back into their queue;
 * never without having been announced for as long as the site wants. Others are waited for.
 */
export function requeues(context: Context, draft: Draft, mayAct: MayAct, reasons: Reasons): readonly Deed[] {
  const { world, policy, now } = context;
  const { requeue, noticeMs } = classroomOf(policy);
  const dues = requeue === 'rerunnable' ? Dues.of(policy, world.rows, now) : undefined;
  if (dues === undefined) return [];
  const deeds: Deed[] = [];
  for (const [host, row] of world.rows.tenancies) {
    const due = dues.window(host);
    if (due?.kind === 'classroom' && now >= due.emptyBy - noticeMs && draft.tenancy(host) === row)
      deeds.push(...ofHost(context, row, due, draft, mayAct, reasons));
  }
  return deeds;
}

function ofHost(context: Context, row: Tenancy, due: Due, draft: Draft, mayAct: MayAct, reasons: Reasons): readonly Deed[] {
  const { world, policy, now } = context;
  const { host } = row;
  const jobs = overdue(context, world.hosts.get(host)?.machines ?? [], due.emptyBy);
  if (jobs.length === 0) return [];
  const announcedAt = row.announcedAt ?? now;
  if (row.announcedAt === undefined) draft.put({ table: 'tenancies', key: host, row: { ...row, announcedAt } });
  const at = Math.max(due.emptyBy, announcedAt + classroomOf(policy).noticeMs);
  const deeds = new Map<string, Deed>();
  for (const { machine, job } of jobs) {
    const refs = [`job:${jobKey(job)}`, `machine:${machine.row.id}`, `host:${host}`];
    const notice = because('requeue-notice', { job: job.id, at: clockText(at, due.offsetMs) }, refs);
    for (const subject of refs) reasons.say(subject, notice);
    if (now < at || mayAct(machine.row.environment, host).waits !== undefined) continue;
    const reason = because('step-requeue-due', { job: job.id }, refs);
    // one at a time for each machine
    deeds.set(machine.row.id, { verb: 'requeue-job', source: job.source, node: machine.row.seat, job: job.id, machine: machine.row.id, reason });
  }
  return [...deeds.values()];
}
