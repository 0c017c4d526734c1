import { describe, expect, it } from 'vitest';
import { parseTrouble } from '../../../src/sim/lab/options.js';

describe('a trouble switch', () => {
  it.each([
    ['batch silent 30s after 20s', { part: 'batch', ailment: 'silent', forMs: 30_000, afterMs: 20_000 }],
    ['post01 slow', { part: 'post01', ailment: 'slow', forMs: Number.POSITIVE_INFINITY, afterMs: 0 }],
    ['batch garbled for 2m', { part: 'batch', ailment: 'garbled', forMs: 120_000, afterMs: 0 }],
    ['post03 never-boots 1m', { part: 'post03', ailment: 'never-boots', forMs: 60_000, afterMs: 0 }],
    ['post02 lost after 500ms', { part: 'post02', ailment: 'lost', forMs: Number.POSITIVE_INFINITY, afterMs: 500 }],
  ])('"%s" is read', (text, trouble) => {
    expect(parseTrouble(text)).toEqual(trouble);
  });

  it.each(['', 'batch', 'batch sleepy', 'batch silent soon', 'batch silent 30s before 20s'])('"%s" is refused with what was expected', (text) => {
    expect(() => parseTrouble(text)).toThrow(/expected PART WHAT/);
  });
});
