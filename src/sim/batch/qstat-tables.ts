import { clockText } from './civil.js';
import type { BatchJob } from './job.js';
import { execHost } from './print-job.js';
import type { Server } from './server.js';

/** Plain `qstat`. */
export function plain(server: Server, jobs: readonly BatchJob[]): string {
  const short = server.name.split('.')[0] ?? server.name;
  const head = `Job ID                    Name             User            Time Use S Queue\n${[25, 16, 15, 8, 1, 5].map((n) => '-'.repeat(n)).join(' ')}\n`;
  const row = (job: BatchJob): string =>
    [
      job.id.replace(`.${server.name}`, `.${short}`).slice(0, 25).padEnd(26),
      job.name.slice(0, 16).padEnd(16),
      job.owner.slice(0, 15).padEnd(15),
      (job.startedAt === undefined ? '0' : clockText(Math.floor(((job.completedAt ?? server.now) - job.startedAt) / 1000))).padStart(8),
      job.state,
      job.queue.slice(0, 15).padEnd(15),
    ].join(' ');
  return `${head}${jobs.map((job) => `${row(job)}\n`).join('')}`;
}

/** `qstat -a`, `-n` (with the nodes; `oneLine`: behind the row). */
export function alternative(server: Server, jobs: readonly BatchJob[], withNodes: boolean, oneLine: boolean): string {
  const blank = ' '.repeat(82);
  const head = [
    '',
    `${server.name}: `,
    `${blank}Req'd    Req'd       Elap`,
    'Job ID                  Username    Queue    Jobname          SessID  NDS   TSK   Memory   Time    S   Time',
    `${[23, 11, 8, 16, 6, 5, 6, 6, 9, 1, 9].map((n) => '-'.repeat(n)).join(' ')}`,
    '',
  ].join('\n');
  return `${head}${jobs.map((job) => row(server, job) + nodesOf(server, job, withNodes, oneLine)).join('')}`;
}

function row(server: Server, job: BatchJob): string {
  const tasks = job.procs ?? job.nodes?.reduce((sum, need) => sum + need.count * need.ppn, 0);
  const nodect = job.resources.get('nodect');
  const memory = job.resources.get('vmem') ?? job.resources.get('mem');
  const session = job.execution?.session ?? 0;
  const elapsed = job.startedAt === undefined ? undefined : clockText(Math.floor(((job.completedAt ?? server.now) - job.startedAt) / 1000));
  return [
    job.id.slice(0, 22).padEnd(23),
    job.owner.slice(0, 11).padEnd(11),
    job.queue.slice(0, 8).padEnd(8),
    job.name.slice(0, 16).padEnd(16),
    session === 0 ? '   -- ' : String(session).padStart(6),
    nodect === undefined ? '  -- ' : nodect.padStart(5),
    tasks === undefined ? '   -- ' : String(tasks).padStart(6),
    memory === undefined ? '   -- ' : memory.padStart(6),
    job.resources.get('walltime')?.padStart(9) ?? '      -- ',
    job.state,
    (elapsed ?? (job.state === 'W' ? '00:00:00' : '     -- ')).padStart(9),
  ].join(' ');
}

function nodesOf(server: Server, job: BatchJob, withNodes: boolean, oneLine: boolean): string {
  if (!withNodes) return '\n';
  const where = job.execution === undefined ? ' -- ' : execHost(job.execution, server.version === '6.1.3');
  return oneLine ? `   ${where}\n` : `\n   ${where}\n`;
}
