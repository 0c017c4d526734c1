import { jobKey } from '../model/job.js';
import type { Policy } from '../model/policy.js';
import type { Rows } from '../model/rows.js';
import type { MachineView, World } from '../model/world.js';
import { emptyingMs, endOf } from './tenancy-due.js';

/** When nothing need be on a host any more, if it takes no new jobs from now on. */
export interface Forecast {
  /** Epoch ms; absent: a job there names no walltime, so nobody knows. */
  readonly freeAt?: number;
  /** What it waits for. */
  readonly why: string;
  /** Jobs that run there. */
  readonly jobs: number;
}

/** What one machine asks of the host's time: each of its jobs, or itself when it has none. */
function* endsOn(world: World, { row, jobs, seat }: MachineView, now: number): Generator<{ readonly end: number | undefined; readonly why: string }> {
  if (jobs.length === 0) yield { end: now, why: `${row.id} has to go` };
  for (const id of jobs) {
    const job = world.jobs.get(jobKey({ source: seat?.source ?? '', id }));
    const end = job && endOf(world, job);
    yield { end: end && Math.max(now, end), why: end === undefined ? `job ${id} names no walltime` : `job ${id} may run until then` };
  }
}

/** By the walltimes of the jobs that run there: when the host is empty at the latest. */
export function forecastOf(world: World, policy: Policy, rows: Rows, host: string, now: number): Forecast {
  const machines = (world.hosts.get(host)?.machines ?? []).filter(({ row }) => rows.machines.get(row.id)?.guestGoneAt === undefined);
  const all = machines.flatMap((machine) => [...endsOn(world, machine, now)]);
  const jobs = machines.reduce((sum, machine) => sum + machine.jobs.length, 0);
  const endless = all.find(({ end }) => end === undefined);
  if (endless !== undefined) return { why: endless.why, jobs };
  const last = all.reduce<{ readonly end: number | undefined; readonly why: string } | undefined>(
    (late, each) => (late === undefined || (each.end ?? 0) > (late.end ?? 0) ? each : late),
    undefined,
  );
  return last?.end === undefined ? { freeAt: now, why: 'nothing runs there', jobs } : { freeAt: last.end + emptyingMs(policy), why: last.why, jobs };
}
