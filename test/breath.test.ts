import { describe, expect, it } from 'vitest';
import { makeWorld, now } from '../bench/world.js';
import { Breath } from '../src/breath.js';
import { type Clock, systemClock } from '../src/clock.js';
import { atOnce, type Slices } from '../src/model/slices.js';
import { join, joining } from '../src/observe/join.js';
import { plan, planning } from '../src/plan/plan.js';
import { VirtualClock } from '../src/sim/clock.js';

/** A machine so slow that every cut ends a slice. */
const slow = (): Clock => {
  let at = 0;
  return { ...systemClock, mono: () => (at += 1_000) };
};

/** Drives the work; how often others had their turn meanwhile. */
async function turnsDuring<T>(work: Slices<T>, clock: Clock): Promise<{ readonly result: T; readonly turns: number }> {
  let turns = 0;
  let over = false;
  const turn = (): void => {
    turns++;
    if (!over) setImmediate(turn);
  };
  setImmediate(turn);
  const result = await new Breath(clock).through(work);
  over = true;
  return { result, turns };
}

function* counting(to: number): Slices<number> {
  for (let at = 0; at < to; at++) yield;
  return to;
}

describe('long work in slices', () => {
  it('lets others have their turn when a slice is over, and gives what it gives at once', async () => {
    const { result, turns } = await turnsDuring(counting(20), slow());
    expect(result).toBe(atOnce(counting(20)));
    expect(turns).toBeGreaterThanOrEqual(20);
  });

  it('never pauses in virtual time, which stands still while anything computes', async () => {
    expect((await turnsDuring(counting(1_000), new VirtualClock())).turns).toBe(0);
  });

  it('an error goes to who drives it', async () => {
    function* failing(): Slices<void> {
      yield;
      throw new RangeError('wrong');
    }
    await expect(new Breath(slow()).through(failing())).rejects.toThrow('wrong');
  });

  it('join and plan are cut at every few machines, seats and groups, and the same comes out', async () => {
    const { inputs } = makeWorld({ jobs: 2_000, hosts: 40, seats: 160, owners: 400, listed: true });
    const joined = await turnsDuring(joining(undefined, inputs), slow());
    const whole = join(undefined, inputs).world;
    expect(joined.result.world.groups).toEqual(whole.groups);
    expect(joined.result.world.machines).toEqual(whole.machines);
    expect(joined.result.world.seats).toEqual(whole.seats);
    const { groups, machines, seats } = whole;
    expect(joined.turns).toBeGreaterThan((2_000 + machines.size * 2 + seats.size + groups.length) / 32);
    const planned = await turnsDuring(planning(whole, inputs.policy, now), slow());
    expect(planned.result).toEqual(plan(whole, inputs.policy, now));
    // groups are walked twice, machines three times
    expect(planned.turns).toBeGreaterThan((groups.length * 2 + machines.size * 2) / 32);
  });
});
