import type { FastifyInstance } from 'fastify';

/** Stable codes of the errors that `/api/v1` answers with, and their HTTP status. */
const statuses = {
  invalid: 400,
  'identity-failed': 401,
  'not-yours': 403,
  unknown: 404,
  'no-route': 404,
  ambiguous: 409,
  'too-large': 413,
  'reload-refused': 422,
  'too-often': 429,
  internal: 500,
  'journal-failed': 503,
  'not-ready': 503,
} as const;
export type ErrorCode = keyof typeof statuses;

/** Body of every error answer. */
export interface ErrorBody {
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly details?: readonly string[] };
}

/** Raised by routes; the message is a sentence for the person who asked. */
export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly details: readonly string[] | undefined;
  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: readonly string[] } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'ApiError';
    this.code = code;
    this.details = options.details;
  }
}

function classified(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const status = 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status === 413) return new ApiError('too-large', error.message);
  if (status >= 400 && status < 500) return new ApiError('invalid', error.message);
  if (error.name === 'Failure') return new ApiError('journal-failed', error.message, { cause: error });
  return new ApiError('internal', `an error of the daemon itself: ${error.message}`, { cause: error });
}

/** Gives every error of the routes the same body: `{error: {code, message, details?}}`. */
export function answerErrors(api: FastifyInstance): void {
  api.setErrorHandler(async (thrown, request, reply) => {
    const error = classified(thrown);
    const status = statuses[error.code];
    if (status >= 500 && error.code !== 'not-ready') request.log.error({ err: thrown, url: request.url }, 'failed to answer');
    const body: ErrorBody = { error: { code: error.code, message: error.message, ...(error.details === undefined ? {} : { details: error.details }) } };
    return reply.code(status).send(body);
  });
  api.setNotFoundHandler(async (request, reply) => {
    const body: ErrorBody = { error: { code: 'no-route', message: `there is no ${request.method} ${request.url.split('?')[0]}` } };
    return reply.code(404).send(body);
  });
}
