import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { createClassifier } from '../../src/classify/classify.js';
import { keepWeekMs, mostStays } from '../../src/history/contract.js';
import { SqliteHistoryReader } from '../../src/history/reader.js';
import { Recorder } from '../../src/history/recorder.js';
import { RunBook } from '../../src/history/runs.js';
import { HistoryStore } from '../../src/history/store.js';
import { ThoughtBook } from '../../src/history/thoughts.js';
import { silentLog } from '../../src/log.js';
import type { Decision } from '../../src/model/decision.js';
import type { Job } from '../../src/model/job.js';
import type { Policy } from '../../src/model/policy.js';
import type { Present } from '../../src/model/present.js';
import { because } from '../../src/model/reason.js';
import { Rehearsal } from '../../src/sim/rehearsal.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';
import { givenAt, givenEnvironment, givenHost, givenJob, givenPresent, givenSeat } from '../given-present.js';

const minute = 60_000;
const store = () => new HistoryStore(new Database(':memory:'));
const reader = (of: HistoryStore) => new SqliteHistoryReader(of.db, () => givenAt);

describe('stays: the jobs of the week, one by one', () => {
  const book = (history: HistoryStore) => {
    const runs = new RunBook(history.state(givenAt));
    const answer = (at: number, ...jobs: readonly Job[]): void => {
      const served = (key: string): string => (key.endsWith('99.srv') ? '(unserved)' : 'grid');
      runs.answer('torque', at, jobs, served, () => false);
      history.flush({ minutes: [], runs: runs.peek(), starts: [], ends: [], thoughts: [] });
      runs.clear();
    };
    return answer;
  };
  const job = (id: string, more: Partial<Job> = {}): Job =>
    givenJob(id, {
      state: 'running',
      submittedAt: givenAt - 2 * minute,
      eligibleAt: givenAt - minute,
      startedAt: givenAt + minute,
      execHosts: [{ node: 'n', slots: 3 }],
      request: { chunks: [], walltimeMs: 10 * minute, unsupported: [] },
      ...more,
    });
  const all = (history: HistoryStore) => reader(history).stays(givenAt, givenAt + 1000 * minute);

  it('tell when a job could have started, started and ended, what it held and what was asked for; whose it was they do not', () => {
    const history = store();
    const answer = book(history);
    answer(givenAt + 2 * minute, job('1.srv'), job('99.srv'));
    const known = { environment: 'grid', eligibleAt: givenAt - minute, startedAt: givenAt + minute, slots: 3, walltimeMs: 10 * minute };
    expect(all(history)).toEqual([known]);
    answer(givenAt + 5 * minute);
    expect(all(history)).toEqual([{ ...known, endedAt: givenAt + 2 * minute }]);
    expect(JSON.stringify(all(history))).not.toMatch(/anna|1\.srv/);
  });

  it('are not over for a job that was only missing in one answer', () => {
    const history = store();
    const answer = book(history);
    answer(givenAt + 2 * minute, job('1.srv'));
    answer(givenAt + 3 * minute);
    answer(givenAt + 4 * minute, job('1.srv'));
    expect(all(history).map(({ endedAt }) => endedAt)).toEqual([undefined]);
  });

  it('are kept for eight days, and never more than so many', () => {
    const history = store();
    const insert = history.db.prepare('INSERT INTO stays VALUES (?, ?, ?, ?, ?, ?, NULL)');
    const old = givenAt - keepWeekMs - 1;
    history.db.transaction(() => {
      for (let n = 0; n < mostStays + 500; n++) insert.run(`j${n}`, givenAt - n - 10, 'grid', givenAt - n - 20, givenAt - n, 1);
      insert.run('old', old - 10, 'grid', old - 20, old, 1);
    })();
    history.trim(givenAt);
    const [count, oldest] = history.db.prepare('SELECT count(*), min(ended_at) FROM stays').raw().get() as [number, number];
    expect([count, oldest]).toEqual([mostStays, givenAt - mostStays + 1]);
  });
});

