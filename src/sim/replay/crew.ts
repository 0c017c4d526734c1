import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Assignment, perform, type Task, workloadFor } from './task.js';
import type { Run, Workload } from './workload.js';

/** What a process of the crew is told. */
export type CrewOrder = { readonly kind: 'assignment'; readonly assignment: Assignment } | { readonly kind: 'task'; readonly task: Task };
/** What it answers. The workload stays where it is: both sides have it. */
export type CrewAnswer =
  | { readonly kind: 'progress'; readonly part: number }
  | { readonly kind: 'run'; readonly run: Omit<Run, 'workload'> }
  | { readonly kind: 'failed'; readonly message: string; readonly stack: string };

/** Hears how the runs go on. */
export interface CrewListener {
  progress(task: Task, part: number): void;
  done(task: Task, run: Run): void;
}

/** A run that failed: the task that did, and why. */
export class RunFailed extends Error {
  override readonly name = 'RunFailed';
  readonly task: Task;
  constructor(task: Task, message: string, cause?: unknown) {
    super(message, { cause });
    this.task = task;
  }
}

export interface CrewOptions {
  /** At least 1. One works here, without processes. */
  readonly processes: number;
  readonly signal: AbortSignal;
  readonly listener: CrewListener;
  /** The compiled worker. */
  readonly file?: string;
}

/** A run makes much that soon is nothing: with room for what is young (MiB, twice) half as much is carried about. */
const roomy = ['--min-semi-space-size=32', '--max-semi-space-size=64'];

/** The compiled worker; absent where the sources run uncompiled. */
const beside = fileURLToPath(new URL('./crew-worker.js', import.meta.url));

/**
 * Does all tasks, each in one of so many processes (one task or one process: here), and gives their runs in the order of the tasks. The first
 * failure ends all and rejects with a `RunFailed`; so does the signal, with its reason. No process outlives the call.
 */
export async function performAll(tasks: readonly Task[], workload: Workload, assignment: Assignment, options: CrewOptions): Promise<readonly Run[]> {
  const file = options.file ?? beside;
  const runs: Run[] = [];
  const left = tasks.map((task, at) => ({ task, at })).reverse();
  const hands = Math.min(options.processes, tasks.length);
  const crew = new Crew(file, assignment, options);
  const worker = hands < 2 || !existsSync(file) ? () => here(workload, assignment, options) : () => crew.hire(workload);
  const hand = async (): Promise<void> => {
    const perform = worker();
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      options.signal.throwIfAborted();
      const run = await perform(next.task);
      runs[next.at] = run;
      options.listener.done(next.task, run);
    }
  };
  try {
    await Promise.all(Array.from({ length: hands }, hand));
  } finally {
    crew.dismiss();
  }
  return runs;
}

type Performer = (task: Task) => Promise<Run>;

const here =
  (workload: Workload, { site }: Assignment, { listener }: CrewOptions): Performer =>
  async (task) => {
    try {
      return await perform(task, workload, site, (part) => listener.progress(task, part));
    } catch (thrown) {
      throw new RunFailed(task, (thrown as Error).message, thrown);
    }
  };

class Crew {
  readonly #file: string;
  readonly #assignment: Assignment;
  readonly #options: CrewOptions;
  readonly #children: ChildProcess[] = [];
  constructor(file: string, assignment: Assignment, options: CrewOptions) {
    this.#file = file;
    this.#assignment = assignment;
    this.#options = options;
  }

  hire(workload: Workload): Performer {
    const child = fork(this.#file, [], { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [...process.execArgv, ...roomy] });
    this.#children.push(child);
    const tell = (order: CrewOrder): void => void child.send(order);
    tell({ kind: 'assignment', assignment: this.#assignment });
    return (task) => this.#order(child, task, workload, tell);
  }

  dismiss(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }

  #order(child: ChildProcess, task: Task, workload: Workload, tell: (order: CrewOrder) => void): Promise<Run> {
    const { signal, listener } = this.#options;
    return new Promise<Run>((resolve, reject) => {
      const over = (): void => {
        child.off('message', hear);
        child.off('exit', gone);
        child.off('error', broken);
        signal.removeEventListener('abort', stop);
      };
      const fail = (why: unknown): void => {
        over();
        reject(why);
      };
      const hear = (answer: CrewAnswer): void => {
        if (answer.kind === 'progress') listener.progress(task, answer.part);
        else if (answer.kind === 'failed') fail(new RunFailed(task, answer.message, answer.stack));
        else {
          over();
          resolve({ ...answer.run, workload: workloadFor(workload, task) });
        }
      };
      const gone = (exit: number | null, by: string | null): void => fail(new RunFailed(task, `its process ended with ${by ?? `exit code ${exit}`}`));
      const broken = (thrown: Error): void => fail(new RunFailed(task, thrown.message, thrown));
      const stop = (): void => fail(signal.reason);
      child.on('message', hear);
      child.on('exit', gone);
      child.on('error', broken);
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      else tell({ kind: 'task', task });
    });
  }
}
