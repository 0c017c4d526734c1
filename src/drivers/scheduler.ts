import type { SchedulerSnapshot } from '../model/scheduler.js';
import type { Finding } from './batch.js';

/**
 * A scheduler beside the batch server, where a site has one (Maui). Optional: without it what the scheduler refuses is
 * learned from what it does not start. All raise Failure.
 */
export interface Scheduler {
  /** Order, held jobs with the scheduler's reasons, settings. No waiting job is a normal answer. */
  read(signal: AbortSignal): Promise<SchedulerSnapshot>;
  /** Has it consider a job again that it put aside (id as the batch server writes it). Harmless when repeated. Raises `absent` for a job it does not know, `denied` without the right. */
  release(job: string, signal: AbortSignal): Promise<void>;
  /** Has it look at a waiting job before all others, for as long as that waits. Harmless when repeated. Raises `absent` for a job it does not know, `denied` without the right. */
  prefer(job: string, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** What `domus check --live` asks of it. */
export interface SchedulerCheck {
  examine(signal: AbortSignal): Promise<readonly Finding[]>;
}
