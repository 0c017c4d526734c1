import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { execHost, valuesOf } from '../../../src/sim/replay/accounting.js';
import type { Log } from '../../../src/sim/replay/logged.js';
import { readLog } from '../../../src/sim/replay/read-log.js';
import { endRecord, folderWith } from './logs.js';

const at = 1_700_000_000;
const read = async (lines: readonly string[]): Promise<Log> => readLog([join(folderWith({ '20231114': `${lines.join('\n')}\n` }), '20231114')]);
const only = async (job: Parameters<typeof endRecord>[0]) => (await read([endRecord(job)])).jobs[0];

describe('an accounting log', () => {
  it('gives a job with what it asked for and held', async () => {
    const job = await only({
      account: 'higgs',
      'Resource_List.nodes': '2:ppn=4:sl6',
      exec_host: 'wn01/0-3+wn02/0-3',
      'Resource_List.mem': '4gb',
      etime: at + 10,
    });
    expect(job).toEqual({
      id: '4711.torque.example',
      queue: 'grid',
      group: 'cms',
      account: 'higgs',
      user: 'anna',
      name: 'STDIN',
      submitAt: (at + 10) * 1000,
      runMs: 600_000,
      walltimeMs: 3_600_000,
      slots: 8,
      nodes: 2,
      ppn: 4,
      memoryMiB: 4096,
      properties: ['sl6'],
      array: false,
    });
  });

  it.each([
    ['wn01/0', { wn01: 1 }],
    ['wn01/0+wn01/1+wn02/0', { wn01: 2, wn02: 1 }],
    ['wn02/0-1+wn01/0-1', { wn02: 2, wn01: 2 }],
    ['wn02/0-3,6,8-9', { wn02: 7 }],
    ['n1/0*8+n2/1*8', { n1: 8, n2: 8 }],
    ['napali', { napali: 1 }],
    ['', {}],
  ])('understands exec_host %s', (text, slots) => {
    expect(Object.fromEntries(execHost(text))).toEqual(slots);
  });

  it.each([
    [{ exec_host: '', 'Resource_List.nodes': '1:ppn=2+2:ppn=3' }, 8],
    [{ exec_host: '', 'Resource_List.procs': 12 }, 12],
    [{ exec_host: '', 'Resource_List.ncpus': 6 }, 6],
    [{ exec_host: 'wn01/0', total_execution_slots: 4 }, 4],
    [{ exec_host: '', 'Resource_List.nodes': 'wn01:ppn=2' }, 2],
    [{ exec_host: '', 'Resource_List.nodes': ':::', 'Resource_List.nodect': 3 }, 3],
  ])('of %o takes %i slots', async (job, slots) => {
    expect((await only(job as unknown as Record<string, string>))?.slots).toBe(slots);
  });

  it.each([
    ['00:10:00', 600],
    ['3600', 3600],
    ['2:00:00:00', 172_800],
    ['soon', 0],
  ])('reads a walltime of %s', async (text, seconds) => {
    expect((await only({ 'Resource_List.walltime': text }))?.walltimeMs).toBe(seconds * 1000);
  });

  it("is not deceived by keys that a user writes into his job's name or account", () => {
    const values = valuesOf(
      'user=anna group=cms account=x user=root group=wheel end=1 queue=gold jobname=my job queue=grid ctime=5 start=6 end=7 Exit_status=0',
    );
    expect(Object.fromEntries(values)).toMatchObject({ user: 'anna', group: 'cms', queue: 'grid', jobname: 'my job', end: '7', start: '6' });
  });

  it('counts a requeued job once, by its last run', async () => {
    const first = endRecord({ start: at + 5, end: at + 50, Exit_status: -3, exec_host: 'wn09/0' });
    const last = endRecord({ start: at + 100, end: at + 400 });
    const log = await read([`11/14/2023 23:13:20;S;4711.torque.example;user=anna`, first, '11/14/2023 23:14:10;R;4711.torque.example;', last]);
    expect(log.jobs).toMatchObject([{ runMs: 300_000, submitAt: at * 1000 }]);
    expect(log.dropped).toEqual({ 'requeued, its last run counts': 1 });
  });

  it('counts the last run whatever the order of the files', async () => {
    const log = await read([endRecord({ start: at + 100, end: at + 400 }), endRecord({ start: at + 5, end: at + 50 })]);
    expect(log.jobs).toMatchObject([{ runMs: 300_000 }]);
  });

  it('knows a job by id and creation: a new server counts from 0 again', async () => {
    const log = await read([endRecord({}), endRecord({ ctime: at + 86_400, qtime: at + 86_400, etime: at + 86_400, start: at + 86_500, end: at + 86_600 })]);
    expect(log.jobs).toHaveLength(2);
  });

  it('takes each element of an array as a job', async () => {
    const log = await read([
      '11/14/2023 23:13:20;Q;12[].torque.example;queue=grid',
      endRecord({ id: '12[1].torque.example' }),
      endRecord({ id: '12[2].torque.example' }),
    ]);
    expect(log.jobs.map((job) => [job.id, job.array])).toEqual([
      ['12[1].torque.example', true],
      ['12[2].torque.example', true],
    ]);
    expect(log.dropped).toEqual({});
  });

  it('drops and counts what was deleted or aborted before it ran, what never ran, and what still runs', async () => {
    const log = await read([
      endRecord({}),
      '11/14/2023 23:13:20;Q;1.t;queue=grid',
      '11/14/2023 23:13:21;D;1.t;requestor=anna@ui.example',
      '11/14/2023 23:13:20;Q;2.t;queue=grid',
      '11/14/2023 23:13:21;A;2.t;',
      '11/14/2023 23:13:20;Q;3.t;queue=grid',
      '11/14/2023 23:13:21;S;3.t;user=anna',
      '11/14/2023 23:13:22;D;4711.torque.example;requestor=anna@ui.example',
      endRecord({ id: '5.t', start: at, end: at }),
    ]);
    expect(log.jobs).toHaveLength(1);
    expect(log.dropped).toEqual({ 'cancelled before it ran': 3, 'had not ended': 1 });
  });

  it('passes over what is said of no job, and names lines that are no record', async () => {
    const log = await read(['11/14/2023 00:00:00;L;license;floating license hour:0', endRecord({}), 'rubbish', '11/14/2023 23:24:20;E;8.t;user=x start=5']);
    expect(log.jobs).toHaveLength(1);
    expect(log.bad.first.map((text) => text.replace(/^.*\/(?=\d{8}:)/, ''))).toEqual([
      '20231114:3: no accounting record (MM/DD/YYYY HH:MM:SS;KIND;JOB;...)',
      '20231114:4: an end without its time (end=)',
    ]);
  });

  it('survives any bytes', async () => {
    const hostile = Buffer.concat([
      Buffer.from(endRecord({ jobname: 'a\u001b[2J\u0001' })),
      Buffer.from('\n11/14/2023 23:24:20;E;9.t;user=\xff\xfe jobname=', 'latin1'),
      Buffer.from([0, 1, 2, 255, 254]),
      Buffer.from(' queue=grid start=1700000000 end=1700000009 exec_host=wn01/0-999999999999,x,/,-\n'),
    ]);
    const log = await readLog([join(folderWith({ '20231114': hostile }), '20231114')]);
    expect(log.jobs).toMatchObject([{ id: '4711.torque.example' }, { id: '9.t', runMs: 9000, queue: 'grid' }]);
    expect(log.jobs[1]?.slots).toBeLessThan(100);
  });

  it('may be a folder: its files by their names, packed or not, and nothing else', async () => {
    const folder = folderWith({
      '20231114': endRecord({ id: '1.t' }),
      '20231115.gz': gzipSync(endRecord({ id: '2.t', exec_host: 'wn02/0-3' })),
      README: 'not a log',
      '20231116.swp': 'neither',
    });
    const log = await readLog([folder]);
    expect(log.jobs.map((job) => job.id)).toEqual(['1.t', '2.t']);
    expect(log.bad.count).toBe(0);
    expect(log.site).toEqual({ hosts: 2, coresPerHost: 4 });
  });
});
