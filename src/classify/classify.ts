import type { BatchQueue } from '../model/batch.js';
import type { Job } from '../model/job.js';
import type { Policy } from '../model/policy.js';
import { because, type Reason, type ReasonCode } from '../model/reason.js';
import type { Verdict } from '../model/world.js';
import { type Candidate, candidatesOf, carries, isOpenTo, matches } from './candidate.js';
import type { Facts } from './expression.js';
import { askedProperties, factsOf } from './facts.js';
import { misfit } from './fit.js';

/** Says which environment serves a job; `queues` are those of the job's batch server. */
export type Classifier = (job: Job, queues: readonly BatchQueue[]) => Verdict;

const unserved = (code: ReasonCode, args: Reason['args'], among: readonly Candidate[] = []): Verdict => ({
  unserved: because(
    code,
    args,
    among.map((candidate) => `environment:${candidate.environment.name}`),
  ),
});
const namesOf = (among: readonly Candidate[]): string => among.map((candidate) => candidate.environment.name).join(', ');

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
  return (job, queues) => {
    if (job.damaged !== undefined) return unserved('unserved-damaged', { why: job.damaged });
    if (job.request.unsupported.length > 0) return unserved('unserved-syntax', { syntax: job.request.unsupported.join(', ') });
    const queue = queues.find((candidate) => candidate.name === job.queue);
    const parts = askedProperties(job, queue);
    const asked = [...new Set(parts.flat())];
    const none = unserved('unserved-none', { queue: job.queue, properties: asked.join(', ') });
    const open = candidates.filter(
      (candidate) => candidate.environment.serves.source === job.source && isOpenTo(candidate, job.queue, asked, job.account ?? ''),
    );
    if (open.length === 0) return none;
    const able = open.filter((candidate) => carries(candidate, parts));
    if (able.length === 0) return cannotCarry(open, asked);
    const named = able.filter((candidate) => matches(candidate, asked) > 0);
    const holding = holdingOf(named.length > 0 ? named : able, factsOf(job, queue, asked));
    if ('unserved' in holding) return holding;
    const chosen = mostSpecific(holding.among, job, asked);
    if (chosen === undefined) return none;
    if (chosen.length > 1) return unserved('unserved-ambiguous', { environments: namesOf(chosen) }, chosen);
    const [only] = chosen as [Candidate];
    const why = misfit(job, only);
    return why === undefined ? { environment: only.environment.name } : { unserved: why };
  };
}

/** One job, once: for many use `createClassifier`. */
export const classify = (job: Job, policy: Policy, queues: readonly BatchQueue[]): Verdict => createClassifier(policy)(job, queues);

/** Its properties belong to several environments, or one of them to none of those open to it. */
function cannotCarry(open: readonly Candidate[], asked: readonly string[]): Verdict {
  const named = open.filter((candidate) => matches(candidate, asked) > 0);
  const everywhere = (word: string): boolean => open.some((candidate) => candidate.carried.some((set) => set.has(word)));
  const property = asked.find((word) => !everywhere(word));
  if (property === undefined && named.length > 1) return unserved('unserved-spans', { environments: namesOf(named) }, named);
  const nearest = named[0] ?? open[0];
  const missing = property ?? asked.find((word) => nearest?.carried.every((set) => !set.has(word))) ?? asked.join(' and ');
  return unserved('unserved-property', { property: missing, environment: nearest?.environment.name ?? '' }, nearest === undefined ? [] : [nearest]);
}

/** Those whose expression holds or who have none. One error decides: it is never read as false. */
function holdingOf(among: readonly Candidate[], facts: Facts): { readonly among: readonly Candidate[] } | Verdict {
  const holding: Candidate[] = [];
  for (const candidate of among) {
    const answer = candidate.expression?.(facts) ?? { holds: true };
    if ('error' in answer) return unserved('unserved-expression', { environment: candidate.environment.name, error: answer.error }, [candidate]);
    if (answer.holds) holding.push(candidate);
  }
  return { among: holding };
}

/** All that are equally and most specific; undefined when there is none. */
function mostSpecific(among: readonly Candidate[], job: Job, asked: readonly string[]): readonly Candidate[] | undefined {
  const weight = (candidate: Candidate): number =>
    matches(candidate, asked) * 8 +
    (candidate.expression === undefined ? 0 : 4) +
    (candidate.accounts.size > 0 ? 2 : 0) +
    (candidate.queues.has(job.queue) ? 1 : 0);
  const heaviest = Math.max(...among.map(weight));
  const chosen = among.filter((candidate) => weight(candidate) === heaviest);
  return chosen.length === 0 ? undefined : chosen;
}
