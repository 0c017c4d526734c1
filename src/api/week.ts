import type { Clock } from '../clock.js';
import type { HistoryReader, Stay, Thought } from '../history/contract.js';
import { unserved } from '../history/contract.js';
import { merged, p95Beside } from '../history/sketch.js';
import type { Log } from '../log.js';
import { isEligible, slotsOf } from '../model/job.js';
import type { Policy } from '../model/policy.js';
import type { Present } from '../model/present.js';
import { ApiError } from './errors.js';
import type { EstimateRecord, WeekRecord } from './schema/week.js';
import { leastMode } from './views-environments.js';

const dayMs = 86_400_000;
const weekMs = 7 * dayMs;
/** An estimate is worked out anew at most so often, ms; sooner where the configuration is another. */
const estimateEveryMs = 6 * 3_600_000;
const soonestMs = 60_000;
/** What was is read anew at most so often, ms: a week does not change fast. */
const factsMs = 20_000;
/** Newest thoughts that are shown one by one. */
const shownThoughts = 200;

/** A job that waits now. */
export interface WaitingJob {
  readonly environment: string;
  readonly eligibleAt: number;
  readonly slots: number;
  readonly walltimeMs?: number;
}

/** What an estimate is made of: the jobs of the week, and the policy as it is. Instants epoch ms. */
export interface WeekWork {
  readonly policy: Policy;
  readonly since: number;
  readonly until: number;
  readonly stays: readonly Stay[];
  readonly waiting: readonly WaitingJob[];
}
/** The simulator's answer; elsewhere than on the loop's thread. `progress` hears how much is over, 0 to 1. Rejects with an Error that says why there is none. */
export type Estimator = (work: WeekWork, progress: (part: number) => void) => Promise<Estimated>;
export type Estimated = Pick<Extract<EstimateRecord, { state: 'done' }>, 'since' | 'jobs' | 'leftOut' | 'assumed' | 'site' | 'environments'>;

export interface WeekOptions {
  readonly history: HistoryReader;
  readonly estimator?: Estimator;
  readonly clock: Clock;
  readonly log: Log;
}

const waitingNow = ({ world }: Present): readonly WaitingJob[] =>
  [...world.jobs].flatMap(([key, job]) => {
    const verdict = world.verdicts.get(key);
    if (!isEligible(job) || verdict === undefined || !('environment' in verdict)) return [];
    const { walltimeMs } = job.request;
    const asked = walltimeMs === undefined ? {} : { walltimeMs };
    return [{ environment: verdict.environment, eligibleAt: job.eligibleAt ?? job.submittedAt, slots: slotsOf(job.request), ...asked }];
  });

/** The most that stood at one time. */
function mostAtOnce(thoughts: readonly Thought[]): number {
  const turns = thoughts.flatMap(({ since, until }) => [
    { at: since, step: 1 },
    { at: until, step: -1 },
  ]);
  turns.sort((a, b) => a.at - b.at || b.step - a.step);
  let now = 0;
  let most = 0;
  for (const { step } of turns) {
    now += step;
    most = Math.max(most, now);
  }
  return most;
}

/** What became of an environment's jobs. */
interface Past extends Readonly<Record<'demandMs' | 'started' | 'ended' | 'waitMs' | 'coreHours' | 'waitP95Ms', number>> {
  readonly name: string;
}

/** What Domus would have done in the last seven days, had it not only watched; and what the simulator makes of the same jobs. */
export class WeekDesk {
  readonly #options: WeekOptions;
  #estimate: EstimateRecord = { state: 'none' };
  #estimatedAt = Number.NEGATIVE_INFINITY;
  #revision: string | undefined;
  #facts: { readonly readAt: number; readonly policy: Policy; readonly record: Omit<WeekRecord, 'estimate'> } | undefined;

  constructor(options: WeekOptions) {
    this.#options = options;
  }

