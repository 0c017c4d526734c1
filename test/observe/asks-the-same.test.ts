import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { BatchSnapshot } from '../../src/model/batch.js';
import type { Job } from '../../src/model/job.js';
import { type Classify, readJobs } from '../../src/observe/groups.js';

const waiting: Job = {
  ...{ source: 'main', id: '1.srv', name: 'j', owner: 'alice', group: 'g', account: 'a', queue: 'grid', state: 'queued', submittedAt: 5, execHosts: [] },
  ...{ request: { chunks: [{ count: 1, ppn: 2, properties: ['sl5'] }], unsupported: [] }, dependent: false, holds: '', rerunnable: true },
};
const running: Job = { ...waiting, id: '2.srv', state: 'running', execHosts: [{ node: 'n1', slots: 2 }] };
const batch = (...jobs: Job[]): BatchSnapshot => ({ jobs, nodes: [], queues, server, warnings: [] });
const queues: BatchSnapshot['queues'] = [];
const server = { name: 's', version: '', scheduling: true, iterationMs: 1, autoNodeNp: false };

/** A classifier that says in the verdict what it has seen, and counts. */
function watching(): { readonly classify: Classify; readonly asked: () => number } {
  let count = 0;
  const classify: Classify = ({ state: _, execHosts: __, submittedAt: ___, ...asks }) => {
    count++;
    return { environment: JSON.stringify(asks) };
  };
  return { classify, asked: () => count };
}

/** What a list says of its jobs, made from nothing. */
const anew = (classify: Classify, ...jobs: Job[]) => readJobs(undefined, batch(...jobs), classify);

const alterations: readonly (readonly [string, Partial<Job>])[] = [
  ['its name', { name: 'k' }],
  ['its owner', { owner: 'bob' }],
  ['its group', { group: 'h' }],
  ['its account', { account: 'b' }],
  ['its queue', { queue: 'short' }],
  ['its damage', { damaged: 'cut off' }],
  ['its request', { request: { chunks: [{ count: 1, ppn: 3, properties: ['sl5'] }], unsupported: [] } }],
];

describe('A job that asks for what it did', () => {
  it.each(alterations)('is judged anew where %s is another', (_, change) => {
    const { classify, asked } = watching();
    const altered = { ...waiting, ...change };
    const next = readJobs(anew(classify, waiting), batch(altered), classify);
    expect(asked()).toBe(2);
    expect([...next.verdicts]).toEqual([...anew(classify, altered).verdicts]);
    expect(next.groups).toEqual(anew(classify, altered).groups);
  });

  it('is not judged again whatever becomes of it, and stands where it stands now', () => {
    const { classify, asked } = watching();
    const first = anew(classify, waiting);
    const started: Job = { ...structuredClone(waiting), state: 'running', startedAt: 9, execHosts: [{ node: 'n1', slots: 2 }] };
    const next = readJobs(first, batch(started), classify);
    const back = readJobs(next, batch(waiting), classify);
    expect(asked()).toBe(1);
    expect([next.groups, [...next.byNode]]).toEqual([[], [['n1', ['1.srv']]]]);
    expect([back.groups, [...back.byNode]]).toEqual([first.groups, []]);
  });

  it('keeps its group as it is where it is as old as it was, and gives the place of an older one', () => {
    const younger = { ...waiting, id: '3.srv', submittedAt: 6 };
    const first = anew(() => ({ environment: 'grid' }), waiting, younger);
    const grid: Classify = first.classify;
    const noted = { ...waiting, comment: 'not yet' };
    const same = readJobs(first, batch(noted, younger), grid);
    expect(same.groups[0]).toBe(first.groups[0]);
    const later = readJobs(same, batch({ ...noted, submittedAt: 7 }, younger), grid);
    expect(later.groups[0]?.sample).toEqual(['3.srv', '1.srv']);
    expect(readJobs(later, batch(younger), grid).groups[0]?.sample).toEqual(['3.srv']);
  });

  it('touches no node where it holds the same slots, and both where it holds others', () => {
    const { classify } = watching();
    const first = anew(classify, running);
    const noted = readJobs(first, batch({ ...structuredClone(running), state: 'exiting' }), classify);
    expect(noted.byNode).toBe(first.byNode);
    expect(noted.nodesChanged).toBeUndefined();
    const elsewhere = readJobs(noted, batch({ ...running, execHosts: [{ node: 'n2', slots: 2 }] }), classify);
    expect([...elsewhere.byNode]).toEqual([['n2', ['2.srv']]]);
  });

  it('of two with one name each is judged by what it is', () => {
    const { classify } = watching();
    const twin: Job = { ...waiting, owner: 'bob' };
    const next = readJobs(anew(classify, waiting, twin), batch({ ...waiting, submittedAt: 1 }, { ...twin, submittedAt: 2 }), classify);
    expect(next.groups).toEqual(anew(classify, { ...waiting, submittedAt: 1 }, { ...twin, submittedAt: 2 }).groups);
  });

  it('is remembered of the list before alone: what was said of earlier ones can be collected', async () => {
    const { classify } = watching();
    const first = new WeakRef(anew(classify, waiting));
    let last = readJobs(first.deref(), batch({ ...waiting, comment: 'a' }), classify);
    for (const comment of ['b', 'c', 'd']) last = readJobs(last, batch({ ...waiting, comment }), classify);
    await new Promise((resolve) => setImmediate(resolve)); // a reference asked for stands until the end of the turn
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    expect(first.deref()).toBeUndefined();
    expect(last.jobs.size).toBe(1);
  });
});
