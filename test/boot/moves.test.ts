import { describe, expect, test } from 'vitest';
import { type Mover, moves, type RootUse } from '../../src/boot/moves.js';
import { type BootChoice, type BootSeen, bootState } from '../../src/model/boot.js';
import { choice, minute, noon, seen } from './given-boot.js';

const names = ['post01', 'post02', 'post03', 'post04'];
const mover = (name: string, was?: BootSeen, chosen?: BootChoice, now = noon): Mover => ({
  name,
  choice: chosen,
  seen: was,
  state: bootState(chosen, was, now, 15 * minute),
});
const on = (version: string, up = true): BootSeen => seen({ root: version, up });
const use = (hosts: readonly string[], more: Partial<RootUse> = {}): RootUse => ({
  wanted: 'v2',
  before: 'v1',
  failed: [],
  hosts: Object.fromEntries(names.map((name, at) => [name, hosts[at] ?? 'v1'])),
  ...more,
});

describe('hosts move to another root', () => {
  test('the first root is for all of them', () => {
    const first = moves(
      { wanted: 'v1', hosts: {}, failed: [] },
      names.map((name) => mover(name)),
      1,
      noon,
    );
    expect(Object.values(first.hosts)).toEqual(['v1', 'v1', 'v1', 'v1']);
  });

  test('one by one: the next when the last came up from it', () => {
    const all = names.map((name) => mover(name, on('v1')));
    const one = moves(use([]), all, 1, noon);
    expect(Object.values(one.hosts)).toEqual(['v2', 'v1', 'v1', 'v1']);
    expect(moves(one, all, 1, noon)).toEqual(one);
    const booting = [mover('post01', on('v2', false)), ...all.slice(1)];
    expect(moves(one, booting, 1, noon)).toEqual(one);
    const up = [mover('post01', on('v2')), ...all.slice(1)];
    expect(Object.values(moves(one, up, 1, noon).hosts)).toEqual(['v2', 'v2', 'v1', 'v1']);
    expect(Object.values(moves(one, up, 2, noon).hosts)).toEqual(['v2', 'v2', 'v2', 'v1']);
  });

  test('one that never shows itself goes back, and nobody follows', () => {
    const late = noon + 16 * minute;
    const all = [
      mover('post01', seen({ choice: 'c0', lost: { at: noon, how: 'gone' } }), choice(), late),
      ...names.slice(1).map((name) => mover(name, on('v1'))),
    ];
    const after = moves(use(['v2']), all, 1, late);
    expect(after).toMatchObject({ failed: ['post01'], hosts: { post01: 'v1', post02: 'v1' } });
    expect(moves(after, all, 4, late)).toEqual(after);
  });

  test('one that is lost before it is up goes back too', () => {
    const all = [
      mover('post01', seen({ root: 'v2', up: false, lost: { at: noon, how: 'gone' } }), choice()),
      ...names.slice(1).map((name) => mover(name, on('v1'))),
    ];
    expect(moves(use(['v2']), all, 1, noon).failed).toEqual(['post01']);
  });

  test('never are more on trial than the budget allows, whatever is up', () => {
    for (let up = 0; up < 16; up++)
      for (const budget of [1, 2, 3]) {
        const all = names.map((name, at) => mover(name, on((up >> at) & 1 ? 'v2' : 'v1')));
        const next = moves(use([]), all, budget, noon);
        const trial = names.filter((name, at) => next.hosts[name] === 'v2' && !((up >> at) & 1));
        expect(trial.length).toBeLessThanOrEqual(budget);
      }
  });
});
