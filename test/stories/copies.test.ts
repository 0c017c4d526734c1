import { describe, expect, it } from 'vitest';
import type { Life } from '../../src/life.js';
import { ImageCopies } from '../../src/sim/hosts/copies.js';
import type { Rehearsal } from '../../src/sim/rehearsal.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';
import { type Trip, Tripwire } from '../../src/sim/tripwire.js';
import { rehearse } from './given.js';

const minute = 60_000;
const mebibyte = 1024 * 1024;
const imageBytes = 400 * mebibyte;
// a slice of 30 s at 8 MiB/s is 240 MiB: two slices for each copy
const replicas = { bytesPerSecond: 8 * mebibyte, atOnce: 4, keep: 0 };
const policy = rehearsalPolicy({
  environments: { grid: { seats: 3, idleMs: 2 * minute, keepFailedMs: 30_000 } },
  hosts: 3,
  policy: { pools: { lab: { mode: 'act', replicas } } },
});
const name = policy.environments['grid']?.image.name ?? '';

const hostsOf = ({ datacentre }: Rehearsal) => [...datacentre.hosts.values()];
const haveAll = (rehearsal: Rehearsal, version: string): boolean => hostsOf(rehearsal).every(({ copies }) => copies?.has({ name, version }) === true);
const fromStore = (rehearsal: Rehearsal): number => hostsOf(rehearsal).reduce((sum, { copies }) => sum + (copies?.fromStore ?? 0), 0);

function given(): Rehearsal {
  const rehearsal = rehearse(policy);
  for (const host of hostsOf(rehearsal)) host.copies = new ImageCopies(10_000, imageBytes);
  return rehearsal;
}
function publish(rehearsal: Rehearsal, version: string): void {
  for (const { images } of hostsOf(rehearsal)) images.splice(0, images.length, { name, version: '1' }, { name, version, current: true });
}

/** Every host gets its copy; then another version is published, and the first one goes. */
async function spread(trip?: Trip): Promise<{ readonly rehearsal: Rehearsal; readonly operations: readonly string[] }> {
  const rehearsal = given();
  const tripwire = new Tripwire(trip);
  let life = await rehearsal.begin(tripwire);
  let published = false;
  const settled = (): boolean => {
    if (!published && haveAll(rehearsal, '1')) {
      published = true;
      publish(rehearsal, '2');
    }
    const rows = life?.ledger.rows;
    const known = [...(rows?.replicas.values() ?? [])];
    return (
      published &&
      haveAll(rehearsal, '2') &&
      rows?.intents.size === 0 &&
      known.length === 3 &&
      known.every((row) => row.version === '2' && row.wholeAt !== undefined)
    );
  };
  await rehearsal.until('all hosts have version 2 and nothing else, or the life ends', () => tripwire.dead || settled(), 120 * minute);
  if (tripwire.dead) {
    life = undefined;
    await rehearsal.pass(20_000);
    life = await rehearsal.begin();
    await rehearsal.until('the next life brings it to the same end', settled, 120 * minute);
  }
  life?.stop();
  await rehearsal.pass(minute);
  return { rehearsal, operations: tripwire.operations };
}

describe('copies of images on the hosts of a pool', () => {
  it('are spread from host to host: the store gives each image once, whatever the number of hosts', async () => {
    const { rehearsal, operations } = await spread();
    expect(fromStore(rehearsal)).toBe(2 * imageBytes);
    expect(operations.filter((name) => name === 'hypervisor.dropImage')).toHaveLength(3);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    expect(rehearsal.unrest()).toEqual([]);
  });

  it('end the same when the daemon stops dead before or after any operation', async () => {
    const { operations } = await spread();
    for (const what of ['die-before', 'die-after'] as const) {
      for (let at = 1; at <= operations.length; at++) {
        const { rehearsal } = await spread({ at, what }).catch((thrown: unknown) => {
          throw new Error(`${what} operation ${at} (${operations[at - 1]}): ${String(thrown)}`);
        });
        expect([what, at, operations[at - 1], fromStore(rehearsal)]).toEqual([what, at, operations[at - 1], 2 * imageBytes]); // what was copied is not copied again
      }
    }
  });

  it('end the same when any copy or removal fails in any way, done or not', async () => {
    const { operations } = await spread();
    const deeds = operations.flatMap((name, index) => (name.endsWith('Image') ? [index + 1] : []));
    for (const kind of ['absent', 'unreachable', 'uncertain', 'busy', 'full', 'refused', 'garbled'] as const) {
      for (const what of ['fail-before', 'fail-after'] as const) {
        for (const at of deeds.filter((_, index) => index % 2 === 0)) {
          await spread({ at, what, kind }).catch((thrown: unknown) => {
            throw new Error(`${what} operation ${at} (${operations[at - 1]}) with ${kind}: ${String(thrown)}`);
          });
        }
      }
    }
  });

  it('go on where they were when a host loses its power in the middle, and machines stand on them', async () => {
    const rehearsal = given();
    const life = (await rehearsal.begin()) as Life;
    const [first] = hostsOf(rehearsal);
    await rehearsal.until('the first host has begun', () => (first?.copies?.seen().replicas?.[0]?.bytes ?? 0) > 0);
    first?.crash();
    await rehearsal.until('all have it', () => haveAll(rehearsal, '1'), 120 * minute);
    expect(fromStore(rehearsal)).toBeLessThanOrEqual(2 * imageBytes); // another began while the first was off; both went on where they were
    rehearsal.submit(['-q', 'grid'], 'sleep 60\n');
    await rehearsal.until('a machine serves', () => [...life.ledger.rows.machines.values()].some((row) => row.admittedAt !== undefined));
    expect([...life.ledger.rows.machines.values()].map((row) => row.local)).toEqual([true]);
    const bases = hostsOf(rehearsal).flatMap((host) => [...host.overlays.values()].map((overlay) => overlay.base));
    expect(bases).toEqual([`${name} 1`]);
    await rehearsal.until('at rest', () => rehearsal.core.facts().completed === 1 && rehearsal.unrest().length === 0, 120 * minute);
    life.stop();
    await rehearsal.pass(minute);
  });
});
