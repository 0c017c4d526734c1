import { randomUUID } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { chmod, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { Failure } from '../../drivers/failure.js';
import { journalFailure } from './failures.js';

/** What a backup says of itself. */
export interface Backed {
  readonly file: string;
  /** The reign in which it was made. */
  readonly epoch: number;
  readonly rows: number;
  readonly events: number;
}

async function synced(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * A whole, consistent copy of the journal in `dir`, while a daemon writes it. The copy gets an id of its own: hosts that
 * obey the journal refuse a daemon on the copy, however high its epoch, until a person says that the journal is gone
 * (`domus run --take-over`). Raises Failure `exists` (the file is there), `absent` (no journal), `denied`, `full`, `garbled`.
 */
export async function backupJournal(dir: string, file: string): Promise<Backed> {
  const journal = join(dir, 'journal.sqlite');
  if (!existsSync(journal)) throw new Failure('absent', `there is no journal ${journal}`);
  if (existsSync(file)) throw new Failure('exists', `${file} is there already: a backup overwrites nothing`);
  const fresh = `${file}.part`;
  rmSync(fresh, { force: true });
  try {
    await copy(journal, fresh);
    const backed = settle(fresh, file);
    await chmod(fresh, 0o600);
    await synced(fresh);
    await rename(fresh, file);
    await synced(dirname(file));
    return backed;
  } catch (thrown) {
    throw journalFailure(thrown, `a backup of ${journal} to ${file}`);
  } finally {
    for (const left of ['', '-wal', '-shm', '-journal']) rmSync(`${fresh}${left}`, { force: true });
  }
}

async function copy(journal: string, fresh: string): Promise<void> {
  const db = new Database(journal, { readonly: true, fileMustExist: true, timeout: 5000 });
  try {
    await db.backup(fresh);
  } finally {
    db.close();
  }
}

/** Makes the copy one file, sound, and a journal of its own. */
function settle(fresh: string, file: string): Backed {
  const db = new Database(fresh);
  try {
    db.pragma('journal_mode = DELETE');
    const verdict = String(db.pragma('quick_check(1)', { simple: true }));
    if (verdict !== 'ok') throw new Failure('garbled', `the copy is not sound: ${verdict}`);
    const value = (name: string): string => String(db.prepare('SELECT value FROM meta WHERE name = ?').pluck().get(name) ?? '');
    const put = db.prepare('INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value');
    const epoch = Number(value('epoch') || 0);
    db.transaction(() => {
      put.run('copy-of', value('journal'));
      put.run('journal', randomUUID());
    })();
    const count = (table: string): number => Number(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
    return { file, epoch, rows: count('rows'), events: count('events') };
  } finally {
    db.close();
  }
}
