import { z } from 'zod';
import { longestPassword, shortestPassword } from '../identity/password.js';
import { roles } from '../identity/who.js';
import { asked, count, instant, list, text, word } from './shapes.js';

/** What a client on this machine answers a challenge with: it makes an empty file at `path` that was not there, then sends `nonce` in the header. */
export const challengeSchema = z.object({ nonce: text, path: text }).readonly();
export type Challenge = z.output<typeof challengeSchema>;

const places = z.array(word).min(1).max(100).readonly().optional();
/** A role, everywhere or for what is in one of the pools or of one of the environments. */
export const grantSchema = z
  .strictObject({ role: z.enum(roles), pools: places, environments: places })
  .readonly()
  .meta({ id: 'Grant', description: 'a role, everywhere or (with a list) for what is in one of the pools or of one of the environments' });
const grants = z.array(grantSchema).max(50).readonly();

/** Where a user shall see his own jobs, his name is that of the batch system. */
export const userName = z
  .string()
  .regex(/^[a-z_][a-z0-9_.-]{0,31}$/, 'a name of a-z, 0-9, _, - and ., at most 32 characters')
  .meta({ description: 'his name in the batch system, where he shall see his own jobs' });
/** A password that somebody sends to be let in: any. */
const anyPassword = z.string().min(1).max(longestPassword);
/** A password that somebody chooses. */
const newPassword = z.string().min(shortestPassword, `at least ${shortestPassword} characters`).max(longestPassword);

export const signInSchema = z.strictObject({ name: z.string().min(1).max(100), password: anyPassword });
export const linkUseSchema = z.strictObject({
  code: z.string().min(1).max(100),
  password: newPassword,
  name: userName.optional().meta({ description: 'only the first administrator chooses one' }),
});
export const passwordSchema = z.strictObject({ old: anyPassword, new: newPassword });
export const newPasswordSchema = z.strictObject({ password: newPassword });

export const sessionSchema = z
  .object({
    name: text,
    how: z.enum(['group', 'owner', 'session', 'token', 'nobody']),
    user: text.optional().meta({ description: 'in the batch system: whose jobs are his own' }),
    grants: list(z.object({ role: z.enum(roles), pools: list(text).optional(), environments: list(text).optional() }).readonly()),
    csrf: text.optional().meta({ description: 'of a session: every write sends it as x-domus-csrf' }),
    expiresAt: instant.optional(),
  })
  .readonly()
  .meta({ id: 'Session', description: 'who asks' });

export const userParams = z.strictObject({ name: userName });
export const newUserSchema = z.strictObject({ name: userName, grants: grants.default([]) });
export const grantsSchema = z.strictObject({ grants });
export const userSchema = z
  .object({ name: text, grants: sessionSchema.unwrap().shape.grants, hasPassword: z.boolean(), createdAt: instant })
  .readonly()
  .meta({ id: 'User' });
export const userListSchema = z.object({ users: list(userSchema) }).readonly();
export const linkSchema = z
  .object({ code: text, expiresAt: instant, url: text.optional().meta({ description: 'of the page; absent where there is no port' }) })
  .readonly()
  .meta({ id: 'Link', description: 'good once: whoever opens it chooses the password' });

/** A token holds a year at most. */
const longestMs = 366 * 86_400_000;
export const newTokenSchema = z.strictObject({
  label: z.string().regex(/^[\w.-]{1,40}$/, 'a word of letters, digits, _, - and ., at most 40'),
  grants: grants,
  expiresInMs: z
    .int()
    .min(60_000)
    .max(longestMs)
    .default(90 * 86_400_000),
});
export const tokenParams = z.strictObject({ id: z.string().regex(/^[0-9a-f]{12}$/, 'the id of a token') });
export const tokenSchema = z
  .object({
    id: text,
    label: text,
    owner: text,
    grants: sessionSchema.unwrap().shape.grants,
    createdAt: instant,
    expiresAt: instant,
    usedAt: instant.optional(),
  })
  .readonly()
  .meta({ id: 'Token' });
export const madeTokenSchema = tokenSchema
  .unwrap()
  .extend({ token: text.meta({ description: 'shown this once' }) })
  .readonly();
export const tokenListSchema = z.object({ tokens: list(tokenSchema) }).readonly();

export const auditQuery = z.strictObject({
  who: word.optional(),
  since: asked.min(0).optional(),
  until: asked.min(0).optional(),
  before: asked.min(1).optional(),
  limit: asked.min(1).max(1000).default(100),
});
export const auditSchema = z
  .object({
    lines: list(
      z
        .object({
          number: count,
          at: instant,
          who: text,
          from: text,
          what: text,
          why: text,
          outcome: text,
          times: count.meta({ description: 'more than 1: so many alike, within a few minutes' }),
        })
        .readonly(),
    ),
  })
  .readonly();
export type AuditLine = z.output<typeof auditSchema>['lines'][number];
export type UserRecord = z.output<typeof userSchema>;
export type TokenRecord = z.output<typeof tokenSchema>;
export type GrantRecord = UserRecord['grants'][number];
