import { dayMs, midnight } from '../../chart/dates.js';
import { percentText } from '../../chart/figures.js';
import { element, type Markup, outside } from '../../chart/markup.js';
import { areaPath, linePath, stepsPath } from '../../chart/path.js';
import { area, key, line, plot } from '../../chart/plot.js';
import { peak } from '../../chart/thin.js';
import { amount, linearTicks } from '../../chart/ticks.js';
import type { Run } from '../replay/workload.js';
import { scaled } from './classes.js';
import { type Scene, type Stage, typicalRun } from './scenes.js';
import { column, reading, readingColumns, readingTime, type Timeline, timelineOf } from './timeline.js';

const columns = 720;

/** Hosts that are on, against those that there are. */
function hostsOn(run: Run, timeline: Timeline): Markup | undefined {
  const on = column(run, 'hostsOn', timeline, columns);
  if (on.mean.every((value) => Number.isNaN(value))) return undefined;
  const { hosts } = run.site;
  const ticks = linearTicks(hosts, 4, true);
  const top = Math.max(hosts * 1.04, 1);
  const rows = [{ name: 'on', unit: 'hosts', values: reading(run, 'hostsOn', timeline) }];
  return element(
    'figure',
    {},
    element('figcaption', {}, `Hosts switched on, of ${amount(hosts)}.`),
    plot({
      alternative: `Hosts switched on over time: at most ${amount(peak(on.high))} of ${amount(hosts)}.`,
      heightPx: 150,
      x: timeline.ticks,
      y: scaled(ticks, top),
      layers: [
        area(areaPath(on.mean, top), 0, 'pale'),
        line(linePath(on, top), 0, 'thin whole'),
        line(
          stepsPath([
            [0, hosts / top],
            [1, hosts / top],
          ]),
          5,
          'thin',
        ),
        ...timeline.shades,
      ],
      notes: [{ x: 0.995, y: hosts / top, text: 'all hosts', tone: 5, side: 'left' }],
      axis: 'time',
      readings: { time: readingTime(timeline, rows[0]!.values.length), rows },
    }),
  );
}

/** What a quantity was on each UTC day of the timeline, as a mean; the first and the last may be parts of a day. */
export function daily(run: Run, name: string, timeline: Timeline): readonly number[] {
  const values = Object.hasOwn(run.series.columns, name) ? run.series.columns[name]! : [];
  const { startAt, stepMs } = run.series;
  const first = midnight(timeline.startAt);
  const days = Math.max(1, Math.ceil((timeline.endAt - first) / dayMs));
  const sums = new Float64Array(days);
  const counts = new Float64Array(days);
  for (let step = 0; step < values.length; step++) {
    const day = Math.floor((startAt + (step + 0.5) * stepMs - first) / dayMs);
    if (day < 0 || day >= days || !Number.isFinite(values[step]!)) continue;
    sums[day]! += values[step]!;
    counts[day]!++;
  }
  return Array.from(sums, (sum, day) => (counts[day] === 0 ? Number.NaN : sum / counts[day]!));
}

/** Where a UTC day begins and ends on the timeline, as fractions. */
function dayEdges({ startAt, endAt }: Timeline, day: number): readonly [number, number] {
  const from = midnight(startAt) + day * dayMs;
  const part = (at: number): number => Math.min(1, Math.max(0, (at - startAt) / (endAt - startAt)));
  return [part(from), part(from + dayMs)];
}

/** Days as level steps; days without a value are not drawn. */
export function dayLine(values: readonly number[], timeline: Timeline, top: number): string {
  return values
    .map((value, day) => {
      if (Number.isNaN(value)) return '';
      const [from, to] = dayEdges(timeline, day);
      const fresh = Number.isNaN(values[day - 1] ?? Number.NaN);
      return stepsPath([...(fresh ? [] : [[from, values[day - 1]! / top] as const]), [from, value / top], [to, value / top]]);
    })
    .join('');
}

function dayBars(values: readonly number[], timeline: Timeline, top: number): string {
  return values
    .map((value, day) => {
      if (Number.isNaN(value)) return '';
      const [from, to] = dayEdges(timeline, day);
      const gap = (to - from) * 0.12;
      return `${stepsPath([
        [from + gap, 0],
        [from + gap, value / top],
        [to - gap, value / top],
        [to - gap, 0],
      ])}Z`;
    })
    .join('');
}

