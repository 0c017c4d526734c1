import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
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
  const mine = lab({ untilDone: true, seed: 5, pace: 20, durationMs: patienceMs - 30_000 });
  run = mine;
  let isOver = false;
  void mine.end.then(() => {
    isOver = true;
  });
  const tried = new Set<string>();
  let answer = '';
  // a job that ends while it is asked for is no failure: the next one is tried
  while (!isOver && answer === '') {
    const line = mine.said.find((each) => !tried.has(each) && / runs on grid-\d\d\.lab\.example/.test(each));
    if (line === undefined) {
      await systemClock.sleep(100);
      continue;
    }
    tried.add(line);
    const [seat = ''] = /grid-\d\d\.lab\.example/.exec(line) ?? [];
    const { exit, stdout } = await domus({ config: join(mine.dir, 'domus.yaml'), bin: join(mine.dir, 'bin') }, ['move', seat, '--why', 'a noisy fan']);
    if (exit === 0) answer = stdout;
  }
  expect(answer).toMatch(/^grid-\d\d\.lab\.example#\d+ goes from post0\d to post0\d/);
  const [, from, to] = /goes from (\S+) to ([^;]+)/.exec(answer) ?? [];
  const { summary, exit } = await mine.end;
  expect(summary.violations).toEqual([]);
  expect(summary).toMatchObject({ ok: true, lost: 0, runTwice: 0, strays: 0, machinesLeft: 0 });
  expect(exit).toBe(0);
  expect(
    mine
      .commands()
      .filter((each) => / xl migrate(-receive)?( |$)/.test(each))
      .map((each) => each.split(' -s')[0]),
  ).toEqual([`${from} xl migrate`, `${to} xl migrate-receive`]);
});
