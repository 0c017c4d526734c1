import { createClassifier } from '../classify/classify.js';
import type { Plan, Present } from '../model/present.js';
import type { Reason } from '../model/reason.js';
import { join } from '../observe/join.js';
import { type Breach, breaches } from '../plan/laws.js';
import { plan } from '../plan/plan.js';
import { recordText, type TickRecord } from './record.js';

/** The recorded tick, thought again by this program. */
export interface Replayed {
  readonly present: Present;
  /** Parts of the plan that come out otherwise than they were recorded; empty with the version that recorded it. */
  readonly differs: readonly string[];
  /** Laws of the planner that the plan breaks; never any where nothing is wrong. */
  readonly breaches: readonly Breach[];
}

/** Joins and plans what the tick took in, with nothing but what is in the record. Pure. */
export function replayTick({ inputs, at, revision, plan: before }: TickRecord): Replayed {
  const classifier = createClassifier(inputs.policy);
  const { world } = join(undefined, { ...inputs, classify: (job, snapshot) => classifier(job, snapshot.queues) });
  const again = plan(world, inputs.policy, at);
  const parts = ['decisions', 'recorded', 'deeds', 'reasons', 'due'] as const;
  return {
    present: { revision, at, world, plan: again, policy: inputs.policy, epoch: inputs.fence.epoch },
    breaches: breaches(world, inputs.policy, at, again),
    differs: parts.filter((part) => (part === 'due' ? !isDue(before.due, at, again.due) : textOf(again, part) !== textOf(before, part))),
  };
}

/** A plan that stands is thought of anew at the ordinary tick of the look at which it was made, which comes sooner. */
const isDue = (before: number, at: number, again: number): boolean => before === again || (before > at && before < again);

type Part = 'decisions' | 'recorded' | 'deeds' | 'reasons' | 'due';

/** Of reasons without their running clocks: a plan that stands was made at an earlier look (`plan/standing.ts`). */
const textOf = (plan: Pick<Plan, Part>, part: Part): string =>
  recordText(part === 'reasons' ? new Map([...plan.reasons].map(([subject, reasons]) => [subject, reasons.map(withoutClocks)])) : plan[part]);

const withoutClocks = ({ code, args, refs }: Reason): Reason => ({
  code,
  args: Object.fromEntries(Object.entries(args).filter(([name]) => !name.endsWith('Ms'))),
  refs,
});
