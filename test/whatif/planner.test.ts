import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { whatIfSchema } from '../../src/api/schema/what-if.js';
import { changedPolicy } from '../../src/api/what-if.js';
import { systemClock } from '../../src/clock.js';
import type { Present } from '../../src/model/present.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';
import { createPlanner } from '../../src/whatif/planner.js';
import { scene } from '../api/scene.js';
import { bearer, call } from '../api/visitor.js';
import { compiled } from '../compiled.js';
import { givenEnvironment, givenHost, givenJob, givenPresent, givenSeat } from '../given-present.js';

const file = pathToFileURL(compiled('src/whatif/worker.ts'));
const jobs = (count: number, queue = 'grid') => Array.from({ length: count }, (_, at) => givenJob(`${at + 1}.srv`, { queue }));
const { limits, intervals } = rehearsalPolicy({ environments: { grid: { seats: 3 } }, hosts: 2, hostCores: 8, hostMemoryMiB: 32_768 });
const waiting = (count: number) =>
  givenPresent({
    policy: { limits, intervals },
    environments: [givenEnvironment('grid', { max: 1, image: { name: 'grid-node', version: 'latest' } })],
    hosts: [givenHost('post11'), givenHost('post12')],
    seats: [givenSeat('grid-01.example.org', 'grid'), givenSeat('grid-02.example.org', 'grid'), givenSeat('grid-03.example.org', 'grid')],
    jobs: jobs(count),
  });

/** As the batch server would list its nodes. */
const listed = (present: Present): Present => {
  const nodes = [...present.world.seats.values()].map(({ node }) => node!);
  const sources = [...present.world.sources].map(
    ([name, view]) => [name, { ...view, reading: { ...view.reading, value: { ...view.reading.value!, nodes } } }] as const,
  );
  return { ...present, world: { ...present.world, sources: new Map(sources) } };
};

describe('what if', () => {
  it('plans the last tick under another policy in a thread, and changes nothing', async () => {
    const present = listed(waiting(40));
    const planner = createPlanner({ clock: systemClock, file });
    const policy = changedPolicy(present.policy, { environments: { grid: { max: 3, spare: 0 } } });
    const [few, more] = [await planner(present, present.policy, true), await planner(present, policy, true)];
    expect(whatIfSchema.parse(more)).toEqual(more);
    expect(few.waiting).toEqual([{ environment: 'grid', jobs: 40 }]);
    const starts = (answer: typeof few) => answer.after.decisions.filter(({ kind }) => kind === 'start').length;
    expect(starts(more)).toBeGreaterThan(starts(few));
    expect(present.policy.environments['grid']?.max).toBe(1);
  });

  it('is one at a time, and ends when it takes too long', async () => {
    const planner = createPlanner({ clock: systemClock, file });
    const present = waiting(5);
    const first = planner(present, present.policy, true);
    await expect(planner(present, present.policy, true)).rejects.toMatchObject({ code: 'busy' });
    await first;
    const hasty = createPlanner({ clock: { ...systemClock, sleep: async () => undefined }, file });
    await expect(hasty(present, present.policy, true)).rejects.toMatchObject({ code: 'too-dear' });
    await expect(hasty(present, present.policy, true)).rejects.toMatchObject({ code: 'too-dear' }); // not busy for ever
    const poor = createPlanner({ clock: systemClock, file, memoryMiB: 4 });
    await expect(poor(waiting(2000), present.policy, true)).rejects.toMatchObject({ code: 'too-dear' });
  });

  it.each([
    [{ environments: { grid: { max: 0, min: 1 } } }, 'invalid'],
    [{ environments: { nowhere: { max: 1 } } }, 'unknown'],
    [{ environments: { grid: { pools: ['attic'] } } }, 'unknown'],
    [{ pools: { attic: { mode: 'act' } } }, 'unknown'],
    [{ environments: { grid: { max: -1 } } }, 'invalid'],
    [{ limits: { startsPerHour: 1e9 } }, 'invalid'],
    [{ nonsense: true }, 'invalid'],
  ])('refuses %j as %s', async (body, code) => {
    const at = await scene('port', { whatIf: createPlanner({ clock: systemClock, file }) });
    expect((await call(at, 'POST', '/plan/what-if', bearer(at, { role: 'operator' }), body)).code).toBe(code);
  });

  it('is asked through the API by operators only', async () => {
    const at = await scene('port', { whatIf: createPlanner({ clock: systemClock, file }) });
    expect((await call(at, 'POST', '/plan/what-if', bearer(at, { role: 'viewer' }), {})).code).toBe('forbidden');
    const { status, body } = await call(at, 'POST', '/plan/what-if', bearer(at, { role: 'operator' }), { mode: 'watch' });
    expect([status, (body['after'] as { mode: string }).mode]).toEqual([200, 'watch']);
  });
});
