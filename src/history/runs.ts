import { type Job, jobKey } from '../model/job.js';
import { accountStepMs } from './contract.js';
import { minutesOf } from './gather.js';
import { slotsHeld } from './measure.js';
import { bucketOf } from './sketch.js';

/** One job's stay on nodes, from a start to the first answer without it. */
export interface Run {
  /** `jobKey`. */
  readonly key: string;
  readonly source: string;
  readonly startedAt: number;
  readonly environment: string;
  readonly queue: string;
  readonly owner: string;
  readonly slots: number;
  /** When it could have started, and what its user asked for, ms; absent in what an older Domus stored. */
  readonly eligibleAt?: number;
  readonly walltimeMs?: number;
  /** When it was no longer seen; absent while it runs. Kept for a while, because a job that comes back has never ended. */
  readonly endedAt?: number;
}

/** What is added to one account. */
export interface AccountChange {
  readonly at: number;
  readonly environment: string;
  readonly queue: string;
  readonly owner: string;
  started: number;
  ended: number;
  requeued: number;
  coreMs: number;
  waitMs: number;
  /** Bucket -> count. */
  readonly waits: Map<number, number>;
}

/** What changed since the last `taken`, to be stored in one transaction: applied twice it would count twice. */
export interface RunChanges {
  readonly accounts: readonly AccountChange[];
  /** Written, or removed with null. */
  readonly runs: ReadonlyMap<string, Run | null>;
  /** Source -> up to when its running jobs are counted, epoch ms. */
  readonly counted: ReadonlyMap<string, number>;
}

/** A run that ended is known this long. */
const keepEndedMs = 86_400_000;

/** What was stored when the daemon began. */
export interface RunState {
  readonly runs: ReadonlyMap<string, Run>;
  readonly counted: ReadonlyMap<string, number>;
  /** Nothing before this instant is counted. */
  readonly beganAt: number;
}

/**
 * Starts, ends and delivered core time from answers of the batch servers. One cursor per server says up to when its running
 * jobs are counted; what is known beyond it is counted when the next answer comes, however long that takes, so a restart
 * neither loses nor doubles anything. A job that ended while nobody looked counts until it was last seen.
 */
export class RunBook {
  readonly #runs: Map<string, Run>;
  readonly #counted: Map<string, number>;
  readonly #beganAt: number;
  #accounts = new Map<string, AccountChange>();
  #changed = new Map<string, Run | null>();
  #moved = new Set<string>();

  constructor({ runs, counted, beganAt }: RunState) {
    this.#runs = new Map(runs);
    this.#counted = new Map(counted);
    this.#beganAt = beganAt;
  }

  /** One answer: the jobs of `source` that hold nodes at `at`, with their environments; `waits`: it is in the queue again. */
  answer(source: string, at: number, running: readonly Job[], environmentOf: (key: string) => string, waits: (key: string) => boolean): void {
    const cursor = this.#counted.get(source) ?? this.#beganAt;
    if (at <= cursor) return; // an old answer, or a clock set back: counted already
    const seen = new Set<string>();
    for (const job of running) {
      const key = jobKey(job);
      seen.add(key);
      this.#carriesOn(key, job, at, cursor, environmentOf(key));
    }
    for (const [key, run] of this.#runs) {
      if (run.source !== source || seen.has(key)) continue;
      if (run.endedAt === undefined) this.#end(key, run, at, cursor, waits(key));
      else if (at - run.endedAt > keepEndedMs) this.#put(key, null);
    }
    this.#counted.set(source, at);
    this.#moved.add(source);
  }

  #carriesOn(key: string, job: Job, at: number, cursor: number, environment: string): void {
    const known = this.#runs.get(key);
    const startedAt = Math.min(job.startedAt ?? (known?.endedAt === undefined ? known?.startedAt : undefined) ?? at, at);
    if (known?.startedAt === startedAt) {
      this.#goesOn(known, cursor, at);
      return;
    }
    if (known !== undefined && known.endedAt === undefined) this.#account(known, at).requeued++;
    const eligibleAt = Math.min(job.eligibleAt ?? job.submittedAt, startedAt);
    const { walltimeMs } = job.request;
    const asked = walltimeMs === undefined ? {} : { walltimeMs };
    const run: Run = { key, source: job.source, startedAt, environment, queue: job.queue, owner: job.owner, slots: slotsHeld(job), eligibleAt, ...asked };
    this.#put(key, run);
    if (startedAt >= this.#beganAt) this.#start(run, startedAt - eligibleAt);
    this.#deliver(run, Math.max(startedAt, this.#beganAt), at);
  }

  #goesOn(known: Run, cursor: number, at: number): void {
    if (known.endedAt === undefined) {
      this.#deliver(known, Math.max(cursor, known.startedAt), at);
      return;
    }
    const { endedAt, ...run } = known; // it was missing in an answer, and runs all the same
    this.#put(known.key, run);
    this.#account(run, endedAt).ended--;
    this.ended?.(run, endedAt, -1);
    this.#deliver(run, endedAt, at);
  }

  #start(run: Run, waitedMs: number): void {
    const account = this.#account(run, run.startedAt);
    const waitMs = Math.max(0, waitedMs);
    const bucket = bucketOf(waitMs);
    account.started++;
    account.waitMs += waitMs;
    account.waits.set(bucket, (account.waits.get(bucket) ?? 0) + 1);
    this.started?.(run, waitMs);
  }

  #end(key: string, run: Run, at: number, cursor: number, waits: boolean): void {
    const endedAt = Math.max(cursor, run.startedAt);
    this.#put(key, { ...run, endedAt });
    const account = this.#account(run, endedAt);
    if (waits) account.requeued++;
    else {
      account.ended++;
      this.ended?.(run, at, 1);
    }
  }

  #deliver(run: Run, since: number, until: number): void {
    for (const [at, ms] of minutesOf(since, until, accountStepMs)) this.#account(run, at).coreMs += run.slots * ms;
  }

  #account({ environment, queue, owner }: Run, instant: number): AccountChange {
    const at = Math.floor(instant / accountStepMs) * accountStepMs;
    const key = `${at}\n${environment}\n${queue}\n${owner}`;
    const known = this.#accounts.get(key) ?? { at, environment, queue, owner, started: 0, ended: 0, requeued: 0, coreMs: 0, waitMs: 0, waits: new Map() };
    this.#accounts.set(key, known);
    return known;
  }

  #put(key: string, run: Run | null): void {
    if (run === null) this.#runs.delete(key);
    else this.#runs.set(key, run);
    this.#changed.set(key, run);
  }

  /** Told of each start (with the waiting time, ms) and end that is counted; an end is taken back with -1. */
  started: ((run: Run, waitMs: number) => void) | undefined;
  ended: ((run: Run, at: number, count: 1 | -1) => void) | undefined;

  /** Everything since the last `clear`. */
  peek(): RunChanges {
    return {
      accounts: [...this.#accounts.values()],
      runs: new Map(this.#changed),
      counted: new Map([...this.#counted].filter(([source]) => this.#moved.has(source))),
    };
  }

  /** What `peek` showed is stored. */
  clear(): void {
    this.#accounts = new Map();
    this.#changed = new Map();
    this.#moved = new Set();
  }
}
