import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import type { Grant } from './who.js';

export interface UserRow {
  readonly name: string;
  /** Absent until he has chosen one. */
  readonly password?: string;
  readonly grants: readonly Grant[];
  readonly createdAt: number;
}
export interface TokenRow {
  readonly id: string;
  readonly label: string;
  /** Who made it: it can do no more than he can. */
  readonly owner: string;
  readonly hash: string;
  readonly grants: readonly Grant[];
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly usedAt?: number;
}
export interface SessionRow {
  readonly domain: string;
  readonly user: string;
  readonly csrf: string;
  readonly expiresAt: number;
}
export interface LinkRow {
  /** Absent: the first administrator, who chooses his own name. */
  readonly user?: string;
  readonly expiresAt: number;
}
export interface AuditRow {
  readonly at: number;
  readonly who: string;
  readonly from: string;
  readonly what: string;
  readonly why: string;
  readonly outcome: string;
  /** More than 1: so many alike, within a few minutes. */
  readonly times: number;
}
export interface AuditQuery {
  readonly who?: string;
  readonly since?: number;
  readonly until?: number;
  readonly before?: number;
  readonly limit: number;
}

const layout = `
  CREATE TABLE users (name TEXT PRIMARY KEY, password TEXT, grants TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE tokens (id TEXT PRIMARY KEY, label TEXT NOT NULL, owner TEXT NOT NULL, hash TEXT NOT NULL, grants TEXT NOT NULL,
    created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, used_at INTEGER) STRICT, WITHOUT ROWID;
  CREATE TABLE sessions (hash TEXT PRIMARY KEY, domain TEXT NOT NULL, user TEXT NOT NULL, csrf TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE links (hash TEXT PRIMARY KEY, user TEXT, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE audit (number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, who TEXT NOT NULL, origin TEXT NOT NULL, what TEXT NOT NULL,
    why TEXT NOT NULL, outcome TEXT NOT NULL, times INTEGER NOT NULL) STRICT;
  CREATE INDEX audit_at ON audit (at);
  CREATE INDEX audit_who ON audit (who, number);`;
const layoutNumber = 1;

/** Opens (and makes, mode 0600) the file of users, tokens, sessions and the audit. Raises Error for a newer layout, and what SQLite raises. */
export function openAccessDatabase(file: string): Database.Database {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600); // what SQLite makes beside it takes the same mode
  return prepared(new Database(file, { timeout: 2000 }));
}

/** Brings a database to the present layout. */
export function prepared(db: Database.Database): Database.Database {
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.transaction(() => {
    const found = Number(db.pragma('user_version', { simple: true }));
    if (found > layoutNumber) throw new Error(`the file of users has layout ${found}, made by a newer Domus; this one reads up to ${layoutNumber}`);
    if (found === 0) db.exec(layout);
    db.pragma(`user_version = ${layoutNumber}`);
  }).immediate();
  return db;
}

type Stored = Readonly<Record<string, string | number | null>>;
const grantsOf = (row: Stored): readonly Grant[] => JSON.parse(String(row['grants'])) as readonly Grant[];
const some = <K extends string>(key: K, value: string | number | null | undefined) => (value === null || value === undefined ? {} : { [key]: value });

/** Users, tokens, sessions, links and the audit, as rows. Secrets are here only as hashes. */
export class AccessStore {
  readonly #db: Database.Database;

  constructor(db: Database.Database) {
    this.#db = db;
  }

