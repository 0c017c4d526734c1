import { describe, expect, test } from 'vitest';
import { choiceFor, newSecret, renewal, type Standing } from '../../src/boot/choosing.js';
import { type BootChoice, type BootSeen, bootState } from '../../src/model/boot.js';
import { choice, classroom, dedicated, minute, noon, seen } from './given-boot.js';

const after = 15 * minute;
const standing = (chosen?: BootChoice, was?: BootSeen, now = noon): Standing => ({ choice: chosen, seen: was, state: bootState(chosen, was, now, after) });
const dom0 = { system: 'dom0', by: 'a test', now: noon, windowMs: after } as const;
const room = { ...dom0, system: 'classroom' } as const;
const lost = (how: 'silent' | 'gone') => seen({ lost: { at: noon, how } });
const good = choice({ once: false, until: noon + 1e12 });

describe('choosing', () => {
  test('Dom0 where the classroom is usual is for one boot, and its window is short', () => {
    expect(choiceFor(standing(), classroom, dom0)).toMatchObject({ system: 'dom0', once: true, until: noon + after });
  });
  test('Dom0 where it is usual is for good', () => {
    expect(choiceFor(standing(), dedicated, dom0)).toMatchObject({ once: false });
  });
  test('every choice has a secret and an id of its own', () => {
    const all = Array.from({ length: 50 }, () => choiceFor(standing(), classroom, dom0));
    expect(new Set(all.map((each) => each?.secret)).size).toBe(50);
    expect(new Set(all.map((each) => each?.id)).size).toBe(50);
    expect(newSecret()).toMatch(/^[A-Za-z0-9_-]{32}$/);
  });
  test.each([
    ['Dom0, which waits for its host', standing(choice())],
    ['Dom0, which runs', standing(choice(), seen())],
    ['Dom0, which has been silent for a moment', standing(choice(), lost('silent'))],
  ])('%s, is chosen already', (_, at) => expect(choiceFor(at, classroom, dom0)).toBeUndefined());
  test.each([
    ['whose window is over', standing(choice(), undefined, noon + after)],
    ['which is gone', standing(choice(), lost('gone'))],
  ])('Dom0, %s, is chosen anew', (_, at) => expect(choiceFor(at, classroom, { ...dom0, now: noon + after })?.id).not.toBe('c1'));
  test('the classroom takes Dom0 back, and is chosen once', () => {
    const back = choiceFor(standing(choice()), classroom, room);
    expect(back).toMatchObject({ system: 'classroom' });
    expect(choiceFor(standing(back), classroom, room)).toBeUndefined();
  });
  test('anew is anew, whatever stands', () => {
    expect(choiceFor(standing(choice(), seen()), classroom, { ...dom0, anew: true })?.id).not.toBe('c1');
  });
});

describe('a host that boots Dom0 for good', () => {
  test('is given its first choice by nobody', () => {
    expect(renewal(standing(), dedicated, noon, after)).toMatchObject({ system: 'dom0', once: false, by: 'usual' });
    expect(renewal(standing(), classroom, noon, after)).toBeUndefined();
  });
  test('gets another secret as soon as this boot is lost, and no earlier', () => {
    expect(renewal(standing(good), dedicated, noon, after)).toBeUndefined();
    expect(renewal(standing(good, seen()), dedicated, noon, after)).toBeUndefined();
    for (const how of ['silent', 'gone'] as const) {
      const next = renewal(standing(good, lost(how)), dedicated, noon, after);
      expect(next?.secret).not.toBe(good.secret);
      const renewed = { ...good, ...next };
      expect(bootState(renewed, lost(how), noon, after)).toMatchObject({ next: 'dom0', open: true });
      expect(renewal(standing(renewed, lost(how)), dedicated, noon, after)).toBeUndefined();
      expect(bootState(renewed, seen(), noon, after).window).toBeUndefined(); // it was only silent, and is back
    }
  });
  test('one boot at a time is not renewed', () => {
    expect(renewal(standing(choice(), lost('gone')), classroom, noon, after)).toBeUndefined();
  });
  test('one that a person gave to the classroom stays there', () => {
    expect(renewal(standing(choice({ system: 'classroom' }), lost('gone')), dedicated, noon, after)).toBeUndefined();
  });
});
