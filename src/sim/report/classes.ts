import { dateText } from '../../chart/dates.js';
import { percentText } from '../../chart/figures.js';
import { type Child, cut, element, type Markup, outside } from '../../chart/markup.js';
import { areaPath, linePath } from '../../chart/path.js';
import { area, key, line, plot } from '../../chart/plot.js';
import { peak, type Thinned } from '../../chart/thin.js';
import { amount, linearTicks } from '../../chart/ticks.js';
import type { Run } from '../replay/workload.js';
import { type Stage, typicalRun } from './scenes.js';
import { column, reading, readingTime, type Timeline, timelineOf } from './timeline.js';
import { plural } from './words.js';

/** Classes beyond these are left to the table. */
const mostPanels = 12;
const mostBands = 7;

export interface ClassShare {
  readonly class: string;
  readonly jobs: number;
  /** Of all core-time, 0 to 1. */
  readonly work: number;
}

/** What each class is in the workload, in the workload's order (the most worked first). */
export function classShares({ workload }: Run): readonly ClassShare[] {
  const sums = new Map(workload.classes.map((each) => [each, { jobs: 0, work: 0 }]));
  let all = 0;
  for (const job of workload.jobs) {
    const sum = sums.get(job.class);
    if (sum === undefined) continue;
    const work = job.runMs * job.slots;
    sum.jobs++;
    sum.work += work;
    all += work;
  }
  return [...sums].map(([name, { jobs, work }]) => ({ class: name, jobs, work: all > 0 ? work / all : 0 }));
}

/** About as many columns as a screen shows, fewer where there are many plots. */
const columnsFor = (plots: number): number => (plots <= 5 ? 720 : 360);

const highest = (series: Thinned): number => peak(series.high);

function whenHighest({ high, columns }: Thinned, { startAt, endAt }: Timeline): string {
  let best = 0;
  for (let at = 1; at < columns; at++) if (!(high[at]! <= high[best]!)) best = at;
  return dateText(startAt + ((best + 0.5) * (endAt - startAt)) / Math.max(1, columns));
}

/** Which class the cores belonged to, stacked to the whole site; nothing where no run of it was recorded. */
function bands(run: Run, timeline: Timeline): Markup | undefined {
  const { classes } = run.workload;
  const shown = classes.slice(0, classes.length > mostBands + 1 ? mostBands : classes.length);
  const rest = classes.slice(shown.length);
  const top = run.site.hosts * run.site.cores;
  const groups: readonly { readonly name: string; readonly of: readonly string[] }[] = [
    ...shown.map((name) => ({ name, of: [name] })),
    ...(rest.length > 0 ? [{ name: `${rest.length} more`, of: rest }] : []),
  ];
  let below: Float64Array | undefined;
  const layers = groups.map(({ of }, index) => {
    const parts = of.map((each) => column(run, `capacity:${each}`, timeline, 360).mean);
    const floor = below;
    const upper = Float64Array.from(parts[0] ?? [], (_, at) => parts.reduce((sum, part) => sum + (part[at]! || 0), floor?.[at] ?? 0));
    below = upper;
    return area(areaPath(upper, top, floor), index, 'edged');
  });
  const rows = groups.map(({ name, of }) => {
    const parts = of.map((each) => reading(run, `capacity:${each}`, timeline));
    return { name: cut(name), unit: 'cores', values: (parts[0] ?? []).map((_, at) => parts.reduce((sum, part) => sum + (part[at]! || 0), 0)) };
  });
  if (rows.every(({ values }) => values.every((value) => !(value > 0)))) return undefined;
  return element(
    'figure',
    {},
    element(
      'figcaption',
      {},
      `Which class the ${amount(top)} cores belonged to. From the floor up in the order of the key; above them cores without a machine.`,
    ),
    key(groups.map(({ name }, index) => ({ text: outside(name), tone: index, kind: 'area' }))),
    plot({
      alternative: `Cores of the machines of each class over time, stacked, out of ${amount(top)}. The table of classes has the figures.`,
      heightPx: 190,
      x: timeline.ticks,
      y: scaled(linearTicks(top, 4, true), top),
      layers: [...layers, ...timeline.shades],
      axis: 'time',
      readings: { time: readingTime(timeline, rows[0]?.values.length ?? 0), rows },
    }),
  );
}

/** Ticks as fractions of `top`, without those above it. */
export const scaled = <T extends { readonly at: number }>(ticks: readonly T[], top: number): readonly T[] =>
  ticks.filter(({ at }) => at <= top * 1.0001).map((tick) => ({ ...tick, at: tick.at / top }));

interface Panel {
  readonly share: ClassShare;
  readonly run: Run;
  /** The same class in the better fixed partition. */
  readonly fixed?: Run;
  readonly timeline: Timeline;
  readonly columns: number;
}

const nothing: Child = undefined;

