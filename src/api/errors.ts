import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { know } from './audited.js';
import { type ErrorBody, type ErrorCode, statuses } from './schema/error.js';

interface More {
  readonly cause?: unknown;
  /** What the caller can do about it, a sentence. */
  readonly remedy?: string;
  readonly details?: readonly string[];
  /** Whoever tried too often may try again after this time, ms. */
  readonly retryAfterMs?: number;
}

/** Raised by routes; the message is a sentence for the person who asked. */
export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly more: More;
  constructor(code: ErrorCode, message: string, more: More = {}) {
    super(message, 'cause' in more ? { cause: more.cause } : undefined);
    this.name = 'ApiError';
    this.code = code;
    this.more = more;
  }
  get status(): number {
    return statuses[this.code];
  }
  get body(): ErrorBody {
    const { remedy, details } = this.more;
    return { error: { code: this.code, message: this.message, ...(remedy === undefined ? {} : { remedy }), ...(details === undefined ? {} : { details }) } };
  }
}

/** What was thrown, as an error of the API. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const status = 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status === 413) return new ApiError('too-large', error.message);
  if (status >= 400 && status < 500) return new ApiError('invalid', error.message);
  if (error.name === 'Failure')
    return new ApiError('journal-failed', error.message, { cause: error, remedy: "look at the daemon's log and at the disk of its state folder" });
  return new ApiError('internal', 'an error of the daemon itself; its log says which', { cause: error });
}

/** What cannot be told apart into a route at all: an address that is too long, or badly escaped. */
export function unreadable(thrown: Error, request: FastifyRequest, reply: FastifyReply): void {
  const error = new ApiError(
    'invalid',
    `the address cannot be read: ${thrown.name === 'FastifyError' ? thrown.message.slice(0, 100) : 'it is not well formed'}`,
  );
  know(request, { code: error.code });
  void reply.code(error.status).type('application/json; charset=utf-8').send(JSON.stringify(error.body));
}

/** Gives every error of the routes the same body: `{error: {code, message, remedy?, details?}}`. */
export function answerErrors(api: FastifyInstance): void {
  api.setErrorHandler(async (thrown, request, reply) => {
    const error = asApiError(thrown);
    know(request, { code: error.code });
    if (error.status >= 500 && error.code !== 'not-ready') request.log.error({ err: thrown, route: request.routeOptions.url }, 'failed to answer');
    if (error.more.retryAfterMs !== undefined) void reply.header('retry-after', String(Math.max(1, Math.ceil(error.more.retryAfterMs / 1000))));
    return reply.code(error.status).header('cache-control', 'no-store').send(error.body);
  });
  api.setNotFoundHandler(async (request, reply) => {
    const error = new ApiError('no-route', `there is no ${request.method} ${request.url.split('?')[0]?.slice(0, 200)}`);
    know(request, { code: error.code });
    return reply.code(error.status).send(error.body);
  });
}
