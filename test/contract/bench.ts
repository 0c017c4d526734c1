import type { Batch } from '../../src/drivers/batch.js';
import type { Failure } from '../../src/drivers/failure.js';
import type { BatchNode, BatchSnapshot } from '../../src/model/batch.js';
import type { Job } from '../../src/model/job.js';

/**
 * A batch server on a bench, opened empty: no queues, no nodes, no jobs; users alice and bob; `wn01` to `wn04` resolve.
 * Its scheduler cycles when a job is queued or ends, every `scheduler_iteration`, and when it is told to; not when a
 * node is cleared.
 */
export interface BatchBench {
  readonly driver: Batch;
  /** As that user; resolves with the job's id as the server writes it. The script is a shell script (`sleep 60` is understood by every bench). */
  submit(user: string, qsubArgs: readonly string[], script: string): Promise<string>;
  /** Any command of the batch system, as its manager. */
  run(argv: readonly string[]): Promise<{ readonly exit: number; readonly stdout: string; readonly stderr: string }>;
  /** The worker's mom starts (or starts anew) on a machine with so many cores. */
  momUp(node: string, cores: number): Promise<void> | void;
  /** The worker's machine dies without a word. */
  momDown(node: string): Promise<void> | void;
  /** Time passes. */
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

export const never = new AbortController().signal;
export const minute = 60_000;

/** Lets time pass until the call has answered. */
export async function settled<T>(bench: BatchBench, work: Promise<T>): Promise<T> {
  let over = false;
  const watched = work.finally(() => {
    over = true;
  });
  watched.catch(() => undefined);
  for (let step = 0; step < 6000 && !over; step++) await bench.advance(100);
  return watched;
}

/** The Failure that a call raises; fails when it raises none. */
export async function failureOf(bench: BatchBench, work: Promise<unknown>): Promise<Failure> {
  const outcome = await settled(
    bench,
    work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    ),
  );
  if (!(outcome instanceof Error) || outcome.name !== 'Failure') throw new Error(`a Failure was expected, not ${String(outcome)}`);
  return outcome as Failure;
}

export const read = (bench: BatchBench): Promise<BatchSnapshot> => settled(bench, bench.driver.read(never));

/** A manager's commands that must succeed. */
export async function manage(bench: BatchBench, ...commands: readonly (readonly string[])[]): Promise<void> {
  for (const argv of commands) {
    const { exit, stderr } = await bench.run(argv);
    if (exit !== 0 || stderr.trim() !== '') throw new Error(`${argv.join(' ')}: exit ${exit}, ${stderr}`);
  }
}

const qmgr = (directive: string): string[] => ['qmgr', '-c', directive];

/** Is it a server of the line from 6 on? Some of what a site must set differs. */
const isSix = async (bench: BatchBench): Promise<boolean> => /pbs_version = [6-9]/.test((await bench.run(qmgr('list server'))).stdout);

/** Queue `grid` (default property `env`, set as setup sets it) and scheduling on, cycling by itself every ten minutes. */
export async function openQueue(bench: BatchBench): Promise<void> {
  await manage(
    bench,
    qmgr('create queue grid'),
    qmgr('set queue grid queue_type = Execution'),
    qmgr('set queue grid resources_default.neednodes = env'),
    ...((await isSix(bench)) ? [qmgr('set queue grid resources_default.nodes = 1:env')] : []),
    qmgr('set queue grid enabled = True'),
    qmgr('set queue grid started = True'),
    qmgr('set server scheduler_iteration = 600'),
    qmgr('set server scheduling = True'),
  );
}

/** Lists a node with property `env`, at rest: offline with our note, and no longer new (6.1 shows new nodes in a state of their own). */
export async function listAtRest(bench: BatchBench, node: string, np: number): Promise<void> {
  await manage(bench, qmgr(`create node ${node} np=${np},properties=env`));
  await bench.advance(30_000);
  await manage(bench, ['pbsnodes', '-o', '-N', 'domus: at rest', node]);
}

/** Lists a node with property `env` and brings it up and online. */
export async function listOnline(bench: BatchBench, node: string, np: number): Promise<void> {
  await manage(bench, qmgr(`create node ${node} np=${np},properties=env`));
  await bench.momUp(node, np);
  await bench.advance(minute);
  await manage(bench, ['pbsnodes', '-c', '-N', '', node]);
  await bench.advance(2 * minute);
}

export function nodeOf(snapshot: BatchSnapshot, name: string): BatchNode {
  const node = snapshot.nodes.find((n) => n.name === name);
  if (node === undefined) throw new Error(`node ${name} is not among ${snapshot.nodes.map((n) => n.name).join(', ') || 'none'}`);
  return node;
}
export function jobOf(snapshot: BatchSnapshot, id: string): Job {
  const job = snapshot.jobs.find((j) => j.id === id);
  if (job === undefined) throw new Error(`job ${id} is not among ${snapshot.jobs.map((j) => j.id).join(', ') || 'none'}`);
  return job;
}
