import { randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.js';
import { ApiError } from '../errors.js';
import type { SignedIn } from './contract.js';
import { hashed, newSecret, sameSecret } from './secret.js';
import type { AccessStore, TokenRow } from './store.js';
import { type Grant, type Who, within } from './who.js';

/** Root and the daemon's own user have no account: their tokens stand by themselves. */
export const localOwner = (name: string): string => `local:${name}`;
const isLocal = (owner: string): boolean => owner.startsWith('local:');

/** The use of a token is written down at most this often, ms. */
const usedStepMs = 60_000;

/** Tokens for programs: scoped, expiring, shown once, stored as hashes. */
export class Tokens {
  readonly #store: AccessStore;
  readonly #clock: Clock;
  /** The account behind a token, as it stands now. */
  readonly #account: (name: string) => SignedIn | undefined;

  constructor(store: AccessStore, clock: Clock, account: (name: string) => SignedIn | undefined) {
    this.#store = store;
    this.#clock = clock;
    this.#account = account;
  }

  /** `domus_ID_SECRET`: nobody can show it again. */
  make(owner: string, label: string, grants: readonly Grant[], expiresAt: number): { readonly row: TokenRow; readonly token: string } {
    const id = randomBytes(6).toString('hex');
    const secret = newSecret();
    const row: TokenRow = { id, label, owner, hash: hashed(secret), grants, createdAt: this.#clock.wall(), expiresAt };
    this.#store.putToken(row);
    return { row, token: `domus_${id}_${secret}` };
  }

  /** Whose word an Authorization header is. Raises ApiError `sign-in`: a token that is none never counts as nobody. */
  who(header: string): Who {
    const [, id = '', secret = ''] = /^Bearer domus_([0-9a-f]{12})_([\w-]{43})$/.exec(header) ?? [];
    const row = id === '' ? undefined : this.#store.token(id);
    const now = this.#clock.wall();
    if (row === undefined || !sameSecret(row.hash, hashed(secret)) || !this.#stands(row, now))
      throw new ApiError('sign-in', 'the token is unknown, revoked or expired', { remedy: 'make another one: domus token create' });
    if (now - (row.usedAt ?? 0) >= usedStepMs) this.#store.usedToken(id, now);
    const user = this.#account(row.owner)?.user;
    return {
      name: `${row.owner}/${row.label}`,
      how: 'token',
      grants: this.#grants(row),
      known: true,
      ...(user === undefined || row.grants.some(({ role }) => role === 'hook') ? {} : { user }),
      stands: () => {
        const still = this.#store.token(id);
        return still !== undefined && this.#stands(still, this.#clock.wall());
      },
    };
  }

  #stands(row: TokenRow, now: number): boolean {
    return row.expiresAt > now && (isLocal(row.owner) || this.#account(row.owner) !== undefined);
  }

  /** What its maker may still do himself. */
  #grants({ owner, grants }: TokenRow): readonly Grant[] {
    if (isLocal(owner)) return grants;
    const own = this.#account(owner)?.grants ?? [];
    return grants.filter((grant) => within(grant, own));
  }
}
