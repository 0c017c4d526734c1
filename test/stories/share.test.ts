import { describe, expect, it } from 'vitest';
import { createClassifier } from '../../src/classify/classify.js';
import { openSqliteJournal } from '../../src/journal/sqlite/open.js';
import type { Life } from '../../src/life.js';
import type { Environment } from '../../src/model/environment.js';
import { sentence } from '../../src/model/reason.js';
import type { Request } from '../../src/model/rows.js';
import { Rehearsal } from '../../src/sim/rehearsal.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';

const minute = 60_000;
const hour = 60 * minute;
const single: Partial<Environment> = { cores: { min: 1, max: 1, step: 1 }, memoryMiB: { min: 1024, max: 1024, step: 1024 } };

/** Two groups on two hosts of four cores; bio may set its own share up to three quarters, grid is guaranteed a quarter. */
function lab(within: Environment['shareWithin'] = { min: 0, max: 0.75 }): Rehearsal {
  const policy = rehearsalPolicy({
    environments: { grid: { seats: 10, share: 0.25, ...single }, bio: { seats: 10, ...single, ...(within === undefined ? {} : { shareWithin: within }) } },
    hosts: 2,
  });
  const classifier = createClassifier(policy);
  return new Rehearsal({ policy, classify: (job, of) => classifier(job, of.queues) });
}

let asked = 0;
async function ask(rehearsal: Rehearsal, life: Life | undefined, wish: Pick<Request, 'kind' | 'share' | 'forMs'>, subject = 'bio'): Promise<string> {
  const journal = await openSqliteJournal({ database: rehearsal.database, clock: rehearsal.clock });
  const at = rehearsal.clock.wall();
  const id = `wish-${++asked}`;
  await journal.ask({ id, subject, who: 'ada', why: 'a deadline', at, expiresAt: at + 5 * minute, state: 'open', ...wish });
  life?.loop.changed();
  await rehearsal.pass(2_000);
  const answer = life?.ledger.rows.requests.get(id)?.answer;
  return answer === undefined ? 'no answer' : sentence(answer);
}
const submit = (rehearsal: Rehearsal, queue: string, jobs: number): void => {
  for (let n = 0; n < jobs; n++) rehearsal.submit(['-q', queue], 'sleep 20000\n');
};
const machinesOf = (life: Life | undefined, environment: string): number =>
  [...(life?.ledger.rows.machines.values() ?? [])].filter((row) => row.environment === environment && row.goal.kind === 'serve').length;
const whyOf = (life: Life | undefined): string => (life?.present?.plan.reasons.get('environment:bio') ?? []).map(sentence).join('; ');

/** Older jobs of grid and younger ones of bio, each enough for all hosts. */
async function crowded(rehearsal: Rehearsal, life: Life | undefined): Promise<string> {
  submit(rehearsal, 'grid', 10);
  await rehearsal.pass(1_000);
  submit(rehearsal, 'bio', 10);
  await rehearsal.pass(20 * minute);
  return `grid ${machinesOf(life, 'grid')} bio ${machinesOf(life, 'bio')}`;
}

describe('a group that sets the share of its own environment', () => {
  it('has so many cores before older jobs of others, through a restart, and why says who said so', async () => {
    const without = lab();
    const plain = await without.begin();
    await without.pass(minute);
    expect(await crowded(without, plain)).toBe('grid 8 bio 0');
    plain?.stop();

    const rehearsal = lab();
    const first = await rehearsal.begin();
    await rehearsal.pass(minute);
    expect(await ask(rehearsal, first, { kind: 'share', share: 0.5 })).toBe('bio has a share of 50 % (configured: 0 %)');
    first?.stop();
    await rehearsal.pass(minute);
    const life = await rehearsal.begin();
    expect(await crowded(rehearsal, life)).toBe('grid 4 bio 4');
    expect(whyOf(life)).toContain('ada gives it a share of 50 % (configured 0 %): a deadline');
    life?.stop();
  });

  it('is held to the bounds, and to what the others are guaranteed', async () => {
    const rehearsal = lab({ min: 0, max: 0.8 });
    const life = await rehearsal.begin();
    await rehearsal.pass(minute);
    expect(await ask(rehearsal, life, { kind: 'share', share: 0.9 })).toContain('the share of bio may be 0 % to 80 %, not 90 %');
    expect(await ask(rehearsal, life, { kind: 'share', share: 0.8 })).toContain('the shares of pool lab would come to 105 %');
    expect(await ask(rehearsal, life, { kind: 'share', share: 0.5 }, 'grid')).toContain('set by its configuration alone');
    expect(await ask(rehearsal, life, { kind: 'share', share: 0.5 }, 'bia')).toContain('there is no environment "bia"; did you mean bio?');
    expect(await ask(rehearsal, life, { kind: 'unshare' })).toContain('the share of "bio" is as configured');
    expect(life?.ledger.rows.shares.size).toBe(0);
    life?.stop();
  });

  it('has the configured one again when the time is over, at that instant, or when somebody says so', async () => {
    const rehearsal = lab();
    const life = await rehearsal.begin();
    await rehearsal.pass(minute);
    expect(await ask(rehearsal, life, { kind: 'share', share: 0.5, forMs: 26 * hour + 30 * minute })).toContain('50 %, for 1 d 2 h 30 min (configured');
    await rehearsal.pass(26 * hour);
    expect(life?.ledger.rows.shares.get('bio')?.share).toBe(0.5);
    await rehearsal.pass(31 * minute);
    expect(life?.ledger.rows.shares.size).toBe(0);
    expect(whyOf(life)).not.toContain('gives it a share');
    await ask(rehearsal, life, { kind: 'share', share: 0.25 });
    expect(await ask(rehearsal, life, { kind: 'unshare' })).toBe('the share of bio is 0 % again');
    expect(life?.ledger.rows.shares.size).toBe(0);
    life?.stop();
  });

  it('loses it when the configuration gives no bounds any more', async () => {
    const rehearsal = lab();
    const first = await rehearsal.begin();
    await rehearsal.pass(minute);
    await ask(rehearsal, first, { kind: 'share', share: 0.5 });
    first?.stop();
    rehearsal.policy = lab(undefined).policy;
    const { shareWithin: _, ...bare } = rehearsal.policy.environments['bio']!;
    rehearsal.policy = { ...rehearsal.policy, environments: { ...rehearsal.policy.environments, bio: bare } };
    const life = await rehearsal.begin();
    await rehearsal.pass(minute);
    expect(life?.ledger.rows.shares.size).toBe(0);
    life?.stop();
  });
});
