import { describe, expect, it } from 'vitest';
import type { Life } from '../../src/life.js';
import { sentence } from '../../src/model/reason.js';
import type { Rehearsal } from '../../src/sim/rehearsal.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';
import { type Trip, Tripwire } from '../../src/sim/tripwire.js';
import { rehearse } from './given.js';

const minute = 60_000;
const policy = rehearsalPolicy({
  environments: { grid: { seats: 5, spare: 2, idleMs: 2 * minute, keepFailedMs: 30_000, bootDeadlineMs: 2 * minute } },
  hosts: 1,
});
const name = policy.environments['grid']?.image.name ?? '';

/** Every host sees that version as the published one, and the others beside it. */
function publish(rehearsal: Rehearsal, version: string): void {
  for (const { images } of rehearsal.datacentre.hosts.values()) {
    const versions = new Set([...images.map((image) => image.version), version]);
    images.splice(0, images.length, ...[...versions].map((each) => ({ name, version: each, ...(each === version ? { current: true as const } : {}) })));
  }
}

const versions = (life: Life): readonly string[] => [...life.ledger.rows.machines.values()].map(({ image }) => image.version).sort();
const served = ({ core }: Rehearsal): number => core.facts().completed;

/** Two idle machines and one busy one of version 1; then version 2 is published. */
async function follow(trip?: Trip): Promise<{ readonly rehearsal: Rehearsal; readonly operations: readonly string[]; readonly fewest: number }> {
  const rehearsal = rehearse(policy);
  const tripwire = new Tripwire(trip);
  let life = await rehearsal.begin(tripwire);
  rehearsal.submit(['-q', 'grid'], 'sleep 1500\n');
  let published = false;
  let fewest = Number.POSITIVE_INFINITY;
  const settled = (): boolean => {
    const rows = life?.ledger.rows;
    if (life === undefined || rows === undefined) return false;
    const ready = [...rows.machines.values()].filter((row) => row.admittedAt !== undefined && row.goal.kind === 'serve');
    if (!published && ready.length === 3 && rows.intents.size === 0) {
      published = true;
      publish(rehearsal, '2');
    }
    if (published) fewest = Math.min(fewest, rows.machines.size);
    return published && served(rehearsal) === 1 && ready.length === 2 && versions(life).join() === '2,2' && rows.intents.size === 0;
  };
  await rehearsal.until('all of version 2, or the life ends', () => tripwire.dead || settled(), 240 * minute);
  if (tripwire.dead) {
    life = undefined;
    await rehearsal.pass(20_000);
    life = await rehearsal.begin();
    await rehearsal.until('the next life brings it to the same end', settled, 240 * minute);
  }
  life?.stop();
  await rehearsal.pass(minute);
  return { rehearsal, operations: tripwire.operations, fewest };
}

function expectWell(rehearsal: Rehearsal): void {
  expect(rehearsal.datacentre.invariants()).toEqual([]);
  expect(rehearsal.core.facts()).toMatchObject({ submitted: 1, completed: 1, lost: 0, runTwice: 0 });
}

describe('a new version of an image', () => {
  it('is followed one machine at a time, and the job of an old machine runs to its end there', async () => {
    const { rehearsal, fewest } = await follow();
    expectWell(rehearsal);
    expect(fewest).toBeGreaterThanOrEqual(2); // of the three that stood there, one at a time went
    expect(rehearsal.core.facts().jobs[0]?.runs).toHaveLength(1);
  });

  it('is followed to the same end when the daemon stops dead before or after any operation', async () => {
    const { operations } = await follow();
    for (const what of ['die-before', 'die-after'] as const) {
      for (let at = 1; at <= operations.length; at += 3) {
        const { rehearsal } = await follow({ at, what }).catch((thrown: unknown) => {
          throw new Error(`${what} operation ${at} (${operations[at - 1]}): ${String(thrown)}`);
        });
        expectWell(rehearsal);
      }
    }
  });

  it('that does not boot stops the turnover after its first machine, says so, and going back ends it', async () => {
    const rehearsal = rehearse(policy);
    const life = await rehearsal.begin();
    if (life === undefined) throw new Error('no life');
    const ready = (): number => [...life.ledger.rows.machines.values()].filter((row) => row.admittedAt !== undefined && row.goal.kind === 'serve').length;
    await rehearsal.until('two idle machines', () => ready() === 2);
    publish(rehearsal, '2');
    rehearsal.datacentre.fateOf = () => ({ kind: 'never-boots' });
    const said = (): string => (life.present?.plan.reasons.get('environment:grid') ?? []).map(sentence).join('; ');
    await rehearsal.until('it is told', () => said().includes('has become ready, and one has failed'), 60 * minute);
    expect(versions(life)).toContain('1');
    await rehearsal.pass(60 * minute);
    expect(versions(life)).toContain('1'); // one old machine at least serves on, whatever the other hour brought
    publish(rehearsal, '1');
    rehearsal.datacentre.fateOf = () => ({ kind: 'well' });
    await rehearsal.until('all of version 1', () => ready() === 2 && versions(life).join() === '1,1', 240 * minute);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life.stop();
    await rehearsal.pass(minute);
  });
});
