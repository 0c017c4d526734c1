import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { MachineRecord } from '../../../src/api/schema/machines.js';
import { systemClock } from '../../../src/clock.js';
import { domus } from '../../../src/sim/lab/daemon.js';
import { type LabRun, lab } from './lab.js';

const patienceMs = 300_000;
let run: LabRun | undefined;
afterEach(async () => {
  await run?.remove();
  run = undefined;
});

it('a person moves a machine with its job through the real daemon, runners and ssh, and the job ends well', { timeout: patienceMs }, async () => {
  const mine = lab({ untilDone: true, seed: 5, pace: 20, durationMs: patienceMs - 60_000 });
  run = mine;
  const ask = (...words: readonly string[]) => domus({ config: join(mine.dir, 'domus.yaml'), bin: join(mine.dir, 'bin') }, words);
  const shown = async (): Promise<readonly MachineRecord[]> => {
    const { exit, stdout } = await ask('show', 'machines', '--json');
    return exit === 0 ? (JSON.parse(stdout) as { machines: readonly MachineRecord[] }).machines : [];
  };
  async function found(what: string, holds: (machine: MachineRecord) => boolean): Promise<MachineRecord> {
    const deadline = systemClock.mono() + patienceMs / 2;
    for (;;) {
      const machine = (await shown()).find(holds);
      if (machine !== undefined) return machine;
      if (systemClock.mono() > deadline) throw new Error(`waited in vain for ${what}`);
      await systemClock.sleep(200);
    }
  }
  // one that ends while it is asked for is refused: another is tried
  let moved: MachineRecord | undefined;
  while (moved === undefined) {
    const busy = await found('a grid machine with a job', ({ environment, phase, jobs }) => environment === 'grid' && phase === 'ready' && jobs.length > 0);
    const { exit } = await ask('move', busy.id, '--why', 'a noisy fan');
    if (exit === 0) moved = busy;
  }
  const { host } = moved;
  await expect.poll(() => mine.commands().filter((line) => / xl migrate-receive/.test(line)).length, { timeout: patienceMs / 2 }).toBe(1);
  const { summary, exit } = await mine.end;
  expect(summary.violations).toEqual([]);
  expect(summary).toMatchObject({ ok: true, lost: 0, runTwice: 0, strays: 0, machinesLeft: 0 });
  expect(exit).toBe(0);
  const went = mine.commands().find((line) => / xl migrate -s /.test(line));
  expect(went).toContain(`${host} xl migrate -s`);
});
