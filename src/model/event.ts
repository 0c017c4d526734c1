import type { Reason } from './reason.js';

/** Something that happened or was decided, past tense; stored when it changes, per subject. */
export interface Event {
  readonly at: number;
  /** `machine:ID`, `host:NAME`, `environment:NAME`, `job:KEY`, `group:KEY`, `seat:NAME`, `source:NAME`, `domus`. */
  readonly subject: string;
  readonly kind: 'decided' | 'deed' | 'observed' | 'person' | 'daemon';
  readonly reason: Reason;
}
