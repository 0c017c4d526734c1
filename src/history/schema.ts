import type Database from 'better-sqlite3';
import { Failure } from '../drivers/failure.js';
import { environmentSums, powerSums } from './contract.js';

const column = (name: string): string => `"${name}" REAL NOT NULL DEFAULT 0`;

/** Of pools, as version 1 had them; what came later is added below. */
const firstPoolSums = ['coveredMs', 'on', 'off', 'unknown', 'coresOn', 'busyCores', 'joules', 'alwaysOnJoules'];
const laterPoolSums = ['measured', 'configured', 'assumed', 'wakeWaits'];

/** Entry N brings a history of version N to version N + 1. */
const migrations: readonly string[] = [
  `CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE environment_steps (step INTEGER NOT NULL, at INTEGER NOT NULL, name TEXT NOT NULL, ${environmentSums.map(column).join(', ')}, PRIMARY KEY (step, at, name)) STRICT, WITHOUT ROWID;
   CREATE TABLE environment_waits (step INTEGER NOT NULL, at INTEGER NOT NULL, name TEXT NOT NULL, bucket INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (step, at, name, bucket)) STRICT, WITHOUT ROWID;
   CREATE TABLE pool_steps (step INTEGER NOT NULL, at INTEGER NOT NULL, name TEXT NOT NULL, ${firstPoolSums.map(column).join(', ')}, PRIMARY KEY (step, at, name)) STRICT, WITHOUT ROWID;
   CREATE TABLE runs (key TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE counted (source TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE accounts (at INTEGER NOT NULL, environment TEXT NOT NULL, queue TEXT NOT NULL, owner TEXT NOT NULL,
     started INTEGER NOT NULL, ended INTEGER NOT NULL, requeued INTEGER NOT NULL, core_ms REAL NOT NULL, wait_ms REAL NOT NULL,
     PRIMARY KEY (at, environment, queue, owner)) STRICT, WITHOUT ROWID;
   CREATE TABLE account_waits (at INTEGER NOT NULL, environment TEXT NOT NULL, queue TEXT NOT NULL, owner TEXT NOT NULL, bucket INTEGER NOT NULL, count INTEGER NOT NULL,
     PRIMARY KEY (at, environment, queue, owner, bucket)) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE stays (key TEXT NOT NULL, started_at INTEGER NOT NULL, environment TEXT NOT NULL, eligible_at INTEGER NOT NULL, ended_at INTEGER NOT NULL,
     slots INTEGER NOT NULL, walltime_ms INTEGER, PRIMARY KEY (key, started_at)) STRICT, WITHOUT ROWID;
   CREATE INDEX stays_ended ON stays (ended_at);
   CREATE TABLE thoughts (key TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (key, since)) STRICT, WITHOUT ROWID;
   CREATE INDEX thoughts_until ON thoughts (until);`,
  `${laterPoolSums.map((name) => `ALTER TABLE pool_steps ADD COLUMN ${column(name)};`).join(' ')}
   CREATE TABLE host_hours (at INTEGER NOT NULL, name TEXT NOT NULL, ${powerSums.map(column).join(', ')}, PRIMARY KEY (at, name)) STRICT, WITHOUT ROWID;`,
];

export const historyVersion = migrations.length;

/** Brings the history to the present layout. Raises Failure `refused` for one of a newer program. */
export function migrateHistory(db: Database.Database): void {
  db.transaction(() => {
    const found = Number(db.pragma('user_version', { simple: true }));
    if (found > historyVersion) throw new Failure('refused', `the history has layout ${found}, made by a newer Domus; this one reads up to ${historyVersion}`);
    for (const step of migrations.slice(found)) db.exec(step);
    db.pragma(`user_version = ${historyVersion}`);
  }).immediate();
}
