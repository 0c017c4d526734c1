import type { Reason } from './reason.js';

/** A node offline by *our* decision. Offline without such a row is a person's and never cleared. */
export interface Withheld {
  readonly node: string;
  readonly reason: Reason;
  /** When we decided. */
  readonly since: number;
  /** When the driver read the offline state back: readings asked after this instant are proof. Absent = not yet confirmed. */
  readonly confirmedAt?: number;
}