/** For the pointer: the day's value wherever it stands in the day. */
const dayReadings = (values: readonly number[], { startAt, endAt }: Timeline): readonly number[] =>
  Array.from(
    { length: readingColumns },
    (_, at) => values[Math.floor((startAt + ((at + 0.5) * (endAt - startAt)) / readingColumns - midnight(startAt)) / dayMs)] ?? Number.NaN,
  );

interface Daily {
  readonly scene: Scene;
  readonly values: readonly number[];
}

/** Energy of every day, Domus as bars, the others as lines. */
function energy(scenes: readonly Scene[], timeline: Timeline): Markup | undefined {
  const all: readonly Daily[] = scenes.map((scene) => ({ scene, values: daily(typicalRun(scene), 'watts', timeline).map((watts) => (watts * 24) / 1000) }));
  return byDay(all, timeline, 'Energy, kWh a day.', 'kWh', undefined);
}

/** Of the cores whose hosts are on, the share that ran jobs. */
function utilisation(scenes: readonly Scene[], timeline: Timeline): Markup | undefined {
  const all: readonly Daily[] = scenes.map((scene) => {
    const busy = daily(typicalRun(scene), 'busyCores', timeline);
    const powered = daily(typicalRun(scene), 'poweredCores', timeline);
    return { scene, values: busy.map((cores, day) => (powered[day]! > 0 ? (100 * cores) / powered[day]! : Number.NaN)) };
  });
  return byDay(all, timeline, 'Use of the cores that are switched on, per day: how much of what is paid for runs jobs.', '%', 100);
}

function byDay(all: readonly Daily[], timeline: Timeline, caption: string, unit: string, fixedTop: number | undefined): Markup | undefined {
  const known = ({ values }: Daily): boolean => values.some((value) => Number.isFinite(value));
  const [first, ...rest] = all;
  if (first === undefined || !known(first)) return undefined;
  const others = rest.filter(known);
  const ticks = linearTicks(fixedTop ?? Math.max(...[first, ...others].map(({ values }) => peak(values))), 4);
  const top = ticks.at(-1)!.at;
  const mean = ({ values }: Daily): number => {
    const known = values.filter((value) => Number.isFinite(value));
    return known.reduce((sum, value) => sum + value, 0) / known.length;
  };
  const said = [first, ...others]
    .map((each) => `${each.scene.name} ${unit === '%' ? percentText(mean(each) / 100) : `${amount(mean(each), 0)} ${unit}`}`)
    .join(', ');
  return element(
    'figure',
    {},
    element('figcaption', {}, caption),
    key([
      { text: outside(first.scene.name), tone: first.scene.tone, kind: 'area', class: 'pale' },
      ...others.map(({ scene }) => ({ text: outside(scene.name), tone: scene.tone, kind: 'line' as const, class: 'whole thin' })),
    ]),
    plot({
      alternative: `${caption} On an average day: ${said}.`,
      heightPx: 150,
      x: timeline.ticks,
      y: scaled(ticks, top).map((tick) => (unit === '%' ? { ...tick, label: `${tick.label} %` } : tick)),
      layers: [
        area(dayBars(first.values, timeline, top), first.scene.tone, 'pale'),
        ...others.map(({ scene, values }) => line(dayLine(values, timeline, top), scene.tone, 'whole')),
        ...timeline.shades,
      ],
      axis: 'time',
      readings: {
        time: readingTime(timeline, readingColumns),
        rows: [first, ...others].map(({ scene, values }) => ({ name: scene.name, unit, values: dayReadings(values, timeline) })),
      },
    }),
  );
}

/** Hosts on, energy and use of what is on, over time. */
export function hosts({ scenes, subject, fixed }: Stage): Markup {
  const drawn = subject ?? scenes[0];
  if (drawn === undefined) return element('p', {}, 'Nothing was replayed.');
  const run = typicalRun(drawn);
  const timeline = timelineOf(run);
  const both = [drawn, ...(fixed === undefined || fixed === drawn ? [] : [fixed])];
  const plots = [hostsOn(run, timeline), energy(both, timeline), utilisation(both, timeline)].filter((each) => each !== undefined);
  return plots.length === 0 ? element('p', {}, 'Hosts and energy were not recorded in these runs.') : element('div', {}, plots);
}
