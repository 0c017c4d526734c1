import type Database from 'better-sqlite3';
import { Failure } from '../../drivers/failure.js';
import type { Event } from '../../model/event.js';
import type { Fence } from '../../model/fence.js';
import type { Change, Request } from '../../model/rows.js';
import { Meta } from './meta.js';

/** One connection's prepared writes. */
export class Writer {
  readonly #meta: Meta;
  readonly #putRow: Database.Statement<[string, string, string]>;
  readonly #dropRow: Database.Statement<[string, string]>;
  readonly #putRequest: Database.Statement<[string, string, number | null, string]>;
  readonly #dropRequest: Database.Statement<[string]>;
  readonly #ask: Database.Statement<[string, string]>;
  readonly #putEvent: Database.Statement<[number, string, string, string]>;
  readonly #dropEvents: Database.Statement<[number]>;
  readonly #dropAnswered: Database.Statement<[number]>;
  readonly #commit: Database.Transaction<(changes: readonly Change[], events: readonly Event[], fence: Fence, now: number) => void>;

  constructor(db: Database.Database) {
    this.#meta = new Meta(db);
    this.#putRow = db.prepare('INSERT INTO rows (table_name, key, json) VALUES (?, ?, ?) ON CONFLICT (table_name, key) DO UPDATE SET json = excluded.json');
    this.#dropRow = db.prepare('DELETE FROM rows WHERE table_name = ? AND key = ?');
    this.#putRequest = db.prepare(
      `INSERT INTO requests (id, state, answered_at, json) VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET state = excluded.state, answered_at = excluded.answered_at, json = excluded.json`,
    );
    this.#dropRequest = db.prepare('DELETE FROM requests WHERE id = ?');
    this.#ask = db.prepare(`INSERT INTO requests (id, state, json) VALUES (?, 'open', ?)`);
    this.#putEvent = db.prepare('INSERT INTO events (at, subject, kind, reason) VALUES (?, ?, ?, ?)');
    this.#dropEvents = db.prepare('DELETE FROM events WHERE number IN (SELECT number FROM events WHERE at < ? ORDER BY at LIMIT 5000)');
    this.#dropAnswered = db.prepare(`DELETE FROM requests WHERE state <> 'open' AND answered_at < ?`);
    this.#commit = db.transaction((changes, events, fence, now) => {
      this.#check(fence);
      for (const change of changes) this.#apply(change, now);
      for (const event of events) this.#putEvent.run(Math.trunc(event.at), event.subject, event.kind, JSON.stringify(event.reason));
    });
  }

  /** All or nothing. Raises Failure `refused` when the fence is no longer the reign. */
  commit(changes: readonly Change[], events: readonly Event[], fence: Fence, now: number): void {
    this.#commit.immediate(changes, events, fence, now);
  }

  ask(request: Request): void {
    this.#ask.run(request.id, JSON.stringify({ ...request, state: 'open' }));
  }

  /** Removes answered requests older than `before`. */
  trimRequests(before: number): void {
    this.#dropAnswered.run(before);
  }

  /** Removes a bite of the events older than `before`, so that no single write is long; returns how many, 0 when none are left. */
  trimEvents(before: number): number {
    return this.#dropEvents.run(before).changes;
  }

  #check(fence: Fence): void {
    const epoch = Number(this.#meta.require('epoch'));
    const same = epoch === fence.epoch && this.#meta.require('life') === fence.life && this.#meta.require('journal') === fence.journal;
    if (!same) throw new Failure('refused', `epoch ${fence.epoch} no longer reigns: epoch ${epoch} does`);
  }

  #apply(change: Change, now: number): void {
    const { table, key, row } = change;
    if (table === 'requests') {
      if (row === null) this.#dropRequest.run(key);
      else this.#putRequest.run(key, row.state, row.state === 'open' ? null : Math.trunc(now), JSON.stringify(row));
    } else if (row === null) this.#dropRow.run(table, key);
    else this.#putRow.run(table, key, JSON.stringify(row));
  }
}
