import type { Right } from '../routes/spec.js';
import type { Viewer } from '../viewer.js';

export const roles = ['viewer', 'operator', 'admin', 'hook'] as const;
/** `viewer` reads everything, `operator` acts too (drain, hold, power, cordon), `admin` also changes policy and users, `hook` only nudges. */
export type Role = (typeof roles)[number];

/** A role, everywhere or (with either list) for what is in one of the named pools or of one of the named environments. */
export interface Grant {
  readonly role: Role;
  readonly pools?: readonly string[] | undefined;
  readonly environments?: readonly string[] | undefined;
}

/** What a wish concerns: where it is. Neither: the whole deployment. */
export interface Place {
  readonly pool?: string | undefined;
  readonly environment?: string | undefined;
}

/** Who asks, as it was proved. */
export interface Who {
  /** As it stands in requests and in the audit. */
  readonly name: string;
  /** `group`: came through the control socket; `owner`: by a file's owner; `nobody`: said nothing of himself. */
  readonly how: 'group' | 'owner' | 'session' | 'token' | 'nobody';
  readonly grants: readonly Grant[];
  /** Name in the batch system, whose jobs are his own; absent where it was not proved. */
  readonly user?: string;
  /** A user of this machine, or one who has signed in. */
  readonly known: boolean;
  /** False once the session has ended or the token is revoked: long answers ask. */
  readonly stands?: () => boolean;
}

const strength: Readonly<Record<Role, number>> = { hook: 0, viewer: 1, operator: 2, admin: 3 };
const isEverywhere = (grant: Grant): boolean => grant.pools === undefined && grant.environments === undefined;

/** Does the grant cover what is there? One that is limited never covers the whole deployment. */
export function covers(grant: Grant, { pool, environment }: Place): boolean {
  if (isEverywhere(grant)) return true;
  return (pool !== undefined && grant.pools?.includes(pool) === true) || (environment !== undefined && grant.environments?.includes(environment) === true);
}

/** May this person do there what the role may? */
export const may = (who: Who, role: Exclude<Role, 'hook'>, place: Place): boolean =>
  who.grants.some((grant) => strength[grant.role] >= strength[role] && covers(grant, place));

/** Is the grant no more than what the others give? */
export const within = (grant: Grant, others: readonly Grant[]): boolean => {
  const places: Place[] = isEverywhere(grant)
    ? [{}]
    : [...(grant.pools ?? []).map((pool) => ({ pool })), ...(grant.environments ?? []).map((environment) => ({ environment }))];
  return places.every((place) =>
    others.some((other) => (other.role === grant.role || (grant.role !== 'hook' && strength[other.role] >= strength[grant.role])) && covers(other, place)),
  );
};

/** Has this person any business with routes of that right? What exactly he may do there, the route looks at. */
export function hasRight(who: Who, right: Right): boolean {
  switch (right) {
    case 'anyone':
      return true;
    case 'known':
      return who.known;
    case 'nudge':
      return who.how === 'nobody' || who.how === 'owner' || who.how === 'group' ? who.known : who.grants.some(({ role }) => role !== 'viewer');
    case 'person':
      return who.known && (who.how === 'session' || ((who.how === 'owner' || who.how === 'group') && who.user !== undefined));
    case 'viewer':
    case 'admin':
      return may(who, right, {});
    case 'operator':
      return who.grants.some(({ role }) => strength[role] >= strength.operator);
  }
}

/** What of other people's jobs may be seen. */
export function viewerOf(who: Who): Viewer {
  if (may(who, 'viewer', {})) return { full: true, name: who.name };
  const environments = who.grants.flatMap((grant) => (grant.role === 'hook' ? [] : (grant.environments ?? [])));
  return { full: false, ...(who.user === undefined ? {} : { name: who.user }), ...(environments.length === 0 ? {} : { environments: new Set(environments) }) };
}
