import { challengeSchema } from '../schema/identity.js';
import type { RouteTable } from './spec.js';

/** Who somebody is. */
export const signInTable = {
  'GET /identity/challenge': {
    summary: 'prove a local user id: make the file, then send the nonce as x-domus-identity',
    may: 'anyone',
    answer: challengeSchema,
  },
} as const satisfies RouteTable;