function panel({ share, run, fixed, timeline, columns }: Panel): Markup {
  const of = (name: string): Thinned => column(run, `${name}:${share.class}`, timeline, columns);
  const [waiting, busy, capacity] = [of('waiting'), of('busy'), of('capacity')];
  const theirs = fixed === undefined ? undefined : column(fixed, `waiting:${share.class}`, timeline, columns);
  const most = Math.max(highest(waiting), theirs === undefined ? 0 : highest(theirs));
  const waitingTicks = linearTicks(Math.max(1, most), 2, true);
  const waitingTop = waitingTicks.at(-1)!.at;
  const coreTicks = linearTicks(Math.max(1, highest(capacity), highest(busy)), 3, true);
  const coreTop = coreTicks.at(-1)!.at;
  const row = (name: string, series: string, unit: string, from = run) => ({ name, unit, values: reading(from, `${series}:${share.class}`, timeline) });
  const waitingRows = [row('waiting', 'waiting', 'jobs'), ...(fixed === undefined ? [] : [row('waiting, fixed partition', 'waiting', 'jobs', fixed)])];
  const runningRows = [row('running', 'running', 'jobs'), row('on', 'busy', 'cores'), row('machines', 'machines', ''), row('of', 'capacity', 'cores')];
  const label = cut(share.class);
  return element(
    'figure',
    { class: 'panel' },
    element('h3', {}, outside(share.class), element('small', {}, ` ${plural(share.jobs, 'job')}, ${percentText(share.work)} of the work`)),
    plot({
      alternative: `Waiting jobs of class ${label}: at most ${amount(Math.round(highest(waiting)))}, on ${whenHighest(waiting, timeline)}${
        theirs === undefined ? '' : `; in the fixed partition at most ${amount(Math.round(highest(theirs)))}`
      }.`,
      heightPx: 80,
      x: [],
      y: scaled(waitingTicks, waitingTop),
      layers: [
        theirs === undefined ? { markup: '' } : line(linePath(theirs, waitingTop), 5, 'thin whole'),
        area(areaPath(waiting.high, waitingTop), 1, 'pale'),
        line(linePath(waiting, waitingTop), 1, 'thin whole'),
        ...timeline.shades,
      ],
      notes: [{ x: 0.005, y: 0.88, text: 'waiting jobs', tone: 1 }],
      axis: 'time',
      readings: { time: readingTime(timeline, waitingRows[0]!.values.length), rows: waitingRows },
    }),
    plot({
      alternative: `Cores of class ${label}: at most ${amount(Math.round(highest(capacity)))} belong to its machines, at most ${amount(Math.round(highest(busy)))} run its jobs.`,
      heightPx: 100,
      x: timeline.fewTicks,
      y: scaled(coreTicks, coreTop),
      layers: [area(areaPath(busy.mean, coreTop), 0, 'pale'), line(linePath(capacity, coreTop), 0, 'thin whole'), ...timeline.shades],
      notes: [{ x: 0.005, y: 0.9, text: 'cores', tone: 0 }],
      axis: 'time',
      readings: { time: readingTime(timeline, runningRows[0]!.values.length), rows: runningRows },
    }),
    nothing,
  );
}

/** Every class over time: who waited and who ran, against the machines of that class. */
export function classes({ subject, fixed }: Stage): Markup {
  if (subject === undefined) return element('p', {}, 'No run of Domus is among these.');
  const run = typicalRun(subject);
  const theirs = fixed === undefined ? undefined : typicalRun(fixed);
  const timeline = timelineOf(run);
  const shares = classShares(run);
  const shown = shares.slice(0, mostPanels);
  const hidden = shares.slice(mostPanels);
  const columns = columnsFor(shown.length);
  return element(
    'div',
    {},
    element(
      'p',
      {},
      `Run with seed ${run.seed}${subject.runs.length > 1 ? `, the middle one of ${subject.runs.length} by mean wait` : ''}. Grey edges: warm-up and tail, replayed but not counted.`,
    ),
    bands(run, timeline),
    key([
      { text: 'jobs waiting', tone: 1, kind: 'area', class: 'pale' },
      ...(theirs === undefined ? [] : [{ text: 'jobs waiting in the better fixed partition', tone: 5, kind: 'line' as const, class: 'thin whole' }]),
      { text: 'cores that run jobs', tone: 0, kind: 'area', class: 'pale' },
      { text: 'cores of the machines of that class', tone: 0, kind: 'line', class: 'whole' },
    ]),
    element(
      'div',
      { class: 'panels' },
      shown.map((share) => panel({ share, run, ...(theirs && { fixed: theirs }), timeline, columns })),
    ),
    hidden.length === 0
      ? nothing
      : element(
          'p',
          {},
          `${plural(hidden.length, 'more class', 'more classes')} with ${percentText(hidden.reduce((sum, { work }) => sum + work, 0))} of the work are in the table only.`,
        ),
  );
}
