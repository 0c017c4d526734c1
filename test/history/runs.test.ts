import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SqliteHistoryReader } from '../../src/history/reader.js';
import { RunBook } from '../../src/history/runs.js';
import { HistoryStore, openHistoryStore } from '../../src/history/store.js';
import { type Job, jobKey } from '../../src/model/job.js';
import { compiled } from '../compiled.js';
import { givenAt, givenJob } from '../given-present.js';

const hour = 3_600_000;
const second = 1000;
const runs = (id: string, startedAt: number, slots = 2, more: Partial<Job> = {}): Job =>
  givenJob(id, { state: 'running', startedAt, execHosts: [{ node: 'grid-01', slots }], ...more });

/** A history in memory, and a daemon that may die and come again. */
function givenHistory(beganAt = givenAt) {
  const store = new HistoryStore(new Database(':memory:'));
  let book = new RunBook(store.state(beganAt));
  const flush = (): void => {
    store.flush({ minutes: [], runs: book.peek(), starts: [], ends: [], thoughts: [] });
    book.clear();
  };
  return {
    answer: (at: number, jobs: readonly Job[], waiting: readonly string[] = []) =>
      book.answer(
        'torque',
        at,
        jobs,
        () => 'grid',
        (key) => waiting.includes(key),
      ),
    flush,
    restart: () => {
      book = new RunBook(store.state(givenAt + 99 * hour));
    },
    accounts: () => {
      flush();
      return new SqliteHistoryReader(store.db, () => givenAt).accounts(0, givenAt + 1000 * hour);
    },
    total: function () {
      const all = this.accounts();
      const sum = (key: 'coreMs' | 'started' | 'ended' | 'requeued' | 'waitMs'): number => all.reduce((so, row) => so + row[key], 0);
      return { coreS: sum('coreMs') / second, started: sum('started'), ended: sum('ended'), requeued: sum('requeued') };
    },
  };
}

/** Answers of a server on which each job runs from its first answer in a row to the last. */
function* played(steps: readonly { readonly stepS: number; readonly running: readonly number[]; readonly restart: boolean }[]) {
  const since = new Map<number, number>();
  let at = givenAt;
  for (const { stepS, running, restart } of steps) {
    for (const id of running) since.set(id, since.get(id) ?? at + 1);
    for (const id of [0, 1, 2, 3].filter((each) => !running.includes(each))) since.delete(id);
    at += stepS * second;
    yield { at, jobs: running.map((id) => runs(`${id}.srv`, since.get(id) ?? at, id + 1)), restart };
  }
}

