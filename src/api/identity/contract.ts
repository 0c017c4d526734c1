import type { Grant } from './who.js';

/** Somebody whose word a domain takes. */
export interface SignedIn {
  /** Unique among all domains: the domain's own names, or `name@domain`. */
  readonly name: string;
  /** Name in the batch system: whose jobs are his own. */
  readonly user: string;
  readonly grants: readonly Grant[];
}

/**
 * Where people sign in by name and password. The daemon's own users are one; a directory (LDAP) or an identity provider
 * is another one beside it. Domains are asked in order, until one knows the name.
 */
export interface SignInDomain {
  readonly name: string;
  /** `unknown`: not one of its users, the next domain is asked; `wrong`: one of its users, and not his password. Raises what its server raises: nobody is let in then. */
  signIn(name: string, password: string): Promise<SignedIn | 'unknown' | 'wrong'>;
  /** As he stands now: asked on every call of a session, so that a role that was taken away is gone at once. Undefined: gone. Answers from memory or disk, never from a network. */
  current(name: string): SignedIn | undefined;
}
