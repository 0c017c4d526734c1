import type { FailureKind } from './failure.js';
import type { JobListChange } from './job-lists.js';
import type { JobRows } from './job-rows.js';

/** What the thread is made with: whose reader it loads, for which batch server. */
export interface ListingSetup {
  readonly plugin: string;
  readonly source: string;
}

/** To the thread. `base` is the reading whose list its asker holds: any other is forgotten. */
export type ListingOrder =
  | {
      readonly order: 'read';
      readonly reading: number;
      readonly base: number;
      readonly argv: readonly string[];
      readonly nodes: readonly string[];
      readonly maxBytes?: number;
    }
  | { readonly order: 'stop'; readonly reading: number; readonly kind: FailureKind; readonly message: string }
  | { readonly order: 'more'; readonly reading: number };

/** From the thread: fresh jobs in pieces, each to be asked on with `more`; then one end. */
export type ListingNews =
  | { readonly news: 'fresh'; readonly reading: number; readonly jobs: JobRows }
  | { readonly news: 'end'; readonly reading: number; readonly exit: number; readonly stderr: string; readonly change?: JobListChange }
  | { readonly news: 'failed'; readonly reading: number; readonly kind: FailureKind; readonly message: string };