describe('accounts of running jobs', () => {
  it('counts slots from the start that the server names, and not from the first answer that shows it', () => {
    const it = givenHistory();
    it.answer(givenAt + 30 * second, []);
    it.answer(givenAt + 60 * second, [runs('1.srv', givenAt + 35 * second)]);
    expect(it.total()).toEqual({ coreS: 50, started: 1, ended: 0, requeued: 0 });
  });

  it('counts nothing of the time before it began, and no start', () => {
    const it = givenHistory();
    it.answer(givenAt + 60 * second, [runs('1.srv', givenAt - 10 * hour)]);
    expect(it.total()).toEqual({ coreS: 120, started: 0, ended: 0, requeued: 0 });
  });

  it('counts the time of a silence or a restart when the job still runs after it, and up to the last answer when it is gone', () => {
    const [long, short] = [runs('1.srv', givenAt), runs('2.srv', givenAt)];
    const it = givenHistory();
    it.answer(givenAt + 60 * second, [long, short]);
    it.flush();
    it.restart();
    it.answer(givenAt + hour, [long]);
    expect(it.total()).toEqual({ coreS: 2 * 3600 + 2 * 60, started: 2, ended: 1, requeued: 0 });
  });

  it('puts core time into the hours in which it was delivered', () => {
    const it = givenHistory();
    it.answer(givenAt + 3 * hour, [runs('1.srv', givenAt + 0.5 * hour)]);
    expect(it.accounts().map(({ at, coreMs, started }) => [(at - givenAt) / hour, coreMs / hour, started])).toEqual([
      [0, 1, 1],
      [1, 2, 0],
      [2, 2, 0],
    ]);
  });

  it('knows a job that was missing in one answer: it has not ended, and has not started twice', () => {
    const job = runs('1.srv', givenAt);
    const it = givenHistory();
    it.answer(givenAt + 60 * second, [job]);
    it.answer(givenAt + 90 * second, []);
    it.flush();
    it.restart();
    it.answer(givenAt + 120 * second, [job]);
    expect(it.total()).toEqual({ coreS: 240, started: 1, ended: 0, requeued: 0 });
  });

  it('tells a job that was put back into the queue from one that ended, and counts its second start', () => {
    const job = runs('1.srv', givenAt);
    const it = givenHistory();
    it.answer(givenAt + 60 * second, [job]);
    it.answer(givenAt + 90 * second, [], [jobKey(job)]);
    it.answer(givenAt + 150 * second, [runs('1.srv', givenAt + 100 * second)]);
    expect(it.total()).toEqual({ coreS: 120 + 100, started: 2, ended: 0, requeued: 1 });
  });

  it('takes no answer twice, and none that is older than the last', () => {
    const it = givenHistory();
    for (const at of [60, 60, 30, 60]) it.answer(givenAt + at * second, [runs('1.srv', givenAt)]);
    expect(it.total().coreS).toBe(120);
  });

  it('keeps waiting times: their sum and their sketch', () => {
    const it = givenHistory();
    it.answer(givenAt + 60 * second, [runs('1.srv', givenAt + second, 1, { eligibleAt: givenAt - 99 * second })]);
    expect(it.accounts()[0]).toMatchObject({ waitMs: 100 * second, waits: new Map([[27, 1]]), environment: 'grid', queue: 'grid', owner: 'anna' });
  });

  it('law: restarts between any two answers change nothing', () => {
    const life = fc.array(fc.record({ stepS: fc.integer({ min: 1, max: 4000 }), running: fc.subarray([0, 1, 2, 3]), restart: fc.boolean() }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(life, (steps) => {
        const [whole, broken] = [givenHistory(), givenHistory()];
        for (const { at, jobs, restart } of played(steps)) {
          for (const each of [whole, broken]) each.answer(at, jobs);
          if (!restart) continue;
          broken.flush();
          broken.restart();
        }
        expect(broken.total()).toEqual(whole.total());
      }),
    );
  });
});

describe('a history whose process is killed', () => {
  it('holds exactly what its own cursor says, and is whole', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'domus-history-'));
    const program = join(folder, 'writer.mjs');
    writeFileSync(
      program,
      `import { openHistoryStore } from ${JSON.stringify(compiled('src/history/store.ts'))};
       import { RunBook } from ${JSON.stringify(compiled('src/history/runs.ts'))};
       const { store } = openHistoryStore(${JSON.stringify(folder)}, ${givenAt});
       const book = new RunBook(store.state(${givenAt}));
       const job = ${JSON.stringify(runs('1.srv', givenAt, 3))};
       for (let at = ${givenAt}; ; ) {
         for (let n = 0; n < 5; n++) book.answer('torque', (at += 1000), [job], () => 'grid', () => false);
         store.flush({ minutes: [], runs: book.peek(), starts: [], ends: [], thoughts: [] });
         book.clear();
         if (at === ${givenAt} + 100_000) process.stdout.write('go');
       }`,
    );
    const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'close');
    const { store } = openHistoryStore(folder, givenAt);
    expect(store.db.pragma('integrity_check', { simple: true })).toBe('ok');
    const counted = store.state(givenAt).counted.get('torque') ?? 0;
    const delivered = new SqliteHistoryReader(store.db, () => givenAt).accounts(0, counted + 1).reduce((sum, { coreMs }) => sum + coreMs, 0);
    expect(counted).toBeGreaterThanOrEqual(givenAt + 100_000);
    expect(delivered).toBe(3 * (counted - givenAt));
    store.close();
  });
});
