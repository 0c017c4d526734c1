import { describe, expect, it } from 'vitest';
import {
  hostAmong,
  listedServer,
  parseListed,
  parsePrinted,
  parseQueues,
  parseRequest,
  parseServer,
  queueOf,
  rightsOf,
  serverOf,
} from '../../../plugins/torque/parse.js';
import { complaints, refusal } from '../../../plugins/torque/refusals.js';
import { fixtureNames, recordedErrors, textOf } from './fixtures.js';
import { jobCases } from './recorded-jobs.js';
import { nodeCases } from './recorded-nodes.js';
import { type Cases, isRefusedByAllReaders } from './refused-by-all.js';

const cases: Cases = {
  ...jobCases,
  ...nodeCases,
  'README.md': () => {
    for (const [, name = ''] of textOf('README.md').matchAll(/^\| ([\w.-]+\.(?:xml|txt|stderr)) \|/gm)) expect(fixtureNames).toContain(name);
  },

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
