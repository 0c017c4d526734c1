import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { Failure } from '../drivers/failure.js';
import type { Account, EnvironmentStep, HistoryReader, HostHour, PoolStep, SeriesQuery, Stay, Thought } from './contract.js';
import { accountStepMs, unserved } from './contract.js';
import type { Run } from './runs.js';
import { historyVersion } from './schema.js';
import { series, stepFor } from './series.js';
import type { Sketch } from './sketch.js';

interface Wait {
  readonly key: string;
  readonly bucket: number;
  readonly count: number;
}

function sketches(rows: readonly Wait[]): ReadonlyMap<string, Sketch> {
  const byKey = new Map<string, Map<number, number>>();
  for (const { key, bucket, count } of rows) {
    const sketch = byKey.get(key) ?? new Map<number, number>();
    byKey.set(key, sketch);
    sketch.set(bucket, count);
  }
  return byKey;
}

const none: Sketch = new Map();

/** Reads a history through one connection, its own or a borrowed one. */
export class SqliteHistoryReader implements HistoryReader {
  readonly #db: Database.Database;
  readonly #now: () => number;

  constructor(db: Database.Database, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  beganAt(): number | undefined {
    const value = this.#db.prepare(`SELECT value FROM meta WHERE name = 'began'`).pluck().get() as string | undefined;
    return value === undefined ? undefined : Number(value);
  }

  series(query: SeriesQuery): ReturnType<HistoryReader['series']> {
    const stepMs = stepFor(query, this.#now());
    const since = Math.floor(query.since / stepMs) * stepMs;
    return series(this.#steps(stepMs, since, query.until), { ...query, since, stepMs });
  }

  hours(since: number, until: number): { readonly environments: readonly EnvironmentStep[]; readonly pools: readonly PoolStep[] } {
    return this.#steps(accountStepMs, since, until);
  }

  hosts(since: number, until: number): readonly HostHour[] {
    return this.#db.prepare('SELECT * FROM host_hours WHERE at >= ? AND at < ? ORDER BY at').all(Math.trunc(since), Math.trunc(until)) as HostHour[];
  }

  accounts(since: number, until: number): readonly Account[] {
    const waits = sketches(
      this.#db
        .prepare(
          `SELECT at || char(10) || environment || char(10) || queue || char(10) || owner AS key, bucket, count FROM account_waits WHERE at >= ? AND at < ?`,
        )
        .all(since, until) as Wait[],
    );
    const rows = this.#db
      .prepare(
        `SELECT at, environment, queue, owner, started, ended, requeued, core_ms AS coreMs, wait_ms AS waitMs FROM accounts WHERE at >= ? AND at < ? ORDER BY at`,
      )
      .all(since, until) as Omit<Account, 'waits'>[];
    return rows.map((row) => ({ ...row, waits: waits.get([row.at, row.environment, row.queue, row.owner].join('\n')) ?? none }));
  }

  stays(since: number, until: number): readonly Stay[] {
    const over = this.#db
      .prepare(
        `SELECT environment, eligible_at AS eligibleAt, started_at AS startedAt, ended_at AS endedAt, slots, walltime_ms AS walltimeMs
         FROM stays WHERE ended_at >= ? AND started_at < ? ORDER BY eligible_at`,
      )
      .all(Math.trunc(since), Math.trunc(until)) as (Required<Omit<Stay, 'walltimeMs'>> & { walltimeMs: number | null })[];
    const running = (this.#db.prepare('SELECT json FROM runs').pluck().all() as string[]).flatMap((json): Stay[] => {
      const { environment, eligibleAt, startedAt, endedAt, slots, walltimeMs } = JSON.parse(json) as Run;
      if (endedAt !== undefined || eligibleAt === undefined || environment === unserved || startedAt >= until) return [];
      return [{ environment, eligibleAt, startedAt, slots, ...(walltimeMs === undefined ? {} : { walltimeMs }) }];
    });
    return [...over.map(({ walltimeMs, ...stay }) => (walltimeMs === null ? stay : { ...stay, walltimeMs })), ...running];
  }

  thoughts(since: number, until: number): readonly Thought[] {
    const rows = this.#db
      .prepare('SELECT key, since, until, json FROM thoughts WHERE until >= ? AND since < ? ORDER BY since')
      .all(Math.trunc(since), Math.trunc(until)) as { key: string; since: number; until: number; json: string }[];
    return rows.map(({ json, ...row }) => ({ ...row, ...(JSON.parse(json) as Omit<Thought, 'key' | 'since' | 'until'>) }));
  }

  #steps(stepMs: number, since: number, until: number): { readonly environments: readonly EnvironmentStep[]; readonly pools: readonly PoolStep[] } {
    const asked = [stepMs, since, until];
    const waits = sketches(
      this.#db
        .prepare(`SELECT at || char(10) || name AS key, bucket, count FROM environment_waits WHERE step = ? AND at >= ? AND at < ?`)
        .all(...asked) as Wait[],
    );
    const environments = this.#db
      .prepare('SELECT * FROM environment_steps WHERE step = ? AND at >= ? AND at < ? ORDER BY at')
      .all(...asked) as EnvironmentStep[];
    const pools = this.#db.prepare('SELECT * FROM pool_steps WHERE step = ? AND at >= ? AND at < ? ORDER BY at').all(...asked) as PoolStep[];
    return { environments: environments.map((row) => ({ ...row, waits: waits.get(`${row.at}\n${row.name}`) ?? none })), pools };
  }
}

/** Opens a history only to read it; the daemon may write meanwhile. Raises Failure `absent`, `denied`, `refused` (another layout). */
export function openHistoryReader(file: string, now: () => number): SqliteHistoryReader & { close(): void } {
  if (!existsSync(file)) throw new Failure('absent', `there is no history ${file}: the daemon writes one from its first minute on`);
  try {
    const db = new Database(file, { readonly: true, fileMustExist: true, timeout: 2000 });
    const version = Number(db.pragma('user_version', { simple: true }));
    if (version !== historyVersion) {
      db.close();
      throw new Failure('refused', `the history ${file} has layout ${version}, this Domus reads ${historyVersion}: start the daemon once with it`);
    }
    return Object.assign(new SqliteHistoryReader(db, now), { close: () => void db.close() });
  } catch (thrown) {
    if (thrown instanceof Failure) throw thrown;
    throw new Failure('denied', `the history ${file} cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown });
  }
}
