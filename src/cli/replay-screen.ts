import type { Results } from '../sim/replay/results.js';
import { poolScenario, refillName, type Summary } from '../sim/replay/summary.js';
import type { Verdict } from '../sim/replay/targets.js';
import type { Task } from '../sim/replay/task.js';
import type { Run } from '../sim/replay/workload.js';
import { harmless, painted, type Screen } from './screen.js';
import { type Column, table } from './table.js';

/** Seconds as people read them: `45 s`, `12 min`, `1.57 h`. */
export function waitText(seconds: number): string {
  if (Number.isNaN(seconds)) return '-';
  if (seconds < 100) return `${seconds.toFixed(seconds < 10 && seconds > 0 ? 1 : 0)} s`;
  if (seconds < 5400) return `${(seconds / 60).toFixed(seconds < 600 ? 1 : 0)} min`;
  return `${(seconds / 3600).toFixed(seconds < 360_000 ? 2 : 0)} h`;
}

const grouped = (value: number): string => (Number.isNaN(value) ? '-' : String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ','));
const percent = (value: number): string => (Number.isNaN(value) ? '-' : `${(value * 100).toFixed(1)} %`);
const times = (value: number | undefined): string | undefined => (value === undefined || Number.isNaN(value) ? undefined : value.toFixed(2));

/** What was read, and what of it does not count. */
export function readText({ trace, site }: Results): string {
  const days = (trace.endAt - trace.startAt) / 86_400_000;
  const lines = [`${trace.name}: ${grouped(trace.jobs)} jobs in ${days.toFixed(1)} days, on ${site.hosts} hosts of ${site.cores} cores`];
  const all = trace.classes.reduce((sum, each) => sum + each.coreHours, 0);
  lines.push(`  classes: ${trace.classes.map((each) => `${each.name} (${grouped(each.jobs)} jobs, ${percent(each.coreHours / all)} of the work)`).join(', ')}`);
  const dropped = Object.entries(trace.dropped).map(([reason, count]) => `${grouped(count)} ${reason}`);
  if (dropped.length > 0) lines.push(`  left out: ${dropped.join('; ')}`);
  if (trace.folded > 0) lines.push(`  folded: ${grouped(trace.folded)} jobs wider than the limit, made as wide as it is and as much longer`);
  if (trace.badLines.count > 0) lines.push(`  not read: ${grouped(trace.badLines.count)} lines, the first at ${trace.badLines.first[0]}`);
  return `${lines.join('\n')}\n`;
}

const columns: readonly Column<Summary>[] = [
  { title: 'SCENARIO', value: (row) => row.scenario },
  { title: 'REFILL', value: (row) => refillName(row.refill) },
  { title: 'RUNS', value: (row) => row.seeds.length, align: 'right' },
  { title: 'WAIT', value: (row) => waitText(row.figures['wait.mean'].mean), align: 'right' },
  { title: '+-', value: (row) => (row.seeds.length > 1 ? waitText(row.figures['wait.mean'].deviation) : undefined), align: 'right' },
  { title: 'MEDIAN', value: (row) => waitText(row.figures['wait.median'].mean), align: 'right' },
  { title: 'P95', value: (row) => waitText(row.figures['wait.p95'].mean), align: 'right' },
  { title: 'x POOL', value: (row) => times(row.ratios.waitToPool), align: 'right' },
  { title: 'SLOWDOWN', value: (row) => grouped(row.figures['boundedSlowdown.mean'].mean), align: 'right' },
  { title: 'USED', value: (row) => percent(row.figures.utilisationOfPowered.mean), align: 'right' },
  { title: 'HOST-HOURS', value: (row) => grouped(row.figures.hostHours.mean), align: 'right' },
  { title: 'x BOUND', value: (row) => times(row.ratios.hostHoursToLowerBound), align: 'right' },
  { title: 'kWh', value: (row) => grouped(row.figures.energyKWh.mean), align: 'right' },
  { title: 'BOOTS', value: (row) => grouped(row.figures.boots.mean), align: 'right' },
  {
    title: 'KILLED',
    value: (row) => grouped(row.figures.jobsKilled.max),
    align: 'right',
    paint: (row) => (row.figures.jobsKilled.max > 0 ? 'red' : undefined),
  },
  { title: 'SPEED-UP', value: (row) => `${grouped(row.figures.speedUp.mean)} x`, align: 'right' },
];

const verdictColumns: readonly Column<Verdict>[] = [
  { title: '', value: (row) => (row.holds ? 'pass' : 'FAIL'), paint: (row) => (row.holds ? 'green' : 'red') },
  { title: 'SCENARIO', value: (row) => row.scenario },
  { title: 'REFILL', value: (row) => row.refill },
  { title: 'WANTED', value: (row) => row.wanted, align: 'right' },
  { title: 'REACHED', value: (row) => Number(row.reached.toPrecision(4)), align: 'right' },
  { title: 'TARGET', value: (row) => row.target },
];

