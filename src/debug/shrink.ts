import { createClassifier } from '../classify/classify.js';
import { oncePer } from '../model/once.js';
import type { Policy } from '../model/policy.js';
import { type TableName, tableNames } from '../model/rows.js';
import { type Inputs, join } from '../observe/join.js';
import { breaches, type LawName } from '../plan/laws.js';
import type { plan } from '../plan/plan.js';
import type { TickRecord } from './record.js';

export type Planner = typeof plan;
type Taken = TickRecord['inputs'];

/** One kind of thing that a tick took in, and how it is taken out. */
interface Kind {
  readonly keys: (taken: Taken) => readonly string[];
  readonly only: (taken: Taken, kept: ReadonlySet<string>) => Taken;
}

const pick = <T>(record: Readonly<Record<string, T>>, kept: ReadonlySet<string>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).filter(([key]) => kept.has(key)));
const pickMap = <T>(map: ReadonlyMap<string, T>, kept: ReadonlySet<string>): ReadonlyMap<string, T> => new Map([...map].filter(([key]) => kept.has(key)));

/** The lists of every batch server's answer: jobs and nodes. */
const listed = (list: 'jobs' | 'nodes', name: (each: never) => string): Kind => {
  const keyed = (source: string, each: unknown): string => `${source}/${name(each as never)}`;
  return {
    keys: ({ batch }) => [...batch].flatMap(([source, { value }]) => (value?.[list] ?? []).map((each) => keyed(source, each))),
    only: (taken, kept) => ({
      ...taken,
      batch: new Map(
        [...taken.batch].map(([source, { value, ...reading }]) => [
          source,
          value === undefined
            ? reading
            : { ...reading, value: { ...value, [list]: (value[list] as readonly unknown[]).filter((each) => kept.has(keyed(source, each))) } },
        ]),
      ),
    }),
  };
};

const withPolicy = (taken: Taken, policy: Partial<Policy>): Taken => ({ ...taken, policy: { ...taken.policy, ...policy } });

const table = (name: TableName): Kind => ({
  keys: ({ rows }) => [...rows[name].keys()],
  only: (taken, kept) => ({ ...taken, rows: { ...taken.rows, [name]: pickMap(taken.rows[name] as ReadonlyMap<string, unknown>, kept) } }),
});

const environments: Kind = {
  keys: ({ policy }) => Object.keys(policy.environments),
  only: (taken, kept) => {
    const seats = Object.fromEntries(Object.entries(taken.policy.seats).filter(([, { environment }]) => kept.has(environment)));
    return withPolicy(taken, { environments: pick(taken.policy.environments, kept), seats });
  },
};
const hosts: Kind = {
  keys: ({ policy }) => Object.keys(policy.hosts),
  only: (taken, kept) => ({ ...withPolicy(taken, { hosts: pick(taken.policy.hosts, kept) }), hosts: pickMap(taken.hosts, kept) }),
};
const seats: Kind = {
  keys: ({ policy }) => Object.keys(policy.seats),
  only: (taken, kept) => withPolicy(taken, { seats: pick(taken.policy.seats, kept) }),
};
const guests: Kind = {
  keys: (taken) => [...taken.hosts.values()].flatMap(({ value }) => (value?.guests ?? []).map(({ uuid }) => uuid)),
  only: (taken, kept) => ({
    ...taken,
    hosts: new Map(
      [...taken.hosts].map(([name, { value, ...reading }]) => [
        name,
        value === undefined ? reading : { ...reading, value: { ...value, guests: value.guests.filter(({ uuid }) => kept.has(uuid)) } },
      ]),
    ),
  }),
};

/** The many first, so that the later tries are quick. */
const kinds: readonly Kind[] = [
  listed('jobs', ({ id }: { readonly id: string }) => id),
  environments,
  hosts,
  seats,
  listed('nodes', ({ name }: { readonly name: string }) => name),
  guests,
  ...tableNames.map(table),
];

const classifierOf = oncePer((policy: Policy) => {
  const classifier = createClassifier(policy);
  const classify: Inputs['classify'] = (job, snapshot) => classifier(job, snapshot.queues);
  return classify;
});

/** Does the planner break that law for what the tick took in? One that raises an error breaks another. */
export function breaks(taken: Taken, at: number, law: LawName, planner: Planner): boolean {
  try {
    const { world } = join(undefined, { ...taken, classify: classifierOf(taken.policy) });
    return breaches(world, taken.policy, at, planner(world, taken.policy, at)).some((breach) => breach.law === law);
  } catch {
    return false;
  }
}

/** More tries than this no case is worth. */
const mostTries = 4_000;

/**
 * The same tick with as little in it as still makes the planner break that law: jobs, environments, hosts, seats, nodes,
 * guests and rows are taken out in ever smaller parts, round after round, until nothing more can go. What does not break
 * it to begin with stays as it is.
 */
export function shrink(taken: Taken, at: number, law: LawName, planner: Planner): Taken {
  let tries = 0;
  const holds = (smaller: Taken): boolean => ++tries <= mostTries && breaks(smaller, at, law, planner);
  let least = taken;
  if (!holds(least)) return least;
  for (let before: Taken | undefined; before !== least && tries < mostTries; ) {
    before = least;
    for (const kind of kinds) least = fewest(kind, least, holds);
  }
  return least;
}

/** Takes out halves, quarters and so on down to single ones, whatever is not needed. */
function fewest({ keys, only }: Kind, from: Taken, holds: (smaller: Taken) => boolean): Taken {
  let least = from;
  let kept = keys(from);
  for (let size = kept.length; size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < kept.length; ) {
      const without = [...kept.slice(0, at), ...kept.slice(at + size)];
      const smaller = only(least, new Set(without));
      if (holds(smaller)) [least, kept] = [smaller, without];
      else at += size;
    }
  }
  return least;
}
