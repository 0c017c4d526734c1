import { type Child, element, type Markup } from './markup.js';
import { tone } from './palette.js';
import { box } from './path.js';
import type { Tick } from './ticks.js';

/** What the pointer reads off a plot. Columns are as wide as each other. */
export interface Readings {
  /** Instant at the left edge and width of a column, where the axis is time. Otherwise `labels` has a text for each column. */
  readonly time?: { readonly startAt: number; readonly stepMs: number };
  readonly labels?: readonly string[];
  readonly rows: readonly { readonly name: string; readonly unit: string; readonly values: readonly number[] }[];
}

export interface Plot {
  /** What a reader who does not see the plot is told instead. */
  readonly alternative: string;
  readonly heightPx: number;
  /** Fractions of the width, from the left. */
  readonly x: readonly Tick[];
  /** Fractions of the height, from the floor. */
  readonly y: readonly Tick[];
  /** Drawn in `box`, the first at the bottom. */
  readonly layers: readonly Markup[];
  /** Words over the plot. */
  readonly notes?: readonly Note[];
  /** Plots of one axis: the pointer over one marks the place in all. */
  readonly axis?: string;
  readonly readings?: Readings;
}
export interface Note {
  readonly x: number;
  readonly y: number;
  readonly text: Child;
  readonly tone?: number;
  /** Where the words stand from the place. */
  readonly side?: 'left' | 'right';
}

const percent = (fraction: number): string => `${Math.round(fraction * 1000) / 10}%`;
const edge = (fraction: number): string => (fraction > 0.96 ? ' end' : fraction < 0.02 ? ' start' : '');

function ruler({ x, y }: Plot): Markup {
  const across = y.map(({ at }) => `M0 ${Math.round(box.height * (1 - at))}H${box.width}`);
  const upright = x.map(({ at }) => `M${Math.round(at * box.width * 10) / 10} 0V${box.height}`);
  return element('path', { class: 'grid', d: [...across, ...upright].join('') });
}

const asJson = ({ time, labels, rows }: Readings): string =>
  JSON.stringify({
    ...(time === undefined ? { labels } : { at: time.startAt, step: time.stepMs }),
    names: rows.map(({ name, unit }) => [name, unit]),
    rows: rows.map(({ values }) => values.map((value) => (Number.isFinite(value) ? Number(value.toPrecision(3)) : null))),
  });

/** A plot: lines and shapes in SVG that stretch with the page, words beside them that do not. */
export function plot(what: Plot): Markup {
  const { alternative, heightPx, x, y, layers, notes = [], axis, readings } = what;
  return element(
    'div',
    { class: 'plot', style: `--h:${heightPx}px` },
    element(
      'div',
      { class: 'box', role: 'img', 'aria-label': alternative, 'data-axis': axis, 'data-readings': readings === undefined ? undefined : asJson(readings) },
      element(
        'svg',
        { viewBox: `0 0 ${box.width} ${box.height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true', focusable: 'false' },
        ruler(what),
        layers,
      ),
      y.map(({ at, label, minor }) => element('span', { class: `y${minor ? ' minor' : ''}`, style: `bottom:${percent(at)}` }, label)),
      x.map(({ at, label, minor }) => element('span', { class: `x${minor ? ' minor' : ''}${edge(at)}`, style: `left:${percent(at)}` }, label)),
      notes.map(({ x: left, y: up, text, tone: colour, side = 'right' }) =>
        element('span', { class: `note ${side}${colour === undefined ? '' : ` ${tone(colour)}`}`, style: `left:${percent(left)};bottom:${percent(up)}` }, text),
      ),
    ),
  );
}

/** A line in the colour and dash number `colour`. `class` may be `thin`, `bold`, `whole` (no dashes). */
export const line = (d: string, colour: number, kind = ''): Markup => element('path', { class: `line ${tone(colour)} ${kind}`.trim(), d });
/** A filled shape. `pale` and `faint` let through what is below. */
export const area = (d: string, colour: number, kind = ''): Markup => element('path', { class: `area ${tone(colour)} ${kind}`.trim(), d });
/** What is not counted, from one fraction of the width to another. */
export const shade = (from: number, to: number): Markup =>
  element('rect', {
    class: 'shade',
    x: Math.round(from * box.width * 10) / 10,
    y: 0,
    width: Math.round((to - from) * box.width * 10) / 10,
    height: box.height,
  });

export interface KeyEntry {
  readonly text: Child;
  readonly tone: number;
  readonly kind: 'line' | 'area' | 'shade';
  readonly class?: string;
}

/** The key of a plot: what each line and shape is. */
export function key(entries: readonly KeyEntry[]): Markup {
  const sample = ({ kind, tone: colour, class: more = '' }: KeyEntry): Markup =>
    kind === 'line'
      ? element('path', { class: `line ${tone(colour)} ${more}`.trim(), d: 'M0 6H32' })
      : element('rect', { class: kind === 'shade' ? 'shade' : `area ${tone(colour)} ${more}`.trim(), x: 0, y: 1, width: 32, height: 10 });
  return element(
    'ul',
    { class: 'key' },
    entries.map((entry) =>
      element('li', {}, element('svg', { viewBox: '0 0 32 12', 'aria-hidden': 'true', focusable: 'false' }, sample(entry)), ' ', entry.text),
    ),
  );
}
