import { describe, expect, it } from 'vitest';
import { openSqliteJournal } from '../../src/journal/sqlite/open.js';
import type { Life } from '../../src/life.js';
import { sentence } from '../../src/model/reason.js';
import type { RequestKind } from '../../src/model/rows.js';
import type { Rehearsal } from '../../src/sim/rehearsal.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';
import { rehearse } from './given.js';

const minute = 60_000;

/** A guest that lives while its pbs_mom does not: the server speaks of its job for ever. */
async function deadMom(lostJobs: 'requeue' | 'leave'): Promise<{ rehearsal: Rehearsal; life: Life; job: string; machine: string; node: string }> {
  const rehearsal = rehearse(rehearsalPolicy({ environments: { grid: { seats: 4, idleMs: minute, lostJobs } }, hosts: 2 }));
  const life = await rehearsal.begin();
  if (life === undefined) throw new Error('no life');
  const job = rehearsal.submit(['-q', 'grid'], 'sleep 1200\n');
  rehearsal.submit(['-q', 'grid'], 'sleep 3600\n'); // another mom reports on: the server's clock goes
  await rehearsal.until('both run', () => rehearsal.core.facts().byState.R === 2);
  const node =
    rehearsal.core
      .facts()
      .jobs.find(({ id }) => id === job)
      ?.runs.at(-1)?.nodes[0] ?? '';
  const machine = [...life.ledger.rows.machines.values()].find((row) => row.seat === node)?.id ?? '';
  return { rehearsal, life, job, machine, node };
}

async function ask(rehearsal: Rehearsal, life: Life, kind: RequestKind, subject: string): Promise<string> {
  const journal = await openSqliteJournal({ database: rehearsal.database, clock: rehearsal.clock });
  const at = rehearsal.clock.wall();
  const id = `${kind}-${at}`;
  await journal.ask({ id, kind, subject, who: 'bob', why: 'its jobs are gone', at, expiresAt: at + minute, state: 'open' });
  life.loop.changed();
  await rehearsal.pass(2_000);
  const answer = life.ledger.rows.requests.get(id)?.answer;
  return answer === undefined ? 'no answer' : sentence(answer);
}

describe('a worker process that died in a guest that lives', () => {
  it('keeps its machine, with a reason that names the cure, until a person buries it; its job then runs elsewhere', async () => {
    const { rehearsal, life, job, machine, node } = await deadMom('requeue');
    expect(await ask(rehearsal, life, 'bury', machine)).toContain('is heard: "domus drain" lets its jobs end');
    rehearsal.core.momDown(node);
    await rehearsal.pass(60 * minute);
    const row = life.ledger.rows.machines.get(machine);
    expect(row?.goal.kind, 'it failed long ago and is to go').toBe('gone');
    expect(rehearsal.datacentre.guests().map(({ guest }) => guest.plan.node)).toContain(node);
    const said = life.present?.plan.reasons.get(`machine:${machine}`)?.map(sentence).join('; ');
    expect(said).toContain(`If they are gone: domus bury ${machine}`);
    expect(await ask(rehearsal, life, 'bury', machine)).toContain('count(s) for nothing');
    await rehearsal.until('all is done and put away', () => rehearsal.core.facts().completed === 2 && rehearsal.unrest().length === 0, 120 * minute);
    expect(rehearsal.core.facts()).toMatchObject({ lost: 0, runTwice: 0 });
    expect(rehearsal.core.facts().jobs.find(({ id }) => id === job)?.runs.length).toBe(2);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life.stop();
  });
});
