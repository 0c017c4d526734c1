import { describe, expect, it } from 'vitest';
import {
  hostAmong,
  listedServer,
  parseListed,
  parseNodes,
  parsePrinted,
  parseQueues,
  parseRequest,
  parseServer,
  queueOf,
  rightsOf,
  serverOf,
} from '../../../plugins/torque/parse.js';
import { complaints, meansNoNodes, refusal } from '../../../plugins/torque/refusals.js';
import { isDown, isOffline, isOnline, slotsFree, slotsUsed } from '../../../src/model/batch.js';
import { holdsNodes, isEligible, memoryPerSlotMiB, slotsOf } from '../../../src/model/job.js';
import { bytesOf, fixtureNames, jobNamed, jobsOf, recordedErrors, textOf } from './fixtures.js';

const srv = (...ids: readonly (number | string)[]): string[] => ids.map((id) => `${id}.torque.example.org`);
const idsOf = (file: string): string[] => jobsOf(bytesOf(file)).jobs.map((job) => job.id);
const nodesOf = (file: string) => parseNodes(textOf(file));
const statesOf = (file: string): string[] => nodesOf(file).map((node) => node.states.join(','));

/** What a person's command prints is not what we ask for: it must be refused, never half understood. */
function isRefusedByAllReaders(file: string): void {
  const { text, bytes } = { text: textOf(file), bytes: bytesOf(file) };
  expect(() => jobsOf(bytes)).toThrow(/should begin with <Data>/);
  expect(() => parseNodes(text)).toThrow(/list of nodes/);
  expect(() => parseListed(text)).toThrow(/key = value/);
  expect(() => parsePrinted(text)).toThrow(/should read like/);
}

/** The text form of pbsnodes shows the same nodes as the XML form. */
function saysTheSame(textFile: string, xmlFile: string): void {
  const shown = textOf(textFile)
    .trim()
    .split(/\n\n+/)
    .map((block) => ({ name: block.split('\n', 1)[0], state: /^ {5}state = (.*)$/m.exec(block)?.[1], np: Number(/^ {5}np = (.*)$/m.exec(block)?.[1]) }));
  expect(nodesOf(xmlFile).map(({ name, states, np }) => ({ name, state: states.join(','), np }))).toEqual(shown);
  isRefusedByAllReaders(textFile);
}