  users(): readonly UserRow[] {
    return (this.#db.prepare('SELECT * FROM users ORDER BY name').all() as Stored[]).map(userOf);
  }
  user(name: string): UserRow | undefined {
    const row = this.#db.prepare('SELECT * FROM users WHERE name = ?').get(name) as Stored | undefined;
    return row === undefined ? undefined : userOf(row);
  }
  putUser({ name, password, grants, createdAt }: UserRow): void {
    this.#db
      .prepare(
        'INSERT INTO users (name, password, grants, created_at) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET password = excluded.password, grants = excluded.grants',
      )
      .run(name, password ?? null, JSON.stringify(grants), createdAt);
  }
  /** With his sessions, tokens and links. */
  dropUser(name: string): boolean {
    return this.#db.transaction(() => {
      for (const sql of ['DELETE FROM sessions WHERE user = ?', 'DELETE FROM tokens WHERE owner = ?', 'DELETE FROM links WHERE user = ?'])
        this.#db.prepare(sql).run(name);
      return this.#db.prepare('DELETE FROM users WHERE name = ?').run(name).changes > 0;
    })();
  }

  tokens(): readonly TokenRow[] {
    return (this.#db.prepare('SELECT * FROM tokens ORDER BY created_at, id').all() as Stored[]).map(tokenOf);
  }
  token(id: string): TokenRow | undefined {
    const row = this.#db.prepare('SELECT * FROM tokens WHERE id = ?').get(id) as Stored | undefined;
    return row === undefined ? undefined : tokenOf(row);
  }
  putToken({ id, label, owner, hash, grants, createdAt, expiresAt }: TokenRow): void {
    this.#db
      .prepare('INSERT INTO tokens (id, label, owner, hash, grants, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(id, label, owner, hash, JSON.stringify(grants), createdAt, expiresAt);
  }
  usedToken(id: string, at: number): void {
    this.#db.prepare('UPDATE tokens SET used_at = ? WHERE id = ?').run(at, id);
  }
  dropToken(id: string): boolean {
    return this.#db.prepare('DELETE FROM tokens WHERE id = ?').run(id).changes > 0;
  }

  session(hash: string): SessionRow | undefined {
    const row = this.#db.prepare('SELECT * FROM sessions WHERE hash = ?').get(hash) as Stored | undefined;
    return row === undefined
      ? undefined
      : { domain: String(row['domain']), user: String(row['user']), csrf: String(row['csrf']), expiresAt: Number(row['expires_at']) };
  }
  putSession(hash: string, { domain, user, csrf, expiresAt }: SessionRow): void {
    this.#db.prepare('INSERT INTO sessions (hash, domain, user, csrf, expires_at) VALUES (?, ?, ?, ?, ?)').run(hash, domain, user, csrf, expiresAt);
  }
  dropSession(hash: string): void {
    this.#db.prepare('DELETE FROM sessions WHERE hash = ?').run(hash);
  }
  /** All of one person. */
  dropSessions(user: string): void {
    this.#db.prepare('DELETE FROM sessions WHERE user = ?').run(user);
  }

  putLink(hash: string, { user, expiresAt }: LinkRow): void {
    this.#db.prepare('DELETE FROM links WHERE user IS ?').run(user ?? null); // the newest link is the one that holds
    this.#db.prepare('INSERT INTO links (hash, user, expires_at) VALUES (?, ?, ?)').run(hash, user ?? null, expiresAt);
  }
  link(hash: string): LinkRow | undefined {
    const row = this.#db.prepare('SELECT * FROM links WHERE hash = ?').get(hash) as Stored | undefined;
    return row === undefined ? undefined : { ...(some('user', row['user']) as { user?: string }), expiresAt: Number(row['expires_at']) };
  }
  /** True for the one who takes it first. */
  takeLink(hash: string): boolean {
    return this.#db.prepare('DELETE FROM links WHERE hash = ?').run(hash).changes > 0;
  }

  note({ at, who, from, what, why, outcome, times }: AuditRow): void {
    this.#db
      .prepare('INSERT INTO audit (at, who, origin, what, why, outcome, times) VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(at, who, from, what, why, outcome, times);
  }
  /** Newest first. */
  audit({
    who,
    since = 0,
    until = Number.MAX_SAFE_INTEGER,
    before = Number.MAX_SAFE_INTEGER,
    limit,
  }: AuditQuery): readonly (AuditRow & { readonly number: number })[] {
    const sql = `SELECT number, at, who, origin AS "from", what, why, outcome, times FROM audit
      WHERE number < ? AND at >= ? AND at <= ?${who === undefined ? '' : ' AND who = ?'} ORDER BY number DESC LIMIT ?`;
    return this.#db.prepare(sql).all(before, since, until, ...(who === undefined ? [] : [who]), limit) as (AuditRow & { number: number })[];
  }

  /** Ends what has expired, and forgets audit lines older than `before`. */
  trim(now: number, before: number): void {
    for (const table of ['sessions', 'links', 'tokens']) this.#db.prepare(`DELETE FROM ${table} WHERE expires_at <= ?`).run(now);
    this.#db.prepare('DELETE FROM audit WHERE at < ?').run(before);
  }

  close(): void {
    this.#db.close();
  }
}

const userOf = (row: Stored): UserRow => ({
  name: String(row['name']),
  ...(some('password', row['password']) as { password?: string }),
  grants: grantsOf(row),
  createdAt: Number(row['created_at']),
});
const tokenOf = (row: Stored): TokenRow => ({
  id: String(row['id']),
  label: String(row['label']),
  owner: String(row['owner']),
  hash: String(row['hash']),
  grants: grantsOf(row),
  createdAt: Number(row['created_at']),
  expiresAt: Number(row['expires_at']),
  ...(some('usedAt', row['used_at']) as { usedAt?: number }),
});
