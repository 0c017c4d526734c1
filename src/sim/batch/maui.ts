import { type Command, type Context, failed, said } from './command.js';
import type { BatchJob } from './job.js';
import { jobOf } from './job-ids.js';
import { isUsable } from './node.js';
import { place } from './placement.js';
import { isTrue } from './queue.js';
import type { Server } from './server.js';

export interface MauiOptions {
  /** DEFERTIME: a job for which no node is online is put aside so long; 0 = never. */
  readonly deferMs: number;
  /** DEFERCOUNT: more deferrals than that make a BatchHold; 0 = never. */
  readonly deferCount: number;
  /** Who may release. */
  readonly admins: readonly string[];
}

interface Hold {
  readonly count: number;
  /** Infinity for a BatchHold, 0 when it was released. */
  readonly until: number;
}

/** What Maui keeps beside pbs_server: which jobs it has put aside, and for how long. A restart of Maui forgets it. */
export class MauiHolds {
  readonly options: MauiOptions;
  readonly #server: Server;
  readonly #holds = new Map<BatchJob, Hold>();
  readonly #priorities = new Map<BatchJob, number>();

  constructor(server: Server, options: MauiOptions) {
    this.#server = server;
    this.options = options;
  }

  stateOf(job: BatchJob): 'Idle' | 'Deferred' | 'BatchHold' {
    const hold = this.#holds.get(job);
    if (hold === undefined || this.#server.now >= hold.until) return 'Idle';
    return hold.until === Number.POSITIVE_INFINITY ? 'BatchHold' : 'Deferred';
  }

  /** Its look at a job that did not fit: a busy node is a reservation, no node at all a deferral. */
  consider(job: BatchJob): void {
    const { deferMs, deferCount } = this.options;
    if (deferMs === 0 || couldRun(this.#server, job)) return;
    const count = (this.#holds.get(job)?.count ?? 0) + 1;
    const forGood = deferCount > 0 && count > deferCount;
    this.#holds.set(job, { count, until: forGood ? Number.POSITIVE_INFINITY : this.#server.now + deferMs });
  }

  release(job: BatchJob): void {
    this.#holds.delete(job);
  }

  /** A system priority goes before everything else; of equals the older one. */
  prefer(job: BatchJob, priority: number): boolean {
    if (this.#priorities.has(job)) return false;
    this.#priorities.set(job, priority);
    return true;
  }

  inOrder(waiting: readonly BatchJob[]): readonly BatchJob[] {
    const priority = (job: BatchJob): number => this.#priorities.get(job) ?? 0;
    return this.#priorities.size === 0 ? waiting : [...waiting].sort((a, b) => priority(b) - priority(a));
  }
}

/** Would it fit if every online node were empty? */
export function couldRun(server: Server, job: BatchJob): boolean {
  const nodes = [...server.nodes.values()].filter((node) => isUsable(node, server.now));
  return (
    place({ now: server.now, version: server.version, nodes: new Map(nodes.map((node) => [node.name, { ...node, slots: new Map() }])) }, job) !== undefined
  );
}

const nameOf = (job: BatchJob): string => job.id.split('.')[0] ?? job.id;
const line = (job: BatchJob, state: string): string =>
  `${nameOf(job).padEnd(18)} ${job.owner.padStart(8)} ${state.padStart(10)}     1     1:00:00  Sat Nov 21 05:25:02\n`;

function section(title: string, last: string, lines: readonly string[]): string {
  return `${title}\nJOBNAME            USERNAME      STATE  PROC     ${last}            QUEUETIME\n\n${lines.join('')}\n`;
}

/** `showq`. */
export const showq: Command = (_, { server, maui }) => {
  if (maui === undefined) return failed(127, 'showq: command not found');
  const waiting = maui.inOrder(server.waiting).filter((job) => isTrue(server.queues.get(job.queue)?.attributes ?? new Map(), 'started'));
  const isIdle = (job: BatchJob): boolean => maui.stateOf(job) === 'Idle' && couldRun(server, job);
  const active = [...server.byState.R].map((job) => line(job, 'Running'));
  const idle = waiting.filter(isIdle).map((job) => line(job, 'Idle'));
  const blocked = waiting.filter((job) => !isIdle(job)).map((job) => line(job, maui.stateOf(job)));
  const counts = `Total Jobs: ${active.length + idle.length + blocked.length}   Active Jobs: ${active.length}   Idle Jobs: ${idle.length}   Blocked Jobs: ${blocked.length}`;
  return said(
    [
      section('ACTIVE JOBS--------------------', 'REMAINING', active),
      section('IDLE JOBS----------------------', 'WCLIMIT', idle),
      `${idle.length} Idle Jobs\n\n`,
      section('BLOCKED JOBS----------------', 'WCLIMIT', blocked),
      `${counts}\n`,
    ].join(''),
  );
};

function named(args: readonly string[], { server }: Context): BatchJob | undefined {
  return jobOf(server, args.at(-1) ?? '');
}

/** `checkjob NAME`: what the driver reads of it. */
export const checkjob: Command = (args, context) => {
  const job = named(args, context);
  const { maui } = context;
  if (maui === undefined) return failed(127, 'checkjob: command not found');
  if (job === undefined) return failed(1, `ERROR:  invalid job specified '${args.at(-1)}'`);
  const state = maui.stateOf(job);
  const hold =
    state === 'Idle'
      ? ''
      : `Holds:    ${state === 'Deferred' ? 'Defer' : 'Batch'}  (hold reason:  NoResources)\nMessages:  exceeds available partition procs\n`;
  return said(`\n\nchecking job ${nameOf(job)}\n\nState: Idle\nIWD: [NONE]  Executable:  [NONE]\n\n${hold}PE:  1.00  StartPriority:  1\n`);
};

/** `releasehold -a NAME`: lifts the hold; the next cycle looks at the job again. */
export const releasehold: Command = (args, context) => {
  const { maui, io } = context;
  if (maui === undefined) return failed(127, 'releasehold: command not found');
  if (!maui.options.admins.includes(io.user)) return failed(1, 'ERROR:    request not authorized');
  const job = named(args, context);
  if (job === undefined) return failed(1, `ERROR:  invalid job specified '${args.at(-1)}'`);
  maui.release(job);
  return said('job holds adjusted\n');
};

/** `setspri -r PRIORITY NAME`; a second time it is out of range. */
export const setspri: Command = (args, context) => {
  const { maui, io } = context;
  if (maui === undefined) return failed(127, 'setspri: command not found');
  if (!maui.options.admins.includes(io.user)) return failed(1, 'ERROR:    request not authorized');
  const job = named(args, context);
  if (job === undefined) return failed(1, `ERROR:  invalid job specified '${args.at(-1)}'`);
  if (!maui.prefer(job, Number(args.at(-2)))) return said('ERROR:  system priority must be in the range 0 - 1000\n');
  return said('job system priority adjusted\n');
};

const clockText = (ms: number): string =>
  [3600, 60, 1].map((unit, at) => String(Math.floor(ms / 1000 / unit) % (at === 0 ? 100_000 : 60)).padStart(2, '0')).join(':');

/** `showconfig`: what the driver reads of it. */
export const showconfig: Command = (_, { maui }) =>
  maui === undefined
    ? failed(127, 'showconfig: command not found')
    : said(
        `# maui version 3.3.2\n\nDEFERTIME                     ${clockText(maui.options.deferMs)}\nDEFERCOUNT                    ${maui.options.deferCount}\nRMPOLLINTERVAL                00:00:30\n`,
      );
