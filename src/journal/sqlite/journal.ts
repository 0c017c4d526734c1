import { hostname } from 'node:os';
import type Database from 'better-sqlite3';
import { type Clock, localTime } from '../../clock.js';
import { Failure } from '../../drivers/failure.js';
import type { Fence } from '../../model/fence.js';
import type { Request, Rows } from '../../model/rows.js';
import type { Commit, HistoryQuery, Journal, Lease, StoredEvent } from '../contract.js';
import { journalFailure } from './failures.js';
import { historySql } from './history.js';
import { Meta } from './meta.js';
import { storedReason, storedRow, storedRows } from './stored.js';
import { Writer } from './writer.js';

/** The connections of one journal: commits that a power cut may take, and commits that it may not. */
export interface Engine {
  readonly ordinary: Database.Database;
  readonly durable: Database.Database;
  readonly lock: () => { release(): void } | undefined;
  /** Close the connections with the journal. */
  readonly owned: boolean;
}

/** Answered requests stay in the live state this long, so that whoever asked can read the answer. */
const keepAnsweredMs = 3_600_000;

/** Rows, events and requests in SQLite. Every method is one short transaction. */
export class SqliteJournal implements Journal {
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #where: string;
  readonly #ordinary: Writer;
  readonly #durable: Writer;
  readonly #meta: Meta;
  #leadership: { release(): void } | undefined;
  /** Asked at every tick. */
  #findRequests: Database.Statement<[number]> | undefined;
  #closed = false;

  constructor(engine: Engine, clock: Clock, where: string) {
    this.#engine = engine;
    this.#clock = clock;
    this.#where = where;
    this.#ordinary = new Writer(engine.ordinary);
    this.#durable = engine.durable === engine.ordinary ? this.#ordinary : new Writer(engine.durable);
    this.#meta = new Meta(engine.durable);
  }

  async lease(deployment: string, life: string): Promise<Lease> {
    return this.#guarded('the lease', () => {
      this.#leadership ??= this.#engine.lock();
      if (this.#leadership === undefined) throw new Failure('refused', `another daemon leads: ${this.#leader()}`);
      const epoch = this.#meta.reign(deployment, { life, pid: process.pid, host: hostname(), since: this.#clock.wall() });
      return { fence: { deployment, journal: this.#meta.require('journal'), epoch, life }, until: Number.POSITIVE_INFINITY };
    });
  }

  async load(): Promise<Rows> {
    return this.#guarded('loading', () => {
      const rows = this.#engine.ordinary.prepare('SELECT table_name AS "table", key, json FROM rows').all() as { table: string; key: string; json: string }[];
      const requests = this.#requestRows(this.#clock.wall() - keepAnsweredMs).map(({ id, json }) => ({ table: 'requests', key: id, json }));
      return storedRows([...rows, ...requests]);
    });
  }

  async commit(commit: Commit, fence: Fence): Promise<void> {
    this.#guarded('a commit', () => {
      const writer = commit.durable ? this.#durable : this.#ordinary;
      writer.commit(commit.changes, commit.events, fence, this.#clock.wall());
    });
  }

  async ask(request: Request): Promise<void> {
    this.#guarded('a request', () => this.#durable.ask(request));
  }

  async requests(since: number): Promise<readonly Request[]> {
    return this.#guarded('the requests', () => this.#requestRows(since).map(({ id, json }) => storedRow('requests', id, json) as Request));
  }

  async history(query: HistoryQuery): Promise<readonly StoredEvent[]> {
    return this.#guarded('the history', () => {
      const { sql, values } = historySql(query);
      const found = this.#engine.ordinary.prepare(sql).all(...values) as (Omit<StoredEvent, 'reason'> & { reason: string })[];
      return found.map(({ reason, ...event }) => ({ ...event, reason: storedReason(event.number, reason) }));
    });
  }

  async trim(before: number): Promise<number> {
    this.#guarded('trimming', () => this.#ordinary.trimRequests(before));
    for (let removed = 0; ; ) {
      const bite = this.#guarded('trimming', () => this.#ordinary.trimEvents(before));
      removed += bite;
      if (bite === 0) return removed;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** A whole, consistent copy into a file that does not exist yet, while the journal is in use. Copying the files themselves is not one. */
  async backup(file: string): Promise<void> {
    try {
      await this.#engine.ordinary.backup(file);
    } catch (thrown) {
      throw journalFailure(thrown, `the journal in ${this.#where}: a backup to ${file}`);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#engine.owned) {
      this.#engine.durable.close();
      this.#engine.ordinary.close();
    }
    this.#leadership?.release();
  }

  #requestRows(since: number): { id: string; json: string }[] {
    this.#findRequests ??= this.#engine.ordinary.prepare(
      `SELECT id, json FROM requests WHERE state = 'open' UNION ALL SELECT id, json FROM requests WHERE state <> 'open' AND answered_at >= ?`,
    );
    return this.#findRequests.all(since) as { id: string; json: string }[];
  }

  #leader(): string {
    const leader = this.#meta.leader();
    if (leader === undefined) return 'it has not said who it is yet';
    return `process ${leader.pid} on ${leader.host} since ${localTime(leader.since)}`;
  }

  #guarded<T>(what: string, work: () => T): T {
    try {
      if (this.#closed) throw new Failure('cancelled', `the journal in ${this.#where} is closed`);
      return work();
    } catch (thrown) {
      throw journalFailure(thrown, `the journal in ${this.#where}: ${what}`);
    }
  }
}
