import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { because } from '../../src/model/reason.js';
import type { MachineView } from '../../src/model/world.js';
import type { Decision } from '../../src/plan/decision.js';
import { breaches } from '../../src/plan/laws.js';
import { plan } from '../../src/plan/plan.js';
import { type Given, given, minute, now } from '../given.js';

/** Recipes of worlds: small, crowded and various. */
const phases = ['wanted', 'booting', 'joining', 'ready', 'ready', 'ready', 'resizing', 'draining', 'failed'] as const;
const machine = fc.record({
  phase: fc.constantFrom(...phases),
  host: fc.constantFrom('post1', 'post2', 'post3'),
  cores: fc.integer({ min: 1, max: 3 }),
  jobs: fc.integer({ min: 0, max: 2 }),
  idleMin: fc.integer({ min: 0, max: 30 }),
  held: fc.boolean(),
  nodeHeard: fc.boolean(),
  hostHeard: fc.boolean(),
});
const group = fc.record({
  environment: fc.constantFrom('bio', 'grid', 'phys'),
  slots: fc.integer({ min: 1, max: 5 }),
  nodes: fc.integer({ min: 1, max: 3 }),
  count: fc.integer({ min: 1, max: 12 }),
  waitedMs: fc.integer({ min: 0, max: 100 * minute }),
  perSlotMiB: fc.constantFrom(0, 512, 2048),
});
const environment = fc.record({
  max: fc.integer({ min: 0, max: 8 }),
  min: fc.integer({ min: 0, max: 2 }),
  spare: fc.integer({ min: 0, max: 2 }),
  priority: fc.constantFrom(0.5, 1, 3),
  share: fc.constantFrom(0, 0.3),
  mode: fc.constantFrom('act', 'act', 'act', 'advise', 'watch'),
});
const recipe = fc.record({
  environments: fc.tuple(environment, environment, environment),
  machines: fc.array(machine, { maxLength: 9 }),
  groups: fc.array(group, { maxLength: 8 }),
  overheadMiB: fc.constantFrom(0, 64),
  foreign: fc.integer({ min: 0, max: 2 }),
  stops: fc.integer({ min: 0, max: 5 }),
});
type Recipe = typeof recipe extends fc.Arbitrary<infer R> ? R : never;
type Sort = (name: 'bio' | 'grid' | 'phys') => number;
const index: Sort = (name) => ['bio', 'grid', 'phys'].indexOf(name);

function build(r: Recipe, change: (m: Recipe['machines'][number]) => Recipe['machines'][number] = (m) => m): Given {
  const world = given().with({ guestOverheadMiB: r.overheadMiB }).limit({ stopsAtOnce: r.stops });
  for (const name of ['bio', 'grid', 'phys'] as const) {
    const wish = r.environments[index(name)];
    world.env(name, { ...wish, cores: { min: 1, max: 4, step: 1 } }).seats(name, 5);
  }
  for (const host of ['post1', 'post2', 'post3']) world.host(host, { cores: 8, memoryMiB: 12_000 });
  for (const [i, raw] of r.machines.entries()) {
    const m = change(raw);
    const seat = `${['bio', 'grid', 'phys'][i % 3] ?? 'bio'}-0${1 + Math.floor(i / 3)}`;
    const jobs = m.phase === 'ready' ? Array.from({ length: m.jobs }, (_, n) => `${i}.${n}`) : [];
    world.machine(seat, m.phase, {
      ...{ host: m.host, size: { cores: m.cores, memoryMiB: m.cores * 1024 }, jobs, nodeHeard: m.nodeHeard, hostHeard: m.hostHeard },
      ...(m.phase === 'draining' ? { leaving: because('drain-idle', { idleMs: 1 }) } : {}),
      ...(m.phase === 'resizing' ? { goalSize: { cores: 4, memoryMiB: 4096 } } : {}),
      row: { idleSince: now - m.idleMin * minute, ...(m.held ? { held: { by: 'eve', why: 'x', at: 1 } } : {}) },
    });
  }
  for (const g of r.groups) world.waits(g.environment, g);
  for (let i = 0; i < r.foreign; i++) world.foreignNode(`static${i}`, 2);
  return world;
}

const drains = (world: Given): readonly MachineView[] => {
  const { decisions, recorded } = world.decide();
  return [...decisions, ...recorded].flatMap((d) => (d.kind === 'drain' ? [world.machines.get(d.machine)] : [])).filter((m) => m !== undefined);
};

/** What a decision takes of a host. */
function claimOf(world: Given, d: Decision): readonly { readonly host: string; readonly cores: number; readonly memoryMiB: number }[] {
  if (d.kind === 'start') return [{ host: d.host, cores: d.size.cores, memoryMiB: d.size.memoryMiB + world.policy.guestOverheadMiB }];
  const row = d.kind === 'resize' ? world.machines.get(d.machine)?.row : undefined;
  if (d.kind !== 'resize' || row === undefined) return [];
  return [{ host: row.host, cores: d.size.cores - row.size.cores, memoryMiB: d.size.memoryMiB - row.size.memoryMiB }];
}

