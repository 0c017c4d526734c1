import { setFlagsFromString } from 'node:v8';
import { describe, expect, it } from 'vitest';
import type { World } from '../../../src/model/world.js';
import { plan } from '../../../src/plan/plan.js';
import { replayDomus } from '../../../src/sim/replay/domus.js';
import { siteOf, workload } from './runs.js';

setFlagsFromString('--allow-natives-syntax');
const isSameShape = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean;

/** Records that every tick reads, by what they are. */
const recordsOf = (world: World): readonly (readonly [string, object])[] => [
  ...[...world.machines.values()].flatMap((view) => [['machine', view] as const, ['row', view.row] as const, ['node', view.node ?? {}] as const]),
  ...[...world.hosts.values()].flatMap((view) => [['host', view] as const, ['snapshot', view.reading.value ?? {}] as const]),
  ...[...world.rows.powers.values()].map((row) => ['power', row] as const),
  ...[...world.rows.generations.values()].map((row) => ['generation', row] as const),
  ...[...world.jobs.values()].map((job) => ['job', job] as const),
  ...world.groups.map((group) => ['group', group] as const),
];

/** How many records of each kind differ in their hidden class from the first one with the same keys. */
class Shapes {
  readonly #first = new Map<string, object>();
  readonly #met = new Set<object>();
  readonly #strange = new Map<string, number>();

  get met(): number {
    return this.#met.size;
  }

  meet(what: string, record: object): void {
    if (this.#met.has(record)) return;
    this.#met.add(record);
    const shape = `${what} ${Object.keys(record).join(' ')}`;
    const first = this.#first.get(shape) ?? record;
    this.#first.set(shape, first);
    if (!isSameShape(first, record)) this.#strange.set(what, (this.#strange.get(what) ?? 0) + 1);
  }

  /** Kinds of which more than `few` do. */
  strange(few: number): readonly (readonly [string, number])[] {
    return [...this.#strange].filter(([, count]) => count > few);
  }
}

describe('What every tick reads', () => {
  it('has a hidden class for each set of keys, not one for each record: else every look at it is a search', async () => {
    const jobs = Array.from({ length: 60 }, (_, at) => ({ at: at * 7, slots: 1 + (at % 2), class: at % 3 === 0 ? 'a' : 'b' }));
    const shapes = new Shapes();
    let ticks = 0;
    await replayDomus(workload(...jobs), siteOf(3), {
      ...{ seed: 1, refill: 'immediate', cpuMs: () => 0 },
      planner: (world, policy, now) => {
        // V8 learns the shapes of a place in the code from what comes by first
        if (++ticks > 200) for (const [what, record] of recordsOf(world)) shapes.meet(what, record);
        return plan(world, policy, now);
      },
    });
    expect(shapes.met).toBeGreaterThan(500);
    expect(shapes.strange(shapes.met / 50)).toEqual([]); // some are made twice before V8 has settled
  });
});
