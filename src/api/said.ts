import type { Present } from '../model/present.js';
import { type Reason, sentence } from '../model/reason.js';

/** A reason as data and in words. */
export interface Said {
  readonly reason: Reason;
  readonly text: string;
}

export const said = (reason: Reason): Said => ({ reason, text: sentence(reason) });

/** Everything the plan says of a subject, in order of weight. */
export const reasonsOf = (present: Present, subject: string): readonly Reason[] => present.plan.reasons.get(subject) ?? [];

/** The weightiest reason of a subject in words; undefined when nothing is said of it. */
export function mainText(present: Present, ...subjects: readonly string[]): string | undefined {
  for (const subject of subjects) {
    const [first] = reasonsOf(present, subject);
    if (first !== undefined) return sentence(first);
  }
  return undefined;
}

/** `{key: value}`, or nothing at all when the value is undefined: absent stays absent in JSON and in types. */
export function when<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });
}
