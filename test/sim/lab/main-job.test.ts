import { afterEach, describe, expect, it } from 'vitest';
import { type LabRun, lab } from './lab.js';

const patienceMs = 300_000;
let run: LabRun | undefined;
afterEach(async () => {
  await run?.remove();
  run = undefined;
});

describe('the real daemon in the lab', { timeout: patienceMs }, () => {
  it('serves the mixed workload while it is killed, a source is silent and a host talks nonsense, and puts everything away', async () => {
    const trouble = ['batch silent 8s after 12s', 'post02 garbled 6s after 10s'];
    run = lab({ untilDone: true, seed: 21, pace: 30, kills: 4, trouble, durationMs: patienceMs - 30_000 });
    const { exit, summary } = await run.end;
    expect(summary.violations).toEqual([]);
    expect(summary).toMatchObject({ ok: true, refused: 2, lost: 0, runTwice: 0, unfinished: 0, machinesLeft: 0, nodesOnline: 0, strays: 0, kills: 4 });
    expect(summary.completed).toBe(summary.jobs - summary.refused);
    expect(exit).toBe(0);
    const said = run.said.join('');
    expect(said).toMatch(/runs on theory-0\d\.lab\.example, theory-0\d\.lab\.example/);
    expect(said).toMatch(/no environment serves queue gpu/);
  });

  it('only reads in watch mode: not one command changes anything', async () => {
    run = lab({ mode: 'watch', pace: 30, durationMs: 20_000 });
    const { summary } = await run.end;
    expect(summary.completed).toBe(0);
    const reads = /^(batch (qstat|pbsnodes -x|qmgr -c (list|print) )|post0\d (xl (list|info)\b|xenstore-read ))/;
    const commands = run.commands();
    expect(commands.filter((line) => !reads.test(line))).toEqual([]);
    expect(commands.filter((line) => line.startsWith('batch qstat')).length).toBeGreaterThan(3);
    expect(commands.filter((line) => line.startsWith('post04 xl list')).length).toBeGreaterThan(3);
  });
});
