import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Log } from '../../../src/sim/replay/logged.js';
import { readLog } from '../../../src/sim/replay/read-log.js';
import { folderWith, swfLine } from './logs.js';

const head = '; Version: 2.2\n; UnixStartTime: 1091615532\n; MaxNodes: 70  (dual)\n; MaxProcs: 140\n;  Queue: 3 long\n;  Queue: 4 day\n;\n';

async function read(lines: readonly string[], coresPer = 1): Promise<Log> {
  return readLog([join(folderWith({ 'site.swf': `${head}${lines.join('\n')}\n` }), 'site.swf')], coresPer);
}

describe('a log in the Standard Workload Format', () => {
  it('gives jobs that end by their run time, with the estimate as what was asked for', async () => {
    const log = await read([swfLine({ id: 9, submit: 100, run: 30, allocated: 4, estimate: 7200, user: 5, group: 6, queue: 4 })]);
    expect(log.jobs).toMatchObject([
      { id: '9', submitAt: 1_091_615_632_000, runMs: 30_000, walltimeMs: 7_200_000, slots: 4, user: '5', group: '6', queue: '4', account: '' },
    ]);
  });

  it('keeps the comments at its head, and learns the machine from them', async () => {
    const { header, site, name } = await read([swfLine({})]);
    expect(header).toMatchObject({ Version: '2.2', UnixStartTime: '1091615532', Queue: '3 long\n4 day' });
    expect(site).toEqual({ hosts: 70, coresPerHost: 2 });
    expect(name).toBe('site');
  });

  it('drops and counts what never ran, what has no processors, and parts of checkpointed jobs', async () => {
    const log = await read([
      swfLine({ id: 1 }),
      swfLine({ id: 2, run: 0 }),
      swfLine({ id: 3, run: -1 }),
      swfLine({ id: 4, allocated: 0, asked: -1 }),
      swfLine({ id: 5, status: 2 }),
      swfLine({ id: 6, status: 5 }),
    ]);
    expect(log.jobs.map((job) => job.id)).toEqual(['1', '6']);
    expect(log.dropped).toEqual({ 'cancelled before it ran': 2, 'no processors': 1, 'part of a job, its summary counts': 1 });
  });

  it('takes the processors asked for where the allocated ones are not known', async () => {
    const log = await read([swfLine({ allocated: -1, asked: 64 })]);
    expect(log.jobs[0]?.slots).toBe(64);
  });

  it.each([
    [32, 4],
    [33, 5],
    [1, 1],
  ])('of %i processors, eight to a core, makes %i cores', async (allocated, slots) => {
    expect((await read([swfLine({ allocated })], 8)).jobs[0]?.slots).toBe(slots);
  });

  it('reads plain and gzip, LF and CRLF, with and without a last line break, alike', async () => {
    const lines = [swfLine({ id: 1 }), swfLine({ id: 2 })];
    const folder = folderWith({ a: lines.join('\n'), b: `${lines.join('\r\n')}\r\n`, c: gzipSync(`${lines.join('\n')}\n`) });
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => readLog([join(folder, name)])));
    expect(b?.jobs).toEqual(a?.jobs);
    expect(c?.jobs).toEqual(a?.jobs);
    expect(c?.bad.count).toBe(0);
  });

  it('names bad lines by file and line, counts them, and goes on', async () => {
    const log = await read([
      swfLine({ id: 1 }),
      '1 2 3',
      swfLine({ id: 2 }).replace('60', 'sixty'),
      '\u0000\u001b[2J junk',
      swfLine({ id: 3, submit: -5 }),
      swfLine({ id: 4 }),
    ]);
    expect(log.jobs.map((job) => job.id)).toEqual(['1', '4']);
    expect(log.bad.count).toBe(4);
    expect(log.bad.first.map((text) => text.replace(/^.*\//, ''))).toEqual([
      'site.swf:9: 3 fields where the format has 18',
      'site.swf:10: "sixty" is no number',
      expect.stringContaining('site.swf:11: '),
      'site.swf:12: submitted before the log begins',
    ]);
  });

  it('that is cut off in its compressed data gives what came before', async () => {
    const text = Array.from({ length: 5000 }, (_, at) => swfLine({ id: at + 1, submit: at * 17, run: 1 + ((at * 7919) % 5000) })).join('\n');
    const whole = gzipSync(text);
    const log = await readLog([join(folderWith({ 'cut.swf.gz': whole.subarray(0, whole.length >> 1) }), 'cut.swf.gz')]);
    expect(log.jobs.length).toBeGreaterThan(1000);
    expect(log.jobs.length).toBeLessThan(5000);
    expect(log.bad.first[0]).toMatch(/cut\.swf\.gz:\d+: the compressed data is damaged or ends too early/);
  });

  it('with a line longer than any record is read all the same', async () => {
    const log = await read([swfLine({ id: 1 }), 'x'.repeat(3_000_000), swfLine({ id: 2 })]);
    expect(log.jobs).toHaveLength(2);
    expect(log.bad.count).toBe(1);
  });
});

describe('a log is refused with a sentence', () => {
  it.each([
    ['that is not there', {}, 'none', /none does not exist/],
    [
      'that is a text',
      { readme: 'Dear administrator,\nplease find attached' },
      'readme',
      /neither in the Standard Workload Format nor a TORQUE accounting log.*line 1 reads "Dear administrator,"/,
    ],
    ['that is empty', { empty: '' }, 'empty', /empty holds no job that ran$/],
    ['of comments only', { head }, 'head', /head holds no job that ran$/],
    ['of cancelled jobs only', { site: `${swfLine({ run: 0 })}\n` }, 'site', /site holds no job that ran \(1 cancelled before it ran\)/],
    ['folder without accounting logs', { 'notes.txt': 'x' }, '', /holds no accounting log \(files named YYYYMMDD/],
  ])('%s', async (_, files, name, sentence) => {
    await expect(readLog([join(folderWith(files), name)])).rejects.toThrow(sentence);
  });
});
