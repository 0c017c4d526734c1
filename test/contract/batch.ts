import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { isDown, isOffline, notePrefix, slotsFree } from '../../src/model/batch.js';
import { isEligible } from '../../src/model/job.js';
import { type BatchBench, failureOf, jobOf, listAtRest, listOnline, manage, minute, never, nodeOf, openQueue, read, settled } from './bench.js';

export type { BatchBench } from './bench.js';

const long = '#!/bin/sh\nsleep 36000\n';

/** The Batch contract, over any driver. `open` gives a fresh, empty server each time; a bench that cannot do something skips the test by its context. */
export function batchContract(name: string, open: (context: TestContext) => Promise<BatchBench>): void {
  describe(`${name} keeps the Batch contract`, () => {
    let bench: BatchBench;
    beforeEach(async (context) => {
      bench = await open(context);
    });
    afterEach(() => bench.close());

    readingSuite(() => bench);
    changingSuite(() => bench);
    schedulingSuite(() => bench);
  });
}

function readingSuite(bench: () => BatchBench): void {
  describe('reading', () => {
    it('answers with nothing when there are no nodes, no jobs and no queues', async () => {
      const snapshot = await read(bench());
      expect(snapshot).toMatchObject({ jobs: [], nodes: [], queues: [], warnings: [] });
    });

    it('shows queues and the server as they are set', async () => {
      await openQueue(bench());
      const { queues, server } = await read(bench());
      expect(queues).toMatchObject([{ name: 'grid', kind: 'execution', enabled: true, started: true }]);
      expect(queues[0]?.neednodes, 'shown to managers only').toBeUndefined();
      expect(server).toMatchObject({ scheduling: true, iterationMs: 600_000, autoNodeNp: false });
      expect(server.version).toMatch(/^\d/);
      await manage(bench(), ['qmgr', '-c', 'set server scheduling = False'], ['qmgr', '-c', 'set queue grid started = False']);
      const later = await read(bench());
      expect(later.server.scheduling).toBe(false);
      expect(later.queues[0]?.started).toBe(false);
    });

    it('shows a node that has never reported as down, with its np and properties', async () => {
      await manage(bench(), ['qmgr', '-c', 'create node wn01 np=4,properties=env']);
      const node = nodeOf(await read(bench()), 'wn01');
      expect(node).toMatchObject({ np: 4, properties: ['env'], jobs: [], momJobs: [], note: '' });
      expect(isDown(node)).toBe(true);
      expect(node.reportedAt).toBeUndefined();
    });

    it("shows when a node's mom was last heard, and that it is heard no more", async () => {
      await listOnline(bench(), 'wn01', 2);
      const first = nodeOf(await read(bench()), 'wn01').reportedAt;
      await bench().advance(2 * minute);
      const second = nodeOf(await read(bench()), 'wn01').reportedAt;
      expect(second).toBeGreaterThan(first ?? Number.POSITIVE_INFINITY);
      await bench().momDown('wn01');
      await bench().advance(10 * minute);
      const dead = nodeOf(await read(bench()), 'wn01');
      expect(isDown(dead)).toBe(true);
      expect(dead.reportedAt).toBeLessThan((second ?? 0) + minute);
    });

    it('shows the whole request of a waiting job', async () => {
      await openQueue(bench());
      await listAtRest(bench(), 'wn01', 2);
      await listAtRest(bench(), 'wn02', 2);
      const id = await bench().submit('alice', ['-q', 'grid', '-N', 'wide', '-l', 'nodes=2:ppn=2:env,mem=2gb,walltime=01:30:00'], long);
      const job = jobOf(await read(bench()), id);
      expect(job).toMatchObject({ name: 'wide', owner: 'alice', queue: 'grid', state: 'queued', dependent: false, holds: '', execHosts: [] });
      expect(job.request).toMatchObject({
        chunks: [{ count: 2, ppn: 2, properties: ['env'] }],
        memoryMiB: 2048,
        walltimeMs: 90 * minute,
        unsupported: [],
      });
      expect(isEligible(job)).toBe(true);
      expect(job.eligibleAt).toBeGreaterThan(0);
    });

    it('expands arrays into their elements', async () => {
      await openQueue(bench());
      await listAtRest(bench(), 'wn01', 2);
      const id = await bench().submit('bob', ['-q', 'grid', '-t', '1-3'], long);
      expect(id).toMatch(/^\d+\[\]/);
      const { jobs } = await read(bench());
      expect(jobs.map((j) => j.id)).toEqual([1, 2, 3].map((n) => id.replace('[]', `[${n}]`)));
      expect(jobs.every(isEligible)).toBe(true);
    });

    it('tells held and dependent jobs from waiting ones', async () => {
      await openQueue(bench());
      await listAtRest(bench(), 'wn01', 2);
      const first = await bench().submit('alice', ['-q', 'grid'], long);
      const held = await bench().submit('alice', ['-q', 'grid', '-h'], long);
      const after = await bench().submit('alice', ['-q', 'grid', '-W', `depend=afterok:${first}`], long);
      const snapshot = await read(bench());
      expect(isEligible(jobOf(snapshot, first))).toBe(true);
      expect(jobOf(snapshot, held)).toMatchObject({ state: 'held', holds: 'u', dependent: false });
      expect(jobOf(snapshot, after)).toMatchObject({ state: 'held', dependent: true });
    });

    it('shows where a running job is, from the job and from the node', async () => {
      await openQueue(bench());
      await listOnline(bench(), 'wn01', 4);
      const id = await bench().submit('alice', ['-q', 'grid', '-l', 'nodes=1:ppn=3'], long);
      await bench().advance(minute);
      const snapshot = await read(bench());
      expect(jobOf(snapshot, id)).toMatchObject({ state: 'running', execHosts: [{ node: 'wn01', slots: 3 }] });
      expect(jobOf(snapshot, id).startedAt).toBeGreaterThan(0);
      const node = nodeOf(snapshot, 'wn01');
      expect(node.jobs).toEqual([{ id, slots: 3 }]);
      expect(slotsFree(node)).toBe(1);
    });

    it('forgets the slots of a job that has ended', async () => {
      await openQueue(bench());
      await listOnline(bench(), 'wn01', 1);
      const id = await bench().submit('alice', ['-q', 'grid'], '#!/bin/sh\nsleep 60\n');
      await bench().advance(5 * minute);
      const snapshot = await read(bench());
      expect(nodeOf(snapshot, 'wn01').jobs).toEqual([]);
      expect(snapshot.jobs.filter((j) => j.id === id && j.state !== 'complete')).toEqual([]);
    });

    it('names the jobs on one node, and only those', async () => {
      await openQueue(bench());
      await listOnline(bench(), 'wn01', 2);
      const here = await bench().submit('alice', ['-q', 'grid', '-l', 'nodes=1:ppn=2'], long);
      const elsewhere = await bench().submit('alice', ['-q', 'grid', '-l', 'nodes=1:ppn=2'], long);
      await bench().advance(minute);
      const check = await settled(bench(), bench().driver.readNode('wn01', never));
      expect(check.node.name).toBe('wn01');
      expect(check.jobsNamingIt).toEqual([here]);
      expect(check.jobsNamingIt).not.toContain(elsewhere);
    });

    it('raises absent for a node that is not listed', async () => {
      expect((await failureOf(bench(), bench().driver.readNode('wn09', never))).kind).toBe('absent');
      await listAtRest(bench(), 'wn01', 2);
      expect((await failureOf(bench(), bench().driver.readNode('wn09', never))).kind).toBe('absent');
    });

    it('raises cancelled when it was cancelled before it began', async () => {
      expect((await failureOf(bench(), bench().driver.read(AbortSignal.abort()))).kind).toBe('cancelled');
    });
  });
}

