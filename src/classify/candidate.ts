import { type Environment, largestSize, npOf } from '../model/environment.js';
import { oncePer } from '../model/once.js';
import type { Policy } from '../model/policy.js';
import { compileExpression, type Expression } from './expression.js';

/** An environment made ready for many jobs. */
export interface Candidate {
  readonly environment: Environment;
  readonly queues: ReadonlySet<string>;
  readonly properties: ReadonlySet<string>;
  readonly accounts: ReadonlySet<string>;
  /** Absent when it has none. */
  readonly expression?: Expression;
  /** The different sets of properties that its seats have. */
  readonly carried: readonly ReadonlySet<string>[];
  /** np of its largest machine. */
  readonly largestNp: number;
}

/** The different sets of properties that seats have, by environment; looked through once for all of them. */
const carriedSets = oncePer((seats: Policy['seats']): ReadonlyMap<string, readonly ReadonlySet<string>[]> => {
  const found = new Map<string, Map<string, ReadonlySet<string>>>();
  for (const { environment, feasibility, properties } of Object.values(seats)) {
    if (feasibility) continue;
    const sets = found.get(environment) ?? new Map<string, ReadonlySet<string>>();
    found.set(environment, sets);
    const key = properties.length < 2 ? (properties[0] ?? '') : [...properties].sort().join(',');
    if (!sets.has(key)) sets.set(key, new Set(properties));
  }
  return new Map([...found].map(([environment, sets]) => [environment, [...sets.values()]]));
});

const carriedBy = (environment: Environment, policy: Policy): readonly ReadonlySet<string>[] =>
  carriedSets(policy.seats).get(environment.name) ?? [new Set(environment.serves.properties)];

function expressionOf(text: string): Expression {
  const compiled = compileExpression(text);
  if ('expression' in compiled) return compiled.expression;
  return () => ({ error: compiled.problem });
}

/** Every environment of the policy, in the order of names. */
export function candidatesOf(policy: Policy): readonly Candidate[] {
  const environments = Object.values(policy.environments).sort((a, b) => (a.name < b.name ? -1 : 1));
  return environments.map((environment) => ({
    environment,
    queues: new Set(environment.serves.queues),
    properties: new Set(environment.serves.properties),
    accounts: new Set(environment.serves.accounts),
    ...(environment.serves.jobs === undefined ? {} : { expression: expressionOf(environment.serves.jobs) }),
    carried: carriedBy(environment, policy),
    largestNp: npOf(environment, largestSize(environment)),
  }));
}

/** How many of the asked words are properties that it serves. */
export const matches = (candidate: Candidate, asked: readonly string[]): number => asked.filter((word) => candidate.properties.has(word)).length;

/** Has the job a way in: a property it asks for, its queue, or (where neither is listed) what only accounts and expression say; and its account is served. */
export function isOpenTo(candidate: Candidate, queue: string, asked: readonly string[], account: string): boolean {
  const hasWays = candidate.queues.size > 0 || candidate.properties.size > 0;
  const wayIn = !hasWays || candidate.queues.has(queue) || matches(candidate, asked) > 0;
  return wayIn && (candidate.accounts.size === 0 || candidate.accounts.has(account));
}

/** Of many environments few have a way in for a job: found by the words that it names, instead of by asking each (`isOpenTo`, which still has the word). */
export class WaysIn {
  readonly #places: ReadonlyMap<Candidate, number>;
  /** Those that list neither queues nor properties. */
  readonly #unlisted: readonly Candidate[];
  /** The same and those that list the queue, in their order. */
  readonly #byQueue: ReadonlyMap<string, readonly Candidate[]>;
  readonly #byProperty: ReadonlyMap<string, readonly Candidate[]>;

  constructor(candidates: readonly Candidate[]) {
    this.#places = new Map(candidates.map((candidate, place) => [candidate, place]));
    this.#unlisted = candidates.filter(isUnlisted);
    const queues = new Set(candidates.flatMap((candidate) => [...candidate.queues]));
    this.#byQueue = new Map([...queues].map((queue) => [queue, candidates.filter((c) => isUnlisted(c) || c.queues.has(queue))]));
    const properties = new Set(candidates.flatMap((candidate) => [...candidate.properties]));
    this.#byProperty = new Map([...properties].map((word) => [word, candidates.filter((c) => c.properties.has(word))]));
  }

  /** In the order of names. */
  of(queue: string, asked: readonly string[]): readonly Candidate[] {
    const near = this.#byQueue.get(queue) ?? this.#unlisted;
    const others = asked.flatMap((word) => this.#byProperty.get(word) ?? []).filter((candidate) => !near.includes(candidate));
    if (others.length === 0) return near;
    const place = (candidate: Candidate): number => this.#places.get(candidate) ?? 0;
    return [...new Set([...near, ...others])].sort((a, b) => place(a) - place(b));
  }
}

const isUnlisted = ({ queues, properties }: Candidate): boolean => queues.size === 0 && properties.size === 0;

/** Has, for every part of a job, a seat with all properties of that part. */
export const carries = (candidate: Candidate, parts: readonly (readonly string[])[]): boolean =>
  parts.every((part) => candidate.carried.some((set) => part.every((word) => set.has(word))));
