import type { EnvironmentFile } from './environment.js';
import type { Problems } from './problem.js';

/** What narrows an environment within a queue: without any of these it wants every job of it. */
const isNarrowed = (file: EnvironmentFile): boolean => file.serves?.jobs !== undefined || (file.serves?.accounts ?? []).length > 0;

/** Two environments may share a queue only when at most one of them wants every job of it. */
export function checkServing(environments: ReadonlyMap<string, EnvironmentFile>, onlySource: string | undefined, problems: Problems): void {
  const greedy = new Map<string, string>();
  for (const [name, file] of environments) {
    if (file.serves === undefined || problems.has(['environments', name, 'serves', 'jobs']) || isNarrowed(file)) continue;
    for (const [at, queue] of file.serves.queues?.entries() ?? []) {
      const key = `${file.serves.source ?? onlySource ?? ''}/${queue}`;
      const other = greedy.get(key);
      if (other === undefined) greedy.set(key, name);
      else if (other !== name)
        problems.add(['environments', name, 'serves', 'queues', at], {
          found: `queue ${queue}, which environment ${other} serves as well`,
          expected: 'a jobs expression or accounts in one of them, to tell their jobs apart',
        });
    }
  }
}