describe('For all worlds', () => {
  it('the same world gives the same decisions, changes and reasons', () => {
    fc.assert(
      fc.property(recipe, (r) => {
        const [a, b] = [build(r).decide(), build(r).decide()];
        expect([a.decisions, a.recorded, a.changes]).toEqual([b.decisions, b.recorded, b.changes]);
      }),
    );
  });

  it('no busy, held or silent machine is drained or resized for want of room or of demand', () => {
    fc.assert(
      fc.property(recipe, (r) => {
        const world = build(r);
        const { decisions, recorded } = world.decide();
        for (const decision of [...decisions, ...recorded]) {
          if (decision.kind !== 'drain' && decision.kind !== 'resize') continue;
          const view = world.machines.get(decision.machine);
          expect(view).toMatchObject({ phase: 'ready', jobs: [], nodeHeard: true, hostHeard: true });
          expect(view?.row.held).toBeUndefined();
        }
      }),
    );
  });

  it('nothing decided claims more than a host has', () => {
    fc.assert(
      fc.property(recipe, (r) => {
        const world = build(r);
        const { decisions, recorded } = world.decide();
        const claims = [...decisions, ...recorded].flatMap((d) => claimOf(world, d));
        for (const [host, { free }] of world.world().hosts) {
          const here = claims.filter((c) => c.host === host);
          expect(here.reduce((sum, c) => sum + c.cores, 0)).toBeLessThanOrEqual(free.cores);
          expect(here.reduce((sum, c) => sum + c.memoryMiB, 0)).toBeLessThanOrEqual(free.memoryMiB);
        }
      }),
    );
  });

  it('a seat is taken once, by one that was free, and no environment exceeds its maximum', () => {
    fc.assert(
      fc.property(recipe, (r) => {
        const world = build(r);
        const { decisions, recorded } = world.decide();
        const starts = [...decisions, ...recorded].flatMap((d) => (d.kind === 'start' ? [d] : []));
        const seats = world.world().seats;
        expect(new Set(starts.map((d) => d.seat)).size).toBe(starts.length);
        for (const d of starts) expect(seats.get(d.seat)).not.toHaveProperty('blocked');
        for (const [name, { max }] of Object.entries(world.policy.environments)) {
          const live = [...world.machines.values()].filter((m) => m.row.environment === name && m.phase !== 'failed').length;
          const started = starts.filter((d) => d.environment === name).length;
          if (started > 0) expect(live + started).toBeLessThanOrEqual(max);
        }
      }),
    );
  });

  // with stops enough for all: a host that falls silent gives its place among the stops under way to another surplus machine
  it('a reading that falls silent adds no drain', () => {
    fc.assert(
      fc.property(recipe, fc.boolean(), (some, node) => {
        const r = { ...some, stops: 1_000 };
        const heard = drains(build({ ...r, groups: [] })).map((m) => m.row.id);
        const silenced = build({ ...r, groups: [] }, (m) => (m.held ? { ...m, ...(node ? { nodeHeard: false } : { hostHeard: false }) } : m));
        for (const m of drains(silenced)) expect(heard).toContain(m.row.id);
        expect(drains(build(r).batchSilent())).toEqual([]);
      }),
    );
  });

  it('a silent batch server starts nothing', () => {
    fc.assert(
      fc.property(recipe, (r) => {
        expect(build(r).batchSilent().decide().decisions).toEqual([]);
      }),
    );
  });

  it('drains stay within the stops allowed at once', () => {
    fc.assert(
      fc.property(recipe, (r) => {
        const world = build(r);
        // on a host that does not answer nothing goes on, so it holds nobody up
        const stopping = [...world.machines.values()].filter((m) => m.phase === 'draining' && m.hostHeard).length;
        const decided = drains(world).length;
        if (decided > 0) expect(stopping + decided).toBeLessThanOrEqual(r.stops);
      }),
    );
  });

  it('what is decided once is not decided again: single-slot jobs get no second machine', () => {
    fc.assert(
      fc.property(recipe, (r) => {
        const groups = r.groups.map((g) => ({ ...g, slots: 1, nodes: 1, perSlotMiB: 0 as const }));
        const [bio, grid, phys] = r.environments;
        const acting: Recipe['environments'] = [
          { ...bio, mode: 'act' },
          { ...grid, mode: 'act' },
          { ...phys, mode: 'act' },
        ];
        const world = build({ ...r, groups, stops: 100, environments: acting });
        const again = world
          .apply(world.decide())
          .decide()
          .decisions.filter((d) => d.kind === 'start');
        expect(again).toEqual([]);
      }),
    );
  });

  it('looking at what was decided settles: no world is decided about for ever', () => {
    fc.assert(
      fc.property(recipe, (r) => {
        const world = build(r);
        let left: number | undefined;
        for (let look = 0; look < 25 && left !== 0; look++) {
          const outcome = world.decide();
          left = outcome.decisions.length;
          world.apply(outcome);
        }
        expect(left).toBe(0);
      }),
    );
  });

  it('every group, environment, host and machine that is not broken has a reason', () => {
    fc.assert(
      fc.property(recipe, (r) => {
        const world = build(r);
        const outcome = world.decide();
        const subjects = [
          ...world.groups.map((g) => `group:${g.key}`),
          ...Object.keys(world.policy.environments).map((name) => `environment:${name}`),
          ...Object.keys(world.policy.hosts).map((name) => `host:${name}`),
          ...[...world.machines].filter(([, m]) => m.phase !== 'failed').map(([id]) => `machine:${id}`),
        ];
        expect(subjects.filter((subject) => outcome.said(subject).length === 0)).toEqual([]);
      }),
    );
  });

  it('no plan breaks a law that the replay watches over', () => {
    fc.assert(
      fc.property(recipe, (r) => {
        const world = build(r);
        const seen = world.world();
        expect(breaches(seen, world.policy, now, plan(seen, world.policy, now))).toEqual([]);
      }),
    );
  });
});
