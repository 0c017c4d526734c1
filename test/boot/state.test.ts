import { describe, expect, test } from 'vitest';
import { bootState } from '../../src/model/boot.js';
import { choice, minute, noon, seen } from './given-boot.js';

const after = 15 * minute;
const once = choice();
const good = choice({ once: false, until: noon + 1e12 });
const back = choice({ system: 'classroom', id: 'c2' });
const silent = (agoMs: number) => seen({ lost: { at: noon - agoMs, how: 'silent' } });
const gone = seen({ lost: { at: noon, how: 'gone' } });
const earlier = seen({ choice: 'c0', lost: { at: noon, how: 'gone' } });

describe('what a host boots, runs and may mount follows from what was chosen and seen', () => {
  test.each([
    ['nothing was ever said', undefined, undefined, noon, 'classroom', 'classroom', false, false],
    ['the classroom was chosen', back, undefined, noon, 'classroom', 'classroom', false, false],
    ['Dom0 was chosen', once, undefined, noon, 'dom0', 'booting', true, true],
    ['... after an earlier boot that is gone', once, earlier, noon, 'dom0', 'booting', true, true],
    ['... and never came', once, undefined, noon + 16 * minute, 'classroom', 'classroom', false, false],
    ['Dom0 once is up', once, seen(), noon, 'classroom', 'dom0', true, false],
    ['Dom0 once is up, for days', once, seen(), noon + 9000 * minute, 'classroom', 'dom0', true, false],
    ['Dom0 once has been silent for a minute', once, silent(minute), noon, 'classroom', 'dom0', true, false],
    ['Dom0 once has been silent for long', once, silent(after), noon, 'classroom', 'classroom', false, false],
    ['Dom0 once is gone', once, gone, noon, 'classroom', 'classroom', false, false],
    ['Dom0 for good was chosen', good, undefined, noon, 'dom0', 'booting', true, true],
    ['Dom0 for good is up', good, seen(), noon, 'dom0', 'dom0', true, false],
    ['Dom0 for good is gone, its secret spent', good, gone, noon, 'dom0', 'classroom', false, false],
    ['... and renewed while it is silent', choice({ once: false, id: 'c2' }), silent(minute), noon, 'dom0', 'dom0', true, true],
    ['... and it was only silent: the window is shut while it holds the line', choice({ once: false, id: 'c2' }), seen(), noon, 'dom0', 'dom0', true, false],
    ['the classroom is chosen while Dom0 runs', back, seen(), noon, 'classroom', 'dom0', true, false],
    ['the classroom is chosen and Dom0 is gone', back, gone, noon, 'classroom', 'classroom', false, false],
  ] as const)('%s', (_, chosen, was, now, next, runs, open, window) => {
    const state = bootState(chosen, was, now, after);
    expect([state.next, state.runs, state.open, state.window !== undefined]).toEqual([next, runs, open, window]);
  });

  test('whoever has a window or an open store has been chosen or seen', () => {
    for (const chosen of [undefined, back])
      for (const was of [undefined, gone, silent(after)])
        expect(bootState(chosen, was, noon, after)).toMatchObject({ open: false, next: 'classroom', runs: 'classroom' });
  });

  test('it says when it changes by itself', () => {
    expect(bootState(once, undefined, noon, after).due).toBe(noon + after);
    expect(bootState(once, silent(minute), noon, after).due).toBe(noon + 14 * minute);
    expect(bootState(once, seen(), noon, after).due).toBeUndefined();
  });
});
