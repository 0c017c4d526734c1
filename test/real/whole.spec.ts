import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Room } from './room.js';
import { realSite } from './site.js';

const { env } = process;
const site = realSite();
const minute = 60_000;
/** Numbers of jobs are divided by it, for a machine that is not as patient. */
const share = Number(env['DOMUS_TORQUE_SHARE'] ?? 1);
const some = (jobs: number): number => Math.max(1, Math.round(jobs / share));
const ready = site.mom !== undefined && env['DOMUS_TORQUE_SEATS'] !== undefined;

/** The whole daemon on a real server: docs/torque.md tells what it needs. */
describe.skipIf(!ready)('the whole daemon over real workers', () => {
  let room: Room;
  beforeEach(async () => {
    room = new Room({
      site: { ...site, mom: site.mom ?? '' },
      root: env['DOMUS_TORQUE_ROOM'] ?? '/tmp/domus-room',
      domain: env['DOMUS_TORQUE_SEATS'] ?? '',
      shared: env['DOMUS_TORQUE_SHARED'] ?? '/home/domus-room',
      restart: env['DOMUS_TORQUE_RESTART'],
      maui: env['DOMUS_TORQUE_MAUI'],
      ask: env['DOMUS_TORQUE_ASK'],
    });
    await room.open();
    await room.clear();
    await room.setUp();
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') console.log(room.lastWords());
    await room.close();
  });

  /** Every job ended once by its own word, and the room came to rest. */
  async function ends(jobs: readonly string[], limitMs: number, restMs = 5 * minute, broken: readonly string[] = []): Promise<void> {
    const ended = (): number => {
      const ran = room.ran();
      return jobs.filter((id) => (ran.get(id)?.ends ?? 0) > 0).length;
    };
    const all = await room.until(() => ended() === jobs.length, limitMs);
    told(`${ended()} of ${jobs.length} ended after ${room.seconds()} s, ${room.centre.guestsMade} guests`);
    expect(all, 'every job ends').toBe(true);
    const ran = room.ran();
    expect(jobs.filter((id) => ran.get(id)?.ends !== 1)).toEqual([]);
    expect(await room.until(() => room.rests(), restMs), 'everything comes to rest').toBe(true);
    told(`at rest after ${room.seconds()} s`);
    expect(room.centre.invariants()).toEqual(broken);
  }
  const told = (line: string): void => {
    room.say(line);
    console.log(line);
  };
  const first = (): Promise<boolean> => room.until(() => room.ran().size > 0, 12 * minute);

  it('serves queued jobs of three environments from no node', { timeout: 55 * minute }, async () => {
    const third = some(5_000 / 3);
    const jobs = [
      ...(await room.submit('alice', ['-q', 'grid', '-l', 'nodes=1:ppn=1:grid'], 1, third)),
      ...(await room.submit('bob', ['-q', 'theory'], 1, third)),
      ...(await room.submit('alice', ['-q', 'legacy', '-l', 'nodes=1:ppn=1:legacy'], 1, third)),
    ];
    told(
      `${jobs.length} jobs handed in after ${room.seconds()} s; qsub refused: ${[...room.refusals].map(([why, times]) => `${times} x ${why}`).join('; ') || 'never'}`,
    );
    expect(jobs).toHaveLength(3 * third);
    room.daemon.start();
    const from = room.seconds();
    expect(await first()).toBe(true);
    told(`the first job ran ${room.seconds() - from} s after the daemon's start`);
    for (let turn = 1; turn <= 30; turn++) {
      const over = await room.until(() => room.ran().size === jobs.length, minute);
      told(`minute ${turn}: ${room.ran().size} started, ${room.guests().length} guests`);
      if (over) break;
    }
    await ends(jobs, 5 * minute);
  });

  it('starts a job of eight nodes behind five hundred small ones, within a bound', { timeout: 30 * minute }, async () => {
    const little = ['-q', 'grid', '-l', 'nodes=1:ppn=1:grid'];
    const small = await room.submit('alice', little, 20, some(500));
    const [wide = ''] = await room.submit('bob', ['-q', 'grid', '-l', 'nodes=8:ppn=1:grid'], 5);
    const handedIn = room.seconds();
    room.daemon.start();
    expect(await room.until(() => room.ran().has(wide), 20 * minute), 'the wide job starts').toBe(true);
    const ran = room.ran();
    const before = small.filter((id) => (ran.get(id)?.ends ?? 0) > 0).length;
    told(`the wide job started ${room.seconds() - handedIn} s after it was handed in, when ${before} of ${small.length} older ones had ended`);
    expect(before).toBeLessThan(small.length);
    await ends([...small, wide], 20 * minute);
  });

  it('loses no job to dead workers, control characters and a killed daemon, and says why', { timeout: 30 * minute }, async () => {
    const nasty = ['-v', 'BAD=\u0001\u001b[31mred\u0007,TWO=a b'];
    const jobs = [
      ...(await room.submit('alice', ['-q', 'grid', '-l', 'nodes=1:ppn=1:grid', ...nasty], 15, 12)),
      ...(await room.submit('bob', ['-q', 'theory', '-l', 'nodes=2:ppn=1:theory'], 15, 3)),
      ...(await room.submit('bob', ['-q', 'legacy', ...nasty], 15, 6)),
    ];
    room.daemon.start();
    expect(await first()).toBe(true);
    for (let kill = 0; kill < 4; kill++) {
      const victim = room.centre.guests().find(({ guest }) => guest.up);
      if (kill % 2 === 0 && victim !== undefined) {
        told(`guest ${victim.guest.plan.name} dies with ${room.moms.jobsOn(victim.guest.plan.node ?? '').length} job(s) on it`);
        victim.host.crashGuest(victim.guest);
      }
      await room.until(() => false, 6_000);
      await room.daemon.kill(1_000);
      told(`the daemon was killed and started again (${kill + 1})`);
    }
    const waits = jobs.find((id) => (room.ran().get(id)?.ends ?? 0) === 0);
    if (waits !== undefined) {
      let said = '';
      expect(
        await room.until(async () => {
          const { exit, stdout } = await room.why(waits);
          said = stdout;
          return exit === 0;
        }, minute),
      ).toBe(true);
      told(`why ${waits}: ${said.split('\n').slice(0, 3).join(' | ')}`);
    }
    await ends(jobs, 15 * minute);
  });

  it('waits for a person where only pbs_mom died, and puts its job back when he buries the worker', { timeout: 25 * minute }, async () => {
    const [job = ''] = await room.submit('alice', ['-q', 'grid', '-l', 'nodes=1:ppn=1:grid'], 1_200, 1, 5);
    room.daemon.start();
    expect(await first()).toBe(true);
    const node = await room.nodeOf(job);
    expect(node).toBeDefined();
    const machine = room.machineOn(node ?? '');
    room.moms.momKilled(node ?? '');
    const killed = room.seconds();
    const said = async (words: string): Promise<boolean> => (await room.daemon.say('why', machine, '--kind', 'machine')).stdout.includes(words);
    expect(await room.until(() => said('domus bury'), 10 * minute), 'why names the way out').toBe(true);
    told(`why ${machine} names the way out ${room.seconds() - killed} s after its pbs_mom was killed`);
    await room.until(() => false, 30_000);
    expect(room.guests(), 'the guest stands').toContain(node);
    expect(room.ran().get(job)).toEqual({ starts: 1, ends: 0 });
    const others = await room.submit('bob', ['-q', 'grid', '-l', 'nodes=1:ppn=1:grid'], 5, 3);
    const words: string[] = [];
    const bury = async (): Promise<boolean> => {
      const { exit, stdout, stderr } = await room.daemon.say('bury', machine, '--why', 'pbs_mom was killed, the job may go');
      words.push(`${stdout}${stderr}`.trim());
      return exit === 0;
    };
    expect(await room.until(bury, minute), words.join(' | ')).toBe(true);
    const buried = room.seconds();
    const byWish = expect.stringMatching(new RegExp(`was stopped while ${job} ran on it$`)) as string;
    await ends([job, ...others], 10 * minute, 5 * minute, [byWish]);
    told(`the job ran again and ended ${room.seconds() - buried} s after its worker was buried: ${JSON.stringify(room.ran().get(job))}`);
    expect(room.ran().get(job)).toEqual({ starts: 2, ends: 1 });
  });

  it('gives no job to a worker whose users do not resolve', { timeout: 15 * minute }, async () => {
    let sick = 2;
    room.centre.fateOf = () => (sick-- > 0 ? { kind: 'fails-check', check: 'users', why: 'user alice does not resolve' } : { kind: 'well' });
    const jobs = await room.submit('alice', ['-q', 'grid', '-l', 'nodes=1:ppn=1:grid'], 5, 12);
    room.daemon.start();
    await ends(jobs, 10 * minute);
  });

  it('waits in mid-drain for the rights it lost, tells, and goes on when they are back', { timeout: 15 * minute }, async (context) => {
    if (site.operator === undefined) return context.skip('needs an operator: DOMUS_TORQUE_OPERATOR is not set');
    const who = `${site.operator}@*`;
    const jobs = await room.submit('alice', ['-q', 'grid', '-l', 'nodes=1:ppn=1:grid'], 10, 6);
    room.daemon.start();
    expect(await first()).toBe(true);
    await room.torque('qmgr', '-c', `set server operators -= ${who}`);
    try {
      const machines = room.guests().length;
      expect(await room.until(() => jobs.every((id) => room.ran().get(id)?.ends === 1), 3 * minute)).toBe(true);
      await room.until(() => false, 30_000);
      expect(room.guests(), 'no machine goes whose node cannot be withheld').toHaveLength(machines);
      const { stdout } = await room.daemon.say('why', 'torque', '--kind', 'source');
      told(`why torque: ${stdout.split('\n').slice(0, 3).join(' | ')}`);
    } finally {
      await room.torque('qmgr', '-c', `set server operators += ${who}`);
    }
    const back = room.seconds();
    // a right that was denied is asked for every five minutes: only then the drain goes on
    await ends(jobs, minute, 8 * minute);
    told(`at rest ${room.seconds() - back} s after the rights were back`);
  });

  it('hears at a job’s end whether its worker keeps the slot', { timeout: 15 * minute }, async (context) => {
    if (env['DOMUS_TORQUE_ASK'] === undefined) return context.skip('needs workers with the hooks of Domus: DOMUS_TORQUE_ASK is not set');
    const grid = ['-q', 'grid', '-l', 'nodes=1:ppn=1:grid'];
    const kept = await room.submit('alice', grid, 3, 2);
    room.daemon.start();
    expect(await room.until(() => kept.every((id) => room.ran().get(id)?.ends === 1), 5 * minute)).toBe(true);
    told(`asked while nobody else waits: ${room.asked().join(', ')}`);
    const [pair = ''] = await room.submit('bob', ['-q', 'theory', '-l', 'nodes=2:ppn=1:theory'], 3);
    expect(await room.until(() => room.asked().filter((line) => line.endsWith(` ${pair}`)).length === 2, 5 * minute), 'both its workers ask').toBe(true);
    told(`asked by the two workers of one job: ${room.asked().slice(kept.length).join(', ')}`);
    const [given = ''] = await room.submit('bob', grid, 25);
    expect(await room.until(() => room.ran().has(given), 2 * minute)).toBe(true);
    const before = room.asked().length;
    expect((await room.daemon.say('drain', room.machineOn((await room.nodeOf(given)) ?? ''), '--why', 'its slot is wanted')).exit).toBe(0);
    await ends([...kept, pair, given], 3 * minute);
    const said = room.asked().slice(before);
    told(`asked while its worker is to go: ${said.join(', ')}`);
    expect(said.map((line) => line.split(' ')[0])).toEqual(['give']);
  });

  it('starts no machines for jobs that only Maui holds back', { timeout: 20 * minute }, async (context) => {
    if (env['DOMUS_TORQUE_MAUI'] === undefined) return context.skip('needs Maui with MAXJOB of a user at 4: DOMUS_TORQUE_MAUI is not set');
    const jobs = await room.submit('alice', ['-q', 'grid', '-l', 'nodes=1:ppn=1:grid'], 600, some(1_000));
    room.daemon.start();
    const made: number[] = [];
    for (let turn = 0; turn < 7; turn++) {
      await room.until(() => false, minute);
      made.push(room.centre.guestsMade);
      told(`minute ${turn + 1}: ${room.centre.guestsMade} guests made, ${room.guests().length} live, ${room.ran().size} jobs started`);
    }
    const [waiting = ''] = jobs.slice(-1);
    told(`why ${waiting}: ${(await room.why(waiting)).stdout.split('\n').slice(0, 4).join(' | ')}`);
    expect(room.ran().size, 'MAXJOB').toBe(4);
    expect((made.at(-1) ?? 0) - (made[3] ?? 0), 'starts in the last three minutes').toBeLessThanOrEqual(2);
  });
});
