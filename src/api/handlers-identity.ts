import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Present } from '../model/present.js';
import type { ApiOptions } from './api.js';
import type { Door } from './doors.js';
import { ApiError } from './errors.js';
import type { NewSession, Session } from './identity/access.js';
import type { FileOwners } from './identity/file-owner.js';
import type { TokenRow, UserRow } from './identity/store.js';
import { localOwner } from './identity/tokens.js';
import { type Grant, may, type Who, within } from './identity/who.js';
import type { signInTable } from './routes/sign-in.js';
import type { Handlers } from './serve.js';
import { cookieLine } from './session-cookie.js';

const userRecord = ({ name, grants, password, createdAt }: UserRow) => ({ name, grants, hasPassword: password !== undefined, createdAt });
const tokenRecord = ({ hash: _, ...row }: TokenRow) => row;

/** Raises ApiError `invalid` for pools and environments that are not there: a misspelt name must not look like a right. */
function mindPlaces(present: Present | undefined, grants: readonly Grant[]): void {
  if (present === undefined) return;
  for (const pool of grants.flatMap(({ pools = [] }) => pools)) {
    if (present.policy.pools[pool] === undefined)
      throw new ApiError('invalid', `there is no pool ${pool}`, { remedy: `pools: ${Object.keys(present.policy.pools).join(', ')}` });
  }
  for (const name of grants.flatMap(({ environments = [] }) => environments)) {
    if (present.policy.environments[name] === undefined)
      throw new ApiError('invalid', `there is no environment ${name}`, { remedy: `environments: ${Object.keys(present.policy.environments).join(', ')}` });
  }
}

/** The account that a token would be made by. */
function makerOf(who: Who): string {
  if (who.how === 'session') return who.name;
  if (may(who, 'admin', {})) return localOwner(who.name);
  throw new ApiError('forbidden', 'tokens are made by root and by who has signed in with an account of his own', {
    remedy: 'ask an administrator for an account: domus user add',
  });
}

