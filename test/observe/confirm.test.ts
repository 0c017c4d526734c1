import { describe, expect, it } from 'vitest';
import type { BatchSnapshot } from '../../src/model/batch.js';
import { confirmed, vanished } from '../../src/observe/confirm.js';
import { VirtualClock } from '../../src/sim/clock.js';

const server = { name: 'srv', version: '4.2.10', scheduling: true, iterationMs: 600_000, autoNodeNp: false };
const job = (id: number): BatchSnapshot['jobs'][number] => ({
  ...{ source: 'main', id: `${id}.srv`, name: 'j', owner: 'alice', queue: 'grid', state: 'queued', submittedAt: 0, execHosts: [], dependent: false, holds: '' },
  ...{ rerunnable: true, request: { chunks: [], unsupported: [] } },
});
const node: BatchSnapshot['nodes'][number] = { name: 'wn1', states: ['free'], np: 1, properties: [], jobs: [], momJobs: [], note: '' };
const snapshot = (jobs: number, nodes: number): BatchSnapshot => ({
  jobs: Array.from({ length: jobs }, (_, id) => job(id)),
  nodes: Array.from({ length: nodes }, () => node),
  queues: [],
  server,
  warnings: [],
});

async function readAgain(
  last: BatchSnapshot | undefined,
  answers: BatchSnapshot[],
): Promise<{ readonly jobs: number; readonly asked: number; readonly tookMs: number }> {
  const clock = new VirtualClock();
  const from = clock.now();
  let asked = 0;
  let jobs = -1;
  const read = async (): Promise<BatchSnapshot> => answers[Math.min(asked++, answers.length - 1)] ?? snapshot(0, 0);
  void confirmed(clock, last, read, new AbortController().signal).then((answer) => {
    jobs = answer.jobs.length;
  });
  await clock.run(from + 60_000, () => jobs >= 0);
  return { jobs, asked, tookMs: clock.now() - from };
}

describe('an empty list where there was a full one', () => {
  it('is asked for again a moment later, and believed when it stays empty', async () => {
    expect(await readAgain(snapshot(50, 2), [snapshot(0, 2)])).toEqual({ jobs: 0, asked: 2, tookMs: 5_000 });
  });

  it('is not believed when the second answer is full again', async () => {
    expect(await readAgain(snapshot(50, 2), [snapshot(0, 2), snapshot(49, 2)])).toEqual({ jobs: 49, asked: 2, tookMs: 5_000 });
  });

  it.each([
    ['a first answer', undefined, snapshot(0, 0), false],
    ['a few jobs that ended', snapshot(9, 2), snapshot(0, 2), false],
    ['many jobs gone at once', snapshot(10, 2), snapshot(0, 2), true],
    ['all nodes gone at once', snapshot(0, 1), snapshot(0, 0), true],
    ['a list that is not empty', snapshot(10_000, 2), snapshot(1, 2), false],
  ])('%s: needs a second answer or not', (_, last, next, expected) => {
    expect(vanished(last, next)).toBe(expected);
  });
});
