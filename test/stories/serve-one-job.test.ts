import { describe, expect, it } from 'vitest';
import { failureKinds } from '../../src/drivers/failure.js';
import type { Life } from '../../src/life.js';
import type { Rehearsal } from '../../src/sim/rehearsal.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';
import { type Trip, Tripwire } from '../../src/sim/tripwire.js';
import { rehearse } from './given.js';

const policy = rehearsalPolicy({ environments: { grid: { seats: 2, idleMs: 30_000, keepFailedMs: 30_000 } }, hosts: 1 });
const minute = 60_000;

/** One job from qsub to a cluster at rest; the life is tripped, and where it stops dead a new one begins 20 s later. */
async function serveOneJob(trip?: Trip): Promise<{ readonly rehearsal: Rehearsal; readonly operations: readonly string[] }> {
  const rehearsal = rehearse(policy);
  const tripwire = new Tripwire(trip);
  const life = await rehearsal.begin(tripwire);
  rehearsal.submit(['-q', 'grid'], 'sleep 60\n');
  const over = (): boolean => rehearsal.core.facts().completed === 1 && rehearsal.unrest().length === 0;
  const rowsGone = (of: Life | undefined): boolean => of !== undefined && of.ledger.rows.machines.size === 0 && of.ledger.rows.intents.size === 0;
  await rehearsal.until('the job is served, or the life ends', () => tripwire.dead || (over() && rowsGone(life)), 90 * minute);
  if (tripwire.dead) {
    await rehearsal.pass(20_000);
    const next = await rehearsal.begin();
    await rehearsal.until('the next life brings it to the same end', () => over() && rowsGone(next), 90 * minute);
    await rehearsal.pass(2 * minute);
    expect(next?.ledger.rows.machines.size).toBe(0);
    next?.stop();
  } else life?.stop();
  await rehearsal.pass(minute);
  return { rehearsal, operations: tripwire.operations };
}

function expectWell(rehearsal: Rehearsal): void {
  expect(rehearsal.datacentre.invariants()).toEqual([]);
  expect(rehearsal.unrest()).toEqual([]);
  expect(rehearsal.core.facts()).toMatchObject({ submitted: 1, completed: 1 });
}

describe('serving one job', () => {
  it('starts a machine, runs the job, and leaves nothing behind', async () => {
    const { rehearsal } = await serveOneJob();
    expectWell(rehearsal);
    expect(rehearsal.datacentre.guestsMade).toBe(1);
  });

  it('puts a machine away at the pace of its deeds, not of its polls; only what vanished by itself is looked at twice', async () => {
    const rare = { ...policy, intervals: { ...policy.intervals, hostPollMs: minute, batchPollMs: minute } };
    const secondsBetween = async (fate: 'well' | 'deaf', from: string, to: string): Promise<number> => {
      const rehearsal = rehearse(rare);
      rehearsal.datacentre.fateOf = () => ({ kind: fate });
      const life = await rehearsal.begin();
      rehearsal.submit(['-q', 'grid'], 'sleep 60\n');
      await rehearsal.until('the cluster is at rest', () => rehearsal.core.facts().completed === 1 && life?.ledger.rows.machines.size === 0, 90 * minute);
      life?.stop();
      const done = (verb: string): number => {
        const found = rehearsal.database
          .prepare("SELECT at FROM events WHERE kind = 'deed' AND reason LIKE ? ORDER BY number DESC")
          .get(`%"deed-done"%"${verb}"%`);
        return (found as { readonly at: number }).at;
      };
      return (done(to) - done(from)) / 1000;
    };
    const destroyed = await secondsBetween('deaf', 'destroy-guest', 'remove-overlay');
    expect(destroyed).toBeLessThan(15);
    expect(destroyed, 'time for one that was rebooting to be seen').toBeGreaterThan(4);
    // it was told to halt and is not there: a guest that reboots is not there for a moment either
    expect(await secondsBetween('well', 'shutdown-guest', 'remove-overlay')).toBeGreaterThan(60);
  });

  it('ends the same when the daemon stops dead before or after any operation', async () => {
    const { operations } = await serveOneJob();
    expect(operations.length).toBeGreaterThan(15);
    for (const what of ['die-before', 'die-after'] as const) {
      for (let at = 1; at <= operations.length; at++) {
        const { rehearsal } = await serveOneJob({ at, what }).catch((thrown: unknown) => {
          throw new Error(`${what} operation ${at} (${operations[at - 1]}): ${String(thrown)}`);
        });
        expectWell(rehearsal);
      }
    }
  });

  it('ends the same when any deed fails in any way, done or not', async () => {
    const { operations } = await serveOneJob();
    const deeds = operations.flatMap((name, index) => (name.startsWith('journal.') ? [] : [index + 1]));
    for (const kind of failureKinds) {
      for (const what of ['fail-before', 'fail-after'] as const) {
        for (const at of deeds) {
          const { rehearsal } = await serveOneJob({ at, what, kind }).catch((thrown: unknown) => {
            throw new Error(`${what} ${kind} operation ${at} (${operations[at - 1]}): ${String(thrown)}`);
          });
          expectWell(rehearsal);
        }
      }
    }
  });

  it('ends the same when its journal fails at any commit: the life ends there, the next goes on', async () => {
    const { operations } = await serveOneJob();
    const commits = operations.flatMap((name, index) => (name === 'journal.commit' ? [index + 1] : []));
    expect(commits.length).toBeGreaterThan(5);
    for (const what of ['fail-before', 'fail-after'] as const) {
      for (const at of commits) expectWell((await serveOneJob({ at, what, kind: 'full' })).rehearsal);
    }
  });
});
