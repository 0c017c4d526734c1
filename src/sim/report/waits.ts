import { durationText, percentText } from '../../chart/figures.js';
import { element, type Markup, outside } from '../../chart/markup.js';
import { box, heightOf, pointsPath } from '../../chart/path.js';
import { area, key, line, plot } from '../../chart/plot.js';
import { durationTicks, linearTicks } from '../../chart/ticks.js';
import { countedWaits } from './counted.js';
import { isSaving, type Scene, type Stage } from './scenes.js';
import { listed } from './words.js';

/** How many places of the axis are worked out. */
const places = 180;
const firstMs = 1000;

/** Share of `sorted` that is at most `ms`, 0 to 1. */
export function shareWithin(sorted: ArrayLike<number>, ms: number): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle]! <= ms) from = middle + 1;
    else to = middle;
  }
  return sorted.length === 0 ? Number.NaN : from / sorted.length;
}

interface Curve {
  readonly scene: Scene;
  /** Of each run that counted jobs, the waits in order. */
  readonly sorted: readonly Float64Array[];
  readonly mean: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function curveOf(scene: Scene, sorted: readonly Float64Array[], at: readonly number[]): Curve {
  const shares = at.map((ms) => sorted.map((waits) => shareWithin(waits, ms)));
  return { scene, sorted, mean: shares.map(meanOf), low: shares.map((each) => Math.min(...each)), high: shares.map((each) => Math.max(...each)) };
}

/** The shape between the lowest and the highest of the runs. */
function bandOf({ low, high }: Curve, x: readonly number[]): string {
  const upper = x.map((at, index) => `${Math.round(at * box.width)} ${heightOf(high[index]!, 1)}`);
  const lower = x.map((at, index) => `${Math.round(at * box.width)} ${heightOf(low[index]!, 1)}`).reverse();
  return `M${[...upper, ...lower].join('L')}Z`;
}

const within = ({ sorted }: Curve, ms: number): string => percentText(meanOf(sorted.map((waits) => shareWithin(waits, ms))));

/** Waiting-time distribution of every scenario: which share of the jobs has started after so long. */
export function waits({ scenes }: Stage): Markup {
  const twin = (scene: Scene): boolean => isSaving(scene) && scenes.some(({ scenario }) => scene.scenario.startsWith(`${scenario}-`));
  const counted = scenes
    .filter((scene) => !twin(scene))
    .map((scene) => ({ scene, sorted: scene.runs.map((run) => countedWaits(run)).filter(({ length }) => length > 0) }))
    .filter(({ sorted }) => sorted.length > 0);
  const longest = counted.flatMap(({ sorted }) => sorted.map((each) => each.findLast((ms) => Number.isFinite(ms)) ?? 0));
  const ticks = durationTicks(Math.max(firstMs, ...longest));
  const lastMs = ticks.at(-1)!.at;
  const across = (ms: number): number => Math.log(ms / firstMs) / Math.log(lastMs / firstMs);
  const x = Array.from({ length: places + 1 }, (_, index) => index / places);
  const at = x.map((share) => firstMs * (lastMs / firstMs) ** share);
  const curves = counted.map(({ scene, sorted }) => curveOf(scene, sorted, at));
  const minute = 60_000;
  const hour = 60 * minute;
  const told = curves.map((curve) => `${curve.scene.name}: ${within(curve, minute)} within a minute, ${within(curve, hour)} within an hour`);
  // the subject is drawn last, above the others
  const layered = [...curves].reverse();
  return element(
    'figure',
    {},
    element('figcaption', {}, 'Share of jobs that have started after waiting so long. Higher and further left is better.'),
    key(curves.map(({ scene }) => ({ text: outside(scene.name), tone: scene.tone, kind: 'line', class: scene.kind === 'subject' ? 'bold' : '' }))),
    plot({
      alternative: `Waiting times. ${listed(told)}.`,
      heightPx: 300,
      x: ticks.map((tick) => ({ ...tick, at: across(tick.at) })),
      y: linearTicks(100, 5).map(({ at: percent, label }) => ({ at: percent / 100, label: `${label} %` })),
      layers: [
        ...layered.filter(({ scene }) => scene.runs.length > 1).map((curve) => area(bandOf(curve, x), curve.scene.tone, 'faint')),
        ...layered.map(({ scene, mean }) =>
          line(pointsPath(x.map((place, index) => [place, mean[index]!])), scene.tone, scene.kind === 'subject' ? 'bold' : ''),
        ),
      ],
      readings: {
        labels: at.slice(0, places).map((ms) => `started within ${durationText(ms)}`),
        rows: curves.map(({ scene, mean }) => ({ name: scene.name, unit: '%', values: mean.slice(0, places).map((share) => Math.round(share * 1000) / 10) })),
      },
    }),
  );
}
