import { describe, expect, it } from 'vitest';
import { plugin } from '../../plugins/maui/index.js';
import type { Scheduler } from '../../src/drivers/scheduler.js';
import { silentLog } from '../../src/log.js';
import { InProcessShell } from '../../src/sim/batch/in-process-shell.js';
import type { Rehearsal } from '../../src/sim/rehearsal.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';
import { rehearse } from './given.js';

const minute = 60_000;
const hour = 60 * minute;

/** One environment on four hosts; small jobs enough for hours, handed in before and after a wide one. */
const policy = rehearsalPolicy({ environments: { grid: { seats: 9, feasibilitySeats: 1, idleMs: 5 * minute } }, hosts: 4, hostMemoryMiB: 10 * 1024 });

function mauiOf(rehearsal: Rehearsal): Scheduler {
  const parsed = plugin.config.safeParse({});
  if (!parsed.success) throw new Error('the defaults are wrong');
  return plugin.create(parsed.data, { shell: new InProcessShell(rehearsal.core, 'domus', 50), clock: rehearsal.clock, log: silentLog, name: 'main' });
}

describe('a wide job behind hundreds of small ones', { timeout: 240_000 }, () => {
  it.each([
    ['four nodes of two cores', 300, ['-l', 'nodes=4:ppn=2'], 'immediate'],
    ['four nodes of two cores', 150, ['-l', 'nodes=4:ppn=2'], { cycleMs: 30_000 }],
    ['eight nodes', 150, ['-l', 'nodes=8'], 'immediate'],
    ['one node of four cores', 150, ['-l', 'nodes=1:ppn=4'], 'immediate'],
  ] as const)('of %s, among %i small ones (%j), starts within a bound when slots are refilled %j', async (_, small, request, refill) => {
    const rehearsal = rehearse(policy, { batch: { refill } });
    const life = await rehearsal.begin();
    for (let job = 0; job < 30; job++) rehearsal.submit(['-q', 'grid'], `sleep ${200 + 7 * job}\n`);
    const wide = rehearsal.submit(['-q', 'grid', ...request], 'sleep 300\n');
    for (let job = 30; job < small; job++) rehearsal.submit(['-q', 'grid'], `sleep ${200 + (job % 30) * 7}\n`);
    const submittedAt = rehearsal.clock.now();
    const started = (): number | undefined => rehearsal.core.facts().jobs.find((job) => job.id === wide)?.runs[0]?.startedAt;
    await rehearsal.until('the wide job starts', () => started() !== undefined, 12 * hour);
    // the thirty older ones first (two rounds of at most 410 s), then one round of drain, boots and cycles
    expect(((started() ?? 0) - submittedAt) / minute).toBeLessThan(45);
    await rehearsal.until('all is served and put away', () => rehearsal.core.facts().completed === small + 1 && rehearsal.unrest().length === 0, 24 * hour);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    expect(life?.ledger.rows.assemblies.size).toBe(0);
    life?.stop();
  });

  it.each([
    ['TORQUE’s own scheduler', false],
    ['Maui', true],
  ] as const)('of eight nodes that is the youngest of all goes before them after a quarter of an hour, with %s', async (_, maui) => {
    const rehearsal = rehearse(policy, { batch: { refill: 'immediate', ...(maui ? { maui: { deferMs: 0, deferCount: 0, admins: ['domus'] } } : {}) } });
    const life = await rehearsal.begin(undefined, undefined, maui ? { schedulers: new Map([['main', mauiOf(rehearsal)]]) } : {});
    for (let job = 0; job < 200; job++) rehearsal.submit(['-q', 'grid'], `sleep ${200 + (job % 30) * 7}\n`);
    const wide = rehearsal.submit(['-q', 'grid', '-l', 'nodes=8'], 'sleep 300\n');
    const submittedAt = rehearsal.clock.now();
    const started = (): number | undefined => rehearsal.core.facts().jobs.find((job) => job.id === wide)?.runs[0]?.startedAt;
    await rehearsal.until('the wide job starts', () => started() !== undefined, 12 * hour);
    // 15 minutes until it is its turn, one round of small jobs (410 s at most), boots and cycles
    expect(((started() ?? 0) - submittedAt) / minute).toBeLessThan(35);
    expect(rehearsal.core.facts().completed, 'older jobs that were over by then').toBeLessThan(120);
    await rehearsal.until('all is served and put away', () => rehearsal.core.facts().completed === 201 && rehearsal.unrest().length === 0, 24 * hour);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });
});
