import { tie } from './dependencies.js';
import type { BatchJob, Dependency } from './job.js';
import { settle } from './lifecycle.js';
import { defaultsOf, type Queue } from './queue.js';
import { parseNodes } from './resources.js';
import type { Server } from './server.js';

/** A job that qsub has found in order. */
export interface Submission {
  readonly user: string;
  readonly queue: Queue;
  /** The queue the user named, when a route led elsewhere. */
  readonly originalQueue: string;
  readonly name: string;
  readonly resources: ReadonlyMap<string, string>;
  readonly holds: readonly string[];
  readonly executionAt: number | undefined;
  readonly depends: readonly Dependency[];
  readonly account: string | undefined;
  readonly rerunnable: boolean;
  readonly joinPath: string;
  readonly errorPath: string | undefined;
  readonly outputPath: string | undefined;
  readonly variables: string;
  readonly submitArgs: string;
  readonly extra: string | undefined;
  readonly priority: number;
  readonly array: { readonly request: string; readonly indices: readonly number[]; readonly limit: number | undefined } | undefined;
  readonly script: string;
  readonly runSeconds: number;
  readonly scriptExit: number;
}

/** The user's resources completed by the queue's defaults (its `nodes` not beside `procs`), nodect and neednodes, as the server stores them. */
export function completed(asked: ReadonlyMap<string, string>, queue: Queue | undefined): Map<string, string> {
  const defaults = new Map(queue === undefined ? [] : defaultsOf(queue));
  const all = new Map<string, string>();
  const set = (name: string, value: string): void => {
    all.set(name, value);
    if (name !== 'nodes') return;
    all.set('nodect', String((parseNodes(value) ?? []).reduce((sum, need) => sum + need.count, 0)));
    all.set('neednodes', value);
  };
  for (const [name, value] of asked) set(name, value);
  const nodes = defaults.get('nodes');
  if (nodes !== undefined && !asked.has('nodes') && !asked.has('procs')) set('nodes', nodes);
  for (const [name, value] of defaults) if (name !== 'nodes' && !all.has(name)) all.set(name, value);
  return all;
}

/** Writes what follows from a job's resources into it. */
export function setResources(job: BatchJob, resources: Map<string, string>): void {
  const nodes = resources.get('nodes');
  const procs = resources.get('procs');
  job.resources = resources;
  job.nodes = nodes === undefined ? undefined : parseNodes(nodes);
  job.procs = procs === undefined ? undefined : Number(procs);
  job.neednodes = resources.get('neednodes');
  job.defaultNeeds = (parseNodes(job.neednodes ?? '') ?? []).flatMap((need) => need.properties);
}

/** Takes the job into the queue and answers with its id. */
export function submit(server: Server, submission: Submission): string {
  const number = server.nextNumber++;
  const head = make(server, submission, number, submission.array === undefined ? 'plain' : 'array', undefined, undefined);
  enter(server, head, submission);
  for (const index of submission.array?.indices ?? []) {
    const element = make(server, submission, number, 'element', head, index);
    head.elements.push(element);
    enter(server, element, submission);
  }
  for (const element of head.elements) settle(server, element);
  server.wake();
  return head.id;
}

function enter(server: Server, job: BatchJob, submission: Submission): void {
  if (job.depends.length > 0 && tie(server, job) === 'wait') job.holds.add('s');
  job.state = job.holds.size > 0 ? 'H' : 'Q';
  if (job.executionAt !== undefined && job.executionAt > server.now && job.state === 'Q') job.state = 'W';
  if (job.state === 'Q' || (job.holds.size === 1 && job.holds.has('l'))) job.eligibleAt = server.now;
  server.admit(job);
  if (job.kind === 'plain') settle(server, job);
  if (job.kind === 'array') return;
  server.records.set(job.id, { id: job.id, name: job.name, user: submission.user, queue: job.queue, submittedAt: server.now, runs: [] });
  server.events.tell('job-submitted', { job });
}

function make(server: Server, s: Submission, number: number, kind: BatchJob['kind'], parent: BatchJob | undefined, index: number | undefined): BatchJob {
  const now = server.now;
  const suffix = kind === 'plain' ? '' : kind === 'array' ? '[]' : `[${index}]`;
  const ordinal = index === undefined ? `${number}` : `${number}-${index}`;
  const path = (letter: string): string => `${server.name}:/home/${s.user}/${s.name}.${letter}${ordinal}`;
  const holds = new Set(s.holds);
  if (parent !== undefined && s.array?.limit !== undefined && parent.elements.length >= s.array.limit) holds.add('l');
  const job: BatchJob = {
    id: `${number}${suffix}.${server.name}`,
    kind,
    rank: server.nextRank++,
    name: index === undefined ? s.name : `${s.name}-${index}`,
    owner: s.user,
    queue: s.queue.name,
    originalQueue: s.originalQueue,
    state: 'Q',
    revision: 1,
    resources: new Map(),
    nodes: undefined,
    procs: undefined,
    neednodes: undefined,
    defaultNeeds: [],
    holds,
    depends: [...s.depends],
    dependents: [],
    executionAt: s.executionAt,
    account: s.account,
    rerunnable: s.rerunnable,
    joinPath: s.joinPath,
    errorPath: s.errorPath ?? path('e'),
    outputPath: s.outputPath ?? path('o'),
    variables: index === undefined ? s.variables : `PBS_ARRAYID=${index},${s.variables}`,
    submitArgs: s.submitArgs,
    extra: s.extra,
    priority: s.priority,
    arrayRequest: s.array?.request,
    arrayIndex: index,
    slotLimit: s.array?.limit,
    parent,
    elements: [],
    script: s.script,
    runSeconds: s.runSeconds,
    scriptExit: s.scriptExit,
    createdAt: now,
    modifiedAt: now,
    queuedAt: now,
    eligibleAt: undefined,
    startedAt: undefined,
    completedAt: undefined,
    startCount: 0,
    exitStatus: undefined,
    execution: undefined,
    lastExecution: undefined,
    comment: undefined,
    cancel: () => undefined,
  };
  setResources(job, completed(s.resources, s.queue));
  return job;
}
