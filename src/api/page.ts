import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { packageFile } from '../paths.js';
import { ApiError } from './errors.js';

/** Nothing but the page's own files, and the API it came from. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const guards = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
} as const;

const types: Readonly<Record<string, string>> = { html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8' };

/** One file, as it is and compressed. */
interface Served {
  readonly type: string;
  readonly forms: ReadonlyMap<'br' | 'gzip' | 'identity', Buffer>;
}

/** Every file of the built page: a request names one of them or nothing. */
function filesIn(folder: string): ReadonlyMap<string, Served> {
  const names = readdirSync(folder);
  const form = (name: string): Buffer => readFileSync(join(folder, name));
  return new Map(
    names.flatMap((name): [string, Served][] => {
      const type = types[name.slice(name.lastIndexOf('.') + 1)];
      if (type === undefined) return [];
      const forms = new Map<'br' | 'gzip' | 'identity', Buffer>([['identity', form(name)]]);
      if (names.includes(`${name}.br`)) forms.set('br', form(`${name}.br`));
      if (names.includes(`${name}.gz`)) forms.set('gzip', form(`${name}.gz`));
      return [[name, { type, forms }]];
    }),
  );
}

/** Files are read at the first visit, once for all doors. */
function filesOnce(folder: string): () => ReadonlyMap<string, Served> {
  let files: ReadonlyMap<string, Served> | undefined;
  return () => {
    try {
      files ??= filesIn(folder);
    } catch (thrown) {
      throw new ApiError('no-route', 'the page has not been built', { remedy: 'run node tools/setup.mjs, then come again', cause: thrown });
    }
    return files;
  };
}

const accepts = (request: FastifyRequest, coding: string): boolean =>
  String(request.headers['accept-encoding'] ?? '')
    .split(',')
    .some((each) => each.trim() === coding);

function send(request: FastifyRequest, reply: FastifyReply, { type, forms }: Served, cache: string): FastifyReply {
  const coding = (['br', 'gzip'] as const).find((each) => forms.has(each) && accepts(request, each)) ?? 'identity';
  if (coding !== 'identity') void reply.header('content-encoding', coding);
  return reply
    .headers({ ...guards, 'cache-control': cache, vary: 'accept-encoding' })
    .type(type)
    .send(forms.get(coding));
}

/** Serves the page, which is the same for everybody: what may be seen, the API decides. */
export function servePage(api: FastifyInstance, folder: string = packageFile('dist', 'web')): void {
  const files = filesOnce(folder);
  api.get('/', async (request, reply) => {
    const page = files().get('index.html');
    if (page === undefined) throw new ApiError('no-route', 'the page has not been built');
    return send(request, reply, page, 'no-cache');
  });
  api.get<{ Params: { name: string } }>('/assets/:name', async (request, reply) => {
    const file = files().get(request.params.name);
    if (file === undefined || request.params.name === 'index.html') throw new ApiError('no-route', 'there is no such file; load the page anew');
    return send(request, reply, file, 'public, max-age=31536000, immutable');
  });
}