  /** Raises Failure where the history cannot be read. */
  answer(present: Present): WeekRecord {
    const now = this.#options.clock.mono();
    if (this.#facts === undefined || now - this.#facts.readAt >= factsMs || this.#facts.policy !== present.policy) {
      this.#facts = { readAt: now, policy: present.policy, record: this.#read(present) };
    }
    const { record } = this.#facts;
    this.#estimateSoon(present, record.since, record.until);
    return { ...record, estimate: this.#estimate };
  }

  #read(present: Present): Omit<WeekRecord, 'estimate'> {
    const { history, clock } = this.#options;
    const until = clock.wall();
    const since = Math.max(until - weekMs, Math.min(history.beganAt() ?? until, until));
    const thoughts = history.thoughts(since, until);
    const hours = this.#hours(since, until);
    return {
      since,
      until,
      heardMs: hours.reduce((most, { demandMs }) => Math.max(most, demandMs), 0),
      watches: Object.values(present.policy.environments).some((env) => leastMode(present.policy.mode, env.mode) === 'watch'),
      environments: environmentsOf(present, thoughts, new Map(hours.map((each) => [each.name, each]))),
      hosts: counted(thoughts.filter(({ environment }) => environment === undefined)),
      thoughts: thoughts.slice(-shownThoughts).reverse(),
      thoughtsTotal: thoughts.length,
    };
  }

  /** Sums of the week by environment. */
  #hours(since: number, until: number): readonly Past[] {
    const hourMs = 3_600_000;
    const { environments } = this.#options.history.hours(Math.floor(since / hourMs) * hourMs, until);
    const names = [...new Set(environments.map(({ name }) => name))].filter((name) => name !== unserved);
    return names.map((name) => {
      const steps = environments.filter((step) => step.name === name);
      const sum = (key: 'demandMs' | 'started' | 'ended' | 'waitMs' | 'runningSlots'): number => steps.reduce((so, step) => so + step[key], 0);
      return {
        name,
        ...{ demandMs: sum('demandMs'), started: sum('started'), ended: Math.max(0, sum('ended')), waitMs: sum('waitMs') },
        coreHours: sum('runningSlots') / hourMs,
        waitP95Ms: p95Beside(merged(steps.map(({ waits }) => waits)), sum('waitMs') / Math.max(1, sum('started'))) ?? 0,
      };
    });
  }

  /** Begins an estimate where the last is old; whoever asks again sees it. */
  #estimateSoon(present: Present, since: number, until: number): void {
    const { estimator, history, clock, log } = this.#options;
    if (estimator === undefined || this.#estimate.state === 'working') return;
    const age = clock.mono() - this.#estimatedAt;
    if (age < (this.#revision === present.policy.revision ? estimateEveryMs : soonestMs)) return;
    const stays = history.stays(since, until);
    const waiting = waitingNow(present);
    if (stays.length + waiting.length === 0) {
      this.#estimate = { state: 'failed', at: until, why: 'no job was seen yet' };
      return;
    }
    const before = this.#estimate;
    const working = (part: number): void => {
      this.#estimate = { state: 'working', since: until, part };
    };
    working(0);
    this.#revision = present.policy.revision;
    const began = clock.mono();
    estimator({ policy: present.policy, since, until, stays, waiting }, working).then(
      (done) => {
        this.#estimatedAt = clock.mono();
        this.#estimate = { state: 'done', at: until, tookMs: Math.round(clock.mono() - began), ...done };
      },
      (thrown: unknown) => {
        this.#estimatedAt = clock.mono();
        const why = thrown instanceof Error ? thrown.message : String(thrown);
        log.warn({ why }, 'the week could not be worked out');
        this.#estimate = before.state === 'done' ? before : { state: 'failed', at: until, why };
      },
    );
  }
}

function environmentsOf({ policy }: Present, thoughts: readonly Thought[], hours: ReadonlyMap<string, Past>): WeekRecord['environments'] {
  return Object.values(policy.environments).map((env) => {
    const its = thoughts.filter(({ environment }) => environment === env.name);
    const { started = 0, ended = 0, coreHours = 0, waitMs = 0, waitP95Ms = 0 } = hours.get(env.name) ?? {};
    const waits = started === 0 ? {} : { waitMeanMs: Math.round(waitMs / started), waitP95Ms: Math.round(waitP95Ms) };
    return {
      name: env.name,
      mode: leastMode(policy.mode, env.mode),
      seen: { started, ended, coreHours, ...waits },
      decisions: counted(its),
      mostAtOnce: mostAtOnce(its.filter(({ kind }) => kind === 'start')),
    };
  });
}

function counted(thoughts: readonly Thought[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { kind } of thoughts) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** Raises ApiError `not-ready` where no history is kept. */
export function weekOf(desk: Pick<WeekDesk, 'answer'> | undefined, present: Present): WeekRecord {
  if (desk === undefined) throw new ApiError('not-ready', 'no history is kept', { remedy: "the daemon's log says why" });
  return desk.answer(present);
}