const classText = (results: Results): string => {
  const names = results.trace.classes.map((each) => each.name).filter((name) => results.scenarios.some((each) => name in each.waitByClass));
  const rows = results.scenarios;
  return names.length < 2
    ? ''
    : [
        '',
        'Mean wait by class',
        ...rows.map(
          (row) =>
            `  ${row.scenario} (${refillName(row.refill)}): ${names.map((name) => `${name}: ${waitText(row.waitByClass[name] ?? Number.NaN)}`).join(', ')}`,
        ),
        '',
      ].join('\n');
};

/** What it comes to, in a sentence for each Domus scenario that was compared with something. */
function sentence({ scenario, refill, figures, ratios }: Summary): string | undefined {
  if (ratios.waitToPool === undefined && ratios.belowBetterStatic === undefined) return undefined;
  const parts = [`${scenario}, refill ${refillName(refill)}: a job waits ${waitText(figures['wait.mean'].mean)} on average`];
  if (ratios.belowBetterStatic !== undefined)
    parts.push(`${ratios.belowBetterStatic.toFixed(1)} times less than with the better fixed partition (${ratios.betterStatic})`);
  if (ratios.waitToPool !== undefined) parts.push(`${ratios.waitToPool.toFixed(2)} of the ideal pool's`);
  return `${parts.join(', ')}.`;
}

const mostBroken = 5;

/** Rules that were broken: the first sentences, whole. */
function brokenText(screen: Screen, { runs }: Results): readonly string[] {
  const broken = runs.flatMap(({ scenario, seed, violations }) => violations.map((each) => `RULE BROKEN (${scenario}, seed ${seed}): ${harmless(each)}`));
  const more = broken.length > mostBroken ? [`and ${broken.length - mostBroken} more`] : [];
  return [...broken.slice(0, mostBroken), ...more].map((each) => `${painted(screen, 'red', each)}\n`);
}

/** The whole answer for people. `domus` says whether a scenario is Domus. */
export function resultsText(screen: Screen, results: Results, isDomus: (scenario: string) => boolean): string {
  const sentences = results.scenarios.filter((each) => isDomus(each.scenario)).flatMap((each) => sentence(each) ?? []);
  const seeds = results.scenarios[0]?.seeds ?? [];
  return [
    table(screen, columns, results.scenarios, 'nothing was replayed'),
    `Mean of ${seeds.length} run(s), seed(s) ${seeds.join(', ')}; without the first 8 % and the last 4 % of the time. x POOL: mean wait in that of ${poolScenario}, where every host runs everything.\n`,
    classText(results),
    ...brokenText(screen, results),
    ...(results.targets === undefined ? [] : ['\n', table(screen, verdictColumns, results.targets, 'no target could be judged')]),
    ...(sentences.length === 0 ? [] : ['\n', ...sentences.map((each) => `${painted(screen, 'bold', each)}\n`)]),
  ].join('');
}

export const taskText = ({ scenario, seed, shake, refill }: Task): string => `${scenario.name}, refill ${refillName(refill)}${shake ? `, seed ${seed}` : ''}`;

const barWidth = 24;

/** How far the runs are: a bar where there is a terminal, else a line for each run that is done. On standard error: the answer alone goes out. */
export class Progress {
  readonly #screen: Screen;
  readonly #total: number;
  readonly #parts = new Map<Task, number>();
  #done = 0;
  #shown = '';
  constructor(screen: Screen, total: number) {
    this.#screen = screen;
    this.#total = total;
  }
  progress(task: Task, part: number): void {
    this.#parts.set(task, Math.min(1, part));
    this.#draw(taskText(task));
  }
  done(task: Task, run: Run): void {
    this.#parts.delete(task);
    this.#done++;
    if (this.#screen.tty) this.#draw(taskText(task));
    else this.#screen.err(`${this.#done} of ${this.#total}: ${taskText(task)} done in ${(run.cpuMs / 1000).toFixed(1)} s of processor time\n`);
  }
  /** Takes the bar away. */
  end(): void {
    if (this.#shown !== '') this.#screen.err('\r\u001b[K');
    this.#shown = '';
  }
  #draw(what: string): void {
    if (!this.#screen.tty) return;
    const part = (this.#done + [...this.#parts.values()].reduce((sum, each) => sum + each, 0)) / this.#total;
    const filled = Math.floor(part * barWidth);
    const text = `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}] ${Math.floor(part * 100)} %  ${this.#done} of ${this.#total} runs  ${what}`.slice(
      0,
      this.#screen.width() - 1,
    );
    if (text === this.#shown) return;
    this.#shown = text;
    this.#screen.err(`\r\u001b[K${text}`);
  }
}
