import { describe, expect, test } from 'vitest';
import { choiceFor, firstChoice, newSecret, type Standing } from '../../src/boot/choosing.js';
import { type BootChoice, type BootSeen, bootState } from '../../src/model/boot.js';
import { choice, classroom, dedicated, minute, noon, seen } from './given-boot.js';

const after = 15 * minute;
const standing = (chosen?: BootChoice, was?: BootSeen, now = noon): Standing => ({ choice: chosen, seen: was, state: bootState(chosen, was, now, after) });
const dom0 = { system: 'dom0', by: 'a test', now: noon, windowMs: after } as const;
const room = { ...dom0, system: 'classroom' } as const;
const lost = (how: 'silent' | 'gone') => seen({ lost: { at: noon, how } });
const good = choice({ once: false });

describe('choosing', () => {
  test('Dom0 where the classroom is usual is for one boot, and its window is short', () => {
    expect(choiceFor(standing(), classroom, dom0)).toMatchObject({ system: 'dom0', once: true, until: noon + after });
  });
  test('Dom0 where it is usual is for good, and its window is as short', () => {
    expect(choiceFor(standing(), dedicated, dom0)).toMatchObject({ once: false, until: noon + after });
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
  const never = (chosen: BootChoice | undefined, now: number) => bootState(chosen, undefined, now, after);
  test('is given its first choice by nobody, and no window with it', () => {
    const first = firstChoice(standing(), dedicated, noon);
    expect(first).toMatchObject({ system: 'dom0', once: false, by: 'usual' });
    for (const now of [noon, noon + minute, noon + 1e9]) expect(never(first, now)).toEqual({ next: 'dom0', runs: 'classroom', open: false });
    expect(firstChoice(standing(), classroom, noon)).toBeUndefined();
    expect(firstChoice(standing(choice({ system: 'classroom' })), dedicated, noon)).toBeUndefined();
  });
  test('gets its key for so long after it was woken, and no longer', () => {
    const woken = choiceFor(standing(firstChoice(standing(), dedicated, noon)), dedicated, dom0);
    expect(never(woken, noon + after - 1)).toMatchObject({ runs: 'booting', window: noon + after, due: noon + after });
    expect(never(woken, noon + after)).toEqual({ next: 'dom0', runs: 'classroom', open: false });
    expect(choiceFor(standing(woken), dedicated, dom0)).toBeUndefined();
    expect(choiceFor(standing(woken, undefined, noon + after), dedicated, { ...dom0, now: noon + after })?.id).not.toBe(woken?.id);
  });
  test.each(['silent', 'gone'] as const)('has no window because its Dom0 is %s: one opens when it is woken again', (how) => {
    const at = standing(good, lost(how));
    expect(at.state.window).toBeUndefined();
    const woken = choiceFor(at, dedicated, dom0);
    expect(woken?.secret).not.toBe(good.secret);
    expect(bootState(woken, lost(how), noon, after)).toMatchObject({ next: 'dom0', open: true, window: noon + after });
    expect(bootState(woken, seen(), noon, after).window).toBeUndefined(); // it was only silent, and is back
  });
  test('is left alone while its Dom0 holds the line', () => expect(choiceFor(standing(good, seen()), dedicated, dom0)).toBeUndefined());
});

describe('a boot that is shut out', () => {
  const enrolled = choiceFor(standing(choice(), seen()), classroom, { ...dom0, anew: true, shut: true });
  test('counts no more, whatever it holds', () => {
    expect(bootState(enrolled, seen(), noon, after)).toMatchObject({ runs: 'booting', window: noon + after });
    expect(bootState(enrolled, seen(), noon + after, after)).toEqual({ next: 'classroom', runs: 'classroom', open: false });
    expect(bootState(enrolled, seen({ choice: enrolled?.id ?? '', boot: '2' }), noon, after)).toMatchObject({ runs: 'dom0' });
  });
  test('stays out when something else is chosen', () => {
    const back = choiceFor(standing(enrolled, seen()), classroom, room);
    expect(bootState(back, seen(), noon, after)).toMatchObject({ runs: 'classroom', open: false });
  });
  test('is none where a window is merely opened anew', () => {
    expect(bootState(choiceFor(standing(choice(), seen()), classroom, { ...dom0, anew: true }), seen(), noon, after)).toMatchObject({
      runs: 'dom0',
      open: true,
    });
  });
});
