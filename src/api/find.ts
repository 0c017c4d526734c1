import { nearest } from '../config/nearest.js';
import { jobKey } from '../model/job.js';
import type { Present } from '../model/present.js';
import { ApiError } from './errors.js';
import { findKinds } from './schema/why.js';

export type FindKind = (typeof findKinds)[number] | 'pool' | 'maintenance';

/** A subject by the name its table gives it. */
export interface Found<K extends FindKind = FindKind> {
  readonly kind: K;
  readonly key: string;
}

const bare = (name: string): string => name.split('.')[0] ?? name;

/** `12` means `12.server` and the elements of array 12; `12.server` and `12[3]` mean what they say. */
function meansJob(word: string, id: string, key: string): boolean {
  return id === word || key === word || id.startsWith(`${word}.`) || id.startsWith(`${word}[`) || (word.endsWith('[]') && id.startsWith(word.slice(0, -1)));
}

/** `grid-07`, its node name, its guest's name or uuid, or the id with its generation. */
function machinesMeant(present: Present, word: string): readonly string[] {
  const machines = [...present.world.machines.values()];
  const exact = machines.filter(({ row }) => [row.id, row.guestName, row.uuid].includes(word));
  const meant =
    exact.length > 0 ? exact : machines.filter(({ row }) => row.seat === word || bare(row.seat) === word || `${bare(row.seat)}#${row.generation}` === word);
  return meant.map(({ row }) => row.id);
}

function jobsMeant(present: Present, word: string): readonly string[] {
  const jobs = [...present.world.jobs.values()].filter((job) => meansJob(word, job.id, jobKey(job)));
  const exact = jobs.filter((job) => job.id === word || job.id.startsWith(`${word}.`));
  return (exact.length > 0 ? exact : jobs).map(jobKey);
}

const named = (names: Iterable<string>, word: string): readonly string[] => {
  const all = [...names];
  return all.includes(word) ? [word] : all.filter((name) => bare(name) === word);
};

function environmentNames(present: Present): readonly string[] {
  return [...new Set([...Object.keys(present.policy.environments), ...present.world.rows.environments.keys()])];
}

const serviceNames = ({ policy, world }: Present): readonly string[] => [...new Set([...Object.keys(policy.services ?? {}), ...world.rows.services.keys()])];

const meant: Readonly<Record<FindKind, (present: Present, word: string) => readonly string[]>> = {
  job: jobsMeant,
  machine: machinesMeant,
  host: (present, word) => named(present.world.hosts.keys(), word),
  environment: (present, word) => named(environmentNames(present), word),
  seat: (present, word) => named(present.world.seats.keys(), word),
  service: (present, word) => named(serviceNames(present), word),
  source: (present, word) => named(present.world.sources.keys(), word),
  stray: (present, word) => present.world.strays.filter((stray) => stray.key === word || stray.name === word).map((stray) => stray.key),
  proposal: (present, word) => named(present.world.rows.proposals.keys(), word),
  pool: (present, word) => named(Object.keys(present.policy.pools), word),
  maintenance: (present, word) => named(present.world.rows.maintenances.keys(), word),
};

function namesOf(kind: FindKind, present: Present): readonly string[] {
  const { world } = present;
  const names: Readonly<Record<FindKind, () => readonly string[]>> = {
    job: () => [],
    machine: () => [...world.machines.keys()],
    host: () => [...world.hosts.keys()],
    environment: () => environmentNames(present),
    seat: () => [...world.seats.keys()],
    service: () => serviceNames(present),
    source: () => [...world.sources.keys()],
    stray: () => world.strays.map((stray) => stray.name),
    proposal: () => [...world.rows.proposals.keys()],
    pool: () => Object.keys(present.policy.pools),
    maintenance: () => [...world.rows.maintenances.keys()],
  };
  return names[kind]();
}

/** What a person's word means, of the kinds given, the first kind that has it first. Raises ApiError `unknown` (with the nearest name) or `ambiguous` (with the candidates). */
export function find<K extends FindKind>(present: Present, kinds: readonly K[], word: string): Found<K> {
  for (const kind of kinds) {
    const keys = meant[kind](present, word);
    if (keys.length === 1 && keys[0] !== undefined) return { kind, key: keys[0] };
    if (keys.length > 1) {
      const details = keys.slice(0, 20);
      throw new ApiError('ambiguous', `"${word}" may be any of ${keys.length} ${kind}s: say which`, { details });
    }
  }
  const other = findKinds.find((kind) => !(kinds as readonly FindKind[]).includes(kind) && meant[kind](present, word).length === 1);
  const near = nearest(
    word,
    kinds.flatMap((kind) => namesOf(kind, present)),
  );
  throw new ApiError(
    'unknown',
    `${kinds.length > 2 ? 'nothing' : `no ${kinds.join(' or ')}`} is called "${word}" here${other !== undefined ? ` (it is a ${other})` : near === undefined ? '' : `; did you mean ${near}?`}`,
  );
}
