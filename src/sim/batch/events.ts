import type { BatchJob, EndCause, Run } from './job.js';

export interface JobEvents {
  'job-submitted': { readonly job: BatchJob };
  /** A mom has taken it. */
  'job-started': { readonly job: BatchJob; readonly run: Run };
  /** `why` of the end; a run that is requeued ends too. */
  'job-ended': { readonly job: BatchJob; readonly run: Run | undefined; readonly why: EndCause };
}

/** Tells the laboratory what happens, at the instant it happens. */
export class Events {
  readonly #listeners = new Map<keyof JobEvents, Set<(event: never) => void>>();

  /** Returns a function that stops listening. */
  on<K extends keyof JobEvents>(kind: K, listener: (event: JobEvents[K]) => void): () => void {
    const set = this.#listeners.get(kind) ?? new Set();
    this.#listeners.set(kind, set);
    set.add(listener);
    return () => set.delete(listener);
  }

  tell<K extends keyof JobEvents>(kind: K, event: JobEvents[K]): void {
    for (const listener of this.#listeners.get(kind) ?? []) (listener as (event: JobEvents[K]) => void)(event);
  }
}
