import { Worker } from 'node:worker_threads';
import { censusOf } from '../api/census.js';
import { ApiError } from '../api/errors.js';
import type { WhatIfAnswer } from '../api/schema/what-if.js';
import { decisionRecord } from '../api/views-plan.js';
import type { Planner } from '../api/what-if.js';
import type { Clock } from '../clock.js';
import { packJobs } from '../drivers/job-rows.js';
import type { Policy } from '../model/policy.js';
import type { Present } from '../model/present.js';
import { type Rows, tableNames } from '../model/rows.js';
import type { Piece, Planned } from './messages.js';

export interface PlannerOptions {
  readonly clock: Clock;
  /** Longest time for one plan, ms, and most memory of its thread, MiB. */
  readonly limitMs?: number;
  readonly memoryMiB?: number;
  /** The compiled worker. */
  readonly file?: URL;
}

/** Jobs and hosts in one piece: a few ms of the loop's thread. */
const jobsAtOnce = 2000;
const hostsAtOnce = 50;

/** The last tick's readings and rows, in pieces. */
function* piecesOf({ world, at, revision, epoch, policy: before }: Present, policy: Policy, full: boolean): Generator<Piece> {
  for (const table of tableNames) yield { piece: 'rows', rows: { [table]: world.rows[table] } as Partial<Rows> };
  const hosts = [...world.hosts].map(([name, { reading }]) => [name, reading] as const);
  for (let from = 0; from < hosts.length; from += hostsAtOnce) yield { piece: 'hosts', hosts: hosts.slice(from, from + hostsAtOnce) };
  const meters = [...world.hosts].flatMap(([name, { meter }]) => (meter === undefined ? [] : [[name, meter] as const]));
  yield { piece: 'meters', meters };
  for (const { name, reading, scheduler } of world.sources.values()) {
    const { value } = reading;
    yield {
      piece: 'source',
      name,
      reading: value === undefined ? reading : { ...reading, value: { ...value, jobs: [] } },
      ...(scheduler === undefined ? {} : { scheduler }),
    };
    const jobs = value?.jobs ?? [];
    for (let from = 0; from < jobs.length; from += jobsAtOnce) yield { piece: 'jobs', name, jobs: packJobs(jobs.slice(from, from + jobsAtOnce)) };
  }
  const { life, clockJumpAt } = world;
  yield { piece: 'plan', before, policy, at, revision, epoch, life, ...(clockJumpAt === undefined ? {} : { clockJumpAt }), full };
}

/** Plans in a thread of its own: over a copy of the last tick, with limits, one at a time. */
export function createPlanner({ clock, limitMs = 15_000, memoryMiB = 768, file = new URL('./worker.js', import.meta.url) }: PlannerOptions): Planner {
  let busy = false;
  const ask = async (present: Present, policy: Policy, full: boolean): Promise<Planned> => {
    const worker = new Worker(file, { resourceLimits: { maxOldGenerationSizeMb: memoryMiB, maxYoungGenerationSizeMb: 64 } });
    const over = new AbortController();
    try {
      const answered = new Promise<Planned>((resolve, reject) => {
        worker.on('message', resolve);
        worker.on('error', reject);
        worker.on('exit', () => reject(new Error('the thread ended without an answer')));
      });
      const late = clock.sleep(limitMs, over.signal).then((): Planned => {
        throw new ApiError('too-dear', `the plan took longer than ${limitMs / 1000} s`);
      });
      const send = async (): Promise<Planned> => {
        for (const piece of piecesOf(present, policy, full)) {
          if (over.signal.aborted) break;
          worker.postMessage(piece);
          await new Promise((resolve) => setImmediate(resolve));
        }
        return answered;
      };
      return await Promise.race([send(), late, answered]);
    } finally {
      over.abort();
      await worker.terminate();
    }
  };
  return async (present, policy, full): Promise<WhatIfAnswer> => {
    if (busy) throw new ApiError('busy', 'another what-if is being worked out', { remedy: 'try again in a few seconds', retryAfterMs: 3000 });
    busy = true;
    const began = clock.mono();
    try {
      const planned = await ask(present, policy, full);
      if (!planned.ok) throw new ApiError('too-dear', `the plan cannot be worked out: ${planned.message}`);
      const { answer } = planned;
      return {
        ...answer,
        tookMs: Math.round(clock.mono() - began),
        before: { decisions: present.plan.decisions.map(decisionRecord), recorded: present.plan.recorded.map(decisionRecord) },
        unserved: { before: censusOf(present.world).classes.unserved, after: answer.unserved.after },
      };
    } catch (thrown) {
      if (thrown instanceof ApiError) throw thrown;
      throw new ApiError('too-dear', `the plan takes too much memory or failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`, {
        cause: thrown,
      });
    } finally {
      busy = false;
    }
  };
}
