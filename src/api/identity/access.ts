import type { Clock } from '../../clock.js';
import { ApiError } from '../errors.js';
import { Attempts } from './attempts.js';
import type { SignedIn, SignInDomain } from './contract.js';
import { Gate } from './gate.js';
import { hashPassword } from './password.js';
import { hashed, newSecret, sameSecret } from './secret.js';
import type { AccessStore, SessionRow } from './store.js';
import { Tokens } from './tokens.js';
import { type Grant, may, type Who } from './who.js';

const minute = 60_000;
/** Failures that are taken from one address, for one name from one address, and for one name from anywhere, within a quarter of an hour. */
const bounds = { address: { most: 30, withinMs: 15 * minute }, pair: { most: 5, withinMs: 15 * minute }, name: { most: 100, withinMs: 15 * minute } };
/** A one-time link holds this long, ms. */
export const linkMs = 24 * 60 * minute;

export interface NewSession {
  /** The cookie's value: only its hash is kept. */
  readonly secret: string;
  readonly csrf: string;
  readonly expiresAt: number;
  readonly person: SignedIn;
}
/** A session that a cookie names. */
export interface Session {
  readonly hash: string;
  readonly row: SessionRow;
  readonly who: Who;
}
export interface AccessOptions {
  readonly store: AccessStore;
  /** Asked in this order. */
  readonly domains: readonly SignInDomain[];
  readonly clock: Clock;
  /** A session ends after this time, ms. */
  readonly sessionMs: number;
}

const wrong = (): ApiError => new ApiError('sign-in', 'name and password do not belong together');

/** Who may come in: by password, session, one-time link or token. */
export class Access {
  readonly store: AccessStore;
  readonly tokens: Tokens;
  readonly #options: AccessOptions;
  readonly #attempts = { address: new Attempts(bounds.address), pair: new Attempts(bounds.pair), name: new Attempts(bounds.name) };
  readonly #gate = new Gate(2, 16);

  constructor(options: AccessOptions) {
    this.#options = options;
    this.store = options.store;
    this.tokens = new Tokens(options.store, options.clock, (name) => this.account(name));
  }

