import { holdsNodes, isEligible, type Job, jobKey } from '../model/job.js';
import type { World } from '../model/world.js';
import type { jobClasses } from './schema/jobs.js';

/** The four heaps of the screen. */
export type JobClass = (typeof jobClasses)[number];

/** Which heap a job lies in. */
export function classOf(job: Job, world: World): JobClass {
  if (holdsNodes(job)) return 'running';
  const verdict = world.verdicts.get(jobKey(job));
  if (verdict !== undefined && 'unserved' in verdict) return 'unserved';
  return isEligible(job) ? 'waiting' : 'other';
}

export interface EnvironmentJobs {
  readonly waiting: number;
  readonly running: number;
  readonly other: number;
}

/** All jobs of a world, counted and put in order. */
export interface Census {
  readonly classes: Readonly<Record<JobClass, number>>;
  readonly environments: ReadonlyMap<string, EnvironmentJobs>;
  /** Running ones first, then by age. */
  readonly ordered: readonly { readonly job: Job; readonly class: JobClass; readonly environment: string | undefined }[];
}

export const rank: Readonly<Record<JobClass, number>> = { running: 0, waiting: 1, unserved: 2, other: 3 };

/** `9.srv` before `10.srv`, `12[2].srv` before `12[10].srv`. */
const inNumber = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : 1);

function taken(world: World): Census {
  const classes: Record<JobClass, number> = { running: 0, waiting: 0, unserved: 0, other: 0 };
  const environments = new Map<string, { waiting: number; running: number; other: number }>();
  const ordered = [...world.jobs].map(([key, job]) => {
    const verdict = world.verdicts.get(key);
    const environment = verdict !== undefined && 'environment' in verdict ? verdict.environment : undefined;
    const itsClass = classOf(job, world);
    classes[itsClass]++;
    if (environment !== undefined) {
      const count = environments.get(environment) ?? { waiting: 0, running: 0, other: 0 };
      count[itsClass === 'waiting' || itsClass === 'running' ? itsClass : 'other']++;
      environments.set(environment, count);
    }
    return { job, class: itsClass, environment };
  });
  ordered.sort((a, b) => rank[a.class] - rank[b.class] || a.job.submittedAt - b.job.submittedAt || inNumber(a.job.id, b.job.id));
  return { classes, environments, ordered };
}

/** Keyed by the jobs themselves, which ticks without news share. */
const known = new WeakMap<World['jobs'], { readonly verdicts: World['verdicts']; readonly census: Census }>();

/** Taken once for the same jobs and verdicts: anybody may ask, as often as he likes, without holding the loop up. */
export function censusOf(world: World): Census {
  const before = known.get(world.jobs);
  if (before?.verdicts === world.verdicts) return before.census;
  const census = taken(world);
  known.set(world.jobs, { verdicts: world.verdicts, census });
  return census;
}
