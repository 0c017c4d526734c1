import { figure } from './figures.js';

/** Text from outside, in HTML or SVG. Control characters go, so that no reader chokes on them. */
export const escaped = (text: string): string =>
  text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '?')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');

/** One line or one stack of bars. A value that is undefined is a gap. */
export interface Trace {
  readonly name: string;
  readonly values: readonly (number | undefined)[];
}
export interface Plot {
  readonly title: string;
  readonly unit: string;
  readonly kind: 'bars' | 'lines';
  readonly traces: readonly Trace[];
  /** One label per value, and which of them are written. */
  readonly labels: readonly string[];
}

const width = 860;
const height = 220;
const left = 64;
const bottom = 28;
const top = 12;
const plotWidth = width - left - 8;
const plotHeight = height - top - bottom;

/** The next of 1, 2, 5 times a power of ten. */
export function niceMaximum(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}

const rounded = (value: number): string => value.toFixed(1).replace(/\.0$/, '');

function bars(traces: readonly Trace[], count: number, maximum: number): string {
  const step = plotWidth / Math.max(1, count);
  const pieces: string[] = [];
  for (let at = 0; at < count; at++) {
    let below = 0;
    for (const [number, { name, values }] of traces.entries()) {
      const value = values[at] ?? 0;
      if (value <= 0) continue;
      const [y, tall] = [top + plotHeight * (1 - (below + value) / maximum), (plotHeight * value) / maximum];
      const title = `<title>${escaped(name)}: ${figure(value)}</title>`;
      const box = [left + at * step + step * 0.08, y, step * 0.84, tall].map(rounded);
      pieces.push(`<rect class="c${number % 8}" x="${box[0]}" y="${box[1]}" width="${box[2]}" height="${box[3]}">${title}</rect>`);
      below += value;
    }
  }
  return pieces.join('');
}

function lines(traces: readonly Trace[], count: number, maximum: number): string {
  const step = plotWidth / Math.max(1, count);
  return traces
    .map(({ values }, number) => {
      let path = '';
      let drawn = false;
      for (const [at, value] of values.entries()) {
        if (value !== undefined) path += `${drawn ? 'L' : 'M'}${rounded(left + (at + 0.5) * step)} ${rounded(top + plotHeight * (1 - value / maximum))}h0.1`;
        drawn = value !== undefined;
      }
      return `<path class="l${number % 8}" d="${path}"/>`;
    })
    .join('');
}

/** A plot as SVG, without a script and without anything from elsewhere. */
export function svgOf({ title, unit, kind, traces, labels }: Plot): string {
  const count = labels.length;
  const heights = Array.from({ length: count }, (_, at) => {
    const values = traces.map((trace) => trace.values[at] ?? 0);
    return kind === 'bars' ? values.reduce((so, value) => so + value, 0) : Math.max(0, ...values);
  });
  const maximum = niceMaximum(Math.max(0, ...heights));
  const grid = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const y = rounded(top + plotHeight * (1 - part));
    return `<line class="grid" x1="${left}" x2="${width - 8}" y1="${y}" y2="${y}"/><text class="y" x="${left - 6}" y="${y}">${figure(maximum * part)}</text>`;
  });
  const every = Math.max(1, Math.ceil(count / 10));
  const ticks = labels.flatMap((label, at) =>
    at % every === 0 ? [`<text class="x" x="${rounded(left + ((at + 0.5) * plotWidth) / count)}" y="${height - 10}">${escaped(label)}</text>`] : [],
  );
  const marks = kind === 'bars' ? bars(traces, count, maximum) : lines(traces, count, maximum);
  const legend = traces.map(({ name }, number) => `<span><i class="c${number % 8}"></i>${escaped(name)}</span>`).join(' ');
  return `<figure><figcaption>${escaped(title)}, ${escaped(unit)}</figcaption><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">${grid.join('')}${ticks.join('')}${marks}</svg><div class="legend">${legend}</div></figure>`;
}
