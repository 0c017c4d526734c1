import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Failure } from '../drivers/failure.js';
import type { Message } from '../model/notice.js';
import { type Book, emptyBook } from './book.js';

/** One message on its way through one channel. */
export interface Parcel {
  readonly number: number;
  readonly channel: string;
  readonly message: Message;
  /** Failed tries so far. */
  readonly tries: number;
  readonly nextAt: number;
  readonly outcome: 'waiting' | 'sent' | 'given-up';
  readonly doneAt?: number;
  /** Why the last try failed. */
  readonly why?: string;
}

interface Row {
  readonly number: number;
  readonly channel: string;
  readonly json: string;
  readonly tries: number;
  readonly next_at: number;
  readonly outcome: Parcel['outcome'];
  readonly done_at: number | null;
  readonly why: string | null;
}

const layout = 1;
/** Undelivered parcels of one channel; of more the oldest are given up. */
const mostWaiting = 500;

export const noticesFile = (stateDir: string): string => join(stateDir, 'notices.sqlite');

const parcelOf = ({ number, channel, json, tries, next_at, outcome, done_at, why }: Row): Parcel => ({
  ...{ number, channel, message: JSON.parse(json) as Message, tries, nextAt: next_at, outcome },
  ...(done_at === null ? {} : { doneAt: done_at }),
  ...(why === null ? {} : { why }),
});

/** What rules remember, and what is to be delivered: written together, before anything is sent. */
export class Outbox {
  readonly #db: Database.Database;

  private constructor(db: Database.Database) {
    this.#db = db;
  }

  /** Makes it where it is not there. Raises Failure `refused` for one of a newer program. */
  static over(db: Database.Database): Outbox {
    const found = Number(db.pragma('user_version', { simple: true }));
    if (found > layout) throw new Failure('refused', `the notices have layout ${found}, made by a newer Domus`);
    db.exec(`CREATE TABLE IF NOT EXISTS books (rule TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT;
      CREATE TABLE IF NOT EXISTS parcels (number INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT NOT NULL, json TEXT NOT NULL, tries INTEGER NOT NULL,
        next_at INTEGER NOT NULL, outcome TEXT NOT NULL, done_at INTEGER, why TEXT) STRICT;
      CREATE INDEX IF NOT EXISTS parcels_waiting ON parcels (outcome, channel, number);
      PRAGMA user_version = ${layout};`);
    return new Outbox(db);
  }

  static open(stateDir: string): Outbox {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    const db = new Database(noticesFile(stateDir), { timeout: 1000 });
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    return Outbox.over(db);
  }

  /** Only to look at `recent`. */
  static reading(db: Database.Database): Outbox {
    return new Outbox(db);
  }

  book(rule: string): Book {
    const json = this.#db.prepare('SELECT json FROM books WHERE rule = ?').pluck().get(rule) as string | undefined;
    return json === undefined ? emptyBook : (JSON.parse(json) as Book);
  }

  /** A rule's new book and the messages it made, all or nothing. */
  keep(rule: string, book: Book, messages: readonly Message[], channels: readonly string[], now: number): void {
    this.#db
      .transaction(() => {
        this.#db.prepare('INSERT INTO books (rule, json) VALUES (?, ?) ON CONFLICT DO UPDATE SET json = excluded.json').run(rule, JSON.stringify(book));
        const put = this.#db.prepare(`INSERT INTO parcels (channel, json, tries, next_at, outcome) VALUES (?, ?, 0, ?, 'waiting')`);
        for (const message of messages) for (const channel of channels) put.run(channel, JSON.stringify(message), Math.trunc(now));
      })
      .immediate();
  }

  /** The oldest of each channel that is to be tried now. */
  due(now: number): readonly Parcel[] {
    const rows = this.#db
      .prepare(`SELECT * FROM parcels WHERE number IN (SELECT min(number) FROM parcels WHERE outcome = 'waiting' GROUP BY channel) AND next_at <= ?`)
      .all(Math.trunc(now)) as Row[];
    return rows.map(parcelOf);
  }

  sent(number: number, now: number): void {
    this.#db.prepare(`UPDATE parcels SET outcome = 'sent', done_at = ? WHERE number = ?`).run(Math.trunc(now), number);
  }
  failed(number: number, why: string, nextAt: number): void {
    this.#db.prepare('UPDATE parcels SET tries = tries + 1, why = ?, next_at = ? WHERE number = ?').run(why, Math.trunc(nextAt), number);
  }
  givenUp(number: number, why: string, now: number): void {
    this.#db.prepare(`UPDATE parcels SET outcome = 'given-up', tries = tries + 1, done_at = ?, why = ? WHERE number = ?`).run(Math.trunc(now), why, number);
  }

  /** Gives up the oldest of a channel that has too many, and forgets what was done long ago. Returns how many were given up, by channel. */
  tidy(now: number, keepMs: number): ReadonlyMap<string, number> {
    this.#db.prepare(`DELETE FROM parcels WHERE outcome <> 'waiting' AND done_at < ?`).run(Math.trunc(now - keepMs));
    const full = this.#db
      .prepare(`SELECT channel, count(*) - ? AS surplus FROM parcels WHERE outcome = 'waiting' GROUP BY channel HAVING surplus > 0`)
      .all(mostWaiting) as { channel: string; surplus: number }[];
    for (const { channel, surplus } of full) {
      this.#db
        .prepare(
          `UPDATE parcels SET outcome = 'given-up', done_at = ?, why = 'too many waited' WHERE number IN (SELECT number FROM parcels WHERE outcome = 'waiting' AND channel = ? ORDER BY number LIMIT ?)`,
        )
        .run(Math.trunc(now), channel, surplus);
    }
    return new Map(full.map(({ channel, surplus }) => [channel, surplus]));
  }

  /** The newest first. */
  recent(limit: number): readonly Parcel[] {
    return (this.#db.prepare('SELECT * FROM parcels ORDER BY number DESC LIMIT ?').all(limit) as Row[]).map(parcelOf);
  }

  close(): void {
    this.#db.close();
  }
}
