import { z } from 'zod';
import { text } from './shapes.js';

/** What a client on this machine answers a challenge with: it makes an empty file at `path` that was not there, then sends `nonce` in the header. */
export const challengeSchema = z.object({ nonce: text, path: text }).readonly();
export type Challenge = z.output<typeof challengeSchema>;
