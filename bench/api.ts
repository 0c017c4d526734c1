import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join as inFolder } from 'node:path';
import Database from 'better-sqlite3';
import { Changes } from '../src/api/changes/changes.js';
import { accessOver } from '../src/api/identity/open.js';
import { AccessStore, prepared } from '../src/api/identity/store.js';
import { listen, socketPath } from '../src/api/listen.js';
import { systemClock } from '../src/clock.js';
import { openSqliteJournal } from '../src/journal/sqlite/open.js';
import { silentLog } from '../src/log.js';
import type { Present } from '../src/model/present.js';
import { settleBatch } from '../src/observe/intake.js';
import { type Joined, join } from '../src/observe/join.js';
import { plan } from '../src/plan/plan.js';
import { makeWorld } from './world.js';

const perSecond = 100;
const seconds = 20;
const tickEveryMs = 1000;
/** What a page and a command line ask for. */
const urls = [
  'status',
  'environments',
  'machines?limit=200',
  'hosts',
  'jobs?limit=100',
  'plan',
  'actions',
  'why/any/alpha',
  'jobs?class=waiting&limit=50',
  'images',
];

const rounded = (ms: number): number => Math.round(ms * 100) / 100;
const at = (sorted: readonly number[], part: number): number => rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0);

/** Time of answers at 100 questions a second while a loop of 1,000 jobs x 100 hosts ticks every second beside it, with 1 % of the jobs changed and one reader of the changes. */
export const bench = {
  name: 'api',
  async run(): Promise<Record<string, number>> {
    const { inputs, snapshot } = makeWorld({ jobs: 1_000, hosts: 100 });
    const runDir = mkdtempSync(inFolder(tmpdir(), 'domus-bench-'));
    const journal = await openSqliteJournal({ database: new Database(':memory:'), clock: systemClock });
    const changes = new Changes(systemClock, 'bench');
    const { access, audit, close } = accessOver(new AccessStore(prepared(new Database(':memory:'))), systemClock, 1);
    let present: Present | undefined;
    let joined: Joined | undefined;
    let revision = 0;
    const ticks: number[] = [];
    const tick = (): void => {
      const from = systemClock.mono();
      const now = systemClock.wall();
      const jobs = snapshot.jobs.map((job, index) => (index % 100 === revision % 100 ? { ...job, owner: `user${revision}` } : job));
      const value = settleBatch(joined?.inputs.batch.get('main')?.value ?? snapshot, { ...snapshot, jobs });
      joined = join(joined, { ...inputs, batch: new Map([['main', { askedAt: now, answeredAt: now, value, revision: revision + 1 }]]) });
      present = { revision: ++revision, at: now, world: joined.world, plan: plan(joined.world, inputs.policy, now), policy: inputs.policy, epoch: 1 };
      changes.publish(present);
      ticks.push(systemClock.mono() - from);
    };
    tick();
    const reload = async () => ({ ok: true, problems: [], differences: [] });
    const served = {
      present: () => present,
      changes,
      access,
      audit,
      journal,
      requestArrived: () => undefined,
      reload,
      clock: systemClock,
      log: silentLog,
      version: 'bench',
    };
    const doors = await listen(served, { runDir });
    const agent = new Agent({ keepAlive: true, maxSockets: 16 });
    const socket = socketPath(runDir, 'control');
    const ask = (path: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const from = systemClock.mono();
        const call = request({ socketPath: socket, path: `/api/v1/${path}`, agent }, (answer) => {
          answer.resume();
          answer.on('end', () => (answer.statusCode === 200 ? resolve(systemClock.mono() - from) : reject(new Error(`${path}: ${answer.statusCode}`))));
        });
        // a connection that was kept may have been closed a moment ago: any client asks again
        call.on('error', (thrown) => (call.reusedSocket ? ask(path).then(resolve, reject) : reject(thrown)));
        call.end();
      });
    const follower = request({ socketPath: socket, path: '/api/v1/changes' }, (answer) => void answer.resume()).on('error', () => undefined);
    follower.end();
    const answers: Promise<number>[] = [];
    const began = systemClock.mono();
    let ticked = began;
    for (let n = 0; n < perSecond * seconds; n++) {
      await systemClock.sleep(began + (n * 1000) / perSecond - systemClock.mono());
      if (systemClock.mono() - ticked >= tickEveryMs) {
        ticked += tickEveryMs;
        tick();
      }
      const answer = ask(urls[n % urls.length] ?? 'status');
      answer.catch(() => undefined); // told below
      answers.push(answer);
    }
    const took = (await Promise.all(answers)).sort((a, b) => a - b);
    const lasted = systemClock.mono() - began;
    follower.destroy();
    agent.destroy();
    await doors.close();
    close();
    rmSync(runDir, { recursive: true });
    const tickTimes = ticks.slice(1).sort((a, b) => a - b);
    return {
      jobs: 1_000,
      hosts: 100,
      requests: took.length,
      perSecond: rounded((took.length * 1000) / lasted),
      p50Ms: at(took, 0.5),
      p99Ms: at(took, 0.99),
      worstMs: at(took, 1),
      ticks: tickTimes.length,
      tickMedianMs: at(tickTimes, 0.5),
    };
  },
};
