/**
 * The last answer of one source. Silent is not empty: a source that stopped answering keeps its last value, with the
 * instant since when it is silent and why; nothing may be lowered, drained or destroyed on the word of such a reading.
 */
export interface Reading<T> {
  /** When the question of the last *answered* poll was asked; 0 when never answered. */
  readonly askedAt: number;
  readonly answeredAt: number;
  /** Absent until the first answer. */
  readonly value?: T;
  /** First failed poll after the last answer; absent while it answers. */
  readonly silentSince?: number;
  /** Silent, yet somebody is there: the last question was refused, or its answer could not be read. */
  readonly speaks?: true;
  /** One sentence: why it is silent. */
  readonly cause?: string;
  /** Rises with every answer whose value differs from the one before. */
  readonly revision: number;
}

export const unread: Reading<never> = { askedAt: 0, answeredAt: 0, revision: 0 };

/** Answering now: its value may be acted on. */
export const isHeard = <T>(reading: Reading<T>): reading is Reading<T> & { readonly value: T } =>
  reading.value !== undefined && reading.silentSince === undefined;

/** Asked after `instant`, so it shows the effect of what was confirmed at `instant`. */
export const askedAfter = (reading: Reading<unknown>, instant: number): boolean => reading.silentSince === undefined && reading.askedAt > instant;