const cases: Readonly<Record<string, () => void>> = {
  'README.md': () => {
    for (const [, name = ''] of textOf('README.md').matchAll(/^\| ([\w.-]+\.(?:xml|txt|stderr)) \|/gm)) expect(fixtureNames).toContain(name);
  },

  // jobs
  'qstat-x-nojobs-noqueues.xml': () => expect(jobsOf(bytesOf('qstat-x-nojobs-noqueues.xml'))).toMatchObject({ jobs: [], warnings: [] }),
  'qstat-x-nojobs.xml': () => expect(jobsOf(bytesOf('qstat-x-nojobs.xml'))).toMatchObject({ jobs: [], warnings: [] }),
  'qstat-nojobs.txt': () => expect(jobsOf(bytesOf('qstat-nojobs.txt'))).toMatchObject({ jobs: [], warnings: [] }),
  'qstat-x-queued-mix.xml': () => {
    const list = jobsOf(bytesOf('qstat-x-queued-mix.xml'));
    expect(list.warnings).toEqual([]);
    expect(list.jobs.map((j) => j.id)).toEqual(srv(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, '10[]', '11[]', 12, 13, 14, 15, 16, 20));
    expect(list.showsNeednodes).toBe(false);
    expect(list.jobs.filter((j) => !isEligible(j)).map((j) => j.name)).toEqual(['held', 'waiting', 'depchild']);
    expect(jobNamed(list, 'plain')).toEqual({
      source: 'main',
      id: '0.torque.example.org',
      name: 'plain',
      owner: 'alice',
      group: 'alice',
      queue: 'sl5',
      state: 'queued',
      request: { chunks: [], walltimeMs: 3_600_000, unsupported: [] },
      submittedAt: 1795233750_000,
      eligibleAt: 1795233750_000,
      execHosts: [],
      dependent: false,
      holds: '',
      rerunnable: true,
    });
    expect(jobNamed(list, 'multinode').request.chunks).toEqual([{ count: 2, ppn: 2, properties: ['sl5'] }]);
    expect(jobNamed(list, 'props').request).toEqual({
      chunks: [{ count: 1, ppn: 4, properties: ['sl6', 'bigmem'] }],
      memoryMiB: 2048,
      memoryPerProcMiB: 500,
      walltimeMs: 7_200_000,
      unsupported: [],
    });
    expect(memoryPerSlotMiB(jobNamed(list, 'props').request)).toBe(512);
    expect(jobNamed(list, 'procs').request).toEqual({ chunks: [], procs: 3, unsupported: [] });
    expect(slotsOf(jobNamed(list, 'plus').request)).toBe(3);
    expect(jobNamed(list, 'held')).toMatchObject({ state: 'held', holds: 'u', dependent: false });
    expect(jobNamed(list, 'waiting')).toMatchObject({ state: 'waiting', holds: '' });
    expect(jobNamed(list, 'waiting').eligibleAt).toBeUndefined();
    expect(jobNamed(list, 'acct')).toMatchObject({ account: 'acct42', request: { unsupported: ['-W x=FLAGS:RESTARTABLE', 'feature=foo'] } });
    expect(jobNamed(list, 'depparent')).toMatchObject({ state: 'queued', dependent: false });
    expect(jobNamed(list, 'depchild')).toMatchObject({ state: 'held', holds: 's', dependent: true });
    expect(list.jobs.map((j) => j.name)).toContain('we<ird&"x');
    expect(jobNamed(list, 'ctrl')).toMatchObject({ state: 'queued', owner: 'alice' });
    expect(jobNamed(list, 'ctrl').damaged).toBeUndefined();
    expect(jobNamed(list, 'routed').queue).toBe('sl5');
  },
  'qstat-x-queued-mix-as-root.xml': () => {
    const asRoot = jobsOf(bytesOf('qstat-x-queued-mix-as-root.xml'));
    expect(asRoot.showsNeednodes).toBe(true);
    expect(asRoot.jobs).toEqual(jobsOf(bytesOf('qstat-x-queued-mix.xml')).jobs);
  },
  'qstat-t-x-arrays.xml': () => {
    const { jobs, warnings } = jobsOf(bytesOf('qstat-t-x-arrays.xml'));
    expect(warnings).toEqual([]);
    const elements = jobs.filter((j) => /\[\d+\]/.test(j.id));
    expect(elements).toHaveLength(15);
    expect(jobs.some((j) => j.id.includes('[]'))).toBe(false);
    expect(elements.filter((j) => j.state === 'held').map((j) => j.name)).toEqual([3, 4, 5, 6, 7, 8, 9, 10].map((n) => `arrlimit-${n}`));
    expect(elements.filter(isEligible)).toHaveLength(7);
  },
  'qstat-x-running-mix.xml': () => {
    const list = jobsOf(bytesOf('qstat-x-running-mix.xml'));
    expect(list.warnings).toEqual([]);
    expect(list.jobs.filter(holdsNodes).map((j) => j.name)).toEqual(['plain', 'props', 'depchild']);
    expect(jobNamed(list, 'props')).toMatchObject({ execHosts: [{ node: 'wn03.example.org', slots: 4 }], startedAt: 1795233795_000 });
    expect(jobNamed(list, 'depchild')).toMatchObject({ state: 'running', dependent: false, holds: '' });
    expect(jobNamed(list, 'ctrl')).toMatchObject({ state: 'complete', exitStatus: 271 });
  },
  'qstat-x-one-running.xml': () => {
    const { jobs } = jobsOf(bytesOf('qstat-x-one-running.xml'));
    expect(jobs).toMatchObject([{ state: 'running', execHosts: [{ node: 'wn01.example.org', slots: 1 }] }]);
  },
  'qstat-x-multinode-running.xml': () => {
    const { jobs } = jobsOf(bytesOf('qstat-x-multinode-running.xml'));
    expect(jobs).toMatchObject([
      {
        state: 'running',
        execHosts: [
          { node: 'wn01.example.org', slots: 2 },
          { node: 'wn02.example.org', slots: 2 },
        ],
      },
    ]);
  },
  'qstat-x-completed.xml': () => {
    expect(jobsOf(bytesOf('qstat-x-completed.xml')).jobs).toMatchObject([{ state: 'complete', exitStatus: 7, account: 'acc1', startedAt: 1795233956_000 }]);
  },
  'qstat-x-running-xmlchars.xml': () => {
    const list = jobsOf(bytesOf('qstat-x-running-xmlchars.xml'));
    expect(list.warnings).toEqual([]);
    expect(list.jobs.map((j) => j.name)).toContain('we<ird&"x');
  },
  'qstat-fx.xml': () => expect(jobsOf(bytesOf('qstat-fx.xml')).jobs).toEqual(jobsOf(bytesOf('qstat-x-running-xmlchars.xml')).jobs),
  'qstat-x-big-sample.xml': () => {
    const { jobs } = jobsOf(bytesOf('qstat-x-big-sample.xml'));
    expect(jobs).toHaveLength(3);
    expect(jobs.map((j) => j.owner)).toContain('bob');
    expect(jobs.every((j) => slotsOf(j.request) === 1 && j.request.walltimeMs === 3_600_000)).toBe(true);
  },
  'v6-qstat-x-mix.xml': () => {
    const list = jobsOf(bytesOf('v6-qstat-x-mix.xml'));
    expect(list.warnings).toEqual([]);
    expect(list.showsNeednodes).toBe(true);
    expect(jobNamed(list, 'multi')).toMatchObject({
      state: 'running',
      execHosts: [
        { node: 'wn02.example.org', slots: 2 },
        { node: 'wn01.example.org', slots: 2 },
      ],
    });
    expect(jobNamed(list, 'ctrl').damaged).toBeUndefined();
    expect(jobNamed(list, 'procs').request).toEqual({ chunks: [], procs: 2, memoryMiB: 1024, memoryPerProcMiB: 100, unsupported: [] });
    expect(idsOf('v6-qstat-x-mix.xml')).toContain('6[].torque.example.org');
  },
  'v6-qstat-x-mix-as-user.xml': () => {
    const list = jobsOf(bytesOf('v6-qstat-x-mix-as-user.xml'));
    expect(list.showsNeednodes).toBe(false);
    const times = (j: { readonly id: string; readonly state: string }): unknown => ({ id: j.id, state: j.state });
    expect(list.jobs.map(times)).toEqual(jobsOf(bytesOf('v6-qstat-x-mix.xml')).jobs.map(times));
  },
  'v6-qstat-t-x.xml': () => {
    const list = jobsOf(bytesOf('v6-qstat-t-x.xml'));
    expect(list.warnings).toEqual([]);
    const elements = list.jobs.filter((j) => j.id.startsWith('6['));
    expect(elements.map((j) => [j.id, j.state, j.holds])).toEqual(
      [1, 2, 3, 4, 5].map((n) => [`6[${n}].torque.example.org`, n > 2 ? 'held' : 'queued', n > 2 ? 'l' : '']),
    );
    expect(jobNamed(list, 'child')).toMatchObject({ state: 'held', dependent: true, holds: 's' });
    expect(jobNamed(list, 'nn3').comment).toBe('Job started on Sat Nov 21 at 04:24');
  },

  // jobs for people
  'qstat-t-arrays.txt': () => {
    const shown = textOf('qstat-t-arrays.txt')
      .trim()
      .split('\n')
      .slice(2)
      .map((line) => ({ id: line.split(/\s+/)[0], state: line.trim().split(/\s+/).at(-2) }));
    const letters = { queued: 'Q', held: 'H', waiting: 'W' } as Readonly<Record<string, string>>;
    const read = jobsOf(bytesOf('qstat-t-x-arrays.xml')).jobs.map((j) => ({ id: j.id.replace('.example.org', ''), state: letters[j.state] }));
    expect(read).toEqual(shown);
    isRefusedByAllReaders('qstat-t-arrays.txt');
  },
  'qstat-f.txt': () => {
    expect([...textOf('qstat-f.txt').matchAll(/^Job Id: (.*)$/gm)].map((m) => m[1])).toEqual(idsOf('qstat-x-queued-mix.xml'));
    isRefusedByAllReaders('qstat-f.txt');
  },
  'qstat-a.txt': () => isRefusedByAllReaders('qstat-a.txt'),
  'qstat-n-1.txt': () => isRefusedByAllReaders('qstat-n-1.txt'),

  // nodes
  'pbsnodes-x-no-nodes.stderr': () => {
    expect(meansNoNodes(1, textOf('pbsnodes-x-no-nodes.stderr'))).toBe(true);
    expect(meansNoNodes(2, 'pbsnodes: No nodes found\n')).toBe(true);
  },
  'pbsnodes-x-3-never-reported.xml': () => {
    expect(nodesOf('pbsnodes-x-3-never-reported.xml')).toEqual([
      { name: 'wn01.example.org', states: ['down', 'offline'], np: 2, properties: ['sl5'], jobs: [], momJobs: [], note: '' },
      { name: 'wn02.example.org', states: ['down', 'offline'], np: 2, properties: ['sl5'], jobs: [], momJobs: [], note: '' },
      { name: 'wn03.example.org', states: ['down', 'offline'], np: 4, properties: ['sl6', 'bigmem'], jobs: [], momJobs: [], note: '' },
    ]);
  },
  'pbsnodes-a-3-never-reported.txt': () => saysTheSame('pbsnodes-a-3-never-reported.txt', 'pbsnodes-x-3-never-reported.xml'),
  'pbsnodes-x-3-offline-after-create-mom-up.xml': () => {
    const nodes = nodesOf('pbsnodes-x-3-offline-after-create-mom-up.xml');
    expect(nodes.every((n) => isOffline(n) && !isDown(n) && n.reportedAt !== undefined)).toBe(true);
  },
  'pbsnodes-x-free.xml': () => {
    const nodes = nodesOf('pbsnodes-x-free.xml');
    expect(nodes.every(isOnline)).toBe(true);
    expect(nodes.map(slotsFree)).toEqual([2, 2, 4]);
  },
  'pbsnodes-a-free.txt': () => saysTheSame('pbsnodes-a-free.txt', 'pbsnodes-x-free.xml'),
  'pbsnodes-x-job-exclusive.xml': () => {
    const nodes = nodesOf('pbsnodes-x-job-exclusive.xml');
    expect(nodes.map(slotsUsed)).toEqual([2, 2, 4, 0, 0]);
    expect(nodes[0]).toMatchObject({ jobs: [{ id: '1.torque.example.org', slots: 2 }], momJobs: ['0.torque.example.org'], reportedAt: 1795233801_000 });
    expect(nodes[4]).toMatchObject({ name: 'wn05', states: ['down', 'offline'], properties: [] });
  },
  'pbsnodes-a-job-exclusive.txt': () => saysTheSame('pbsnodes-a-job-exclusive.txt', 'pbsnodes-x-job-exclusive.xml'),
  'pbsnodes-x-after-delete-busy-node.xml': () => expect(nodesOf('pbsnodes-x-after-delete-busy-node.xml').map((n) => n.name)).not.toContain('wn06.example.org'),
  'pbsnodes-x-dead-mom-still-free.xml': () => {
    const dead = nodesOf('pbsnodes-x-dead-mom-still-free.xml').find((n) => n.name === 'wn03.example.org');
    const newest = Math.max(...nodesOf('pbsnodes-x-dead-mom-still-free.xml').map((n) => n.reportedAt ?? 0));
    expect(dead).toMatchObject({ states: ['free'] });
    expect(dead?.jobs).toHaveLength(1);
    expect(newest - (dead?.reportedAt ?? 0)).toBeGreaterThan(60_000);
  },
  'pbsnodes-x-down-with-job.xml': () => {
    const dead = nodesOf('pbsnodes-x-down-with-job.xml').find((n) => n.name === 'wn03.example.org');
    expect(dead).toMatchObject({ states: ['down'] });
    expect(dead?.jobs).toHaveLength(1);
  },
  'pbsnodes-x-offline-note.xml': () => {
    expect(nodesOf('pbsnodes-x-offline-note.xml')).toMatchObject([{ states: ['offline'], note: 'draining: <vm> & "quote"' }]);
  },
  'v6-pbsnodes-x-just-created.xml': () => {
    expect(new Set(statesOf('v6-pbsnodes-x-just-created.xml'))).toEqual(new Set(['down,offline,MOM-list-not-sent']));
  },
  'v6-pbsnodes-x-jobs.xml': () => {
    const nodes = nodesOf('v6-pbsnodes-x-jobs.xml');
    expect(nodes.map((n) => n.jobs)).toEqual([
      [{ id: '0.torque.example.org', slots: 2 }],
      [{ id: '0.torque.example.org', slots: 2 }],
      [
        { id: '1.torque.example.org', slots: 2 },
        { id: '7.torque.example.org', slots: 1 },
        { id: '10.torque.example.org', slots: 1 },
      ],
      [],
    ]);
    expect(nodes[0]?.reportedAt).toBe(1795235063_000);
    expect(nodes[3]).toMatchObject({ states: ['down'] });
  },
  'v6-pbsnodes-a-jobs.txt': () => saysTheSame('v6-pbsnodes-a-jobs.txt', 'v6-pbsnodes-x-jobs.xml'),
  'pbsnodes-l.txt': () => isRefusedByAllReaders('pbsnodes-l.txt'),

  // queues and server
  'qstat-Qf.txt': () => {
    expect(parseQueues(textOf('qstat-Qf.txt'))).toEqual([
      { name: 'route', kind: 'route', enabled: true, started: true },
      { name: 'stopped', kind: 'execution', enabled: true, started: false },
      { name: 'any', kind: 'execution', enabled: true, started: true },
      { name: 'sl5', kind: 'execution', enabled: true, started: true, neednodes: 'sl5', defaultWalltimeMs: 3_600_000 },
      { name: 'sl6', kind: 'execution', enabled: true, started: true, neednodes: 'sl6', maxRunning: 10 },
    ]);
    expect(parseListed(textOf('qstat-Qf.txt'))[0]?.attributes.get('state_count')).toBe('Transit:0 Queued:0 Held:0 Waiting:0 Running:0 Exiting:0 Complete:0');
  },
  'qstat-Qfx.txt': () => expect(parseQueues(textOf('qstat-Qfx.txt'))).toEqual(parseQueues(textOf('qstat-Qf.txt'))),
  'v6-qstat-Qf.txt': () => {
    expect(parseQueues(textOf('v6-qstat-Qf.txt')).map((q) => [q.name, q.neednodes])).toEqual([
      ['sl5', 'sl5'],
      ['sl6', 'sl6'],
      ['any', undefined],
    ]);
  },
  'qstat-Q.txt': () => isRefusedByAllReaders('qstat-Q.txt'),
  'qstat-Qx.txt': () => isRefusedByAllReaders('qstat-Qx.txt'),
  'qstat-Q-nojobs.txt': () => isRefusedByAllReaders('qstat-Q-nojobs.txt'),
  'qstat-q.txt': () => isRefusedByAllReaders('qstat-q.txt'),
  'qstat-Bf.txt': () => {
    const text = textOf('qstat-Bf.txt');
    expect(parseServer(text)).toEqual({ name: 'torque.example.org', version: '4.2.10', scheduling: true, iterationMs: 600_000, autoNodeNp: false });
    expect(rightsOf(listedServer(text), 'operators')).toEqual(['root@*']);
  },
  'qstat-Bx.txt': () => isRefusedByAllReaders('qstat-Bx.txt'),
  'qmgr-print-server.txt': () => {
    const objects = parsePrinted(textOf('qmgr-print-server.txt'));
    expect(objects.filter((o) => o.kind === 'queue').map((o) => o.name)).toEqual(['sl5', 'sl6', 'any', 'stopped', 'route']);
    const printed = objects.filter((o) => o.kind === 'queue').map(queueOf);
    const listed = parseQueues(textOf('qstat-Qf.txt'));
    for (const queue of listed) expect(printed).toContainEqual(queue);
    expect(objects.find((o) => o.name === 'route')?.attributes.get('route_destinations')).toBe('sl5,sl6');
    const server = objects.find((o) => o.kind === 'server');
    expect(server === undefined ? undefined : serverOf(server)).toMatchObject({ scheduling: false, iterationMs: 600_000 });
  },
  'v6-qmgr-print-server.txt': () => {
    const server = parsePrinted(textOf('v6-qmgr-print-server.txt')).find((o) => o.kind === 'server');
    expect(server === undefined ? undefined : serverOf(server)).toMatchObject({ scheduling: true, iterationMs: 600_000, autoNodeNp: false });
  },
  'qmgr-list-node-default.txt': () => {
    const nodes = parseListed(textOf('qmgr-list-node-default.txt'));
    expect(nodes.map((n) => [n.kind, n.name, n.attributes.get('state'), n.attributes.get('np')])).toEqual([
      ['node', 'wn01.example.org', 'free', '2'],
      ['node', 'wn02.example.org', 'free', '2'],
      ['node', 'wn03.example.org', 'free', '4'],
      ['node', 'wn04.example.org', 'down,offline', '1'],
      ['node', 'wn05', 'down,offline', '2'],
    ]);
    expect(nodes[0]?.attributes.get('status')).toMatch(/^rectime=1795233711,.*,opsys=linux$/);
  },
  'qmgr-print-node-default.txt': () => {
    const printed = parsePrinted(textOf('qmgr-print-node-default.txt'));
    const listed = parseListed(textOf('qmgr-list-node-default.txt'));
    expect(printed.map((n) => [n.name, n.attributes.get('np'), n.attributes.get('properties')])).toEqual(
      listed.map((n) => [n.name, n.attributes.get('np'), n.attributes.get('properties')]),
    );
  },
  'qmgr-stdin-batch.stdout': () => {
    expect(textOf('qmgr-stdin-batch.stdout').split('\n').slice(0, 3)).toEqual([
      'Max open servers: 9',
      'create node wn01.example.org np=2',
      'create node wn07.example.org np=2',
    ]);
  },
  'qmgr-stdin-batch.stderr': () => {
    const found = complaints(textOf('qmgr-stdin-batch.stderr'));
    expect([...found].map(([node, failure]) => [node, failure.kind])).toEqual([['wn01.example.org', 'exists']]);
  },

  'errors.txt': () => {
    const recorded = recordedErrors();
    expect(recorded.length).toBeGreaterThan(40);
    expect(recorded.filter((r) => r.while !== 'up').length).toBe(9);
    const kinds = Object.fromEntries(
      recorded
        .filter((r) => r.exit !== 0)
        .map((r) => [`${r.argv.join(' ')} as ${r.user}${r.while === 'up' ? '' : `, ${r.while}`}`, refusal('it', r.exit, r.stderr || r.stdout).kind]),
    );
    expect(kinds).toMatchSnapshot();
    expect(Object.values(kinds)).not.toContain('uncertain');
  },

  // what a worker says to its prologue and epilogue: the request comes through whole
  ...Object.fromEntries(
    ['dump-prologue.wn01.txt', 'dump-epilogue.wn01.txt', 'dump-prologue.parallel.wn02.txt', 'dump-epilogue.parallel.wn02.txt'].map((file) => [
      file,
      () => {
        const list = /^argv\[\d+\]=(neednodes=.*)$/m.exec(textOf(file))?.[1] ?? '';
        const resources = new Map(list.split(',').map((part): [string, string] => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]));
        expect(parseRequest(resources, hostAmong(new Set()))).toEqual({
          chunks: [{ count: 2, ppn: 2, properties: [] }],
          walltimeMs: 3_600_000,
          unsupported: [],
        });
        isRefusedByAllReaders(file);
      },
    ]),
  ),
  'momctl-d3.txt': () => isRefusedByAllReaders('momctl-d3.txt'),
};

describe('every recorded file of a real TORQUE', () => {
  it('is the subject of a case, and every case has its file', () => {
    expect(Object.keys(cases).sort()).toEqual([...fixtureNames]);
  });
  for (const [file, check] of Object.entries(cases)) it(`${file} is read as what it shows`, check);
});
