import { describe, expect, it } from 'vitest';
import { pauseAfter, type Reaction, reactionTo } from '../../src/act/reactions.js';
import { type FailureKind, failureKinds } from '../../src/drivers/failure.js';
import { type Verb, verbs } from '../../src/model/action.js';

/** The whole table as reviewed: a row per verb, a column per kind in the order of `failureKinds`. */
const reviewed: Record<Verb, Record<FailureKind, Reaction>> = {
  'create-overlay': {
    absent: 'retry',
    exists: 'done',
    unreachable: 'later',
    uncertain: 'look',
    busy: 'later',
    full: 'retry',
    refused: 'retry',
    denied: 'person',
    garbled: 'look',
    cancelled: 'later',
  },
  'create-guest': {
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
  },
  'resize-guest': {
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
  },
  'shutdown-guest': {
    absent: 'done',
    exists: 'look',
    unreachable: 'later',
    uncertain: 'look',
    busy: 'later',
    full: 'retry',
    refused: 'retry',
    denied: 'person',
    garbled: 'look',
    cancelled: 'later',
  },
  'destroy-guest': {
    absent: 'done',
    exists: 'look',
    unreachable: 'later',
    uncertain: 'look',
    busy: 'later',
    full: 'retry',
    refused: 'retry',
    denied: 'person',
    garbled: 'look',
    cancelled: 'later',
  },
  'remove-overlay': {
    absent: 'done',
    exists: 'look',
    unreachable: 'later',
    uncertain: 'look',
    busy: 'later',
    full: 'retry',
    refused: 'retry',
    denied: 'person',
    garbled: 'look',
    cancelled: 'later',
  },
  'admit-node': {
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
  },
  'withhold-node': {
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
  },
  'requeue-job': {
    absent: 'done',
    exists: 'look',
    unreachable: 'later',
    uncertain: 'look',
    busy: 'later',
    full: 'retry',
    refused: 'retry',
    denied: 'person',
    garbled: 'look',
    cancelled: 'later',
  },
  'release-job': {
    absent: 'done',
    exists: 'done',
    unreachable: 'later',
    uncertain: 'later',
    busy: 'later',
    full: 'retry',
    refused: 'retry',
    denied: 'person',
    garbled: 'later',
    cancelled: 'later',
  },
  'power-on': {
    absent: 'retry',
    exists: 'done',
    unreachable: 'later',
    uncertain: 'look',
    busy: 'later',
    full: 'retry',
    refused: 'retry',
    denied: 'person',
    garbled: 'look',
    cancelled: 'later',
  },
  'power-off': {
    absent: 'done',
    exists: 'look',
    unreachable: 'later',
    uncertain: 'look',
    busy: 'later',
    full: 'retry',
    refused: 'retry',
    denied: 'person',
    garbled: 'look',
    cancelled: 'later',
  },
  cycle: {
    absent: 'retry',
    exists: 'later',
    unreachable: 'later',
    uncertain: 'later',
    busy: 'later',
    full: 'retry',
    refused: 'retry',
    denied: 'person',
    garbled: 'later',
    cancelled: 'later',
  },
};

describe('what follows a failed deed', () => {
  it.each(verbs.flatMap((verb) => failureKinds.map((kind) => [verb, kind] as const)))('%s that is %s has the reviewed reaction', (verb, kind) => {
    expect(reactionTo(verb, kind)).toBe(reviewed[verb][kind]);
  });

  it('pauses longer after each try, and never longer than ten minutes', () => {
    expect([1, 2, 3, 4, 20].map((count) => pauseAfter('retry', count))).toEqual([5_000, 10_000, 20_000, 40_000, 600_000]);
  });

  it('asks for a missing right every five minutes, however often it was missing', () => {
    expect([1, 9].map((count) => pauseAfter('person', count))).toEqual([300_000, 300_000]);
  });
});
