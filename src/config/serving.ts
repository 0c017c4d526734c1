import type { EnvironmentFile } from './environment.js';
import type { Problems } from './problem.js';

interface Claimant {
  readonly name: string;
  readonly accounts: readonly string[];
}

/** Would both take a job of the queue? An expression, or accounts of which none is the same, tell their jobs apart. */
function overlaps(a: Claimant, b: Claimant): boolean {
  if (a.accounts.length === 0 || b.accounts.length === 0) return a.accounts.length === b.accounts.length;
  return a.accounts.some((account) => b.accounts.includes(account));
}

/** Two environments may share a queue only when something tells their jobs apart. */
export function checkServing(environments: ReadonlyMap<string, EnvironmentFile>, onlySource: string | undefined, problems: Problems): void {
  const claimants = new Map<string, Claimant[]>();
  for (const [name, { serves }] of environments) {
    if (serves === undefined || serves.jobs !== undefined || problems.has(['environments', name, 'serves', 'jobs'])) continue;
    const claimant = { name, accounts: serves.accounts ?? [] };
    for (const [at, queue] of serves.queues?.entries() ?? []) {
      const key = `${serves.source ?? onlySource ?? ''}/${queue}`;
      const before = claimants.get(key) ?? [];
      claimants.set(key, [...before, claimant]);
      const other = before.find((earlier) => earlier.name !== name && overlaps(earlier, claimant));
      if (other === undefined) continue;
      problems.add(['environments', name, 'serves', 'queues', at], {
        found: `queue ${queue}, which environment ${other.name} serves as well`,
        expected: 'a jobs expression or accounts of its own in one of them, to tell their jobs apart',
      });
    }
  }
}