function changingSuite(bench: () => BatchBench): void {
  describe('changing a node', () => {
    it('withholds: offline, our note, and np where given', async () => {
      await listOnline(bench(), 'wn01', 2);
      await settled(bench(), bench().driver.withhold('wn01', 'domus: idle & "done" <now>', undefined, never));
      const offline = nodeOf(await read(bench()), 'wn01');
      expect(isOffline(offline)).toBe(true);
      expect(offline).toMatchObject({ note: 'domus: idle & "done" <now>', np: 2 });
      await settled(bench(), bench().driver.withhold('wn01', 'domus: at rest', 8, never));
      expect(nodeOf(await read(bench()), 'wn01')).toMatchObject({ note: 'domus: at rest', np: 8 });
    });

    it('refuses a note that does not say it is ours', async () => {
      await listOnline(bench(), 'wn01', 2);
      expect((await failureOf(bench(), bench().driver.withhold('wn01', 'idle', undefined, never))).kind).toBe('refused');
      expect(isOffline(nodeOf(await read(bench()), 'wn01'))).toBe(false);
    });

    it('admits: np, online, no note', async () => {
      await listAtRest(bench(), 'wn01', 8);
      await bench().momUp('wn01', 2);
      await bench().advance(minute);
      expect(isOffline(nodeOf(await read(bench()), 'wn01'))).toBe(true);
      await settled(bench(), bench().driver.admit({ node: 'wn01', np: 2 }, never));
      const node = nodeOf(await read(bench()), 'wn01');
      expect(isOffline(node)).toBe(false);
      expect(node).toMatchObject({ np: 2, note: '' });
    });

    it('may admit and withhold twice, with the same end', async () => {
      await listAtRest(bench(), 'wn01', 8);
      for (let i = 0; i < 2; i++) await settled(bench(), bench().driver.admit({ node: 'wn01', np: 2 }, never));
      expect(nodeOf(await read(bench()), 'wn01')).toMatchObject({ np: 2, note: '' });
      for (let i = 0; i < 2; i++) await settled(bench(), bench().driver.withhold('wn01', 'domus: at rest', 8, never));
      expect(nodeOf(await read(bench()), 'wn01')).toMatchObject({ np: 8, note: 'domus: at rest' });
    });

    it('admits several at once, and one bad one spoils none of the others', async () => {
      for (const node of ['wn01', 'wn02', 'wn03']) await listAtRest(bench(), node, 8);
      await manage(bench(), ['pbsnodes', '-o', '-N', 'broken fan', 'wn02']);
      const nodes = ['wn01', 'wn02', 'wn03', 'wn09'];
      const outcomes = await settled(bench(), Promise.allSettled(nodes.map((node, i) => bench().driver.admit({ node, np: i + 1 }, never))));
      expect(outcomes.map((o) => (o.status === 'fulfilled' ? 'done' : o.reason.kind))).toEqual(['done', 'refused', 'done', 'absent']);
      const snapshot = await read(bench());
      expect(nodeOf(snapshot, 'wn01')).toMatchObject({ np: 1, note: '' });
      expect(nodeOf(snapshot, 'wn02')).toMatchObject({ np: 8, note: 'broken fan' });
      expect(nodeOf(snapshot, 'wn03')).toMatchObject({ np: 3, note: '' });
      expect(snapshot.nodes.map(isOffline)).toEqual([false, true, false]);
    });

    it("leaves a person's offline alone, with a note or without", async () => {
      await listOnline(bench(), 'wn01', 2);
      await listOnline(bench(), 'wn02', 2);
      await manage(bench(), ['pbsnodes', '-o', '-N', 'maintenance until Friday', 'wn01'], ['pbsnodes', '-o', 'wn02']);
      const before = (await read(bench())).nodes.map(({ states, note, np }) => ({ offline: states.includes('offline'), note, np }));
      for (const node of ['wn01', 'wn02']) {
        expect((await failureOf(bench(), bench().driver.admit({ node, np: 1 }, never))).kind).toBe('refused');
        expect((await failureOf(bench(), bench().driver.withhold(node, `${notePrefix}idle`, 1, never))).kind).toBe('refused');
      }
      const after = (await read(bench())).nodes.map(({ states, note, np }) => ({ offline: states.includes('offline'), note, np }));
      expect(after).toEqual(before);
      expect(after.every((n) => n.offline)).toBe(true);
    });

    it('raises absent for a node that is not listed', async () => {
      expect((await failureOf(bench(), bench().driver.admit({ node: 'wn09', np: 1 }, never))).kind).toBe('absent');
      expect((await failureOf(bench(), bench().driver.withhold('wn09', 'domus: idle', undefined, never))).kind).toBe('absent');
      await listAtRest(bench(), 'wn01', 2);
      expect((await failureOf(bench(), bench().driver.admit({ node: 'wn09', np: 1 }, never))).kind).toBe('absent');
      expect((await failureOf(bench(), bench().driver.withhold('wn09', 'domus: idle', 4, never))).kind).toBe('absent');
    });

    it('withholds a busy node without touching its job', async () => {
      await openQueue(bench());
      await listOnline(bench(), 'wn01', 2);
      const id = await bench().submit('alice', ['-q', 'grid', '-l', 'nodes=1:ppn=2'], long);
      await bench().advance(minute);
      await settled(bench(), bench().driver.withhold('wn01', 'domus: draining', undefined, never));
      await bench().advance(minute);
      const check = await settled(bench(), bench().driver.readNode('wn01', never));
      expect(isOffline(check.node)).toBe(true);
      expect(check.node.jobs).toEqual([{ id, slots: 2 }]);
      expect(check.jobsNamingIt).toEqual([id]);
    });
  });
}

