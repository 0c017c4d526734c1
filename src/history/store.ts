import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import {
  accountStepMs,
  environmentSums,
  keepAccountsMs,
  keepHostsMs,
  keepWeekMs,
  mostStays,
  mostThoughts,
  type PowerSum,
  poolSums,
  powerSums,
  resolutions,
  type Thought,
  unserved,
} from './contract.js';
import type { Minute } from './gather.js';
import type { Run, RunChanges, RunState } from './runs.js';
import { migrateHistory } from './schema.js';

export const historyFile = (stateDir: string): string => join(stateDir, 'history.sqlite');

/** What one flush stores: all of it, or nothing. */
export interface Flush {
  readonly minutes: readonly Minute[];
  readonly runs: RunChanges;
  /** Waiting times of starts, by environment, as they fell: into the step of the start. */
  readonly starts: readonly { readonly at: number; readonly environment: string; readonly bucket: number; readonly waitMs: number }[];
  readonly ends: readonly { readonly at: number; readonly environment: string; readonly count: number }[];
  /** Thoughts that are new, or have gone on. */
  readonly thoughts: readonly Thought[];
}

const stepOf = (at: number, stepMs: number): number => Math.floor(at / stepMs) * stepMs;
const columns = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');
const upsert = (table: string, names: readonly string[]): string =>
  `INSERT INTO ${table} (step, at, name, ${columns(names)}) VALUES (?, ?, ?, ${names.map(() => '?').join(', ')})
   ON CONFLICT (step, at, name) DO UPDATE SET ${names.map((name) => `"${name}" = "${name}" + excluded."${name}"`).join(', ')}`;

/** Writes of one history. Every flush is one transaction; with WAL and `synchronous=NORMAL` a killed process loses nothing of it, a power cut maybe the last. */
export class HistoryStore {
  readonly db: Database.Database;
  readonly #environment: Database.Statement;
  readonly #pool: Database.Statement;
  readonly #host: Database.Statement;
  readonly #wait: Database.Statement;
  readonly #account: Database.Statement;
  readonly #accountWait: Database.Statement;
  readonly #putRun: Database.Statement;
  readonly #dropRun: Database.Statement;
  readonly #counted: Database.Statement;
  readonly #putStay: Database.Statement;
  readonly #dropStay: Database.Statement;
  readonly #putThought: Database.Statement;
  readonly #flush: Database.Transaction<(flush: Flush) => void>;

