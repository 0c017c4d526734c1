import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Rows } from '../../model/rows.js';
import { journalFailure } from './failures.js';
import { schemaVersion } from './schema.js';
import { storedRows } from './stored.js';

/** The live state without becoming anything to the journal: no lock, no new file, no new layout. Undefined where there is no journal, or one of another layout. Raises Failure `denied`, `garbled`. */
export function peekRows(dir: string): Rows | undefined {
  const file = join(dir, 'journal.sqlite');
  if (!existsSync(file)) return undefined;
  try {
    const db = new Database(file, { readonly: true, fileMustExist: true, timeout: 2000 });
    try {
      if (Number(db.pragma('user_version', { simple: true })) !== schemaVersion) return undefined;
      const rows = db.prepare('SELECT table_name AS "table", key, json FROM rows').all() as { table: string; key: string; json: string }[];
      return storedRows(rows);
    } finally {
      db.close();
    }
  } catch (thrown) {
    throw journalFailure(thrown, `the journal in ${dir} cannot be read`);
  }
}
