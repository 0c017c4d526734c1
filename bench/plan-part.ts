/** `node plan-part.js PART [loop|wide]`: the figures of `plan` for the full world divided by PART, as JSON; `loop`: of the daemon's loop alone; `wide`: where all that wait ask for `procs=N`. */

import { mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Act } from '../src/act/act.js';
import { Breath } from '../src/breath.js';
import { systemClock } from '../src/clock.js';
import { Ledger } from '../src/journal/ledger.js';
import { openSqliteJournal } from '../src/journal/sqlite/open.js';
import { createLog } from '../src/log.js';
import { Loop } from '../src/loop.js';
import type { BatchSnapshot } from '../src/model/batch.js';
import type { Present } from '../src/model/present.js';
import type { Slices } from '../src/model/slices.js';
import { readingJobs } from '../src/observe/groups.js';
import { settleBatch } from '../src/observe/intake.js';
import { type Inputs, join, joining } from '../src/observe/join.js';
import type { Observer } from '../src/observe/observer.js';
import { breaches } from '../src/plan/laws.js';
import { plan, planning } from '../src/plan/plan.js';
import { makeWorld, now, reading } from './world.js';

const clock = systemClock;
const rounds = 9;

/** Processor time of this thread so far, ms: what others take of a busy machine is not in it. */
const threadTimes = openSync('/proc/thread-self/schedstat', 'r');
const buffer = Buffer.alloc(64);
const threadMs = (): number => Number(buffer.toString('latin1', 0, readSync(threadTimes, buffer, 0, 64, 0)).split(' ')[0]) / 1e6;

/** Time of `work`; the longest time for which a timer of 1 ms had to wait meanwhile, and the most processor time of the thread from one such look to the next, ms. */
async function watched(work: () => Promise<unknown>): Promise<{ readonly ms: number; readonly stallMs: number; readonly stallCpuMs: number }> {
  let stallMs = 0;
  let stallCpuMs = 0;
  let lastCpu = threadMs();
  let last = clock.mono();
  let over = false;
  const watching = (async () => {
    while (!over) {
      await clock.sleep(1);
      const at = clock.mono();
      stallMs = Math.max(stallMs, at - last - 1);
      const cpu = threadMs();
      stallCpuMs = Math.max(stallCpuMs, cpu - lastCpu);
      [last, lastCpu] = [at, cpu];
    }
  })();
  try {
    await clock.sleep(20);
    [last, stallMs, lastCpu, stallCpuMs] = [clock.mono(), 0, threadMs(), 0];
    const from = last;
    await work();
    const ms = clock.mono() - from;
    await clock.sleep(5); // a stall shows when the timer runs at last
    return { ms, stallMs, stallCpuMs };
  } finally {
    over = true;
    await watching;
  }
}

const middle = (figures: readonly number[]): number => [...figures].sort((a, b) => a - b)[figures.length >> 1] ?? 0;

/** The next poll: a hundredth of jobs, nodes and hosts is another record, and everything was asked anew. */
function nextInputs(inputs: Inputs, round: number): Inputs {
  const snapshot = inputs.batch.get('main')?.value as BatchSnapshot;
  const at = now + round * 15_000;
  const isTurn = (index: number): boolean => index % 100 === round;
  const jobs = snapshot.jobs.map((job, index) => (isTurn(index) ? { ...job, submittedAt: job.submittedAt - 1000 } : job));
  // of machines: a seat at rest that looks otherwise would be told to rest, and what is measured is thinking
  const nodes = snapshot.nodes.map((node, index) =>
    index % 2 === 0 && isTurn(index / 2) ? { ...node, jobs: [...node.jobs, { id: `x${round}.srv`, slots: 0 }] } : node,
  );
  const hosts = new Map(
    [...inputs.hosts].map(([name, seen], index) => [name, reading(isTurn(index) && seen.value !== undefined ? { ...seen.value } : seen.value, at)] as const),
  );
  return { ...inputs, batch: new Map([['main', reading(settleBatch(snapshot, { ...snapshot, jobs, nodes }), at)]]), hosts: hosts as Inputs['hosts'] };
}

