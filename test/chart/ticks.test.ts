import { describe, expect, it } from 'vitest';
import { dateText, dayMs, hourMs, minuteMs, rangeText } from '../../src/chart/dates.js';
import { amount, durationTicks, linearTicks, timeTicks } from '../../src/chart/ticks.js';

const labels = (ticks: readonly { readonly label: string }[]): readonly string[] => ticks.map(({ label }) => label);

describe('amounts', () => {
  it.each([
    [0, '0'],
    [12_345, '12,345'],
    [1_234_567.8, '1,234,568'],
    [999.96, '1,000'],
    [0.42, '0.42'],
    [15.25, '15.3'],
    [-3, '−3'],
    [-0.001, '0.00'],
    [Number.NaN, '–'],
    [Number.POSITIVE_INFINITY, '–'],
  ])('%d is %s', (value, text) => {
    expect(amount(value)).toBe(text);
  });
});

describe('linear ticks', () => {
  it.each([
    [100, 4, false, ['0', '50', '100']],
    [97, 5, false, ['0', '20', '40', '60', '80', '100']],
    [1, 4, false, ['0.0', '0.5', '1.0']],
    [3, 8, true, ['0', '1', '2', '3']],
    [1, 5, true, ['0', '1']],
    [0.03, 3, false, ['0.00', '0.01', '0.02', '0.03']],
    [43_600, 3, true, ['0', '20,000', '40,000', '60,000']],
    [0, 4, false, ['0.0', '0.5', '1.0']],
    [Number.NaN, 4, true, ['0', '1']],
    [Number.POSITIVE_INFINITY, 4, true, ['0', '1']],
  ])('up to %d in about %d', (max, wanted, whole, expected) => {
    expect(labels(linearTicks(max, wanted, whole))).toEqual(expected);
  });

  it('reach the maximum and are not many, whatever it is', () => {
    for (let power = -6; power < 12; power++) {
      for (const digit of [1, 1.01, 1.9, 2, 3.3, 4.99, 5, 7, 9.99]) {
        const max = digit * 10 ** power;
        const ticks = linearTicks(max, 4);
        expect(ticks.at(-1)!.at).toBeGreaterThanOrEqual(max * (1 - 1e-6));
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(6);
        expect(new Set(labels(ticks)).size).toBe(ticks.length);
      }
    }
  });
});

const from = Date.UTC(2005, 0, 31, 7, 12);

describe('time ticks', () => {
  it.each([
    ['a quarter of an hour', 15 * minuteMs, 5, ['07:15', '07:20', '07:25']],
    ['six hours', 6 * hourMs, 7, ['08:00', '09:00', '10:00', '11:00', '12:00', '13:00']],
    ['two days', 2 * dayMs, 5, ['12:00', '1 Feb', '12:00', '2 Feb']],
    ['five days', 5 * dayMs, 6, ['1 Feb', '2 Feb', '3 Feb', '4 Feb', '5 Feb']],
    ['a month: Mondays', 30 * dayMs, 6, ['7 Feb', '14 Feb', '21 Feb', '28 Feb']],
    ['three months', 90 * dayMs, 5, ['Feb 2005', 'Mar 2005', 'Apr 2005', 'May 2005']],
    ['two years', 730 * dayMs, 6, ['Jul 2005', 'Jan 2006', 'Jul 2006', 'Jan 2007']],
  ])('over %s', (_, span, wanted, expected) => {
    expect(labels(timeTicks(from, from + span, wanted))).toEqual(expected);
  });

  it('are inside, in order, and never more than wanted by two', () => {
    for (let span = minuteMs; span < 40_000 * dayMs; span *= 1.7) {
      const ticks = timeTicks(from, from + span, 7);
      expect(ticks.length).toBeLessThanOrEqual(9);
      for (const [index, { at }] of ticks.entries()) {
        expect(at).toBeGreaterThanOrEqual(from);
        expect(at).toBeLessThanOrEqual(from + span);
        if (index > 0) expect(at).toBeGreaterThan(ticks[index - 1]!.at);
      }
    }
  });

  it('say one date where there is no span, and nothing where there is no date', () => {
    expect(labels(timeTicks(from, from, 7))).toEqual(['31 Jan']);
    expect(timeTicks(Number.NaN, Number.NaN, 7)).toEqual([]);
  });

  it('name whole ranges', () => {
    expect(rangeText(from, from + 85 * dayMs)).toBe('31 Jan to 26 Apr 2005');
    expect(rangeText(from, from + 400 * dayMs)).toBe('31 Jan 2005 to 7 Mar 2006');
    expect(rangeText(from, from + 2 * hourMs)).toBe('31 Jan 2005, 07:12 to 09:12 UTC');
    expect(dateText(Number.NaN)).toBe('?');
  });
});

describe('ticks of durations', () => {
  it.each([
    [0, ['1 s', '10 s']],
    [1000, ['1 s', '10 s']],
    [61_000, ['1 s', '10 s', '1 min', '10 min']],
    [3 * dayMs, ['1 s', '10 s', '1 min', '10 min', '1 h', '6 h', '1 day', '1 week']],
    [Number.NaN, ['1 s', '10 s']],
  ])('up to %d ms', (max, expected) => {
    expect(labels(durationTicks(max))).toEqual(expected);
  });
});
