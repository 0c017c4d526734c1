import { expect } from 'vitest';
import { parseNodes } from '../../../plugins/torque/parse.js';
import { meansNoNodes } from '../../../plugins/torque/refusals.js';
import { isDown, isOffline, isOnline, slotsFree, slotsUsed } from '../../../src/model/batch.js';
import { textOf } from './fixtures.js';
import { type Cases, isRefusedByAllReaders } from './refused-by-all.js';

const nodesOf = (file: string) => parseNodes(textOf(file));
const statesOf = (file: string): string[] => nodesOf(file).map((node) => node.states.join(','));

/** The text form of pbsnodes shows the same nodes as the XML form. */
function saysTheSame(textFile: string, xmlFile: string): void {
  const shown = textOf(textFile)
    .trim()
    .split(/\n\n+/)
    .map((block) => ({ name: block.split('\n', 1)[0], state: /^ {5}state = (.*)$/m.exec(block)?.[1], np: Number(/^ {5}np = (.*)$/m.exec(block)?.[1]) }));
  expect(nodesOf(xmlFile).map(({ name, states, np }) => ({ name, state: states.join(','), np }))).toEqual(shown);
  isRefusedByAllReaders(textFile);
}

/** What `pbsnodes` printed. */
export const nodeCases: Cases = {
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
};
