import { z } from 'zod';
import {
  auditQuery,
  auditSchema,
  challengeSchema,
  grantsSchema,
  linkSchema,
  linkUseSchema,
  madeTokenSchema,
  newPasswordSchema,
  newTokenSchema,
  newUserSchema,
  passwordSchema,
  sessionSchema,
  signInSchema,
  tokenListSchema,
  tokenParams,
  userListSchema,
  userParams,
  userSchema,
} from '../schema/identity.js';
import type { RouteTable } from './spec.js';

const nothing = z.object({}).readonly();

/** Who somebody is, and who may do what. */
export const signInTable = {
  'GET /identity/challenge': {
    summary: 'prove a local user id: make the file, then send the nonce as x-domus-identity',
    may: 'anyone',
    answer: challengeSchema,
  },
  'GET /session': { summary: 'who asks', may: 'known', answer: sessionSchema },
  'POST /session': { summary: 'sign in: sets the cookie of a new session', may: 'anyone', body: signInSchema, answer: sessionSchema },
  'POST /session/link': { summary: 'choose a password by a one-time link, and sign in', may: 'anyone', body: linkUseSchema, answer: sessionSchema },
  'DELETE /session': { summary: 'sign out', may: 'person', answer: nothing },
  'POST /session/password': { summary: 'change the own password; every session of the person ends', may: 'person', body: passwordSchema, answer: nothing },
  'GET /users': { summary: 'users', may: 'admin', answer: userListSchema },
  'POST /users': { summary: 'add a user, without a password yet', may: 'admin', body: newUserSchema, answer: userSchema, status: 201 },
  'PUT /users/:name': { summary: 'give a user other roles', may: 'admin', params: userParams, body: grantsSchema, answer: userSchema },
  'DELETE /users/:name': { summary: 'remove a user, his sessions and his tokens', may: 'admin', params: userParams, answer: nothing },
  'PUT /users/:name/password': { summary: 'set a password; his sessions end', may: 'admin', params: userParams, body: newPasswordSchema, answer: nothing },
  'POST /users/:name/link': { summary: 'a one-time link by which he chooses his password', may: 'admin', params: userParams, answer: linkSchema, status: 201 },
  'GET /tokens': { summary: "one's own tokens; an administrator's answer has everybody's", may: 'person', answer: tokenListSchema },
  'POST /tokens': {
    summary: 'make a token that can do no more than its maker; it is shown once',
    may: 'person',
    body: newTokenSchema,
    answer: madeTokenSchema,
    status: 201,
  },
  'DELETE /tokens/:id': { summary: 'revoke a token', may: 'person', params: tokenParams, answer: nothing },
  'GET /audit': { summary: 'who asked what, from where, why, and what came of it; newest first', may: 'admin', query: auditQuery, answer: auditSchema },
} as const satisfies RouteTable;
