import { shortName } from '../model/uuid.js';
import { type Expanded, expandAddresses, expandMacs, expandNames } from './expand.js';
import type { DomusFile } from './hosts.js';
import { deriveMacs } from './mac.js';
import { type Problems, shown } from './problem.js';
import { isHostName } from './shapes.js';
import type { Path } from './spots.js';

/** A seat before its environment says how large it is. */
export interface Place {
  readonly name: string;
  readonly address: string;
  readonly mac: string;
  readonly properties: readonly string[];
}

type Group = NonNullable<NonNullable<DomusFile['seats']>[string]>;

/** Every line of a group expanded; absent when one is wrong (and said so). */
function expandAll(
  lines: string | readonly string[] | undefined,
  path: Path,
  expand: (line: string) => Expanded,
  problems: Problems,
): readonly string[] | undefined {
  if (lines === undefined) return undefined;
  const all: string[] = [];
  let whole = true;
  for (const [at, line] of (typeof lines === 'string' ? [lines] : lines).entries()) {
    const expanded = expand(line);
    if ('values' in expanded) all.push(...expanded.values);
    else {
      whole = false;
      problems.add(typeof lines === 'string' ? path : [...path, at], { found: shown(line), expected: expanded.expected });
    }
  }
  return whole ? all : undefined;
}

/** The first part goes into the guest's name, which hosts keep short. */
const longestShort = 40;

function expandSeatNames(pattern: string): Expanded {
  const expanded = expandNames(pattern);
  if ('expected' in expanded) return expanded;
  if (!expanded.values.every(isHostName)) return { expected: 'host names such as wn07.example.org' };
  return expanded.values.every((name) => shortName(name).length <= longestShort)
    ? expanded
    : { expected: `names of at most ${longestShort} characters before the first dot` };
}

/** As many addresses as names, or a problem. */
function sameCount(what: string, values: readonly string[] | undefined, names: readonly string[], path: Path, problems: Problems): void {
  if (values !== undefined && values.length !== names.length)
    problems.add(path, { found: `${values.length} ${what}(es)`, expected: `${names.length}, one for each name` });
}

function readGroup(
  group: Group,
  path: Path,
  problems: Problems,
): { names: readonly string[]; addresses: readonly string[]; macs?: readonly string[] } | undefined {
  const names = expandAll(group.names, [...path, 'names'], expandSeatNames, problems);
  const addresses = expandAll(group.addresses, [...path, 'addresses'], expandAddresses, problems);
  const macs = expandAll(group.macs, [...path, 'macs'], expandMacs, problems);
  if (names === undefined || addresses === undefined) return undefined;
  if (names.length === 0) problems.add([...path, 'names'], { found: 'no name', expected: 'at least one seat' });
  sameCount('address', addresses, names, [...path, 'addresses'], problems);
  sameCount('MAC address', macs, names, [...path, 'macs'], problems);
  return addresses.length !== names.length ? undefined : { names, addresses, ...(macs?.length === names.length ? { macs } : {}) };
}

/** Says so when a name, address or MAC was taken before. */
class Taken {
  readonly #by = new Map<string, string>();
  readonly #problems: Problems;

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  take(kind: string, value: string, seat: string, path: Path): boolean {
    const key = `${kind} ${value}`;
    const holder = this.#by.get(key);
    if (holder === undefined) this.#by.set(key, seat);
    else this.#problems.add(path, { found: `${key} a second time`, expected: `each ${kind} once (${holder} has it)` });
    return holder === undefined;
  }
}

type Lists = NonNullable<ReturnType<typeof readGroup>>;

function takeAll({ names, addresses, macs }: Lists, environment: string, taken: Taken): void {
  const path = ['seats', environment];
  for (const [at, name] of names.entries()) {
    const fresh = taken.take('seat name', name, `environment ${environment}`, [...path, 'names']);
    if (fresh) taken.take('short name', shortName(name), name, [...path, 'names']);
    taken.take('address', addresses[at] ?? '', name, [...path, 'addresses']);
    if (macs !== undefined) taken.take('MAC address', macs[at] ?? '', name, [...path, 'macs']);
  }
}

/** Seats of every environment that `seats` names; an environment whose group cannot be read maps to undefined. */
export function makePlaces(file: DomusFile, problems: Problems): ReadonlyMap<string, readonly Place[] | undefined> {
  const taken = new Taken(problems);
  const read = new Map<string, Lists | undefined>();
  for (const [environment, group = {}] of Object.entries(file.seats ?? {})) {
    const lists = readGroup(group, ['seats', environment], problems);
    read.set(environment, lists);
    if (lists !== undefined) takeAll(lists, environment, taken);
  }
  const given = new Set([...read.values()].flatMap((lists) => lists?.macs ?? []));
  const unnamed = [...read.values()].flatMap((lists) => (lists === undefined || lists.macs !== undefined ? [] : lists.names));
  const derived = deriveMacs(file.deployment ?? '', [...new Set(unnamed)], given);
  const places = new Map<string, readonly Place[] | undefined>();
  for (const [environment, lists] of read) {
    const properties = file.seats?.[environment]?.properties ?? [];
    const place = (name: string, at: number): Place => {
      return { name, address: lists?.addresses[at] ?? '', mac: lists?.macs?.[at] ?? derived.get(name) ?? '', properties };
    };
    places.set(environment, lists?.names.map(place));
  }
  return places;
}
