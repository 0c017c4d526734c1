import { describe, expect, it } from 'vitest';
import { durationText, durationTexts, percentText, rangeText } from '../../src/chart/figures.js';

const plain = (text: string | undefined): string | undefined => text?.replaceAll('\u00a0', ' ');
const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];

describe('durations', () => {
  it.each([
    [0, '0 s'],
    [420, '0.42 s'],
    [8 * second, '8 s'],
    [42.4 * second, '42 s'],
    [4.2 * minute, '4.20 min'],
    [1.57 * hour, '1.57 h'],
    [32.5 * hour, '32.5 h'],
    [108 * hour, '4.50 days'],
    [Number.NaN, '–'],
    [Number.POSITIVE_INFINITY, '–'],
  ])('%d ms is %s', (ms, text) => {
    expect(plain(durationText(ms))).toBe(text);
  });

  it.each([
    ['hours stay hours', [1.6 * hour, 108 * hour], ['1.60 h', '108 h']],
    ['the unit is that of the first', [248 * second, 214 * second], ['4.13 min', '3.57 min']],
    ['a far larger one has its own', [24 * minute, 10.7 * hour], ['24 min', '10.7 h']],
    ['a far smaller one has its own', [20 * hour, 30 * second], ['20 h', '30 s']],
    ['nothing is nothing in any unit', [0, 2 * hour], ['0 h', '2 h']],
    ['what is not known is said so', [2 * day, Number.NaN], ['48 h', '–']],
  ])('together: %s', (_, all, texts) => {
    expect(durationTexts(all).map(plain)).toEqual(texts);
  });
});

it.each([
  [0.436, '44 %'],
  [0.08, '8 %'],
  [0.0042, '0.4 %'],
  [0, '0 %'],
  [-0.023, '−2.3 %'],
  [3.5, '350 %'],
  [Number.NaN, '–'],
])('the share %d is %s', (share, text) => {
  expect(plain(percentText(share))).toBe(text);
});

it('says a unit once in a range, and no range where both are one', () => {
  expect(plain(rangeText(durationText(1.58 * hour), durationText(1.63 * hour)))).toBe('1.58 to 1.63 h');
  expect(plain(rangeText(durationText(50 * minute), durationText(2 * hour)))).toBe('50 min to 2 h');
  expect(rangeText('8,142', '8,157')).toBe('8,142 to 8,157');
  expect(rangeText('7', '7')).toBeUndefined();
});
