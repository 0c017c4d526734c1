import type { Markup } from '../../chart/markup.js';
import { shade } from '../../chart/plot.js';
import { type Thinned, thin } from '../../chart/thin.js';
import { type Tick, timeTicks } from '../../chart/ticks.js';
import { windowOf } from '../replay/metrics.js';
import type { Run } from '../replay/workload.js';

/** The time axis that all plots of one run share. */
export interface Timeline {
  readonly startAt: number;
  readonly endAt: number;
  readonly ticks: readonly Tick[];
  /** For plots of half the width. */
  readonly fewTicks: readonly Tick[];
  /** Warm-up and tail: drawn, not counted. */
  readonly shades: readonly Markup[];
}

/** How many readings a plot carries for the pointer. */
export const readingColumns = 200;

const stepsOf = ({ series }: Run): number => Math.max(0, ...Object.values(series.columns).map(({ length }) => length));

export function timelineOf(run: Run): Timeline {
  const { startAt, stepMs } = run.series;
  const endAt = startAt + Math.max(1, stepsOf(run)) * stepMs;
  const part = (at: number): number => Math.min(1, Math.max(0, (at - startAt) / (endAt - startAt)));
  const { workload } = run;
  const { from, until } = windowOf(workload);
  const fractions = (wanted: number, main: number): readonly Tick[] =>
    timeTicks(startAt, endAt, wanted).map((tick, index) => ({ ...tick, at: part(tick.at), ...(index % main === 0 ? {} : { minor: true as const }) }));
  const counted = [part(from), part(until)] as const;
  return { startAt, endAt, ticks: fractions(14, 3), fewTicks: fractions(7, 2), shades: [shade(0, counted[0]), shade(counted[1], 1)] };
}

/** A quantity of a run on the timeline of another (whose steps or end may differ), in `columns` columns; all gaps where it was not recorded. */
export function column(run: Run, name: string, timeline: Timeline, columns: number): Thinned {
  return thin(onTimeline(run, name, timeline), columns);
}

function onTimeline(run: Run, name: string, { startAt, endAt }: Timeline): readonly number[] {
  const { series } = run;
  const values = Object.hasOwn(series.columns, name) ? series.columns[name]! : [];
  const before = Math.round((startAt - series.startAt) / series.stepMs);
  const wanted = Math.round((endAt - startAt) / series.stepMs);
  if (before === 0 && wanted === values.length) return values;
  return Array.from({ length: wanted }, (_, index) => values[index + before] ?? Number.NaN);
}

/** For the pointer: means over equal stretches of the timeline. */
export function reading(run: Run, name: string, timeline: Timeline): readonly number[] {
  return [...thin(onTimeline(run, name, timeline), readingColumns).mean];
}

/** The time of each of these readings. */
export const readingTime = ({ startAt, endAt }: Timeline, count: number): { readonly startAt: number; readonly stepMs: number } => ({
  startAt,
  stepMs: (endAt - startAt) / Math.max(1, count),
});
