import type { Agenda } from '../clock.js';
import type { Random } from '../random.js';
import { Events } from './events.js';
import { type BatchJob, type Run, type State, states } from './job.js';
import type { LiveMom } from './mom.js';
import type { WorkerNode } from './node.js';
import type { BatchOptions } from './options.js';
import { first, isTrue, type Queue } from './queue.js';
import { noTrouble } from './trouble.js';

/** One job's whole life for the laboratory's book; kept for ever. */
export interface JobRecord {
  readonly id: string;
  readonly name: string;
  readonly user: string;
  readonly queue: string;
  readonly submittedAt: number;
  readonly runs: Run[];
  /** How its life ended, once it has. */
  ended?: { readonly at: number; readonly why: NonNullable<Run['why']>; readonly exit?: number };
}

const fullName = (who: string): string => (who.includes('@') ? who : `${who}@*`);

/** Everything pbs_server remembers, with its indexes. The other files are what it does. */
export class Server {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly options: BatchOptions;
  readonly name: string;
  readonly version: '4.2.10' | '6.1.3';
  /** Values as qmgr has them. */
  readonly attributes = new Map<string, string[]>();
  readonly queues = new Map<string, Queue>();
  readonly nodes = new Map<string, WorkerNode>();
  /** Moms that live, listed or not. */
  readonly moms = new Map<string, LiveMom>();
  /** Every job it still shows, arrays and elements too, in order of their rank. */
  readonly jobs = new Map<string, BatchJob>();
  readonly byState: Readonly<Record<State, Set<BatchJob>>>;
  /** Jobs in state Q by rank. */
  readonly waiting: BatchJob[] = [];
  readonly records = new Map<string, JobRecord>();
  readonly events = new Events();
  readonly trouble = noTrouble();
  nextNumber = 0;
  nextRank = 1;
  nextSession = 19_371;
  /** qsub commands that were refused. */
  refusals = 0;
  /** False between `qterm` and `pbs_server`. */
  up = true;
  upSince: number;
  /** Asks the scheduler for a cycle soon. */
  wake: () => void = () => undefined;
  /** What moms said while it was down. */
  readonly unheard: (() => void)[] = [];

  constructor(options: BatchOptions) {
    this.agenda = options.agenda;
    this.random = options.random;
    this.options = options;
    this.name = options.server ?? 'torque.example.org';
    this.version = options.version ?? '4.2.10';
    this.upSince = this.now;
    this.byState = { Q: new Set(), H: new Set(), W: new Set(), R: new Set(), C: new Set() };
    const seconds = (ms: number): string[] => [String(Math.round(ms / 1000))];
    const six = this.version === '6.1.3';
    for (const [name, values] of [
      ['scheduling', ['True']],
      ['acl_hosts', [this.name]],
      ['managers', options.managers.map(fullName)],
      ['operators', options.operators.map(fullName)],
      ['log_events', [six ? '2047' : '511']],
      ['mail_from', ['adm']],
      ['query_other_jobs', ['True']],
      ['scheduler_iteration', seconds(options.iterationMs ?? 600_000)],
      ['node_check_rate', seconds(options.nodeCheckRateMs ?? 150_000)],
      ['tcp_timeout', ['300']],
      ['job_stat_rate', [six ? '300' : '45']],
      ['poll_jobs', ['True']],
      ['mom_job_sync', ['True']],
      ['keep_completed', seconds(options.keepCompletedMs ?? 60_000)],
      ['moab_array_compatible', ['True']],
      ['nppcu', ['1']],
    ] as [string, string[]][])
      this.attributes.set(name, values);
  }

  get now(): number {
    return this.agenda.now();
  }
  get scheduling(): boolean {
    return isTrue(this.attributes, 'scheduling');
  }
  /** A numeric attribute, given in seconds, as ms. */
  ms(name: string, fallbackMs: number): number {
    const value = Number(first(this.attributes, name) ?? Number.NaN);
    return Number.isFinite(value) ? value * 1000 : fallbackMs;
  }
  get statusMs(): number {
    return this.options.statusMs ?? 45_000;
  }

  isManager(user: string): boolean {
    return !this.trouble.denied && this.#lists('managers', user);
  }
  /** Managers are operators too. */
  isOperator(user: string): boolean {
    return !this.trouble.denied && (this.#lists('operators', user) || this.#lists('managers', user));
  }
  #lists(attribute: string, user: string): boolean {
    return (this.attributes.get(attribute) ?? []).some((entry) => entry.split('@')[0] === user || entry === '*');
  }

  /** Moves a job between the indexes. */
  setState(job: BatchJob, state: State): void {
    job.revision += 1;
    job.modifiedAt = this.now;
    if (job.kind !== 'array') {
      this.byState[job.state].delete(job);
      this.byState[state].add(job);
      if (job.state === 'Q') this.#unqueue(job);
      if (state === 'Q') this.waiting.splice(this.#placeOf(job), 0, job);
    }
    job.state = state;
  }

  /** Puts a new job, in whatever state it has, into every index. */
  admit(job: BatchJob): void {
    this.jobs.set(job.id, job);
    if (job.kind === 'array') return;
    this.byState[job.state].add(job);
    if (job.state === 'Q') this.waiting.splice(this.#placeOf(job), 0, job);
  }

  forget(job: BatchJob): void {
    if (this.jobs.get(job.id) !== job) return;
    this.jobs.delete(job.id);
    for (const state of states) this.byState[state].delete(job);
    if (job.state === 'Q') this.#unqueue(job);
  }

  /** Two waiting jobs change places. */
  swap(one: BatchJob, other: BatchJob): void {
    for (const job of [one, other]) {
      if (job.state === 'Q') this.#unqueue(job);
      job.revision += 1;
    }
    [one.rank, other.rank] = [other.rank, one.rank];
    for (const job of [one, other]) if (job.state === 'Q') this.waiting.splice(this.#placeOf(job), 0, job);
  }

  #unqueue(job: BatchJob): void {
    const at = this.#placeOf(job);
    if (this.waiting[at] === job) this.waiting.splice(at, 1);
  }

  /** Index of the first waiting job whose rank is not smaller. */
  #placeOf(job: BatchJob): number {
    let [low, high] = [0, this.waiting.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.waiting[middle]!.rank < job.rank) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
