import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Door } from './doors.js';
import type { Audit, Line } from './identity/audit.js';
import type { Who } from './identity/who.js';

/** What is known of a call by the time that it is over. */
interface Known {
  who?: Who;
  code?: string;
  /** Where the caller was when it began: of a connection that is gone nobody can tell any more. */
  from?: string;
}
const calls = new WeakMap<FastifyRequest, Known>();

/** Notes of a call who asks, or which error it got. */
export function know(request: FastifyRequest, more: Known): void {
  calls.set(request, { ...calls.get(request), ...more });
}
export const whoAsks = (request: FastifyRequest): Who | undefined => calls.get(request)?.who;

const word = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The route and what of its body or path says which thing is meant; never a secret. */
function whatOf(request: FastifyRequest): string {
  const route = request.routeOptions.url;
  if (route === undefined) return `${request.method} (no such route)`;
  const fields = (typeof request.body === 'object' && request.body !== null ? request.body : {}) as Readonly<Record<string, unknown>>;
  const params = (request.params ?? {}) as Readonly<Record<string, unknown>>;
  const isRead = request.method === 'GET';
  const words = isRead
    ? []
    : [fields['kind'], fields['subject'], params['name'] ?? fields['name'], fields['label'], params['id']].map(word).filter((each) => each !== '');
  return [request.method, route.replace('/api/v1', ''), ...words.map((each) => each.slice(0, 80))].join(' ');
}

/** Sign-ins have lines of their own, whoever tries. */
const signsIn = (request: FastifyRequest): boolean => request.method === 'POST' && request.routeOptions.url?.startsWith('/api/v1/session') === true;

/** Does the call have a line of its own? What changes something, and what was refused to somebody known, or at signing in. */
function standsOut(request: FastifyRequest, { who, code }: Known): boolean {
  const { url } = request.routeOptions;
  if (request.method === 'GET' || url === undefined || url.endsWith('/nudge')) return false;
  if (signsIn(request)) return code === undefined || code === 'sign-in';
  return who?.known === true && code !== 'invalid';
}

/** Puts every call behind a door down in the audit, when it is over. */
export function auditCalls(api: FastifyInstance, door: Door, audit: Audit): void {
  api.addHook('onRequest', async (request) => know(request, { from: door.from(request) }));
  api.addHook('onResponse', async (request, reply) => {
    const known = calls.get(request) ?? {};
    const { who, code } = known;
    const body = (request.body ?? {}) as { readonly why?: unknown; readonly name?: unknown };
    const line: Line = {
      who: who?.known === true ? who.name : (signsIn(request) && word(body.name)) || 'nobody',
      from: known.from ?? 'nobody knows where',
      what: whatOf(request),
      why: word(body.why),
      outcome: code ?? String(reply.statusCode),
    };
    if (standsOut(request, known)) audit.note(line);
    else audit.count(line);
  });
}