function schedulingSuite(bench: () => BatchBench): void {
  describe('scheduling', () => {
    it('starts no job by admitting a node; one cycle does', async () => {
      await openQueue(bench());
      await listAtRest(bench(), 'wn01', 2);
      await bench().momUp('wn01', 2);
      await bench().advance(minute);
      const id = await bench().submit('alice', ['-q', 'grid'], long);
      await bench().advance(5_000);
      await settled(bench(), bench().driver.admit({ node: 'wn01', np: 2 }, never));
      await bench().advance(102_000);
      expect(jobOf(await read(bench()), id).state).toBe('queued');
      expect(await settled(bench(), bench().driver.cycle(never))).toBe(true);
      await bench().advance(5_000);
      expect(jobOf(await read(bench()), id)).toMatchObject({ state: 'running', execHosts: [{ node: 'wn01', slots: 1 }] });
    });

    it('starts nothing on a withheld node', async () => {
      await openQueue(bench());
      await listOnline(bench(), 'wn01', 2);
      await settled(bench(), bench().driver.withhold('wn01', 'domus: idle', undefined, never));
      const id = await bench().submit('alice', ['-q', 'grid'], long);
      await settled(bench(), bench().driver.cycle(never));
      await bench().advance(minute);
      expect(jobOf(await read(bench()), id)).toMatchObject({ state: 'queued', execHosts: [] });
    });

    it('never switches scheduling on where a person has switched it off', async () => {
      await openQueue(bench());
      await manage(bench(), ['qmgr', '-c', 'set server scheduling = False']);
      await listOnline(bench(), 'wn01', 2);
      const id = await bench().submit('alice', ['-q', 'grid'], long);
      expect(await settled(bench(), bench().driver.cycle(never))).toBe(false);
      await bench().advance(minute);
      const snapshot = await read(bench());
      expect(snapshot.server.scheduling).toBe(false);
      expect(jobOf(snapshot, id).state).toBe('queued');
    });

    it('puts a running job back into its queue, also when its worker is dead', async () => {
      await openQueue(bench());
      await listOnline(bench(), 'wn01', 1);
      const id = await bench().submit('alice', ['-q', 'grid'], long);
      await bench().advance(minute);
      expect(jobOf(await read(bench()), id).state).toBe('running');
      await bench().momDown('wn01');
      await settled(bench(), bench().driver.withhold('wn01', 'domus: its worker is dead', undefined, never));
      await bench().advance(10 * minute); // until the server has seen it: before, 4.2.10 blocks for tcp_timeout when the worker is silent
      await settled(bench(), bench().driver.requeue(id, never));
      expect(jobOf(await read(bench()), id)).toMatchObject({ state: 'queued', execHosts: [] });
    });

    it('lets two waiting jobs of a queue change places: the scheduler looks at the younger one first', async () => {
      await openQueue(bench());
      await listAtRest(bench(), 'wn01', 1);
      await bench().momUp('wn01', 1);
      await bench().advance(minute);
      const older = await bench().submit('alice', ['-q', 'grid'], long);
      const younger = await bench().submit('bob', ['-q', 'grid'], long);
      await settled(bench(), bench().driver.advance(younger, older, never));
      await settled(bench(), bench().driver.admit({ node: 'wn01', np: 1 }, never));
      await settled(bench(), bench().driver.cycle(never));
      await bench().advance(5_000);
      const running = await read(bench());
      expect([jobOf(running, older).state, jobOf(running, younger).state]).toEqual(['queued', 'running']);
      await settled(bench(), bench().driver.advance(younger, older, never)); // it runs: nothing to do
      expect((await failureOf(bench(), bench().driver.advance(older, younger, never))).kind).toBe('refused');
      expect((await failureOf(bench(), bench().driver.advance(older, '999999', never))).kind).toBe('absent');
    });

    it('raises absent when the job to requeue is unknown', async () => {
      expect((await failureOf(bench(), bench().driver.requeue('999999', never))).kind).toBe('absent');
    });
  });
}
