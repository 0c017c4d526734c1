import { describe, expect, it } from 'vitest';
import { failureKinds } from '../../src/drivers/failure.js';
import type { Life } from '../../src/life.js';
import type { Rehearsal } from '../../src/sim/rehearsal.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';
import { type Trip, Tripwire } from '../../src/sim/tripwire.js';
import { rehearse } from './given.js';

const minute = 60_000;
// one seat besides the one that keeps wide jobs feasible: only the machine that the narrow job left can serve the wide one
const policy = rehearsalPolicy({ environments: { grid: { seats: 2, feasibilitySeats: 1, idleMs: 2 * minute, keepFailedMs: 30_000 } }, hosts: 1 });

/** A one-core job, and once it is over a four-core one. */
async function resizeOnce(
  trip?: Trip,
): Promise<{ readonly rehearsal: Rehearsal; readonly operations: readonly string[]; readonly sizes: ReadonlySet<number> }> {
  const rehearsal = rehearse(policy);
  const tripwire = new Tripwire(trip);
  const sizes = new Set<number>();
  const life = await rehearsal.begin(tripwire);
  rehearsal.submit(['-q', 'grid'], 'sleep 60\n');
  let submitted = false;
  let current: Life | undefined = life;
  const watch = (): void => {
    for (const { guest } of rehearsal.datacentre.guests()) sizes.add(guest.vcpus);
    if (submitted || rehearsal.core.facts().completed < 1) return;
    submitted = true;
    rehearsal.submit(['-q', 'grid', '-l', 'nodes=1:ppn=4'], 'sleep 60\n');
  };
  const over = (): boolean => {
    watch();
    const rows = current?.ledger.rows;
    return rehearsal.core.facts().completed === 2 && rehearsal.unrest().length === 0 && rows?.machines.size === 0 && rows.intents.size === 0;
  };
  await rehearsal.until('both jobs are served, or the life ends', () => tripwire.dead || over(), 120 * minute);
  if (tripwire.dead) {
    current = undefined;
    await rehearsal.pass(20_000);
    current = await rehearsal.begin();
    await rehearsal.until('the next life brings it to the same end', over, 120 * minute);
  }
  current?.stop();
  await rehearsal.pass(minute);
  return { rehearsal, operations: tripwire.operations, sizes };
}

function expectWell(rehearsal: Rehearsal): void {
  expect(rehearsal.datacentre.invariants()).toEqual([]);
  expect(rehearsal.unrest()).toEqual([]);
  expect(rehearsal.core.facts()).toMatchObject({ submitted: 2, completed: 2, lost: 0, runTwice: 0 });
}

describe('resizing an idle machine', () => {
  it('grows the one machine for a wide job instead of starting another', async () => {
    const { rehearsal, operations, sizes } = await resizeOnce();
    expectWell(rehearsal);
    expect(operations).toContain('hypervisor.resizeGuest');
    expect(rehearsal.datacentre.guestsMade).toBe(1);
    expect([...sizes].sort()).toEqual([1, 4]);
  });

  it('ends the same when the daemon stops dead before or after any operation', async () => {
    const { operations } = await resizeOnce();
    for (const what of ['die-before', 'die-after'] as const) {
      for (let at = 1; at <= operations.length; at++) {
        const { rehearsal } = await resizeOnce({ at, what }).catch((thrown: unknown) => {
          throw new Error(`${what} operation ${at} (${operations[at - 1]}): ${String(thrown)}`);
        });
        expectWell(rehearsal);
      }
    }
  });

  it('ends the same when any deed fails in any way, done or not', async () => {
    const { operations } = await resizeOnce();
    const deeds = operations.flatMap((name, index) => (name.startsWith('journal.') ? [] : [index + 1]));
    for (const kind of failureKinds) {
      for (const what of ['fail-before', 'fail-after'] as const) {
        for (const at of deeds) {
          const { rehearsal } = await resizeOnce({ at, what, kind }).catch((thrown: unknown) => {
            throw new Error(`${what} ${kind} operation ${at} (${operations[at - 1]}): ${String(thrown)}`);
          });
          expectWell(rehearsal);
        }
      }
    }
  });
});
