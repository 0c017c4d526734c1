import type { FastifyRequest } from 'fastify';
import { ApiError } from './errors.js';
import type { Access, Session } from './identity/access.js';
import { type FileOwners, identityHeader, type LocalUser } from './identity/file-owner.js';
import type { Grant, Who } from './identity/who.js';
import { cookieOf } from './session-cookie.js';

/** A way in: how it is known who comes through it. */
export interface Door {
  readonly name: 'status' | 'control' | 'port';
  /** Its cookies travel under TLS only. */
  readonly secure: boolean;
  /** Raises ApiError for a proof that proves nothing. */
  who(request: FastifyRequest): Promise<Who>;
  /** Where the caller is: an address, or the socket's name. */
  from(request: FastifyRequest): string;
  /** The session that the caller's cookie names; absent where there are no sessions. */
  session?(request: FastifyRequest): Session | undefined;
}

const master: readonly Grant[] = [{ role: 'admin' }];
const member: readonly Grant[] = [{ role: 'operator' }];
const stranger: Who = { name: 'nobody', how: 'nobody', grants: [], known: false };

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/;

/**
 * No browser reaches a unix socket, but a person's tunnel to it does (`ssh -L`), and so may any page that his browser shows. Raises ApiError
 * `forged` for a browser's request under another name than this machine's (a name that was made to lead here), or a write of another site.
 */
function mindTunnel(request: FastifyRequest): void {
  const { origin, host } = request.headers;
  if (origin === undefined && request.headers['sec-fetch-site'] === undefined) return;
  if (host === undefined || !loopback.test(host)) throw new ApiError('forged', 'a browser reaches this door only through a tunnel to localhost');
  if (!isRead(request.method)) mindOrigin(request);
}

/** The unix sockets: `status` for every local user, `control` for root and the group. Who is more than his socket says proves it by a file, or by a token. */
export function localDoor(name: 'status' | 'control', owners: FileOwners, access: Access): Door {
  const inside = name === 'control';
  const whoIs = (user: LocalUser | undefined): Who => {
    const grants = user?.master === true ? master : inside ? member : [];
    const how = inside ? 'group' : user === undefined ? 'nobody' : 'owner';
    const named = user?.name ?? (inside ? 'a member of the group' : 'somebody on this machine');
    return { name: named, how, grants, known: true, ...(user === undefined ? {} : { user: user.name }) };
  };
  return {
    name,
    secure: false,
    from: () => `${name}.sock`,
    async who(request) {
      const { headers } = request;
      mindTunnel(request);
      if (headers.authorization !== undefined) return access.tokens.who(headers.authorization);
      const nonce = headers[identityHeader];
      return whoIs(typeof nonce === 'string' ? await owners.prove(nonce) : undefined);
    },
  };
}

const isRead = (method: string): boolean => method === 'GET' || method === 'HEAD';

/** Raises ApiError `forged` where a browser says that another site's page has sent a write. */
function mindOrigin({ headers }: FastifyRequest): void {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  const foreign = origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host);
  if (foreign || (site !== undefined && site !== 'same-origin' && site !== 'none')) throw new ApiError('forged', 'another site has sent this');
}

/** The port: people by their session, programs by their token, nobody else. */
export function portDoor(access: Access, secure: boolean): Door {
  const session = (request: FastifyRequest): Session | undefined => {
    const secret = cookieOf(request, secure);
    return secret === undefined ? undefined : access.session(secret);
  };
  return {
    name: 'port',
    secure,
    session,
    from: ({ ip }) => (ip as string | undefined) ?? 'a connection that was gone',
    async who(request) {
      const { authorization } = request.headers;
      if (authorization !== undefined) return access.tokens.who(authorization);
      if (!isRead(request.method)) mindOrigin(request);
      const found = session(request);
      if (found === undefined) return stranger;
      const signsIn =
        request.routeOptions.url?.startsWith('/api/v1/session') === true && request.method === 'POST' && !request.routeOptions.url.endsWith('/password');
      if (!isRead(request.method) && !signsIn) access.mindForgery(found, request.headers['x-domus-csrf']);
      return found.who;
    },
  };
}
