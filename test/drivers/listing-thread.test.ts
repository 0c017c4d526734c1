import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readList } from '../../plugins/torque/parse.js';
import { systemClock } from '../../src/clock.js';
import { Failure } from '../../src/drivers/failure.js';
import { ListingThread } from '../../src/drivers/listing-thread.js';
import { compiled } from '../compiled.js';

const record = (id: number, state = 'Q'): string =>
  `<Job><Job_Id>${id}.srv.example.org</Job_Id><Job_Name>job-number-${id}</Job_Name><Job_Owner>alice@srv</Job_Owner><job_state>${state}</job_state>` +
  `<queue>grid</queue><ctime>1795233750</ctime><Resource_List><nodes>1:ppn=2</nodes></Resource_List></Job>`;
const list = (count: number, held: readonly number[] = []): string =>
  `<Data>${Array.from({ length: count }, (_, id) => record(id, held.includes(id) ? 'H' : 'Q')).join('')}</Data>\n`;
const never = new AbortController().signal;

const raised = (work: Promise<unknown>): Promise<Failure> =>
  work.then(
    () => {
      throw new Error('a Failure was expected');
    },
    (thrown: unknown) => {
      if (thrown instanceof Failure) return thrown;
      throw thrown;
    },
  );

describe('lists of jobs read in a thread', () => {
  let folder: string;
  let thread: ListingThread;
  const worker = (): URL => pathToFileURL(compiled('src/drivers/listing-worker.ts'));
  const hire = (file = worker(), plugin = 'torque'): ListingThread => new ListingThread({ plugin, source: 'main' }, systemClock, file);
  const written = (text: string): string => {
    const file = join(folder, 'list.xml');
    writeFileSync(file, text);
    return file;
  };
  const read = (text: string, signal = never) => thread.read(['cat', written(text)], [], { signal });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'domus-thread-'));
    thread = hire();
  });
  afterEach(async () => {
    await thread.close();
    rmSync(folder, { recursive: true });
  });

  it('are the lists as read at once, and unchanged jobs keep their record', async () => {
    const text = list(2500);
    const first = (await read(text)).list;
    expect(first).toEqual(readList('main', [], [Buffer.from(text)]));
    expect((await read(text)).list?.jobs).toBe(first?.jobs);
    const changed = (await read(list(2499, [7]))).list?.jobs ?? [];
    expect(changed.filter((job, at) => job !== first?.jobs[at]).map((job) => [job.id, job.state])).toEqual([['7.srv.example.org', 'held']]);
    expect(changed).toHaveLength(2499);
  });

  it('a command that fails gives its exit and what it said, and no list', async () => {
    const listed = await thread.read(['cat', join(folder, 'nothing')], [], { signal: never });
    expect(listed).toMatchObject({ exit: 1, stderr: expect.stringContaining('No such file') });
    expect(listed.list).toBeUndefined();
    expect((await raised(thread.read([join(folder, 'no-command')], [], { signal: never }))).kind).toBe('unreachable');
  });

  it('a list that is cut off publishes nothing; the next is compared with the last whole one', async () => {
    const first = (await read(list(1200))).list;
    expect((await raised(read(list(1300, [3]).slice(0, -20)))).kind).toBe('garbled');
    const next = (await read(list(1200, [4]))).list?.jobs ?? [];
    expect(next.filter((job, at) => job !== first?.jobs[at]).map((job) => job.id)).toEqual(['4.srv.example.org']);
  });

  it('more output than allowed is garbled', async () => {
    expect((await raised(thread.read(['cat', written(list(500))], [], { signal: never, maxBytes: 1000 }))).kind).toBe('garbled');
  });

  it('a reading given up ends its command with its caller’s cause, and the next works', async () => {
    const first = (await read(list(3))).list;
    const end = new AbortController();
    const given = raised(thread.read(['sleep', '600'], [], { signal: end.signal }));
    end.abort(new Failure('uncertain', 'no answer within 60 s'));
    expect(await given).toMatchObject({ kind: 'uncertain', message: 'no answer within 60 s' });
    expect((await read(list(3))).list?.jobs).toBe(first?.jobs);
    expect((await raised(thread.read(['cat', '/dev/null'], [], { signal: end.signal }))).kind).toBe('cancelled');
  });

  it('one at a time', async () => {
    const first = read(list(3));
    expect((await raised(read(list(3)))).kind).toBe('busy');
    expect((await first).list?.jobs).toHaveLength(3);
  });

  it('a thread that dies costs its reading; the next gets a new thread and the whole list', async () => {
    const marker = join(folder, 'died');
    const mortal = join(folder, 'mortal.mjs');
    writeFileSync(
      mortal,
      `import { existsSync, writeFileSync } from 'node:fs';
       import { parentPort } from 'node:worker_threads';
       if (existsSync(${JSON.stringify(marker)})) await import(${JSON.stringify(worker().href)});
       else parentPort.once('message', () => { writeFileSync(${JSON.stringify(marker)}, ''); throw new Error('out of luck'); });`,
    );
    thread = hire(pathToFileURL(mortal));
    const failure = await raised(read(list(5)));
    expect(failure.kind).toBe('uncertain');
    expect(failure.message).toContain('out of luck');
    expect(existsSync(marker)).toBe(true);
    expect((await read(list(5))).list?.jobs).toHaveLength(5);
  });

  it('a product without a reader is a failure, not a crash', async () => {
    thread = hire(worker(), 'ssh');
    expect((await raised(read(list(1)))).message).toContain('cannot be loaded');
  });

  it('closed while it reads, the reading and its command end', async () => {
    const pid = join(folder, 'pid');
    const given = raised(thread.read(['sh', '-c', `echo $$ > ${pid}; echo '<Data>'; exec sleep 600`], [], { signal: never }));
    while (!existsSync(pid) || readFileSync(pid, 'utf8') === '') await new Promise((resolve) => setImmediate(resolve));
    await thread.close();
    expect((await given).kind).toBe('cancelled');
    expect(() => process.kill(Number(readFileSync(pid, 'utf8')), 0)).toThrow('ESRCH');
  });
});
