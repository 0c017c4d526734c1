import { describe, expect, it } from 'vitest';
import { mayGoOn } from '../../src/model/host.js';
import { mayGoTo, obstacleTo, type Place } from '../../src/plan/movable.js';
import { given } from '../given.js';

const hour = 3_600_000;
const able = { snapshot: { capabilities: ['pvh', 'live-migration'] } };

/** Two hosts with so much time left, and a machine on the first. */
function places(fromMs: number, toMs: number, jobs: readonly string[] = [], kind: 'worker' | 'service' = 'worker') {
  const world = given().env('grid', { moves: 'busy' }).host('post1', able).host('post2', able).seats('grid', 1).machine('grid-01', 'ready', { jobs }).world();
  const place = (name: string, leftMs: number): Place => {
    const view = world.hosts.get(name);
    if (view === undefined) throw new Error(name);
    return { name, view, blocked: undefined, leftMs };
  };
  const [view] = world.machines.values();
  if (view === undefined) throw new Error('no machine');
  const machine = kind === 'worker' ? view : { ...view, row: { ...view.row, kind: 'service' as const } };
  return { machine, from: place('post1', fromMs), to: place('post2', toMs) };
}

const never = Number.POSITIVE_INFINITY;
const cases: readonly [what: string, fromMs: number, toMs: number, jobs: readonly string[], kind: 'worker' | 'service', may: boolean][] = [
  ['neither host is due', never, never, ['1'], 'worker', true],
  ['an idle machine: the other is due in half a day', never, 12 * hour, [], 'worker', true],
  ['an idle machine: the other is due before', never, 11 * hour, [], 'worker', false],
  ['a busy machine: the other is ever due, its own is not', never, 48 * hour, ['1'], 'worker', false],
  ['a permanent machine: the other is ever due, its own is not', never, 48 * hour, [], 'service', false],
  ['a busy machine: the other is due later than its own', 2 * hour, 3 * hour, ['1'], 'worker', true],
  ['a busy machine: the other is due sooner than its own', 3 * hour, 2 * hour, ['1'], 'worker', false],
  ['an idle machine: both are due soon, the other sooner', 3 * hour, 2 * hour, [], 'worker', false],
  ['a permanent machine: the other is not due, its own is', 1, never, [], 'service', true],
];

describe('a machine may go to a host', () => {
  it.each(cases)('%s', (_, fromMs, toMs, jobs, kind, may) => {
    const { machine, from, to } = places(fromMs, toMs, jobs, kind);
    expect(mayGoTo(machine, from, to)).toBe(may);
    expect(obstacleTo(machine, from, to)).toBe(may ? undefined : 'due');
  });
});

describe('a guest may go on on processors', () => {
  it.each([
    [undefined, 'ff', true],
    ['ff', undefined, true],
    ['0000000f:00000001', '0000001f:00000001', true],
    ['0000001f:00000001', '0000000f:00000001', false],
    ['80000000', '80000000:00000000', true],
    ['00000001:80000000', '00000001', false],
    ['00000001:00000000', '00000001', true],
  ])('%s on %s: %s', (from, to, may) => {
    expect(mayGoOn(from, to)).toBe(may);
  });
});