/** Signing in and out, users, tokens, the audit. */
export function identityHandlers(options: ApiOptions, door: Door, owners: FileOwners): Pick<Handlers, keyof typeof signInTable> {
  const { access, audit, clock } = options;
  const { store } = access;
  const user = (name: string): UserRow => {
    const found = store.user(name);
    if (found === undefined) throw new ApiError('unknown', `there is no user ${name}`, { remedy: 'domus user list' });
    return found;
  };
  /** Raises ApiError `invalid` where nobody would be left who may give roles. */
  const mindLastAdmin = (name: string, grants: readonly Grant[]): void => {
    const isAdmin = (each: Pick<UserRow, 'grants'>): boolean => each.grants.some((grant) => grant.role === 'admin' && !grant.pools && !grant.environments);
    if (isAdmin({ grants }) || !isAdmin(user(name)) || store.users().some((each) => each.name !== name && isAdmin(each))) return;
    throw new ApiError('invalid', `${name} is the last administrator`, { remedy: 'make somebody else one first' });
  };
  const welcome = (reply: FastifyReply, { secret, csrf, expiresAt, person }: NewSession) => {
    void reply.header('set-cookie', cookieLine(door.secure, secret, expiresAt - clock.wall()));
    return { name: person.name, how: 'session' as const, user: person.user, grants: person.grants, csrf, expiresAt };
  };
  const sessionOf = (request: FastifyRequest): Session | undefined => door.session?.(request);
  /** Only the port has sessions. Raises ApiError `no-route`. */
  const mindDoor = (): void => {
    if (door.session === undefined) throw new ApiError('no-route', 'sessions are for the port; here the owner of a file, or a token, says who asks');
  };
  return {
    'GET /identity/challenge': () => {
      if (door.name === 'port') throw new ApiError('no-route', 'that proves users of the machine that the daemon runs on');
      return owners.challenge();
    },
    'GET /session': ({ who: { name, how, user: batchUser, grants }, request }) => {
      const session = how === 'session' ? sessionOf(request)?.row : undefined;
      return {
        name,
        how,
        grants,
        ...(batchUser === undefined ? {} : { user: batchUser }),
        ...(session && { csrf: session.csrf, expiresAt: session.expiresAt }),
      };
    },
    'POST /session': async ({ body: { name, password }, request, reply }) => {
      mindDoor();
      return welcome(reply, await access.signIn(name, password, door.from(request)));
    },
    'POST /session/link': async ({ body, request, reply }) => {
      mindDoor();
      return welcome(reply, await access.useLink(body, door.from(request)));
    },
    'DELETE /session': ({ request, reply }) => {
      const session = sessionOf(request);
      if (session !== undefined) store.dropSession(session.hash);
      void reply.header('set-cookie', cookieLine(door.secure, '', 0));
      return {};
    },
    'POST /session/password': async ({ who, body, request }) => {
      user(who.name);
      await access.mindPassword(who.name, body.old, door.from(request));
      await access.setPassword(who.name, body.new);
      return {};
    },
    'GET /users': () => ({ users: store.users().map(userRecord) }),
    'POST /users': ({ body: { name, grants } }) => {
      mindPlaces(options.present(), grants);
      if (access.account(name) !== undefined)
        throw new ApiError('invalid', `there is a user ${name} already`, { remedy: 'domus user add --replace gives other roles' });
      store.putUser({ name, grants, createdAt: clock.wall() });
      return userRecord(user(name));
    },
    'PUT /users/:name': ({ params: { name }, body: { grants } }) => {
      mindPlaces(options.present(), grants);
      mindLastAdmin(name, grants);
      store.putUser({ ...user(name), grants });
      return userRecord(user(name));
    },
    'DELETE /users/:name': ({ params: { name } }) => {
      mindLastAdmin(name, []);
      store.dropUser(name);
      return {};
    },
    'PUT /users/:name/password': async ({ params: { name }, body: { password } }) => {
      await access.setPassword(name, password);
      return {};
    },
    'POST /users/:name/link': ({ params: { name } }) => {
      const { code, expiresAt } = access.makeLink(user(name).name);
      return { code, expiresAt, ...(options.pageUrl === undefined ? {} : { url: linkUrl(options.pageUrl, code, name) }) };
    },
    'GET /tokens': ({ who }) => {
      const all = may(who, 'admin', {});
      return {
        tokens: store
          .tokens()
          .filter(({ owner }) => all || owner === who.name)
          .map(tokenRecord),
      };
    },
    'POST /tokens': ({ who, body: { label, grants, expiresInMs } }) => {
      const owner = makerOf(who);
      mindPlaces(options.present(), grants);
      const beyond = grants.find((grant) => !within(grant, who.grants));
      if (beyond !== undefined) throw new ApiError('forbidden', `a token can do no more than its maker: ${who.name} is no ${beyond.role} there`);
      if (store.tokens().some((each) => each.owner === owner && each.label === label))
        throw new ApiError('invalid', `${owner} has a token ${label} already`, { remedy: 'choose another label, or revoke that one' });
      const { row, token } = access.tokens.make(owner, label, grants, clock.wall() + expiresInMs);
      return { ...tokenRecord(row), token };
    },
    'DELETE /tokens/:id': ({ who, params: { id } }) => {
      const token = store.token(id);
      if (token === undefined || (token.owner !== who.name && !may(who, 'admin', {}))) throw new ApiError('unknown', `you have no token ${id}`);
      store.dropToken(id);
      return {};
    },
    'GET /audit': ({ query }) => {
      audit.flush();
      const given = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
      return { lines: store.audit({ ...given, limit: query.limit }) };
    },
  };
}

/** A one-time link as a person opens it: the code stands after `#`, so that no server on the way writes it down. */
export const linkUrl = (pageUrl: string, code: string, name?: string): string =>
  `${pageUrl}/#link=${code}${name === undefined ? '' : `&name=${encodeURIComponent(name)}`}`;
