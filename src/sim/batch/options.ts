import type { Agenda } from '../clock.js';
import type { Random } from '../random.js';
import type { MauiOptions } from './maui.js';

export interface BatchOptions {
  readonly agenda: Agenda;
  readonly random: Random;
  /** Default `torque.example.org`. */
  readonly server?: string;
  /** Default 4.2.10. */
  readonly version?: '4.2.10' | '6.1.3';
  /** `root` or `root@*`. */
  readonly managers: readonly string[];
  readonly operators: readonly string[];
  /** `scheduler_iteration`; default 600,000. */
  readonly iterationMs?: number;
  /** `immediate`: a job's end starts a scheduling cycle; else one every `cycleMs`. Default immediate. */
  readonly refill?: 'immediate' | { readonly cycleMs: number };
  /** A cleared node flaps to down for about 15 s, once, within the first minute. Default false. */
  readonly flapAfterClear?: boolean;
  /** Default 150,000. */
  readonly nodeCheckRateMs?: number;
  /** A mom's status update; default 45,000. */
  readonly statusMs?: number;
  /** A worker that dies refuses no connection (power, network): 4.2.10's `qrerun -f` then blocks until its node is marked down, `tcp_timeout` at most (measured). Default false. */
  readonly silentDeath?: boolean;
  /** Default 60,000. */
  readonly keepCompletedMs?: number;
  /** Run times are divided by it; default 1. */
  readonly pace?: number;
  /** The first job that does not fit stops the cycle; default false (first fit backfill). */
  readonly strictFifo?: boolean;
  /** So many jobs of one user run at a time: a limit that the scheduler alone knows, as Maui's MAXJOB. Default none. */
  readonly maxJobsOfUser?: number;
  /** Maui instead of pbs_sched. */
  readonly maui?: MauiOptions;
  /** Does the server's resolver know the name? Default: every name. */
  readonly resolves?: (name: string) => boolean;
}
