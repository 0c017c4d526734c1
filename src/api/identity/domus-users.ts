import type { SignedIn, SignInDomain } from './contract.js';
import { isPassword } from './password.js';
import type { AccessStore, UserRow } from './store.js';

const signedIn = ({ name, grants }: UserRow): SignedIn => ({ name, user: name, grants });

/** The daemon's own users, by their passwords. */
export class DomusUsers implements SignInDomain {
  readonly name = 'domus';
  readonly #store: AccessStore;

  constructor(store: AccessStore) {
    this.#store = store;
  }

  async signIn(name: string, password: string): Promise<SignedIn | 'unknown' | 'wrong'> {
    const user = this.#store.user(name);
    const right = await isPassword(password, user?.password);
    if (user === undefined) return 'unknown';
    return right ? signedIn(user) : 'wrong';
  }

  current(name: string): SignedIn | undefined {
    const user = this.#store.user(name);
    return user === undefined ? undefined : signedIn(user);
  }
}
