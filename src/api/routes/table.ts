import { actTable } from './act.js';
import { readTable } from './read.js';
import { signInTable } from './sign-in.js';
import type { AnswerOf, Checked, Sent } from './spec.js';

/** Every route of `/api/v1`: nothing else is served there. */
export const table = { ...readTable, ...actTable, ...signInTable } as const;

export type Table = typeof table;
export type RouteKey = keyof Table;
/** Type of what is sent to, given to, and answered by a route. */
export type SentTo<K extends RouteKey> = Sent<Table[K]>;
export type CheckedOf<K extends RouteKey> = Checked<Table[K]>;
export type Answer<K extends RouteKey> = AnswerOf<Table[K]>;
