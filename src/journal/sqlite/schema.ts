import { randomUUID } from 'node:crypto';
import type Database from 'better-sqlite3';
import { Failure } from '../../drivers/failure.js';

/** Entry N brings a journal of version N to version N + 1. Entries are never changed once released, only added. */
const migrations: readonly string[] = [
  `CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE rows (table_name TEXT NOT NULL, key TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (table_name, key)) STRICT, WITHOUT ROWID;
   CREATE TABLE requests (id TEXT PRIMARY KEY, state TEXT NOT NULL, answered_at INTEGER, json TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE INDEX requests_open ON requests (state, answered_at);
   CREATE TABLE events (number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, subject TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL) STRICT;
   CREATE INDEX events_at ON events (at, number);
   CREATE INDEX events_subject ON events (subject, at, number);
   CREATE INDEX events_kind ON events (kind, at, number);`,
];

/** The newest layout that this program reads and writes. */
export const schemaVersion = migrations.length;

/** Brings the journal to the present layout, in one transaction. Raises Failure `refused` for a journal of a newer program. */
export function migrate(db: Database.Database): void {
  db.transaction(() => {
    const found = Number(db.pragma('user_version', { simple: true }));
    if (found > schemaVersion) throw new Failure('refused', `the journal has layout ${found}, made by a newer Domus; this one reads up to ${schemaVersion}`);
    for (const step of migrations.slice(found)) db.exec(step);
    if (found === 0) db.prepare('INSERT INTO meta (name, value) VALUES (?, ?)').run('journal', randomUUID());
    db.pragma(`user_version = ${schemaVersion}`);
  }).immediate();
}
