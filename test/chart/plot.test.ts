import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { hoverScript } from '../../src/chart/hover.js';
import { colours, tone } from '../../src/chart/palette.js';
import { key, line, plot } from '../../src/chart/plot.js';
import { chartStyle } from '../../src/chart/style.js';

/** Relative luminance and contrast by WCAG 2. */
const luminance = (colour: string): number => {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one: string, other: string): number => {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};

describe('colours', () => {
  const [light, dark] = ['light', 'dark'].map((_, index) =>
    [...chartStyle.matchAll(/--page:(#\w+);--card:(#\w+);--ink:(#\w+);--soft:(#\w+)/g)][index]!.slice(1),
  ) as [string[], string[]];

  it.each([
    ['light', light, colours.map((each) => each.light)],
    ['dark', dark, colours.map((each) => each.dark)],
  ])('of lines and of words stand out from the page and from the cards: %s', (_, [page, card, ...words], lines) => {
    const pairs = [...words, ...lines].flatMap((colour) => [page!, card!].map((ground) => [colour, ground] as const));
    expect(pairs.filter(([colour, ground]) => contrast(colour, ground) < 4.5)).toEqual([]);
    expect(pairs).toHaveLength(2 * (2 + colours.length));
  });

  it('each have a dash of their own', () => {
    expect(new Set(colours.map(({ dash }) => dash)).size).toBe(colours.length);
    expect(tone(colours.length + 2)).toBe(tone(2));
  });
});

describe('a plot', () => {
  const made = plot({
    alternative: 'a <b> & "c"',
    heightPx: 100,
    x: [{ at: 0, label: 'x<' }],
    y: [{ at: 1, label: '1', minor: true }],
    layers: [line('M0 0H5', 1, 'thin')],
    notes: [{ x: 0.5, y: 0.5, text: '<note>', tone: 2, side: 'left' }],
    axis: 'time',
    readings: { time: { startAt: 0, stepMs: 60_000 }, rows: [{ name: '"><script>', unit: 'jobs', values: [1.23456, Number.NaN, 3] }] },
  }).markup;

  it('is well-formed, with nothing of outside unescaped', () => {
    const parser = new SaxesParser({ fragment: true });
    const names: string[] = [];
    parser.on('error', (error) => {
      throw error;
    });
    parser.on('opentag', ({ name }) => names.push(name));
    parser.write(made).close();
    expect(names).toEqual(['div', 'div', 'svg', 'path', 'path', 'span', 'span', 'span']);
  });

  it('carries its readings, rounded, gaps as null', () => {
    const text = /data-readings="([^"]*)"/.exec(made)![1]!.replaceAll('&quot;', '"').replaceAll('&gt;', '>').replaceAll('&lt;', '<');
    expect(JSON.parse(text)).toEqual({ at: 0, step: 60_000, names: [['"><script>', 'jobs']], rows: [[1.23, null, 3]] });
  });

  it('has a text for whoever does not see it', () => {
    expect(made).toContain('role="img" aria-label="a &lt;b&gt; &amp; &quot;c&quot;"');
  });

  it('has a key of lines, shapes and shades', () => {
    const words = key([
      { text: 'one', tone: 0, kind: 'line' },
      { text: '<two>', tone: 1, kind: 'area', class: 'pale' },
      { text: 'three', tone: 1, kind: 'shade' },
    ]).markup;
    expect(words.match(/<li>/g)).toHaveLength(3);
    expect(words).toContain('class="area t1 pale"');
    expect(words).toContain('&lt;two&gt;');
  });
});

it('script and style may stand in XML, and the script makes text only', () => {
  for (const text of [hoverScript, chartStyle]) expect(text).not.toMatch(/[<&]/);
  expect(hoverScript).not.toMatch(/innerHTML|outerHTML|insertAdjacent|document\.write|eval|fetch|XMLHttp|import/);
});
