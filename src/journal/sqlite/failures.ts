import Database from 'better-sqlite3';
import { Failure, type FailureKind } from '../../drivers/failure.js';

/** SQLite's primary result codes, by what the caller can do about them. */
const kinds: readonly (readonly [prefix: string, kind: FailureKind])[] = [
  ['SQLITE_FULL', 'full'],
  ['SQLITE_IOERR_WRITE', 'full'],
  ['SQLITE_BUSY', 'busy'],
  ['SQLITE_LOCKED', 'busy'],
  ['SQLITE_CORRUPT', 'garbled'],
  ['SQLITE_NOTADB', 'garbled'],
  ['SQLITE_READONLY', 'denied'],
  ['SQLITE_CANTOPEN', 'denied'],
  ['SQLITE_PERM', 'denied'],
  ['SQLITE_AUTH', 'denied'],
  ['SQLITE_CONSTRAINT', 'exists'],
];

const kindOf = (code: string): FailureKind => kinds.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 'uncertain';

/** What SQLite or the file system threw, as a Failure whose sentence begins with `what`. */
export function journalFailure(thrown: unknown, what: string): Failure {
  if (thrown instanceof Failure) return thrown;
  if (thrown instanceof Database.SqliteError) return new Failure(kindOf(thrown.code), `${what}: ${thrown.message} (${thrown.code})`, { cause: thrown });
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const kind: FailureKind =
    code === 'ENOSPC' || code === 'EDQUOT' ? 'full' : code === 'EACCES' || code === 'EPERM' || code === 'EROFS' ? 'denied' : 'uncertain';
  return new Failure(kind, `${what}: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown });
}
