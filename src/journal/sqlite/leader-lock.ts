import Database from 'better-sqlite3';

/**
 * The operating system's own lock on a second small database file, held until `release` or the death of the process:
 * whoever gets it has proof that the former leader is dead. Undefined while another process holds it. Nobody may open
 * the file by other means in this process: closing any handle on it would drop the lock.
 */
export function lockLeadership(file: string): { release(): void } | undefined {
  const db = new Database(file, { timeout: 0 });
  try {
    db.pragma('locking_mode = EXCLUSIVE');
    db.exec('BEGIN EXCLUSIVE');
  } catch (thrown) {
    db.close();
    if (thrown instanceof Database.SqliteError && thrown.code.startsWith('SQLITE_BUSY')) return undefined;
    throw thrown;
  }
  return { release: () => db.close() };
}