describe('thoughts: what mode watch keeps from being done', () => {
  const start = (seat: string, environment = 'grid'): Decision => ({
    ...{ kind: 'start', environment, seat, host: 'post11', size: { cores: 2, memoryMiB: 2048 } },
    ...{ image: { name: 'i', version: '1' }, reason: because('start-for-job', { job: '12.srv', queue: 'grid' }) },
  });
  const present = (at: number, recorded: readonly Decision[], mode: Policy['mode'] = 'watch', more: object = {}): Present => {
    const given = givenPresent({
      environments: [givenEnvironment('grid'), givenEnvironment('bio', { mode: 'advise' })],
      hosts: [givenHost('post11')],
      seats: [givenSeat('grid-01', 'grid'), givenSeat('bio-01', 'bio')],
      plan: { recorded },
      ...more,
    });
    return { ...given, at, policy: { ...given.policy, mode, pools: { lab: { mode: 'act' } } } };
  };

  it('begin when a decision is first made and go on while it stands; made again later, it is another', () => {
    const thoughts = new ThoughtBook([], () => minute);
    for (const at of [0, 5000, 10_000]) thoughts.take(present(givenAt + at, [start('grid-01')]));
    thoughts.take(present(givenAt + 15_000, []));
    thoughts.take(present(givenAt + 20_000, [start('grid-01')]));
    expect(thoughts.peek().map(({ since, until }) => [since - givenAt, until - givenAt])).toEqual([
      [0, 10_000],
      [20_000, 20_000],
    ]);
    expect(thoughts.peek()[0]).toMatchObject({ kind: 'start', subject: 'seat:grid-01', environment: 'grid', host: 'post11', cores: 2 });
    expect(thoughts.peek()[0]?.why).toBe('job 12.srv waits in queue grid');
  });

  it('are none of what waits for a yes, of what acts, or of a freeze', () => {
    const thoughts = new ThoughtBook([], () => minute);
    thoughts.take(present(givenAt, [start('bio-01', 'bio')], 'act'));
    thoughts.take(present(givenAt, [start('grid-01')], 'act'));
    const freeze = { table: 'freeze', key: 'freeze', row: { by: 'anna', why: 'x', at: givenAt } };
    thoughts.take(present(givenAt, [start('grid-01')], 'watch', { changes: [freeze] }));
    expect(thoughts.peek()).toEqual([]);
    thoughts.take(present(givenAt, [start('bio-01', 'bio')]));
    expect(thoughts.peek().map(({ environment }) => environment)).toEqual(['bio']);
  });

  it('are recorded by a daemon that only watches while jobs wait, and outlive its restart', async () => {
    const acting = rehearsalPolicy({ environments: { grid: { seats: 3 } }, hosts: 2 });
    const policy: Policy = { ...acting, mode: 'watch' };
    const classifier = createClassifier(policy);
    const rehearsal = new Rehearsal({ policy, classify: (job, of) => classifier(job, of.queues) });
    const { clock } = rehearsal;
    const history = store();
    const life = await rehearsal.begin();
    const began = clock.now();
    rehearsal.submit(['-q', 'grid', '-l', 'nodes=1:ppn=2'], 'sleep 1800\n');
    let recorder = new Recorder({ store: history, clock, log: silentLog });
    const watch = async (turns: number): Promise<void> => {
      for (let turn = 0; turn < turns; turn++) {
        await rehearsal.pass(30_000);
        if (life?.present !== undefined) recorder.follow(life.present);
        recorder.look();
        recorder.flush();
      }
    };
    await watch(20);
    recorder = new Recorder({ store: history, clock, log: silentLog });
    await watch(10);
    life?.stop();
    const [thought, ...others] = reader(history).thoughts(began, clock.now());
    expect(others).toEqual([]);
    expect(thought).toMatchObject({ kind: 'start', environment: 'grid', subject: 'seat:grid-01.example.org' });
    expect((thought?.until ?? 0) - (thought?.since ?? 0)).toBeGreaterThan(12 * minute);
    expect(rehearsal.datacentre.guestsMade).toBe(0);
  });
});
