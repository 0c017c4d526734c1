import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { openSqliteJournal } from '../../src/journal/sqlite/open.js';
import { journalContract } from '../contract/journal.js';

journalContract('sqlite in a folder', () => {
  const dir = mkdtempSync(join(tmpdir(), 'domus-journal-'));
  return { open: (clock) => openSqliteJournal({ dir, clock }), again: (clock) => openSqliteJournal({ dir, clock }) };
});

journalContract('sqlite in memory, shared between lives', () => {
  const database = new Database(':memory:');
  return { open: (clock) => openSqliteJournal({ database, clock }), again: (clock) => openSqliteJournal({ database, clock }) };
});