/** Memory that jobs, readings, world and plan take together, MiB. */
function heldMiB(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/** Pure work, called as it is. */
function plain(first: Inputs): Readonly<Record<string, number>> {
  const took: Record<string, number[]> = {};
  const timed = <T>(name: string, work: () => T): T => {
    const from = clock.mono();
    const result = work();
    const figures = took[name] ?? [];
    figures.push(clock.mono() - from);
    took[name] = figures;
    return result;
  };
  let inputs = first;
  let joined = timed('JoinFirstMs', () => join(undefined, inputs));
  const groups = joined.world.groups.length;
  const begun = timed('PlanFirstMs', () => plan(joined.world, inputs.policy, now));
  const firstPeak = process.resourceUsage().maxRSS / 1024;
  const held = heldMiB();
  const decisions = begun.decisions.length;
  for (let round = 1; round <= rounds; round++) {
    inputs = nextInputs(inputs, round);
    const before = joined;
    joined = timed('JoinOnePercentMs', () => join(before, inputs));
    const made = timed('PlanOnePercentMs', () => plan(joined.world, inputs.policy, now + round * 15_000));
    timed('LawsMs', () => breaches(joined.world, inputs.policy, now + round * 15_000, made));
  }
  return {
    Groups: groups,
    Decisions: decisions,
    PlanFirstPeakMiB: firstPeak,
    HeldMiB: held,
    ...Object.fromEntries(Object.entries(took).map(([name, figures]) => [name, middle(figures)])),
  };
}

/** The work, and in `longest` the most processor time that it took from one cut to the next, ms. */
function* weighed<T>(work: Slices<T>, longest: (ms: number) => void): Slices<T> {
  for (;;) {
    const from = threadMs();
    const step = work.next();
    longest(threadMs() - from);
    if (step.done === true) return step.value;
    yield;
  }
}

/** The same in slices, each part by itself. */
async function sliced(first: Inputs): Promise<Readonly<Record<string, number>>> {
  const stalls: Record<string, number> = {};
  const cuts: Record<string, number> = {};
  const stall = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    let result: T | undefined;
    const { stallMs, stallCpuMs } = await watched(async () => {
      result = await work();
    });
    stalls[name] = Math.max(stalls[name] ?? 0, stallMs);
    const cpu = name.replace('Ms', 'CpuMs');
    stalls[cpu] = Math.max(stalls[cpu] ?? 0, stallCpuMs);
    return result as T;
  };
  const snapshot = first.batch.get('main')?.value as BatchSnapshot;
  const whole = <T>(work: Slices<T>): Promise<T> => new Breath(clock).through(work);
  const cut =
    (name: string) =>
    (ms: number): void => {
      cuts[`${name}CutCpuMs`] = Math.max(cuts[`${name}CutCpuMs`] ?? 0, ms);
      cuts[`${name}CpuMs`] = (cuts[`${name}CpuMs`] ?? 0) + ms / (name.endsWith('First') ? 1 : rounds);
    };
  await stall('IdleStallMs', () => clock.sleep(300));
  let jobs = await stall('GroupsFirstStallMs', () => whole(readingJobs(undefined, snapshot, first.classify)));
  let inputs = first;
  let joined = await stall('JoinFirstStallMs', () => whole(weighed(joining(undefined, inputs), cut('JoinFirst'))));
  await stall('PlanFirstStallMs', () => whole(weighed(planning(joined.world, inputs.policy, now), cut('PlanFirst'))));
  for (let round = 1; round <= rounds; round++) {
    inputs = nextInputs(inputs, round);
    const [mine, before] = [jobs, joined];
    jobs = await stall('GroupsOnePercentStallMs', () => whole(readingJobs(mine, inputs.batch.get('main')?.value as BatchSnapshot, inputs.classify)));
    joined = await stall('JoinOnePercentStallMs', () => whole(weighed(joining(before, inputs), cut('JoinOnePercent'))));
    await stall('PlanOnePercentStallMs', () => whole(weighed(planning(joined.world, inputs.policy, now + round * 15_000), cut('PlanOnePercent'))));
  }
  return { ...stalls, ...cuts };
}

/** The daemon's loop with its journal on the disk; deeds find nobody and are tried again. */
async function ticks(first: Inputs): Promise<Readonly<Record<string, number>>> {
  const folder = mkdtempSync(path(tmpdir(), 'domus-bench-'));
  const journal = await openSqliteJournal({ dir: folder, clock });
  try {
    const lease = await journal.lease(first.policy.deployment, 'bench');
    const ledger = new Ledger(first.rows, journal, lease.fence, (thrown) => {
      throw thrown;
    });
    let inputs = first;
    let present: Present | undefined;
    const act = new Act({
      hands: { batch: new Map(), schedulers: new Map(), powers: new Map(), hypervisor: undefined as never },
      ...{ ledger, lease, clock, log: createLog('silent'), policy: () => first.policy, ended: () => undefined },
    });
    const observer = { readings: () => ({ batch: inputs.batch, hosts: inputs.hosts }), distrust: () => undefined } as unknown as Observer;
    const still = { ...clock, wall: () => inputs.batch.get('main')?.askedAt ?? now };
    const loop = new Loop({
      ...{ clock: still, observer, ledger, journal, act, fence: lease.fence, policy: () => first.policy, classify: () => first.classify },
      publish: (next) => {
        present = next;
      },
      ticked: () => undefined,
    });
    const signal = new AbortController().signal;
    const begun = await watched(() => loop.tick(signal));
    const later: number[] = [];
    let stallMs = 0;
    let stallCpuMs = 0;
    for (let round = 1; round <= rounds; round++) {
      inputs = nextInputs(inputs, round);
      const next = await watched(() => loop.tick(signal));
      later.push(next.ms);
      stallMs = Math.max(stallMs, next.stallMs);
      stallCpuMs = Math.max(stallCpuMs, next.stallCpuMs);
    }
    await act.settled();
    const subjects = present?.plan.reasons.size ?? 0;
    const started = { TickFirstMs: begun.ms, TickFirstStallMs: begun.stallMs, TickFirstStallCpuMs: begun.stallCpuMs };
    return { Subjects: subjects, ...started, TickOnePercentMs: middle(later), TickOnePercentStallMs: stallMs, TickOnePercentStallCpuMs: stallCpuMs };
  } finally {
    await journal.close();
    rmSync(folder, { recursive: true });
  }
}

const part = Number(process.argv[2] ?? 1);
const environments = Math.max(4, Math.round(40 / part));
const { inputs } = makeWorld({
  ...{ jobs: Math.round(100_000 / part), hosts: Math.round(1_000 / part), environments, seats: Math.round(16_000 / part / environments) },
  ...{ owners: Math.round(600 / part), loyal: true, listed: true, wide: process.argv[3] === 'wide' },
});
const pure = process.argv[3] === 'loop' ? {} : { ...plain(inputs), ...(await sliced(inputs)) };
const measured = { ...pure, ...(await ticks(inputs)) };
const figures = { ...measured, PeakMiB: process.resourceUsage().maxRSS / 1024, EndHeldMiB: heldMiB() };
process.stdout.write(JSON.stringify(figures));
