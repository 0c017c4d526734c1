import type { BatchNode, BatchQueue, BatchServer, NodeJob } from '../../model/batch.js';
import type { ExecSlots, Job, JobState, ResourceRequest } from '../../model/job.js';
import type { BatchJob, State } from './job.js';
import { currentReport } from './moms.js';
import { statesOf, type WorkerNode } from './node.js';
import { holdTypes } from './print-job.js';
import { defaultsOf, first, isRoute, isTrue, type Queue } from './queue.js';
import { parseMiB, parseSeconds } from './resources.js';
import type { Server } from './server.js';

/** The server shows whole seconds. */
const toSecond = (at: number): number => Math.floor(at / 1000) * 1000;
const stateNames: Readonly<Record<State, JobState>> = { Q: 'queued', H: 'held', W: 'waiting', R: 'running', C: 'complete' };
const plainlyServed = new Set(['nodes', 'procs', 'mem', 'vmem', 'pmem', 'pvmem', 'walltime']);
const harmless = new Set(['neednodes', 'nodect', 'cput', 'pcput', 'nice', 'file', 'software', 'prologue', 'epilogue', 'qos', 'signal']);

/** An optional field: there, or not there at all. */
const maybe = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });

function requestOf(server: Server, job: BatchJob): ResourceRequest {
  const unsupported: string[] = job.extra === undefined ? [] : [`-W x=${job.extra}`];
  const isHost = (word: string): boolean => word.includes('.') || server.nodes.has(word);
  const chunks = (job.nodes ?? []).map(({ count, ppn, properties, extras }) => {
    unsupported.push(...properties.filter(isHost).map((word) => `host ${word}`), ...extras);
    return { count, ppn, properties: properties.filter((word) => !isHost(word)) };
  });
  const size = (name: string): number | undefined => parseMiB(job.resources.get(name) ?? '');
  const seconds = parseSeconds(job.resources.get('walltime') ?? '');
  for (const [name, value] of job.resources) {
    if (!plainlyServed.has(name) && !harmless.has(name) && !(name === 'ncpus' && value === '1')) unsupported.push(`${name}=${value}`);
  }
  return {
    chunks,
    ...maybe('procs', job.procs),
    ...maybe('memoryMiB', size('mem') ?? size('vmem')),
    ...maybe('memoryPerProcMiB', size('pmem') ?? size('pvmem')),
    ...maybe('walltimeMs', seconds === undefined ? undefined : seconds * 1000),
    unsupported,
  };
}

function execHostsOf(job: BatchJob): readonly ExecSlots[] {
  const execution = job.execution ?? (job.state === 'C' ? job.lastExecution : undefined);
  if (execution === undefined) return [];
  return execution.nodes.map((node) => ({ node, slots: execution.slots.filter((slot) => slot.node === node).length }));
}

/** The job as a reader of `qstat -t -x` would have it. */
export function jobRecord(server: Server, source: string, job: BatchJob): Job {
  const held = job.state === 'H' || job.state === 'W';
  const eligibleAt = held ? undefined : (job.eligibleAt ?? job.queuedAt);
  return {
    source,
    id: job.id,
    name: job.name,
    owner: job.owner,
    group: job.owner,
    queue: job.queue,
    state: stateNames[job.state],
    request: requestOf(server, job),
    submittedAt: toSecond(job.createdAt),
    execHosts: execHostsOf(job),
    dependent: held && job.depends.length > 0,
    holds: held ? (holdTypes(job, server.version === '6.1.3') ?? '').replace('n', '') : '',
    rerunnable: job.rerunnable,
    ...maybe('account', job.account),
    ...maybe('comment', job.comment),
    ...maybe('startedAt', job.startedAt === undefined ? undefined : toSecond(job.startedAt)),
    ...maybe('eligibleAt', eligibleAt === undefined ? undefined : toSecond(eligibleAt)),
    ...maybe('exitStatus', job.exitStatus),
  };
}

/** The node as a reader of `pbsnodes -x` would have it. */
export function nodeRecord(server: Server, node: WorkerNode): BatchNode {
  const report = currentReport(server, node);
  const held = new Map<string, number>();
  for (const [, job] of [...node.slots].sort(([a], [b]) => a - b)) held.set(job.id, (held.get(job.id) ?? 0) + 1);
  const jobs: NodeJob[] = [...held].map(([id, slots]) => ({ id, slots }));
  return {
    name: node.name,
    states: statesOf(node, server.now),
    np: node.np,
    properties: node.properties.slice(),
    jobs,
    momJobs: report?.jobs ?? [],
    note: node.note,
    ...maybe('reportedAt', report === undefined ? undefined : toSecond(report.at)),
  };
}

/** `neednodes` is shown to managers only. */
export function queueRecord(queue: Queue, privileged: boolean): BatchQueue {
  const defaults = new Map(defaultsOf(queue));
  const walltime = parseSeconds(defaults.get('walltime') ?? '');
  const limit = first(queue.attributes, 'max_running');
  return {
    name: queue.name,
    kind: isRoute(queue) ? 'route' : 'execution',
    enabled: isTrue(queue.attributes, 'enabled'),
    started: isTrue(queue.attributes, 'started'),
    ...maybe('neednodes', privileged ? defaults.get('neednodes') : undefined),
    ...maybe('defaultNodes', defaults.get('nodes')),
    ...maybe('defaultWalltimeMs', walltime === undefined ? undefined : walltime * 1000),
    ...maybe('maxRunning', limit === undefined ? undefined : Number(limit)),
  };
}

export const serverRecord = (server: Server): BatchServer => ({
  name: server.name,
  version: server.version === '6.1.3' ? '6.1.3.h5' : server.version,
  scheduling: server.scheduling,
  iterationMs: server.ms('scheduler_iteration', 600_000),
  autoNodeNp: isTrue(server.attributes, 'auto_node_np'),
});
