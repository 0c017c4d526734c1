import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/clock.js';
import { alwaysOnBaselines, baselineNames } from '../src/sim/replay/baselines.js';
import { workloadOf } from '../src/sim/replay/classes.js';
import { performAll } from '../src/sim/replay/crew.js';
import { figuresOf } from '../src/sim/replay/metrics.js';
import { resultsOf } from '../src/sim/replay/results.js';
import { refillName } from '../src/sim/replay/summary.js';
import { type Targets, usualTargets } from '../src/sim/replay/targets.js';
import { logOf, type Scenario, type Source, type Task } from '../src/sim/replay/task.js';
import type { Refill, Run } from '../src/sim/replay/workload.js';
import type { Bench, BenchOptions } from './main.js';

/** One of the workloads that Domus is measured by. */
interface Case {
  readonly name: string;
  /** None: the made-up example. */
  readonly file?: string;
  readonly by: string;
  readonly classes?: readonly string[];
  readonly hosts: number;
  readonly coresPer: number;
  readonly targets: Targets;
}

const cores = 4;
const widest = 32;
const seeds = 5;
const refills: readonly Refill[] = ['immediate', { cycleMs: 30_000 }];
const scenarios: readonly Scenario[] = [...alwaysOnBaselines.map((name): Scenario => ({ kind: 'baseline', name })), { kind: 'domus', name: 'domus' }];

const lpc = { file: 'LPC-EGEE-2004-d180-270.swf.gz', by: 'group', classes: ['2', '6', '3'], coresPer: 1 };
const { hostHoursToLowerBound, powerCyclesPerHostDay } = usualTargets;
const always = { hostHoursToLowerBound, powerCyclesPerHostDay };
const near = { waitToPool: { immediate: 1.1, cycle: 1.1 }, p95ToPool: 1.2, ...always };

/** Sizes, classes and limits as they were set before the planner was written. SP2's and BLUE's queues are priorities: a stress shape. */
const cases: readonly Case[] = [
  { name: 'LPC 24 x 4', ...lpc, hosts: 24, targets: { ...near, belowBetterStatic: 10 } },
  { name: 'LPC 16 x 4', ...lpc, hosts: 16, targets: { ...near, belowBetterStatic: 5 } },
  { name: 'LPC 35 x 4', ...lpc, hosts: 35, targets: { ...always, waitAbovePoolSeconds: 60, medianWaitSeconds: 120 } },
  {
    ...{ name: 'SP2 40 x 4', file: 'SDSC-SP2-1998-d360-480.swf.gz', by: 'queue', classes: ['3', '4', '2'], coresPer: 1, hosts: 40 },
    targets: { ...usualTargets, belowBetterStatic: 5 },
  },
  {
    ...{ name: 'BLUE 36 x 4', file: 'SDSC-BLUE-2000-d150-240.swf.gz', by: 'queue', classes: ['3', '4', '2'], coresPer: 8, hosts: 36 },
    targets: { ...usualTargets, belowBetterStatic: 10 },
  },
];
const example: Case = { name: 'example 12 x 4', by: 'queue', coresPer: 1, hosts: 12, targets: usualTargets };

type Figures = Record<string, number | string>;
const say = (text: string): boolean => process.stderr.write(`${text}\n`);

/** Of a measurement that takes hours each run is told as soon as it is known. */
function told(run: Run): string {
  const { wait, hostHours, hostHoursLowerBound, powerCyclesPerHostDay, jobsKilled, invariantViolations } = figuresOf(run);
  const waits = `waits of ${Math.round(wait.mean)} s (median ${Math.round(wait.median)}, p95 ${Math.round(wait.p95)})`;
  const hosts = `${(hostHours / hostHoursLowerBound).toFixed(3)} x the least host-hours, ${powerCyclesPerHostDay.toFixed(2)} cycles per host and day`;
  return `${waits}, ${hosts}, ${jobsKilled} killed, ${invariantViolations} rule(s) broken, ${(run.cpuMs / 1000).toFixed(1)} s of processor time`;
}

async function measure({ name, file, by, classes, hosts, coresPer, targets }: Case, { traces, runs = seeds }: BenchOptions): Promise<Figures> {
  const making = { by, widest, ...(classes === undefined ? {} : { classes }) };
  const source: Source = { paths: file === undefined || traces === undefined ? [] : [join(traces, file)], coresPer, making };
  const log = await logOf(source);
  const workload = workloadOf(log, making);
  const site = { hosts, cores, memoryPerCoreMiB: 1024 };
  const tasks = refills.flatMap((refill) =>
    scenarios.flatMap((scenario) => Array.from({ length: runs }, (_, at): Task => ({ scenario, seed: at + 1, shake: true, refill }))),
  );
  const listener = {
    progress: () => undefined,
    done: (task: Task, run: Run) => void say(`${name}: ${task.scenario.name}, refill ${refillName(task.refill)}, seed ${task.seed}: ${told(run)}`),
  };
  const crew = { processes: availableParallelism(), signal: new AbortController().signal, listener };
  const done = await performAll(tasks, workload, { source, site }, crew);
  const { targets: verdicts = [], scenarios: all } = resultsOf({ log, workload, site, runs: done, baselines: baselineNames, targets });
  const figures: Figures = {};
  for (const { scenario, refill, figures: of } of all) {
    const { mean, deviation } = of['wait.mean'];
    figures[`${name}, ${scenario}, ${refillName(refill)}: mean wait`] = `${Math.round(mean)} s +- ${Math.round(deviation)}`;
    if (scenario === 'domus') figures[`${name}, ${scenario}, ${refillName(refill)}: speedUp`] = Math.round(of.speedUp.mean);
  }
  for (const { refill, target, wanted, reached, holds } of verdicts)
    figures[`${name}, ${refill}: ${target}`] = `${holds ? 'pass' : 'FAIL'} ${Number(reached.toPrecision(4))} (${wanted})`;
  return figures;
}

/** The targets on real workloads (`--traces FOLDER`; `--case TEXT`, `--runs N`), both kinds of refill; without traces the made-up example, once. */
export const bench: Bench = {
  name: 'replay',
  async run(options) {
    const wanted = options.traces === undefined ? [example] : cases.filter(({ name }) => name.includes(options.case ?? ''));
    const missing = wanted.filter(({ file }) => file !== undefined && !existsSync(join(options.traces ?? '', file)));
    if (missing.length > 0)
      throw new Error(`${options.traces} does not hold ${[...new Set(missing.map(({ file }) => file))].join(', ')} (Parallel Workloads Archive)`);
    const began = systemClock.mono();
    const figures: Figures = {};
    for (const each of wanted) Object.assign(figures, await measure(each, options.traces === undefined ? { ...options, runs: options.runs ?? 1 } : options));
    return { ...figures, wallMinutes: (systemClock.mono() - began) / 60_000 };
  },
};
