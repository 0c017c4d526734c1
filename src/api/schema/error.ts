import { z } from 'zod';
import { list, text } from './shapes.js';

/** Stable codes of the errors that `/api/v1` answers with, and their HTTP status. */
export const statuses = {
  invalid: 400,
  'identity-failed': 401,
  'sign-in': 401,
  'not-yours': 403,
  forbidden: 403,
  forged: 403,
  unknown: 404,
  'no-route': 404,
  'no-method': 405,
  ambiguous: 409,
  busy: 409,
  'too-large': 413,
  'reload-refused': 422,
  'too-dear': 422,
  'too-often': 429,
  internal: 500,
  'journal-failed': 503,
  'not-ready': 503,
} as const;
export type ErrorCode = keyof typeof statuses;

export const errorSchema = z
  .object({
    error: z
      .object({
        code: z.enum(Object.keys(statuses) as [ErrorCode, ...ErrorCode[]]),
        message: text.meta({ description: 'what was wrong, a sentence' }),
        remedy: text.optional().meta({ description: 'what to do about it' }),
        details: list(text).optional(),
      })
      .readonly(),
  })
  .readonly()
  .meta({ id: 'Error' });
/** Body of every error answer. */
export type ErrorBody = z.output<typeof errorSchema>;
