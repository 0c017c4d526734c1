import { describe, expect, it } from 'vitest';
import { plugin } from '../../plugins/maui/index.js';
import type { Scheduler } from '../../src/drivers/scheduler.js';
import type { Life } from '../../src/life.js';
import { silentLog } from '../../src/log.js';
import { sentence } from '../../src/model/reason.js';
import { wordOn } from '../../src/model/scheduler.js';
import { InProcessShell } from '../../src/sim/batch/in-process-shell.js';
import type { MauiOptions } from '../../src/sim/batch/maui.js';
import type { Rehearsal } from '../../src/sim/rehearsal.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';
import { rehearse } from './given.js';

const minute = 60_000;
const policy = rehearsalPolicy({ environments: { grid: { seats: 4 } }, hosts: 2 });
const shipped: MauiOptions = { deferMs: 60 * minute, deferCount: 24, admins: ['root', 'domus'] };

/** A site whose scheduler is Maui, set so; and Domus with the plugin, or without. */
async function site(maui: Partial<MauiOptions>, asked: boolean): Promise<{ rehearsal: Rehearsal; life: Life; shell: InProcessShell }> {
  const rehearsal = rehearse(policy, { batch: { maui: { ...shipped, ...maui } } });
  const shell = new InProcessShell(rehearsal.core, 'domus', 50);
  const parsed = plugin.config.safeParse({});
  if (!parsed.success) throw new Error('the defaults are wrong');
  const scheduler: Scheduler = plugin.create(parsed.data, { shell, clock: rehearsal.clock, log: silentLog, name: 'main' });
  const life = await rehearsal.begin(undefined, undefined, asked ? { schedulers: new Map([['main', scheduler]]) } : {});
  if (life === undefined) throw new Error('no life began');
  return { rehearsal, life, shell };
}

const completed = (rehearsal: Rehearsal): number => rehearsal.core.facts().completed;
const said = (life: Life, subject: string): readonly string[] => (life.present?.plan.reasons.get(subject) ?? []).map(sentence);
const released = (shell: InProcessShell): readonly string[] => shell.ran.filter(([command]) => command === 'releasehold').map((argv) => argv.at(-1) ?? '');

async function end({ rehearsal, life }: { rehearsal: Rehearsal; life: Life }): Promise<void> {
  expect(rehearsal.datacentre.invariants()).toEqual([]);
  life.stop();
  await rehearsal.pass(minute);
}

describe('a scheduler that puts every waiting job aside', () => {
  it('is asked to look again when the machine is there: the jobs start at once', async () => {
    const here = await site({}, true);
    const { rehearsal, life, shell } = here;
    const ids = Array.from({ length: 6 }, () => rehearsal.submit(['-q', 'grid'], 'sleep 30\n'));
    await rehearsal.until('the scheduler has put them aside and Domus knows', () => life.present?.world.sources.get('main')?.deferred.length === 6, 2 * minute);
    expect(said(life, 'source:main')).toEqual([expect.stringContaining('puts every job that waits for a machine aside for 60 min')]);
    const word = wordOn(life.present?.world.sources.get('main')?.scheduler?.value, ids[0] ?? '');
    expect(word && sentence(word)).toMatch(/put it aside \(NoResources: exceeds/);
    await rehearsal.until('all are served', () => completed(rehearsal) === 6, 10 * minute);
    expect(new Set(released(shell)).size).toBe(6);
    expect(released(shell).length).toBeLessThan(13);
    await rehearsal.until('nothing is left', () => rehearsal.unrest().length === 0 && life.ledger.rows.releases.size === 0, 30 * minute);
    await end(here);
  });

  it('serves a job of two nodes, too', async () => {
    const here = await site({}, true);
    here.rehearsal.submit(['-q', 'grid', '-l', 'nodes=2:ppn=2'], 'sleep 30\n');
    await here.rehearsal.until('it is served', () => completed(here.rehearsal) === 1, 20 * minute);
    await end(here);
  });

  it('starts nothing where Domus may not release: the right is told once, and the jobs are left out of demand as before', async () => {
    const here = await site({ admins: ['root'] }, true);
    const { rehearsal, life } = here;
    rehearsal.submit(['-q', 'grid'], 'sleep 30\n');
    await rehearsal.until('it is refused by the scheduler', () => [...life.ledger.rows.refusals.values()].some((row) => row.pausedUntil > 0), 20 * minute);
    await rehearsal.pass(20 * minute);
    expect(completed(rehearsal)).toBe(0);
    const denied = rehearsal.database.prepare("select count(*) as n from events where kind = 'deed' and reason like '%denied%'").get();
    expect(denied).toEqual({ n: 1 });
    await end(here);
  });

  it('without the plugin is learned as a refusal, and nothing is asked of it', async () => {
    const here = await site({}, false);
    const { rehearsal, life, shell } = here;
    rehearsal.submit(['-q', 'grid'], 'sleep 30\n');
    await rehearsal.until('it is refused by the scheduler', () => [...life.ledger.rows.refusals.values()].some((row) => row.pausedUntil > 0), 20 * minute);
    expect(shell.ran).toEqual([]);
    expect(completed(rehearsal)).toBe(0);
    await end(here);
  });
});

describe('other words of the scheduler', () => {
  it('a job held for good is no demand: no machine starts for it until a person releases it', async () => {
    const here = await site({ deferMs: 1_000, deferCount: 1 }, true);
    const { rehearsal, life } = here;
    life.stop();
    const id = rehearsal.submit(['-q', 'grid'], 'sleep 30\n');
    await rehearsal.pass(5_000);
    rehearsal.manage(['qmgr', '-c', 'set server scheduling = True']); // Maui's second look
    await rehearsal.pass(5_000);
    const parsed = plugin.config.safeParse({});
    const shell = new InProcessShell(rehearsal.core, 'domus');
    const scheduler = parsed.success ? plugin.create(parsed.data, { shell, clock: rehearsal.clock, log: silentLog, name: 'main' }) : undefined;
    const next = await rehearsal.begin(undefined, undefined, { schedulers: new Map(scheduler === undefined ? [] : [['main', scheduler]]) });
    await rehearsal.pass(10 * minute);
    expect(rehearsal.datacentre.guestsMade).toBe(0);
    expect(next && said(next, 'source:main')[0]).toMatch(/holds 1 job\(s\) for good, the first 0/);
    rehearsal.manage(['releasehold', '-a', id.split('.')[0] ?? '']);
    await rehearsal.until('it is served', () => completed(rehearsal) === 1, 20 * minute);
    next?.stop();
    await rehearsal.pass(minute);
  });

  it('a Maui that never defers needs no release', async () => {
    const here = await site({ deferMs: 0 }, true);
    here.rehearsal.submit(['-q', 'grid'], 'sleep 30\n');
    await here.rehearsal.until('it is served', () => completed(here.rehearsal) === 1, 20 * minute);
    expect(released(here.shell)).toEqual([]);
    await end(here);
  });
});