  /** Somebody as he stands now, in any domain. */
  account(name: string): SignedIn | undefined {
    for (const domain of this.#options.domains) {
      const found = domain.current(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Is there anybody who may give roles? */
  hasAdmin(): boolean {
    return this.store.users().some(({ grants }) => may({ name: '', how: 'session', known: true, grants }, 'admin', {}));
  }

  /** A new session, never one that the caller brought along. Raises ApiError `sign-in`, `too-often`. */
  async signIn(name: string, password: string, from: string): Promise<NewSession> {
    this.#mind(name, from);
    return this.#gate.through(async () => {
      for (const domain of this.#options.domains) {
        const answer = await domain.signIn(name, password);
        if (answer === 'unknown') continue;
        if (answer === 'wrong') break;
        this.#attempts.pair.succeeded(`${from} ${name}`);
        return this.#begin(domain.name, answer);
      }
      this.#failed(name, from);
      throw wrong();
    });
  }

  /** The session of a cookie; undefined for one that is none, has ended, or whose person is gone. */
  session(secret: string): Session | undefined {
    const hash = hashed(secret);
    const find = (): readonly [SessionRow, SignedIn] | undefined => {
      const row = this.store.session(hash);
      if (row === undefined || row.expiresAt <= this.#options.clock.wall()) return undefined;
      const person = this.#options.domains.find(({ name }) => name === row.domain)?.current(row.user);
      return person === undefined ? undefined : [row, person];
    };
    const found = find();
    if (found === undefined) return undefined;
    const [row, { name, user, grants }] = found;
    return { hash, row, who: { name, user, grants, how: 'session', known: true, stands: () => find() !== undefined } };
  }

  /** Raises ApiError `forged` where a session's word against forgery is missing or another's. */
  mindForgery({ row }: Session, word: unknown): void {
    if (typeof word === 'string' && sameSecret(word, row.csrf)) return;
    throw new ApiError('forged', 'the header x-domus-csrf is not that of your session', { remedy: 'GET /api/v1/session tells it' });
  }

  /** A new one-time link for somebody, or (without a name) for the first administrator. */
  makeLink(user: string | undefined): { readonly code: string; readonly expiresAt: number } {
    const code = newSecret();
    const expiresAt = this.#options.clock.wall() + linkMs;
    this.store.putLink(hashed(code), { ...(user === undefined ? {} : { user }), expiresAt });
    return { code, expiresAt };
  }

  /** Sets the password of who a link is for, ends his sessions, and signs him in. Raises ApiError `sign-in`, `invalid`, `too-often`. */
  async useLink(
    { code, password, name }: { readonly code: string; readonly password: string; readonly name?: string | undefined },
    from: string,
  ): Promise<NewSession> {
    this.#mind('', from);
    const hash = hashed(code);
    const row = this.store.link(hash);
    const gone = new ApiError('sign-in', 'the link is unknown, used or too old', { remedy: 'an administrator makes another one: domus user link NAME' });
    if (row === undefined || row.expiresAt <= this.#options.clock.wall() || (row.user === undefined && this.hasAdmin())) {
      this.#failed('', from);
      throw gone;
    }
    const chosen = row.user ?? name;
    if (chosen === undefined) throw new ApiError('invalid', 'name: the first administrator chooses one');
    if (row.user === undefined && this.store.user(chosen) !== undefined) throw new ApiError('invalid', `name: there is a user ${chosen} already`);
    const secret = await this.#gate.through(() => hashPassword(password));
    if (!this.store.takeLink(hash)) throw gone;
    const before = this.store.user(chosen);
    const grants: readonly Grant[] = before?.grants ?? [{ role: 'admin' }];
    if (row.user !== undefined && before === undefined) throw gone;
    this.store.putUser({ name: chosen, password: secret, grants, createdAt: before?.createdAt ?? this.#options.clock.wall() });
    this.store.dropSessions(chosen);
    return this.#begin('domus', { name: chosen, user: chosen, grants });
  }

  /** A new password; every session of his ends. */
  async setPassword(name: string, password: string): Promise<void> {
    const secret = await this.#gate.through(() => hashPassword(password));
    const user = this.store.user(name);
    if (user === undefined) throw new ApiError('unknown', `there is no user ${name}`);
    this.store.putUser({ ...user, password: secret });
    this.store.dropSessions(name);
  }

  /** Whether a signed-in person knows his password. Raises ApiError `sign-in`, `too-often`. */
  async mindPassword(name: string, password: string, from: string): Promise<void> {
    this.#mind(name, from);
    const answers = await this.#gate.through(() => Promise.all(this.#options.domains.map((domain) => domain.signIn(name, password))));
    if (answers.some((answer) => typeof answer === 'object')) return;
    this.#failed(name, from);
    throw wrong();
  }

  #begin(domain: string, person: SignedIn): NewSession {
    const secret = newSecret();
    const row = { domain, user: person.name, csrf: newSecret(), expiresAt: this.#options.clock.wall() + this.#options.sessionMs };
    this.store.putSession(hashed(secret), row);
    return { secret, csrf: row.csrf, expiresAt: row.expiresAt, person };
  }

  #mind(name: string, from: string): void {
    const now = this.#options.clock.wall();
    const waits = [this.#attempts.address.waitMs(from, now), this.#attempts.pair.waitMs(`${from} ${name}`, now), this.#attempts.name.waitMs(name, now)];
    const retryAfterMs = Math.max(...waits);
    if (retryAfterMs > 0)
      throw new ApiError('too-often', 'too many wrong passwords', { retryAfterMs, remedy: `try again in ${Math.ceil(retryAfterMs / minute)} min` });
  }

  #failed(name: string, from: string): void {
    const now = this.#options.clock.wall();
    this.#attempts.address.failed(from, now);
    this.#attempts.pair.failed(`${from} ${name}`, now);
    if (name !== '') this.#attempts.name.failed(name, now);
  }
}
