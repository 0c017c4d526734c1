import type { BatchQueue } from '../model/batch.js';
import type { Job } from '../model/job.js';
import { oncePer } from '../model/once.js';
import type { Policy } from '../model/policy.js';
import { because, type Reason, type ReasonCode } from '../model/reason.js';
import type { Verdict } from '../model/world.js';
import { type Candidate, candidatesOf, carries, isOpenTo, matches, WaysIn } from './candidate.js';
import type { Facts } from './expression.js';
import { askedProperties, factsOf } from './facts.js';
import { misfit } from './fit.js';

/** Says which environment serves a job; `queues` are those of the job's batch server. */
export type Classifier = (job: Job, queues: readonly BatchQueue[]) => Verdict;

/** Those that a step leaves, or why there is none. */
type Left = { readonly left: readonly Candidate[] } | { readonly why: Reason };

const namesOf = (among: readonly Candidate[]): string => among.map((candidate) => candidate.environment.name).join(', ');
const refuse = (code: ReasonCode, args: Reason['args'], among: readonly Candidate[]): { readonly why: Reason } => ({
  why: because(
    code,
    args,
    among.map((candidate) => `environment:${candidate.environment.name}`),
  ),
});

/**
 * Compiles the environments once. A job goes to the environment that
 * 1. is open to it: a property it asks for, or its queue; its account, where accounts are listed;
 * 2. has seats with every property it asks for;
 * 3. where several are left: one whose property it names, before one whose queue it is in;
 * 4. whose expression holds;
 * 5. where several are left: the most specific (properties named, expression, account, queue); no guess between equals;
 * 6. and whose largest machine, and number of machines, are enough.
 */
export function createClassifier(policy: Policy): Classifier {
  const candidates = candidatesOf(policy);
  const waysIn = new WaysIn(candidates);
  return (job, queues) => {
    if (job.damaged !== undefined) return { unserved: because('unserved-damaged', { why: job.damaged }) };
    const { unsupported } = job.request;
    if (unsupported.length > 0) return { unserved: because('unserved-syntax', { syntax: unsupported.join(', ') }) };
    const queue = queuesByName(queues).get(job.queue);
    const chosen = choose(job, queue, waysIn);
    if ('why' in chosen) return { unserved: chosen.why };
    const [only] = chosen.left;
    if (only === undefined) return { unserved: nobody(job, queue) };
    const why = misfit(job, only);
    return why === undefined ? { environment: only.environment.name } : { unserved: why };
  };
}

/** Of two with one name the first. */
const queuesByName = oncePer(
  (queues: readonly BatchQueue[]): ReadonlyMap<string, BatchQueue> => new Map([...queues].reverse().map((queue) => [queue.name, queue])),
);

/** One job, once: for many use `createClassifier`. */
export const classify = (job: Job, policy: Policy, queues: readonly BatchQueue[]): Verdict => createClassifier(policy)(job, queues);

const nobody = (job: Job, queue: BatchQueue | undefined): Reason => {
  const properties = wordsIn(askedProperties(job, queue)).join(', ');
  return because('unserved-none', { queue: job.queue, properties });
};

/** Every word once. */
function wordsIn(parts: readonly (readonly string[])[]): readonly string[] {
  const [only] = parts;
  return only !== undefined && parts.length === 1 && only.length < 2 ? only : [...new Set(parts.flat())];
}

/** Steps 1 to 5: one candidate, none, or why not. */
function choose(job: Job, queue: BatchQueue | undefined, waysIn: WaysIn): Left {
  const parts = askedProperties(job, queue);
  const asked = wordsIn(parts);
  const mine = waysIn.of(job.queue, asked).filter((candidate) => candidate.environment.serves.source === job.source);
  const open = mine.filter((candidate) => isOpenTo(candidate, job.queue, asked, job.account ?? ''));
  if (open.length === 0) return { left: [] };
  const able = open.filter((candidate) => carries(candidate, parts));
  if (able.length === 0) return cannotCarry(open, asked);
  const named = able.filter((candidate) => matches(candidate, asked) > 0);
  const holding = holdingOf(named.length > 0 ? named : able, () => factsOf(job, queue, asked));
  return 'why' in holding ? holding : mostSpecific(holding.left, job, asked);
}

/** Its properties belong to several environments, or one of them to none of those open to it. */
function cannotCarry(open: readonly Candidate[], asked: readonly string[]): Left {
  const named = open.filter((candidate) => matches(candidate, asked) > 0);
  const somewhere = (word: string): boolean => open.some((candidate) => candidate.carried.some((set) => set.has(word)));
  const unknown = asked.find((word) => !somewhere(word));
  if (unknown === undefined && named.length > 1) return refuse('unserved-spans', { environments: namesOf(named) }, named);
  const [nearest] = named.length > 0 ? named : open;
  const missing = unknown ?? asked.find((word) => nearest?.carried.every((set) => !set.has(word))) ?? asked.join(' and ');
  return refuse('unserved-property', { property: missing, environment: nearest?.environment.name ?? '' }, nearest === undefined ? [] : [nearest]);
}

/** Those whose expression holds or who have none. One error decides: it is never read as false. */
function holdingOf(among: readonly Candidate[], factsOfJob: () => Facts): Left {
  if (among.every(({ expression }) => expression === undefined)) return { left: among };
  const facts = factsOfJob();
  const left: Candidate[] = [];
  for (const candidate of among) {
    const answer = candidate.expression?.(facts) ?? { holds: true };
    if ('error' in answer) return refuse('unserved-expression', { environment: candidate.environment.name, error: answer.error }, [candidate]);
    if (answer.holds) left.push(candidate);
  }
  return { left };
}

/** The most specific one; equals are refused by name. */
function mostSpecific(among: readonly Candidate[], job: Job, asked: readonly string[]): Left {
  const weight = (candidate: Candidate): number =>
    matches(candidate, asked) * 8 +
    (candidate.expression === undefined ? 0 : 4) +
    (candidate.accounts.size > 0 ? 2 : 0) +
    (candidate.queues.has(job.queue) ? 1 : 0);
  const heaviest = Math.max(...among.map(weight));
  const left = among.filter((candidate) => weight(candidate) === heaviest);
  return left.length > 1 ? refuse('unserved-ambiguous', { environments: namesOf(left) }, left) : { left };
}
