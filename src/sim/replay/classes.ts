import { compileNaming } from '../../classify/expression.js';
import type { Log, LoggedJob } from './logged.js';
import { LogError } from './read-log.js';
import type { TraceJob, Workload } from './workload.js';

/** What a job's class may be taken from by name; anything else is a CEL expression. */
export const attributes = ['queue', 'group', 'account', 'user'] as const;
type Attribute = (typeof attributes)[number];

/** How a log becomes a workload. */
export interface Making {
  /** One of `attributes`, or a CEL expression that gives text. */
  readonly by: string;
  /** Classes of their own, the rest is `other`; not given: the `mostClasses` with the most work, of those that hold 1 % of it. */
  readonly classes?: readonly string[];
  /** Jobs wider than this many cores are made as wide and as much longer. */
  readonly widest: number;
  /** Only the first so many jobs that ran. */
  readonly jobs?: number;
  /** Only what was submitted within so many days of the first. */
  readonly days?: number;
}

/** Where jobs of no class of their own go. */
export const otherClass = 'other';
const mostClasses = 8;
const smallestPart = 0.01;
const dayMs = 86_400_000;
const leastWalltimeMs = 60_000;
const longestClass = 64;

type Namer = (job: LoggedJob) => string;

function namerOf(by: string): Namer {
  if ((attributes as readonly string[]).includes(by)) return (job) => job[by as Attribute];
  const compiled = compileNaming(by);
  if ('problem' in compiled)
    throw new LogError(`--classes-by ${by} is neither ${attributes.join(', ')} nor an expression that gives text: ${compiled.problem}`);
  const int = (n: number): bigint => BigInt(Math.max(0, Math.floor(n)));
  return (job) => {
    const answer = compiled.naming({
      queue: job.queue,
      owner: job.user,
      group: job.group,
      account: job.account,
      name: job.name,
      slots: int(job.slots),
      nodes: int(job.nodes),
      ppn: int(job.ppn),
      memoryMiB: int(job.memoryMiB),
      walltimeSeconds: int(job.walltimeMs / 1000),
      properties: [...job.properties],
      array: job.array,
    });
    if ('error' in answer) throw new LogError(`--classes-by ${by} fails on job ${job.id}: ${answer.error}`);
    return answer.name;
  };
}

/** A class's name as it is shown: what a log holds is anybody's text. */
const shown = (text: string): string => text.replace(/[\p{C}\s:]+/gu, '_').slice(0, longestClass) || 'none';

function worked(jobs: readonly LoggedJob[], names: readonly string[]): ReadonlyMap<string, number> {
  const work = new Map<string, number>();
  for (const [at, job] of jobs.entries()) {
    const name = names[at] as string;
    work.set(name, (work.get(name) ?? 0) + job.runMs * job.slots);
  }
  return work;
}

const byWork = (work: ReadonlyMap<string, number>): readonly string[] =>
  [...work].sort(([a, most], [b, more]) => more - most || (a < b ? -1 : 1)).map(([name]) => name);

function ownClasses(making: Making, work: ReadonlyMap<string, number>): ReadonlySet<string> {
  if (making.classes !== undefined) {
    const missing = making.classes.filter((name) => !work.has(name));
    if (missing.length === 0) return new Set(making.classes);
    throw new LogError(
      `--classes ${missing.join(', ')}: no job is of ${missing.length > 1 ? 'these' : 'this'}; there are ${byWork(work).slice(0, 20).join(', ')}`,
    );
  }
  const all = [...work.values()].reduce((sum, each) => sum + each, 0);
  const large = byWork(work).filter((name) => (work.get(name) ?? 0) >= all * smallestPart);
  return new Set(large.slice(0, large.length === work.size ? mostClasses : mostClasses - 1));
}

/** The longest walltime asked for in each queue, and anywhere; where nobody asks for any, the longest run. */
function longestAsked(jobs: readonly LoggedJob[]): (queue: string) => number {
  const queues = new Map<string, number>();
  let anywhere = 0;
  let run = 0;
  for (const { queue, walltimeMs, runMs } of jobs) {
    queues.set(queue, Math.max(queues.get(queue) ?? 0, walltimeMs));
    anywhere = Math.max(anywhere, walltimeMs);
    run = Math.max(run, runMs);
  }
  return (queue) => queues.get(queue) || anywhere || run;
}

function cut(jobs: readonly LoggedJob[], { jobs: most, days }: Making): readonly LoggedJob[] {
  const first = jobs[0]?.submitAt ?? 0;
  const within = days === undefined ? jobs : jobs.filter((job) => job.submitAt < first + days * dayMs);
  return most === undefined ? within : within.slice(0, most);
}

/** Makes the workload that every scenario replays. Throws a `LogError` where classes or their expression are wrong. */
export function workloadOf(log: Log, making: Making): Workload {
  const sorted = [...log.jobs].sort((a, b) => a.submitAt - b.submitAt || (a.id < b.id ? -1 : 1));
  const jobs = cut(sorted, making);
  const namer = namerOf(making.by);
  const names = jobs.map((job) => shown(namer(job)));
  const own = ownClasses(making, worked(jobs, names));
  const asked = longestAsked(jobs);
  let folded = 0;
  const made = jobs.map((job, number): TraceJob => {
    const fold = Math.max(1, job.slots / making.widest);
    if (fold > 1) folded++;
    const name = names[number] as string;
    return {
      number,
      id: job.id,
      class: own.has(name) ? name : otherClass,
      owner: job.user,
      submitAt: job.submitAt,
      runMs: Math.round(job.runMs * fold),
      walltimeMs: Math.max(leastWalltimeMs, Math.round((job.walltimeMs || asked(job.queue)) * fold)),
      slots: Math.min(job.slots, making.widest),
    };
  });
  const classes = byWork(
    worked(
      jobs,
      made.map((job) => job.class),
    ),
  );
  const { dropped, name } = log;
  return { name, classes, jobs: made, startAt: made[0]?.submitAt ?? 0, endAt: made.at(-1)?.submitAt ?? 0, dropped, folded };
}
