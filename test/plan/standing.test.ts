import { beforeAll, describe, expect, it } from 'vitest';
import type { Policy } from '../../src/model/policy.js';
import type { Reading } from '../../src/model/reading.js';
import type { World } from '../../src/model/world.js';
import { nextDue } from '../../src/plan/due.js';
import { plan } from '../../src/plan/plan.js';
import { type Planned, planned, stillStands } from '../../src/plan/standing.js';
import { replayDomus } from '../../src/sim/replay/domus.js';
import type { TraceJob } from '../../src/sim/replay/workload.js';

const minute = 60_000;
const hour = 60 * minute;
const startAt = Date.UTC(2026, 2, 2);

/** Two days of two classes: machines come, work, idle and go; hosts sleep and wake. */
const jobs = Array.from({ length: 60 }, (_, number): TraceJob => {
  const submitAt = startAt + Math.floor(number / 6) * 5 * hour + (number % 6) * 3 * minute;
  const times = { submitAt, runMs: (5 + ((number * 37) % 80)) * minute, walltimeMs: 6 * hour };
  return { number, id: `${number}`, class: number % 3 === 0 ? 'bio' : 'grid', owner: 'u', slots: 1 + (number % 5 === 0 ? 2 : 0), ...times };
});

/** The same world at `at`, after all sources that answer have said the same again. */
function askedAgain(world: World, at: number): World {
  const later = <T>(reading: Reading<T>): Reading<T> => (reading.silentSince === undefined ? { ...reading, askedAt: at, answeredAt: at } : reading);
  return {
    ...world,
    sources: new Map([...world.sources].map(([name, view]) => [name, { ...view, reading: later(view.reading) }])),
    hosts: new Map([...world.hosts].map(([name, view]) => [name, view.reading.silentSince === undefined ? { ...view, reading: later(view.reading) } : view])),
  };
}

const says = ({ changes, deeds, decisions, recorded, due }: Planned['plan']) => ({ changes, deeds, decisions, recorded, due });

