import type { Job } from '../model/job.js';

/** Who reads. `full` sees everything (the group, root, the daemon's own user); others see their own jobs in full. */
export interface Viewer {
  readonly full: boolean;
  /** User name, where it was proved. */
  readonly name?: string;
}

export const everything: Viewer = { full: true };
export const nobody: Viewer = { full: false };

/** May this viewer see whose job it is, and what it is called? */
export const seesJob = (viewer: Viewer, job: Pick<Job, 'owner'>): boolean => viewer.full || (viewer.name !== undefined && viewer.name === job.owner);
