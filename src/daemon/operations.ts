import type { ApiOptions } from '../api/api.js';
import type { Clock } from '../clock.js';
import { Recorder } from '../history/recorder.js';
import { openHistoryStore } from '../history/store.js';
import type { Log } from '../log.js';
import type { Present } from '../model/present.js';

export interface OperationsOptions {
  readonly stateDir: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** What watches the daemon's work without taking part in it: the history. */
export interface Operations {
  /** Called with each Present; only remembers it. */
  follow(present: Present): void;
  /** What of it the API serves. */
  readonly served: Pick<ApiOptions, 'history' | 'beside'>;
  close(): Promise<void>;
}

/** A part that cannot be had is done without, and the log says so: none of them may keep the daemon from its work. */
function without<T>(log: Log, what: string, open: () => T): T | undefined {
  try {
    return open();
  } catch (thrown) {
    log.error({ cause: thrown instanceof Error ? thrown.message : String(thrown) }, `goes on without ${what}`);
    return undefined;
  }
}

export function openOperations({ stateDir, clock, log }: OperationsOptions): Operations {
  const end = new AbortController();
  const opened = without(log, 'a history', () => openHistoryStore(stateDir, clock.wall()));
  if (opened?.brokenAs !== undefined) log.error({ file: opened.brokenAs }, 'the history could not be read: put it aside and began a new one');
  const recorder = opened === undefined ? undefined : new Recorder({ store: opened.store, clock, log });
  const stories = [recorder?.run(end.signal)];
  return {
    follow: (present) => recorder?.follow(present),
    served: recorder === undefined ? {} : { history: recorder.reader },
    close: async () => {
      end.abort();
      await Promise.all(stories);
      opened?.store.close();
    },
  };
}
