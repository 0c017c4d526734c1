import type { EnvironmentFile } from './environment.js';
import { nearest } from './nearest.js';
import { type Problems, shown } from './problem.js';

const known = (words: readonly string[]): string => (words.length === 0 ? 'one that exists (there is none)' : `one of ${words.join(', ')}`);

/** Words in an environment's file that must be written in domus.yaml; a list that could not be read is absent. */
export function checkReferences(
  name: string,
  file: EnvironmentFile,
  sources: readonly string[] | undefined,
  pools: readonly string[] | undefined,
  problems: Problems,
): void {
  const path = ['environments', name];
  const { source, queues, properties, accounts, jobs } = file.serves ?? {};
  if (sources !== undefined && source !== undefined && !sources.includes(source))
    problems.add([...path, 'serves', 'source'], { found: `batch server ${shown(source)}`, expected: known(sources), nearest: nearest(source, sources) });
  if (sources !== undefined && sources.length > 1 && file.serves !== undefined && source === undefined && !problems.has([...path, 'serves', 'source']))
    problems.add([...path, 'serves', 'source'], { found: 'nothing', expected: known(sources) });
  if (queues?.length === 0 && properties?.length === 0 && accounts?.length === 0 && jobs === undefined && !problems.has([...path, 'serves']))
    problems.add([...path, 'serves'], { found: 'nothing that it serves', expected: 'queues, properties, accounts or a jobs expression' }, 'key');
  if (file.pools?.length === 0) problems.add([...path, 'pools'], { found: 'an empty list', expected: 'at least one pool, or no such key for all pools' });
  for (const [at, pool] of file.pools?.entries() ?? []) {
    if (pools !== undefined && !pools.includes(pool))
      problems.add([...path, 'pools', at], { found: `pool ${shown(pool)}`, expected: known(pools), nearest: nearest(pool, pools) });
  }
}

/** `seats` must belong to environments that have a file (or had one when the journal was last written), and every environment needs seats. */
export function checkSeatOwners(seats: readonly string[], environments: readonly string[], former: ReadonlySet<string>, problems: Problems): void {
  for (const owner of seats) {
    if (environments.includes(owner) || former.has(owner)) continue;
    const meant = nearest(owner, environments);
    if (meant !== undefined) problems.excuse(['seats', meant]);
    problems.add(
      ['seats', owner],
      { found: `seats of environment ${shown(owner)}, which has no file ${owner}.yaml`, expected: known(environments), nearest: meant },
      'key',
    );
  }
  for (const name of environments) {
    if (!seats.includes(name) && !problems.has(['seats', name]))
      problems.add(['seats', name], { found: `no seats of environment ${name}`, expected: `seats.${name} with names and addresses` }, 'key');
  }
}
