import { join } from 'node:path';
import type { Clock } from '../../clock.js';
import { Access } from './access.js';
import { Audit } from './audit.js';
import { DomusUsers } from './domus-users.js';
import { AccessStore, openAccessDatabase } from './store.js';

/** Who may come in, and what they did. */
export interface OpenAccess {
  readonly access: Access;
  readonly audit: Audit;
  /** Ends what has expired, forgets audit lines older than `before`. */
  trim(before: number): void;
  close(): void;
}

/** Over a store that is open already. */
export function accessOver(store: AccessStore, clock: Clock, sessionMs: number): OpenAccess {
  const access = new Access({ store, domains: [new DomusUsers(store)], clock, sessionMs });
  const audit = new Audit(clock, (row) => store.note(row));
  const close = (): void => {
    audit.close();
    store.close();
  };
  return { access, audit, trim: (before) => store.trim(clock.wall(), before), close };
}

/** The file `access.sqlite` of the state folder. Raises what SQLite raises. */
export const openAccess = (stateDir: string, clock: Clock, sessionMs: number): OpenAccess =>
  accessOver(new AccessStore(openAccessDatabase(join(stateDir, 'access.sqlite'))), clock, sessionMs);