  constructor(db: Database.Database) {
    migrateHistory(db);
    this.db = db;
    this.#environment = db.prepare(upsert('environment_steps', environmentSums));
    this.#pool = db.prepare(upsert('pool_steps', poolSums));
    this.#host = db.prepare(
      `INSERT INTO host_hours (at, name, ${columns(powerSums)}) VALUES (?, ?, ${powerSums.map(() => '?').join(', ')})
       ON CONFLICT DO UPDATE SET ${powerSums.map((name) => `"${name}" = "${name}" + excluded."${name}"`).join(', ')}`,
    );
    this.#wait = db.prepare('INSERT INTO environment_waits (step, at, name, bucket, count) VALUES (?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1');
    this.#account = db.prepare(
      `INSERT INTO accounts (at, environment, queue, owner, started, ended, requeued, core_ms, wait_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET started = started + excluded.started, ended = ended + excluded.ended, requeued = requeued + excluded.requeued,
         core_ms = core_ms + excluded.core_ms, wait_ms = wait_ms + excluded.wait_ms`,
    );
    this.#accountWait = db.prepare(
      'INSERT INTO account_waits (at, environment, queue, owner, bucket, count) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count',
    );
    this.#putRun = db.prepare('INSERT INTO runs (key, json) VALUES (?, ?) ON CONFLICT DO UPDATE SET json = excluded.json');
    this.#dropRun = db.prepare('DELETE FROM runs WHERE key = ?');
    this.#counted = db.prepare('INSERT INTO counted (source, at) VALUES (?, ?) ON CONFLICT DO UPDATE SET at = excluded.at');
    this.#putStay = db.prepare(
      `INSERT INTO stays (key, started_at, environment, eligible_at, ended_at, slots, walltime_ms) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET ended_at = excluded.ended_at`,
    );
    this.#dropStay = db.prepare('DELETE FROM stays WHERE key = ? AND started_at = ?');
    this.#putThought = db.prepare('INSERT INTO thoughts (key, since, until, json) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET until = excluded.until');
    this.#flush = db.transaction((flush) => this.#write(flush));
  }

  /** Where counting stands; an empty history begins now. */
  state(now: number): RunState {
    const insert = this.db.prepare(`INSERT INTO meta (name, value) VALUES ('began', ?) ON CONFLICT DO NOTHING`);
    insert.run(String(Math.trunc(now)));
    const beganAt = Number(this.db.prepare(`SELECT value FROM meta WHERE name = 'began'`).pluck().get());
    const runs = this.db.prepare('SELECT key, json FROM runs').all() as { key: string; json: string }[];
    const counted = this.db.prepare('SELECT source, at FROM counted').all() as { source: string; at: number }[];
    return {
      beganAt,
      runs: new Map(runs.map(({ key, json }) => [key, JSON.parse(json) as Run])),
      counted: new Map(counted.map(({ source, at }) => [source, at])),
    };
  }

  flush(flush: Flush): void {
    this.#flush.immediate(flush);
  }

  #write(flush: Flush): void {
    for (const { stepMs } of resolutions) {
      this.#writeMinutes(flush.minutes, stepMs);
      this.#writeMoments(flush, stepMs);
    }
    this.#writeHosts(flush.minutes);
    this.#writeRuns(flush.runs);
    for (const { key, since, until, ...rest } of flush.thoughts) this.#putThought.run(key, Math.trunc(since), Math.trunc(until), JSON.stringify(rest));
  }

  #writeMinutes(minutes: Flush['minutes'], stepMs: number): void {
    for (const { at, environments, pools } of minutes) {
      for (const [name, sums] of environments) this.#environment.run(stepMs, stepOf(at, stepMs), name, ...environmentSums.map((key) => sums[key]));
      for (const [name, sums] of pools) this.#pool.run(stepMs, stepOf(at, stepMs), name, ...poolSums.map((key) => sums[key]));
    }
  }

  /** Hours only: single hosts are many, and minutes of them nobody asks for. */
  #writeHosts(minutes: Flush['minutes']): void {
    const hours = new Map<string, { readonly at: number; readonly name: string; readonly sums: Record<PowerSum, number> }>();
    for (const { at, hosts } of minutes) {
      for (const [name, sums] of hosts) {
        const hour = stepOf(at, accountStepMs);
        const known = hours.get(`${hour} ${name}`);
        if (known === undefined) hours.set(`${hour} ${name}`, { at: hour, name, sums: { ...sums } });
        else for (const key of powerSums) known.sums[key] += sums[key];
      }
    }
    for (const { at, name, sums } of hours.values()) this.#host.run(at, name, ...powerSums.map((key) => sums[key]));
  }

  #writeMoments({ starts, ends }: Flush, stepMs: number): void {
    const count = (at: number, name: string, sums: Partial<Record<string, number>>): void => {
      this.#environment.run(stepMs, stepOf(at, stepMs), name, ...environmentSums.map((key) => sums[key] ?? 0));
    };
    for (const { at, environment, bucket, waitMs } of starts) {
      count(at, environment, { started: 1, waitMs });
      this.#wait.run(stepMs, stepOf(at, stepMs), environment, bucket);
    }
    for (const { at, environment, count: ended } of ends) count(at, environment, { ended });
  }

  #writeRuns({ accounts, runs, counted }: RunChanges): void {
    for (const { at, environment, queue, owner, started, ended, requeued, coreMs, waitMs, waits } of accounts) {
      this.#account.run(at, environment, queue, owner, started, ended, requeued, coreMs, waitMs);
      for (const [bucket, times] of waits) this.#accountWait.run(at, environment, queue, owner, bucket, times);
    }
    for (const [key, run] of runs) {
      if (run === null) this.#dropRun.run(key);
      else {
        this.#putRun.run(key, JSON.stringify(run));
        this.#writeStay(run);
      }
    }
    for (const [source, at] of counted) this.#counted.run(source, Math.trunc(at));
  }

  /** A run that is over; one that goes on all the same is none yet. */
  #writeStay({ key, startedAt, environment, eligibleAt, endedAt, slots, walltimeMs }: Run): void {
    if (environment === unserved || eligibleAt === undefined) return;
    const start = Math.trunc(startedAt);
    if (endedAt === undefined) this.#dropStay.run(key, start);
    else
      this.#putStay.run(key, start, environment, Math.trunc(eligibleAt), Math.trunc(endedAt), slots, walltimeMs === undefined ? null : Math.trunc(walltimeMs));
  }

  /** Removes what is older than it is kept. */
  trim(now: number): number {
    let removed = 0;
    const drop = (sql: string, ...values: number[]): void => {
      removed += this.db.prepare(sql).run(...values).changes;
    };
    for (const { stepMs, keepMs } of resolutions)
      for (const table of ['environment_steps', 'environment_waits', 'pool_steps'])
        drop(`DELETE FROM ${table} WHERE step = ? AND at < ?`, stepMs, Math.trunc(now - keepMs));
    for (const table of ['accounts', 'account_waits']) drop(`DELETE FROM ${table} WHERE at < ?`, Math.trunc(now - keepAccountsMs));
    drop('DELETE FROM host_hours WHERE at < ?', Math.trunc(now - keepHostsMs));
    drop('DELETE FROM stays WHERE ended_at < ?', Math.trunc(now - keepWeekMs));
    drop('DELETE FROM thoughts WHERE until < ?', Math.trunc(now - keepWeekMs));
    drop('DELETE FROM stays WHERE ended_at <= (SELECT ended_at FROM stays ORDER BY ended_at DESC LIMIT 1 OFFSET ?)', mostStays);
    drop('DELETE FROM thoughts WHERE until <= (SELECT until FROM thoughts ORDER BY until DESC LIMIT 1 OFFSET ?)', mostThoughts);
    return removed;
  }

  close(): void {
    this.db.close();
  }
}

function open(file: string): HistoryStore {
  const db = new Database(file, { timeout: 1000 });
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    db.pragma('journal_size_limit = 16777216');
    return new HistoryStore(db);
  } catch (thrown) {
    db.close();
    throw thrown;
  }
}

const isBroken = (thrown: unknown): boolean => thrown instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(thrown.code);

/** Opens the history beside the journal. One that is no database any more is put aside (`history.sqlite.broken-N`), and `brokenAs` names it. */
export function openHistoryStore(stateDir: string, now: number): { readonly store: HistoryStore; readonly brokenAs?: string } {
  const file = historyFile(stateDir);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    return { store: open(file) };
  } catch (thrown) {
    if (!isBroken(thrown)) throw thrown;
    const brokenAs = `${file}.broken-${Math.trunc(now)}`;
    renameSync(file, brokenAs);
    for (const beside of ['-wal', '-shm']) if (existsSync(`${file}${beside}`)) renameSync(`${file}${beside}`, `${brokenAs}${beside}`);
    return { store: open(file), brokenAs };
  }
}
