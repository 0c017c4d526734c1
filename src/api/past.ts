import type { World } from '../model/world.js';
import { ApiError } from './errors.js';
import type { FindKind, Found } from './find.js';

/** What is said where neither the world nor the journal knows the word: of a job's number that it has probably ended. */
export function unknownNow(kinds: readonly Found['kind'][], id: string, thrown: ApiError): ApiError {
  if (!kinds.includes('job') || !/^\d+(\[\d*\])?(\.|$)/.test(id)) return thrown;
  return new ApiError('unknown', `no batch server lists a job ${id}: it has ended, or never was. What it ran on remembers it: domus why MACHINE`, {
    cause: thrown,
  });
}

/** What is gone from the world may still be in the journal: under its full name, or under the one that its server or seat makes of a short one. */
export function pastNames<K extends FindKind>(kinds: readonly K[], id: string, world: World): readonly Found<K>[] {
  return kinds.flatMap((kind): readonly Found<K>[] => {
    if (kind === 'machine') return machinesOnce(id, world).map((key) => ({ kind, key }));
    if (kind !== 'job' || id.includes('/')) return [{ kind, key: id }];
    return [...world.sources.values()].flatMap(({ name, reading }) =>
      [id, ...(reading.value === undefined || id.includes('.') ? [] : [`${id}.${reading.value.server.name}`])].map((full) => ({
        kind,
        key: `${name}/${full}`,
      })),
    );
  });
}

/** `grid-07#3` was `grid-07.example.org#3`. */
function machinesOnce(id: string, world: World): readonly string[] {
  const [seat = '', generation] = id.split('#');
  if (generation === undefined) return [id];
  return [id, ...[...world.seats.keys()].filter((name) => name.startsWith(`${seat}.`)).map((name) => `${name}#${generation}`)];
}
