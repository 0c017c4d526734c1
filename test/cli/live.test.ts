import { describe, expect, it } from 'vitest';
import { examineHost } from '../../src/cli/live.js';
import { queueWishes, seatWishes } from '../../src/cli/wishes.js';
import type { HostSnapshot } from '../../src/model/host.js';
import type { Policy } from '../../src/model/policy.js';
import { givenEnvironment, givenHost, givenPresent, givenSeat } from '../given-present.js';

const host = givenHost('post11');
const snapshot: HostSnapshot = {
  bootId: 'b',
  cores: 8,
  memoryMiB: 32_600,
  freeMemoryMiB: 30_000,
  guests: [],
  overlays: [],
  images: [{ name: 'grid-node', version: '2026.1' }],
  ops: [],
  capabilities: ['pvh'],
  storeFreeMiB: 100,
  storeHung: false,
};
const grid = givenEnvironment('grid');
const found = (more: Partial<HostSnapshot>, environments = [grid]): string[] =>
  examineHost(host, { ...snapshot, ...more }, environments, 'lab').map(({ level, what }) => `${level}: ${what}`);

describe('what a look at a host says in domus check --live', () => {
  it('is fine with a host that has what the configuration says', () => {
    expect(found({})).toEqual(['ok: answers: 0 guest(s), 30000 MiB free, store has 100 MiB free, images are there']);
    expect(found({ fence: { deployment: 'lab', journal: 'j', epoch: 1, life: 'l' } })[0]).toMatch(/^ok/);
  });

  it.each([
    [{ fence: { deployment: 'other', journal: 'j', epoch: 1, life: 'l' } }, 'error: belongs to deployment other'],
    [{ storeHung: true, images: [] }, 'error: its image store does not answer'],
    [{ cores: 4 }, 'warning: has 4 cores, the configuration says 8'],
    [{ memoryMiB: 16_000 }, 'warning: has 16000 MiB, the configuration says 32768 MiB'],
    [{ capabilities: ['pv'] }, 'warning: does not say that it can run pvh guests'],
    [{ images: [] }, 'error: does not see image grid-node latest of environment grid (no version of it)'],
  ])('finds in %j: %s', (more, sentence) => {
    expect(found(more)).toEqual([sentence]);
  });

  it('misses a pinned version, naming those that are there', () => {
    const pinned = givenEnvironment('grid', { image: { name: 'grid-node', version: '2027.1' } });
    expect(found({}, [pinned])).toEqual(['error: does not see image grid-node 2027.1 of environment grid (only 2026.1)']);
  });
});

describe('what must stand in a batch server', () => {
  const policy = (seats: Parameters<typeof givenSeat>[], environments = [grid, givenEnvironment('bio')]): Policy =>
    givenPresent({ environments, seats: seats.map((seat) => givenSeat(...seat)) }).policy;

  it('lists the seats of that server only', () => {
    const some = policy([
      ['g1', 'grid', { largestNp: 3 }],
      ['b1', 'bio', { source: 'other' }],
    ]);
    expect(seatWishes(some, 'torque')).toEqual([{ node: 'g1', np: 3, properties: ['grid'] }]);
  });

  it('leads a queue of one environment to a property that only its seats have', () => {
    const some = policy([
      ['g1', 'grid', { properties: ['all', 'grid', 'fast'] }],
      ['g2', 'grid', { properties: ['all', 'grid'] }],
      ['b1', 'bio', { properties: ['all'] }],
    ]);
    expect(queueWishes(some, 'torque')).toEqual([{ queue: 'grid', neednodes: 'grid' }, { queue: 'bio' }]);
  });

  it('leads a queue that two environments share nowhere', () => {
    const serves = { source: 'torque', queues: ['both'], properties: [], accounts: [] };
    const some = policy(
      [
        ['g1', 'grid'],
        ['b1', 'bio'],
      ],
      [givenEnvironment('grid', { serves }), givenEnvironment('bio', { serves })],
    );
    expect(queueWishes(some, 'torque')).toEqual([{ queue: 'both' }]);
  });
});
