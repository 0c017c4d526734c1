import type { Job } from '../model/job.js';

/** Who reads. `full` sees everything; others see their own jobs in full, and those of the environments they look after. */
export interface Viewer {
  readonly full: boolean;
  /** User name, where it was proved. */
  readonly name?: string;
  readonly environments?: ReadonlySet<string>;
}

export const everything: Viewer = { full: true };
export const nobody: Viewer = { full: false };

/** May this viewer see whose job it is, what it is called, and why it is as it is? */
export const seesJob = (viewer: Viewer, job: Pick<Job, 'owner'>, environment?: string): boolean =>
  viewer.full || (viewer.name !== undefined && viewer.name === job.owner) || (environment !== undefined && viewer.environments?.has(environment) === true);
