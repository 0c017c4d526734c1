import type { FastifyRequest } from 'fastify';
import { type FileOwners, identityHeader, type LocalUser } from './identity/file-owner.js';
import type { Grant, Who } from './identity/who.js';

/** A way in: how it is known who comes through it. */
export interface Door {
  readonly name: 'status' | 'control' | 'port';
  /** Raises ApiError for a proof that proves nothing. */
  who(request: FastifyRequest): Promise<Who>;
}

const master: readonly Grant[] = [{ role: 'admin' }];
const member: readonly Grant[] = [{ role: 'operator' }];

/** The unix sockets: `status` for every local user, `control` for root and the group. Who is more than his socket says proves it by a file. */
export function localDoor(name: 'status' | 'control', owners: FileOwners): Door {
  const inside = name === 'control';
  const whoIs = (user: LocalUser | undefined): Who => {
    const grants = user?.master === true ? master : inside ? member : [];
    const how = inside ? 'group' : user === undefined ? 'nobody' : 'owner';
    const named = user?.name ?? (inside ? 'a member of the group' : 'somebody on this machine');
    return { name: named, how, grants, known: true, ...(user === undefined ? {} : { user: user.name }) };
  };
  return {
    name,
    async who(request) {
      const nonce = request.headers[identityHeader];
      return whoIs(typeof nonce === 'string' ? await owners.prove(nonce) : undefined);
    },
  };
}
