import { describe, expect, it } from 'vitest';
import { Lab, minutes, seconds } from './given.js';

type Ends = { readonly resolve: (exit: number) => void; readonly reject: (why: Error) => void; readonly signal: AbortSignal; readonly script: string };

function given(): { readonly lab: Lab; readonly runs: Ends[] } {
  const lab = new Lab();
  const runs: Ends[] = [];
  lab.queue();
  lab.worker('wn01', 1, 'env', {
    carryOut: (job, _, signal) => new Promise((resolve, reject) => runs.push({ resolve, reject, signal, script: job.script })),
  });
  return { lab, runs };
}

describe('a mom that really carries jobs out', () => {
  it('is handed the script, and the job ends when that ends, with its status', async () => {
    const { lab, runs } = given();
    const id = lab.submit([], 'sleep 1\nhostname\n');
    await lab.pass(minutes(20));
    expect(runs.map((run) => run.script)).toEqual(['sleep 1\nhostname\n']);
    expect(lab.state(id)).toBe('R');
    runs[0]?.resolve(7);
    await lab.pass(seconds(1));
    expect(lab.state(id)).toBe('C');
    expect(lab.core.server.jobs.get(id)?.exitStatus).toBe(7);
    expect(runs[0]?.signal.aborted).toBe(true);
  });

  it('is told to end it at its walltime, when it is deleted, and when the worker dies; what it answers then is not heard', async () => {
    const { lab, runs } = given();
    const ids = ['-lwalltime=60', '-lnodes=1', '-lnodes=1'].map((want) => lab.submit([want]));
    await lab.pass(seconds(70));
    expect(runs[0]?.signal.aborted).toBe(true);
    runs[0]?.resolve(0);
    expect(lab.core.server.jobs.get(ids[0] ?? '')?.exitStatus).toBe(271);
    expect(runs[1]?.signal.aborted).toBe(false);
    lab.say(`qdel ${ids[1]}`);
    await lab.pass(minutes(2));
    expect(runs[1]?.signal.aborted).toBe(true);
    expect(runs[2]?.signal.aborted).toBe(false);
    lab.core.momDown('wn01');
    expect(runs[2]?.signal.aborted).toBe(true);
  });

  it('aborts the job when it cannot carry it out', async () => {
    const { lab, runs } = given();
    const id = lab.submit([]);
    await lab.pass(seconds(5));
    runs[0]?.reject(new Error('the guest closed the line'));
    await lab.pass(seconds(1));
    expect(lab.state(id)).toBe('C');
    expect(lab.core.server.jobs.get(id)?.exitStatus).toBe(-1);
  });
});
