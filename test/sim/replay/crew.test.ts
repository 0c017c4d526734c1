import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CrewOptions, performAll } from '../../../src/sim/replay/crew.js';
import { type Assignment, type Source, type Task, workloadOfSource } from '../../../src/sim/replay/task.js';
import type { Run } from '../../../src/sim/replay/workload.js';
import { compiled } from '../../compiled.js';
import { folderWith } from './logs.js';

const source: Source = { paths: [], coresPer: 1, making: { by: 'queue', widest: 32, jobs: 200 } };
const assignment: Assignment = { source, site: { hosts: 12, cores: 4, memoryPerCoreMiB: 1024 } };
const task = (name: 'pool' | 'static-mean', seed: number): Task => ({ scenario: { kind: 'baseline', name }, seed, shake: true, refill: 'immediate' });
const tasks = [task('pool', 1), task('static-mean', 1), task('pool', 2)];

async function all(options: Partial<CrewOptions>, of: readonly Task[] = tasks): Promise<{ readonly runs: readonly Run[]; readonly heard: readonly string[] }> {
  const heard: string[] = [];
  const listener = {
    progress: ({ seed }: Task, part: number) => void heard.push(`${seed} ${part <= 1 ? 'goes on' : 'is beyond its end'}`),
    done: ({ scenario, seed }: Task) => void heard.push(`${scenario.name} ${seed} done`),
  };
  const runs = await performAll(of, await workloadOfSource(source), assignment, { processes: 1, signal: new AbortController().signal, listener, ...options });
  return { runs, heard };
}
const timeless = (runs: readonly Run[]) => runs.map(({ cpuMs: _, ...run }) => run);

describe('runs', () => {
  it('done here and in processes are the same, in the order of the tasks', async () => {
    const here = await all({ processes: 1 });
    const there = await all({ processes: 2, file: compiled('src/sim/replay/crew-worker.ts') });
    expect(here.runs.map((run) => [run.scenario, run.seed])).toEqual([
      ['pool', 1],
      ['static-mean', 1],
      ['pool', 2],
    ]);
    expect(timeless(there.runs)).toEqual(timeless(here.runs));
    expect([...there.heard].filter((text) => text.endsWith('done')).sort()).toEqual(['pool 1 done', 'pool 2 done', 'static-mean 1 done']);
    expect(there.heard).toContain('1 goes on');
  });

  it('of one seed have the same submissions in every scenario', async () => {
    const { runs } = await all({});
    expect(runs[1]?.submitted).toEqual(runs[0]?.submitted);
    expect(runs[2]?.submitted).not.toEqual(runs[0]?.submitted);
  });

  it('that fail say which and why', async () => {
    const unknown: Task = { ...task('pool', 7), scenario: { kind: 'baseline', name: 'static-mean' } };
    const tiny: Assignment = { ...assignment, site: { ...assignment.site, hosts: 1 } };
    for (const more of [{ processes: 1 }, { processes: 2, file: compiled('src/sim/replay/crew-worker.ts') }]) {
      const work = performAll([unknown, unknown], await workloadOfSource(source), tiny, {
        signal: new AbortController().signal,
        listener: { progress: () => undefined, done: () => undefined },
        ...more,
      });
      await expect(work).rejects.toMatchObject({ name: 'RunFailed', task: { seed: 7 }, message: expect.stringContaining('a static partition needs') });
    }
  });

  it('whose process dies are told so', async () => {
    const file = join(folderWith({ 'dies.mjs': "process.on('message', (order) => { if (order.kind === 'task') process.exit(3); });" }), 'dies.mjs');
    await expect(all({ processes: 2, file })).rejects.toThrow('its process ended with exit code 3');
  });

  it('end when they are told to, and leave no process behind', async () => {
    const file = join(
      folderWith({ 'sits.mjs': "process.on('message', (order) => { if (order.kind === 'task') process.send({ kind: 'progress', part: process.pid }); });" }),
      'sits.mjs',
    );
    const ended = new AbortController();
    const pids: number[] = [];
    const listener = {
      progress: (_: Task, part: number) => {
        pids.push(part);
        if (pids.length === 2) ended.abort(new Error('enough'));
      },
      done: () => undefined,
    };
    await expect(all({ processes: 2, file, signal: ended.signal, listener })).rejects.toThrow('enough');
    await expect.poll(() => pids.filter(isThere)).toEqual([]);
  });
});

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
