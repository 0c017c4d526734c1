import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import type { Scheduler } from '../../src/drivers/scheduler.js';
import type { SchedulerSnapshot } from '../../src/model/scheduler.js';
import { nameInScheduler } from '../../src/model/scheduler.js';
import { type BatchBench, failureOf, jobOf, listAtRest, manage, minute, never, read, settled } from './bench.js';

/** A batch server on a bench whose scheduler is Maui as shipped (`DEFERTIME 1:00:00`), and the driver that asks it. */
export interface SchedulerBench extends BatchBench {
  readonly scheduler: Scheduler;
}

/** The Scheduler contract beside a Maui as it is shipped. */
export function schedulerContract(name: string, open: (context: TestContext) => Promise<SchedulerBench>): void {
  describe(`${name} keeps the Scheduler contract`, () => {
    let opened: SchedulerBench;
    const bench = (): SchedulerBench => opened;
    beforeEach(async (context) => {
      opened = await open(context);
    });
    afterEach(() => opened.close());
    suite(bench);
  });
}

const qmgr = (directive: string): string[] => ['qmgr', '-c', directive];
const long = 'sleep 3600\n';

async function openQueue(bench: SchedulerBench): Promise<void> {
  const settings = ['create queue grid', 'set queue grid queue_type = Execution', 'set queue grid resources_default.neednodes = env'];
  await manage(bench, ...[...settings, 'set queue grid enabled = True', 'set queue grid started = True', 'set server scheduling = True'].map(qmgr));
}

/** Asks until it is so, a minute of the bench at most. */
async function asked(bench: SchedulerBench, so: (said: SchedulerSnapshot) => boolean): Promise<SchedulerSnapshot> {
  let said = await settled(bench, bench.scheduler.read(never));
  for (let tries = 0; tries < 12 && !so(said); tries++) {
    await bench.advance(5_000);
    said = await settled(bench, bench.scheduler.read(never));
  }
  return said;
}

/** Brings the node online as the daemon does, then one cycle. */
async function admitted(bench: SchedulerBench, node: string, np: number): Promise<void> {
  await settled(bench, bench.driver.admit({ node, np }, never));
  await bench.advance(5_000);
  await settled(bench, bench.driver.cycle(never));
  await bench.advance(10_000);
}

function suite(bench: () => SchedulerBench): void {
  it('shows no order, nobody held, and its settings, when nobody waits', async () => {
    const { order, held, settings, deferMs } = await settled(bench(), bench().scheduler.read(never));
    expect([order, held.size]).toEqual([[], 0]);
    expect(settings).toHaveProperty('DEFERTIME');
    expect(deferMs).toBe(60 * minute);
  });

  it('puts aside what no online node could run, says why, and starts it when it is released with the capacity there', async () => {
    await openQueue(bench());
    await listAtRest(bench(), 'wn01', 1);
    await bench().momUp('wn01', 1);
    const id = await bench().submit('alice', ['-q', 'grid'], long);
    const name = nameInScheduler(id);
    const before = await asked(bench(), ({ held }) => held.get(name)?.why !== undefined);
    expect(before.held.get(name)).toMatchObject({ state: 'deferred', why: expect.stringContaining('NoResources') });
    expect(before.order).not.toContain(name);
    await bench().advance(minute);
    await admitted(bench(), 'wn01', 1);
    expect(jobOf(await read(bench()), id).state, 'a free node alone changes nothing').toBe('queued');
    await settled(bench(), bench().scheduler.release(id, never));
    await settled(bench(), bench().driver.cycle(never));
    await bench().advance(10_000);
    expect(jobOf(await read(bench()), id).state).toBe('running');
    expect((await asked(bench(), ({ held }) => !held.has(name))).held.has(name)).toBe(false);
    await settled(bench(), bench().scheduler.release(id, never)); // harmless
  });

  it('shows who waits for a busy node in the order of priority, and puts one forward when it is told to', async () => {
    await openQueue(bench());
    await listAtRest(bench(), 'wn01', 1);
    await bench().momUp('wn01', 1);
    await bench().advance(minute);
    await settled(bench(), bench().driver.admit({ node: 'wn01', np: 1 }, never));
    await bench().advance(10_000);
    const ids: string[] = [];
    for (const user of ['alice', 'alice', 'bob']) ids.push(await bench().submit(user, ['-q', 'grid', '-l', 'walltime=2:00:00'], long));
    await bench().advance(10_000);
    const [running = '', older = '', younger = ''] = ids;
    expect(jobOf(await read(bench()), running).state).toBe('running');
    const names = [nameInScheduler(older), nameInScheduler(younger)];
    expect((await asked(bench(), ({ order }) => order.length === 2)).order).toEqual(names);
    await settled(bench(), bench().scheduler.prefer(younger, never));
    await settled(bench(), bench().scheduler.prefer(younger, never)); // once is enough
    await settled(bench(), bench().driver.cycle(never));
    const reversed = [...names].reverse();
    expect((await asked(bench(), ({ order }) => order.join() === reversed.join())).order).toEqual(reversed);
    await bench().run(['qdel', '-p', running]);
    await bench().advance(minute);
    await settled(bench(), bench().driver.cycle(never));
    await bench().advance(10_000);
    const after = await read(bench());
    expect([jobOf(after, older).state, jobOf(after, younger).state]).toEqual(['queued', 'running']);
  });

  it('raises absent for jobs it does not know', async () => {
    expect((await failureOf(bench(), bench().scheduler.release('999999', never))).kind).toBe('absent');
    expect((await failureOf(bench(), bench().scheduler.prefer('999999', never))).kind).toBe('absent');
  });
}
