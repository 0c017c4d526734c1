import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Clock } from '../../clock.js';
import { journalFailure } from './failures.js';
import { type Engine, SqliteJournal } from './journal.js';
import { lockLeadership } from './leader-lock.js';
import { migrate } from './schema.js';

/** A folder of its own, or an open database (tests: several lives share one in memory, without the operating system's lock). */
export type SqliteOptions = { readonly clock: Clock } & ({ readonly dir: string } | { readonly database: Database.Database });

/** Longest wait for another process's write, ms: it blocks the event loop. */
const busyMs = 2000;

function open(file: string, synchronous: 'NORMAL' | 'FULL'): Database.Database {
  const db = new Database(file, { timeout: busyMs });
  try {
    db.pragma('journal_mode = WAL');
    db.pragma(`synchronous = ${synchronous}`);
    db.pragma('journal_size_limit = 16777216');
    return db;
  } catch (thrown) {
    db.close();
    throw thrown;
  }
}

function folderEngine(dir: string): Engine {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const file = join(dir, 'journal.sqlite');
  const ordinary = open(file, 'NORMAL');
  try {
    migrate(ordinary);
    return { ordinary, durable: open(file, 'FULL'), lock: () => lockLeadership(join(dir, 'leader.lock')), owned: true };
  } catch (thrown) {
    ordinary.close();
    throw thrown;
  }
}

function sharedEngine(database: Database.Database): Engine {
  migrate(database);
  return { ordinary: database, durable: database, lock: () => ({ release: () => undefined }), owned: false };
}

/** Opens (and makes, and brings up to date) a journal. Raises Failure: `denied`, `garbled` (no such database), `refused` (made by a newer Domus), `busy`, `full`. */
export async function openSqliteJournal(options: SqliteOptions): Promise<SqliteJournal> {
  const { clock } = options;
  const where = 'dir' in options ? options.dir : 'memory';
  for (const until = clock.mono() + busyMs; ; ) {
    try {
      return new SqliteJournal('dir' in options ? folderEngine(options.dir) : sharedEngine(options.database), clock, where);
    } catch (thrown) {
      const failure = journalFailure(thrown, `the journal in ${where} cannot be opened`);
      // SQLite does not wait by itself where two processes turn a new file to WAL at once.
      if (failure.kind !== 'busy' || clock.mono() > until) throw failure;
      await clock.sleep(20);
    }
  }
}
