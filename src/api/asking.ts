import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Present } from '../model/present.js';
import type { ApiOptions, Door } from './api.js';
import { ApiError } from './errors.js';
import { type Identities, identityHeader } from './identity.js';
import { nobody, type Viewer } from './viewer.js';

/** The present. Raises ApiError `not-ready` before the first tick. */
export function presentOf(options: ApiOptions): Present {
  const present = options.present();
  if (present === undefined) throw new ApiError('not-ready', 'the daemon has just started and has not finished its first look yet; try again in a moment');
  return present;
}

/** Who asks: proved where the caller proves it; behind the control door everybody may read everything. Raises ApiError `identity-failed`. */
export async function viewerOf(request: FastifyRequest, door: Door, identities: Identities): Promise<Viewer> {
  const nonce = request.headers[identityHeader];
  const proved = typeof nonce === 'string' ? await identities.prove(nonce) : nobody;
  return door === 'control' ? { ...proved, full: true } : proved;
}

/** A query string, or parameters of the path, as its schema reads it. Raises ApiError `invalid`. */
export function asked<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ApiError('invalid', parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
}
