/**
 * Long pure work, cut where it may be interrupted: at every `yield` whoever drives it may let others run before it goes
 * on. What it reads must stand still until it has ended.
 */
export type Slices<T> = Generator<undefined, T, undefined>;

/** So many small things are done between two cuts: a cut costs as much as one of them. */
export const atATime = 32;
/** The same of large ones: a look at every host. */
export const fewAtATime = 8;
/** The same of very small ones: a look at a record. */
export const manyAtATime = 256;

/** All of it at once. */
export function atOnce<T>(work: Slices<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}
