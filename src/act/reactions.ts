import type { FailureKind } from '../drivers/failure.js';
import type { Verb } from '../model/action.js';

/**
 * done: the postcondition holds anyway. look: it may have happened: the intent stays open until a reading settles it.
 * retry: tried again after a growing pause, counted; too many tries of a start fail the machine. later: tried again
 * soon, not counted (nothing was begun). person: a right is missing; not counted, tried seldom, told once.
 */
export const reactionKinds = ['done', 'look', 'retry', 'later', 'person'] as const;
export type Reaction = (typeof reactionKinds)[number];

const usual: Readonly<Record<FailureKind, Reaction>> = {
  absent: 'retry',
  exists: 'look',
  unreachable: 'later',
  uncertain: 'look',
  busy: 'later',
  full: 'retry',
  refused: 'retry',
  denied: 'person',
  garbled: 'look',
  cancelled: 'later',
};

/** What differs from the usual for a verb. */
const special: { readonly [V in Verb]?: Partial<Record<FailureKind, Reaction>> } = {
  'shutdown-guest': { absent: 'done' },
  'destroy-guest': { absent: 'done' },
  // a copy that is not there needs no clearing away
  'destroy-copy': { absent: 'done' },
  'remove-overlay': { absent: 'done' },
  'create-overlay': { exists: 'done' },
  // a slice that was cut off left what it had copied: the next look tells how far it is
  'copy-image': { exists: 'done', uncertain: 'retry', garbled: 'later' },
  'drop-image': { absent: 'done' },
  // a job that is over needs no requeue
  'requeue-job': { absent: 'done' },
  // a job that is over needs no release; releasing twice is harmless, and what is still put aside is seen at the next reading
  'release-job': { absent: 'done', exists: 'done', uncertain: 'later', garbled: 'later' },
  // never twice (it would change the places back): a lost answer counts as done, and the next try of the wide job comes anyway
  'advance-job': { exists: 'done', uncertain: 'done', garbled: 'done' },
  // on already, off already
  'power-on': { exists: 'done' },
  'power-off': { absent: 'done' },
  // told already; seen later, by who answers
  'return-by': { exists: 'done' },
  // a cycle leaves nothing to look for
  cycle: { uncertain: 'later', garbled: 'later', exists: 'later' },
};

/** The whole table kind x verb. */
export const reactionTo = (verb: Verb, kind: FailureKind): Reaction => special[verb]?.[kind] ?? usual[kind];

const firstPauseMs = 5_000;
const longestPauseMs = 600_000;

/** Pause before try `count` + 1: 5 s, 10 s, 20 s ... 10 min; a missing right is asked for every 5 min. */
export const pauseAfter = (reaction: Reaction, count: number): number =>
  reaction === 'person' ? 300_000 : Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(count - 1, 10));
