import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Present } from '../model/present.js';
import type { ApiOptions } from './api.js';
import { know, whoAsks } from './audited.js';
import { Bodies, bodyOf, names } from './bodies.js';
import type { Door } from './doors.js';
import { ApiError } from './errors.js';
import { hasRight, viewerOf, type Who } from './identity/who.js';
import { methodAndPath, type Right, type RouteSpec } from './routes/spec.js';
import { type Answer, type CheckedOf, type RouteKey, table } from './routes/table.js';
import type { Viewer } from './viewer.js';

/** What a route's code is given. */
export type Asking<K extends RouteKey> = CheckedOf<K> & {
  readonly who: Who;
  readonly viewer: Viewer;
  /** Raises ApiError `not-ready` before the first tick. */
  readonly present: () => Present;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
};
export type Handler<K extends RouteKey> = (asking: Asking<K>) => Answer<K> | Promise<Answer<K>>;
/** Code for every route of the table. */
export type Handlers = { readonly [K in RouteKey]: Handler<K> };

/** A query string, parameters of the path or a body, as its schema reads it. Raises ApiError `invalid` with everything that is wrong. */
export function checked(schema: z.ZodType | undefined, value: unknown): unknown {
  if (schema === undefined) return undefined;
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const details = parsed.error.issues.slice(0, 20).map((issue) => `${issue.path.join('.') || 'it'}: ${issue.message}`.slice(0, 300));
  throw new ApiError('invalid', `the request cannot be read: ${details[0] ?? ''}`, { details, remedy: 'GET /api/v1/openapi.json says what is expected' });
}

/** Raises ApiError `sign-in` or `forbidden`. */
export function admit(who: Who, right: Right): void {
  if (hasRight(who, right)) return;
  if (!who.known) throw new ApiError('sign-in', 'nobody is signed in', { remedy: 'sign in, or send a token: authorization: Bearer domus_...' });
  throw new ApiError('forbidden', `${who.name} may not do that: it takes the role ${right}`, { remedy: 'an administrator gives roles: domus user add' });
}

/** Whose view an answer shows, where it is one that many share. */
function viewKey(viewer: Viewer): string | undefined {
  if (viewer.full) return 'all';
  return viewer.name === undefined && viewer.environments === undefined ? 'none' : undefined;
}

const send = (request: FastifyRequest, reply: FastifyReply, { text, etag }: ReturnType<typeof bodyOf>): FastifyReply => {
  void reply.header('etag', etag).header('cache-control', 'private, no-cache').header('vary', 'cookie, authorization, x-domus-identity');
  if (names(request.headers['if-none-match'], etag)) return reply.code(304).send();
  return reply.type('application/json; charset=utf-8').send(text);
};

/** Puts every route of the table behind a door: who, may he, what exactly, the answer. */
export function serve(v1: FastifyInstance, options: ApiOptions, door: Door, handlers: Handlers): void {
  const bodies = new Bodies();
  const present = (): Present => {
    const now = options.present();
    if (now === undefined)
      throw new ApiError('not-ready', 'the daemon has just started and has not finished its first look yet', { remedy: 'try again in a moment' });
    return now;
  };
  for (const [key, spec] of Object.entries(table) as [RouteKey, RouteSpec][]) {
    const { method, path } = methodAndPath(key);
    const handler = handlers[key] as unknown as (asking: object) => unknown;
    v1.route({
      method,
      url: path,
      onRequest: async (request) => {
        const who = await door.who(request);
        know(request, { who });
        admit(who, spec.may);
      },
      handler: async (request, reply) => {
        const who = whoAsks(request) as Who;
        const viewer = viewerOf(who);
        const asked = { params: checked(spec.params, request.params), query: checked(spec.query, request.query), body: checked(spec.body, request.body) };
        const answer = () => handler({ ...asked, who, viewer, present, request, reply });
        const shared = spec.present === true ? viewKey(viewer) : undefined;
        if (shared !== undefined) return send(request, reply, bodies.once(present(), `${key} ${shared} ${JSON.stringify(asked)}`, answer));
        const body = await answer();
        if (spec.stream === true) return reply;
        if (method === 'GET') return send(request, reply, bodyOf(body));
        return reply
          .code(spec.status ?? 200)
          .header('cache-control', 'no-store')
          .type('application/json; charset=utf-8')
          .send(JSON.stringify(body));
      },
    });
  }
}

/** A text outside `/api/v1`: metrics, say. */
export interface Beside {
  readonly path: `/${string}`;
  readonly may: Right;
  readonly answer: () => Promise<{ readonly type: string; readonly text: string }>;
}

/** Puts a text behind a door. */
export function serveBeside(api: FastifyInstance, door: Door, { path, may, answer }: Beside): void {
  api.get(
    path,
    {
      onRequest: async (request) => {
        const who = await door.who(request);
        know(request, { who });
        admit(who, may);
      },
    },
    async (_, reply) => {
      const { type, text } = await answer();
      return reply.type(type).header('cache-control', 'no-store').send(text);
    },
  );
}
