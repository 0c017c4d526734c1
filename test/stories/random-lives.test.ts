import { describe, expect, it } from 'vitest';
import type { Life } from '../../src/life.js';
import { Random } from '../../src/sim/random.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';
import { Tripwire } from '../../src/sim/tripwire.js';
import { ailments } from '../../src/sim/trouble.js';
import { rehearse } from './given.js';

const minute = 60_000;
const hour = 60 * minute;

const policy = rehearsalPolicy({
  environments: {
    grid: { seats: 7, feasibilitySeats: 1, idleMs: 2 * minute, keepFailedMs: minute },
    theory: {
      seats: 5,
      feasibilitySeats: 1,
      idleMs: 2 * minute,
      keepFailedMs: minute,
      cores: { min: 2, max: 4, step: 2 },
      memoryMiB: { min: 2048, max: 4096, step: 1024 },
    },
    legacy: { seats: 3, idleMs: minute, keepFailedMs: minute, cores: { min: 2, max: 2, step: 1 }, memoryMiB: { min: 2048, max: 2048, step: 1024 } },
  },
  hosts: 3,
});

const requests = [[], [], ['-l', 'procs=2'], ['-l', 'nodes=1:ppn=2'], ['-l', 'nodes=2'], ['-t', '1-4']] as const;

/** A day of random work, troubles and kills; then peace. Everything must be served and put away, nobody hurt. */
async function liveThrough(seed: number): Promise<void> {
  const random = new Random(seed);
  const rehearsal = rehearse(policy, { seed, batch: { refill: random.next() < 0.5 ? 'immediate' : { cycleMs: 30_000 } } });
  let tripwire = new Tripwire();
  let life: Life | undefined = await rehearsal.begin(tripwire);
  for (let event = 0; event < 40; event++) {
    const dice = random.next();
    const host = rehearsal.datacentre.hosts.get(random.pick([...rehearsal.datacentre.hosts.keys()]));
    if (dice < 0.5) rehearsal.submit(['-q', random.pick(['grid', 'theory', 'legacy']), ...random.pick(requests)], `sleep ${random.between(5, 900)}\n`);
    else if (dice < 0.65) host?.trouble.afflict(random.pick(ailments), { forMs: random.between(10_000, 5 * minute), factor: random.between(2, 100) });
    else if (dice < 0.75) rehearsal.batchTrouble.afflict(random.pick(ailments), { forMs: random.between(10_000, 5 * minute), factor: random.between(2, 100) });
    else if (dice < 0.8) rehearsal.clock.jump(random.between(-hour, hour));
    else {
      tripwire.bury();
      await rehearsal.pass(random.between(0, 2 * minute));
      tripwire = new Tripwire(random.next() < 0.5 ? { at: random.between(2, 30), what: random.pick(['die-before', 'die-after'] as const) } : undefined);
      life = await rehearsal.begin(tripwire);
    }
    await rehearsal.pass(random.between(1_000, 10 * minute));
  }
  tripwire.bury();
  rehearsal.batchTrouble.relieve();
  for (const host of rehearsal.datacentre.hosts.values()) host.trouble.relieve();
  await rehearsal.pass(minute);
  life = await rehearsal.begin();
  const facts = rehearsal.core.facts();
  await rehearsal.until(
    `seed ${seed}: all ${facts.submitted} jobs are served and all is put away`,
    () => rehearsal.core.facts().unfinished === 0 && rehearsal.unrest().length === 0 && life?.ledger.rows.machines.size === 0,
    48 * hour,
  );
  expect(rehearsal.datacentre.invariants()).toEqual([]);
  expect(rehearsal.core.facts()).toMatchObject({ lost: 0, runTwice: 0, killedByNodeLoss: 0 });
  life?.stop();
}

const seeds = Number(process.env['DOMUS_SEEDS'] ?? 12);
const first = Number(process.env['DOMUS_FIRST_SEED'] ?? 1);

describe('random lives: work, silent and lying parts, clock jumps and sudden deaths of the daemon', () => {
  it.each(Array.from({ length: seeds }, (_, at) => first + at))('seed %i: everything is served and put away, nobody is hurt', async (seed) => {
    await liveThrough(seed);
  });
});
