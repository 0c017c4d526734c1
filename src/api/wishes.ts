import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Present } from '../model/present.js';
import { sentence } from '../model/reason.js';
import { type Request, type RequestKind, requestKinds } from '../model/rows.js';
import { ApiError } from './errors.js';
import { type FindKind, find } from './find.js';
import { when } from './said.js';

/** A wish is answered within this time or expires, ms. */
const wishMs = 300_000;

const wishSchema = z.strictObject({
  kind: z.enum(requestKinds),
  subject: z.string().max(256).default(''),
  why: z.string().trim().max(500).default(''),
  drain: z.boolean().default(false),
});

/** Body of `POST requests`. */
export interface Wish {
  readonly kind: RequestKind;
  readonly subject?: string;
  readonly why?: string;
  readonly drain?: boolean;
}

/** A request as shown, with the answer in words. */
export interface RequestRecord extends Request {
  readonly text?: string;
}
export const requestRecord = (request: Request): RequestRecord => ({
  ...request,
  ...when('text', request.answer === undefined ? undefined : sentence(request.answer)),
});

const subjects: Readonly<Record<RequestKind, readonly FindKind[]>> = {
  drain: ['machine'],
  hold: ['machine'],
  release: ['machine'],
  cordon: ['host'],
  uncordon: ['host'],
  forget: ['stray'],
  approve: ['proposal'],
  freeze: [],
  thaw: [],
};

/** A checked wish of `who`. Raises ApiError `invalid`, `unknown` or `ambiguous`. */
export function requestOf(body: unknown, present: Present, who: string, now: number): Request {
  const parsed = wishSchema.safeParse(body);
  if (!parsed.success) {
    const details = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the body'}: ${issue.message}`);
    throw new ApiError('invalid', `the request cannot be read: ${details.join('; ')}`, { details });
  }
  const { kind, subject, why, drain } = parsed.data;
  const kinds = subjects[kind];
  if (kinds.length === 0 && subject !== '') throw new ApiError('invalid', `${kind} concerns the whole deployment and takes no name`);
  if (kinds.length > 0 && subject === '') throw new ApiError('invalid', `${kind} needs the name of a ${kinds.join(' or ')}`);
  if (drain && kind !== 'cordon') throw new ApiError('invalid', 'only a cordon empties its host');
  return {
    id: `r-${randomBytes(6).toString('hex')}`,
    kind,
    subject: kinds.length === 0 ? '' : find(present, kinds, subject).key,
    who,
    why: why === '' ? 'no reason given' : why,
    ...(drain ? { drain: true as const } : {}),
    at: now,
    expiresAt: now + wishMs,
    state: 'open',
  };
}