describe('A plan that still stands', () => {
  /** Every plan of those days. */
  const made: Planned[] = [];
  let policy: Policy;
  /** Those that stand when everybody says the same again. */
  let calm: readonly Planned[] = [];
  const again = (last: Planned, ms = 15_000): boolean => stillStands(last, askedAgain(last.world, last.at + ms), last.policy, last.at + ms);

  beforeAll(async () => {
    const planner = (world: World, by: Policy, now: number): Planned['plan'] => {
      const now1 = plan(world, by, now);
      made.push(planned(made.at(-1), { world, policy: by, plan: now1, at: now }));
      return now1;
    };
    const workload = { name: 'calm', classes: ['grid', 'bio'], jobs, dropped: {}, folded: 0, startAt, endAt: jobs.at(-1)?.submitAt ?? 0 };
    const run = await replayDomus(workload, { hosts: 3, cores: 4, memoryPerCoreMiB: 1024 }, { seed: 1, refill: 'immediate', cpuMs: () => 0, planner });
    expect(run.violations).toEqual([]);
    calm = made.filter((last) => again(last));
    policy = made[0]?.policy as Policy;
  }, 60_000);

  it('is what would be planned anew', () => {
    expect(calm.length).toBeGreaterThan(40);
    expect(calm.some(({ world }) => world.machines.size > 3)).toBe(true);
    for (const last of calm) {
      const at = last.at + 15_000;
      const world = askedAgain(last.world, at);
      expect(says(plan(world, policy, at))).toEqual({ ...says(last.plan), due: nextDue(world, policy, at) });
    }
  });

  it('stood for no world in which the daemon did something', () => {
    // the loop asked it, too: what it left out was never planned, so all that was planned in a row is another world
    for (const [at, next] of made.entries()) {
      const last = made[at - 1];
      if (last !== undefined && stillStands(last, next.world, next.policy, next.at)) expect(says(next.plan)).toMatchObject({ changes: [], deeds: [] });
    }
  });

  it.each<readonly [string, (world: World, last: Planned) => Partial<World>]>([
    ['a row was written', ({ rows }) => ({ rows: { ...rows } })],
    ['a machine looks otherwise', ({ machines }) => ({ machines: new Map(machines) })],
    ['a seat looks otherwise', ({ seats }) => ({ seats: new Map(seats) })],
    ['somebody waits', () => ({ groups: [{}] as unknown as World['groups'] })],
    ['something is stray', () => ({ strays: [{}] as unknown as World['strays'] })],
    ['the clock jumped', (_, { at }) => ({ clockJumpAt: at })],
    ['the batch server says something else', ({ sources }) => ({ sources: new Map([...sources].map(([n, v]) => [n, other(v)])) })],
    ['the batch server is silent', ({ sources }) => ({ sources: new Map([...sources].map(([n, v]) => [n, silent(v)])) })],
    ['a host says something else', ({ hosts }) => ({ hosts: new Map([...hosts].map(([n, v]) => [n, other(v)])) })],
    ['a host is silent', ({ hosts }) => ({ hosts: new Map([...hosts].map(([n, v]) => [n, silent(v)])) })],
    [
      'a host may not be used',
      ({ hosts }) => ({ hosts: new Map([...hosts].map(([n, v]) => [n, { ...v, blocked: { code: 'host-silent', args: {}, refs: [] } }])) }),
    ],
    ['a host has a classroom', ({ hosts }) => ({ hosts: new Map([...hosts].map(([n, v]) => [n, { ...v, tenancy: {} } as typeof v])) })],
    ['a host is gone', ({ hosts }) => ({ hosts: new Map([...hosts].slice(1)) })],
  ])('does not where %s', (_, change) => {
    const last = calm.find(({ world }) => world.machines.size > 0) as Planned;
    const at = last.at + 15_000;
    const world = askedAgain(last.world, at);
    expect(stillStands(last, world, policy, at)).toBe(true);
    expect(stillStands(last, { ...world, ...change(world, last) }, policy, at)).toBe(false);
  });

  it.each(['moving', 'downSince', 'failing', 'trouble'] as const)('does not where a machine has %s', (what) => {
    const last = calm.find(({ world }) => world.machines.size > 0) as Planned;
    const machines = new Map([...last.world.machines].map(([id, view]) => [id, { ...view, row: { ...view.row, [what]: {} } } as typeof view]));
    const before = { ...last.world, machines };
    expect(again(last)).toBe(true);
    expect(again({ ...last, world: before })).toBe(false);
  });

  it('does not when something is due, under another policy, and when the clock was set back', () => {
    const [last] = calm as readonly [Planned];
    const { world, plan: stood, at } = last;
    expect(stillStands(last, world, policy, at)).toBe(true);
    expect(stillStands(last, world, policy, stood.due)).toBe(false);
    expect(stillStands(last, world, { ...policy }, at)).toBe(false);
    expect(stillStands(last, world, policy, at - 1)).toBe(false);
  });

  it('does not where the last answers are older than what the rows tell, as they prove more when given again', () => {
    const [last] = calm as readonly [Planned];
    const asked = Math.max(...[...last.world.sources.values()].map(({ reading }) => reading.askedAt));
    expect(again({ ...last, rowsUntil: asked - 1 })).toBe(true);
    expect(again({ ...last, rowsUntil: asked })).toBe(false);
    // rows that were loaded may be dated by a clock that was set back since
    const { rowsUntil: _, ...first } = last;
    expect(planned(undefined, { ...first, at: first.world.life.startedAt }).rowsUntil).toBe(first.world.life.startedAt + 30_000);
    expect(planned(last, first).rowsUntil).toBe(last.rowsUntil);
    expect(planned(last, { ...first, world: { ...first.world, rows: { ...first.world.rows } } }).rowsUntil).toBe(first.at);
  });

  it('does not where it did something itself', () => {
    const [last] = calm as readonly [Planned];
    for (const part of ['changes', 'deeds', 'decisions', 'recorded'] as const)
      expect(again({ ...last, plan: { ...last.plan, [part]: [{}] } as unknown as Planned['plan'] })).toBe(false);
  });
});

const other = <T extends { readonly reading: Reading<object> }>(view: T): T => ({ ...view, reading: { ...view.reading, value: { ...view.reading.value } } });
const silent = <T extends { readonly reading: Reading<object> }>(view: T): T => ({ ...view, reading: { ...view.reading, silentSince: 1, cause: 'no answer' } });
