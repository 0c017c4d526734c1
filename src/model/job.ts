/** A batch job as the batch system reports it, whatever the product. Instants are epoch milliseconds, durations milliseconds. */

/** `transit` covers T, `suspended` S; a job in its epilogue is still `running` (measured: TORQUE shows R until the epilogue ends). */
export const jobStates = ['queued', 'held', 'waiting', 'running', 'exiting', 'suspended', 'transit', 'complete'] as const;
export type JobState = (typeof jobStates)[number];

/** One `+` part of a node request: `count` nodes of `ppn` slots, each with all `properties`. */
export interface Chunk {
  readonly count: number;
  readonly ppn: number;
  readonly properties: readonly string[];
}

/** What a job asks for, whole. */
export interface ResourceRequest {
  /** Chunks of `-l nodes=`. Empty when the job has no `-l nodes` (then `procs`, or one slot). */
  readonly chunks: readonly Chunk[];
  /** `-l procs=N`: slots anywhere. */
  readonly procs?: number;
  /** `mem`: physical memory of the whole job. */
  readonly memoryMiB?: number;
  /** `pmem` (or `pvmem`): memory of each process. */
  readonly memoryPerProcMiB?: number;
  readonly walltimeMs?: number;
  /** Names of syntax we do not serve, as the user wrote it (`gpus=2`, `host wn07`, `-L`, `feature`): such a job is unserved, never counted as one core. */
  readonly unsupported: readonly string[];
}

/** Slots a job holds on one node. */
export interface ExecSlots {
  readonly node: string;
  readonly slots: number;
}

export interface Job {
  /** Name of the batch server in domus.yaml: ids are `{source, id}`. */
  readonly source: string;
  /** As the server writes it: `1234.server`, an array's element `1234[7].server`. */
  readonly id: string;
  readonly name: string;
  /** User name without host. */
  readonly owner: string;
  readonly group?: string;
  readonly account?: string;
  readonly queue: string;
  readonly state: JobState;
  readonly request: ResourceRequest;
  readonly submittedAt: number;
  /** When it became eligible (`etime`); absent while held, dated or dependent. */
  readonly eligibleAt?: number;
  readonly startedAt?: number;
  readonly execHosts: readonly ExecSlots[];
  /** True when it waits for other jobs (`depend`). */
  readonly dependent: boolean;
  /** Kinds of hold: `u`, `o`, `s`, `d`...; empty string when none. */
  readonly holds: string;
  readonly rerunnable: boolean;
  /** A prologue's requeue leaves one on a queued job: it does not mean finished. */
  readonly exitStatus?: number;
  /** The scheduler's comment, if any: shown by `why`, never parsed. */
  readonly comment?: string;
  /** Raised by a reader that could not take the job's bytes as they were. */
  readonly damaged?: string;
}

export const jobKey = (job: { readonly source: string; readonly id: string }): string => `${job.source}/${job.id}`;

/** Waiting for a node and for nothing else the server shows. */
export const isEligible = (job: Job): boolean => job.state === 'queued' && !job.dependent && job.holds === '';

/** Holds slots on nodes (or is about to release them). */
export const holdsNodes = (job: Job): boolean => job.state === 'running' || job.state === 'exiting' || job.state === 'suspended';

/** The request as chunks, with what the absence of `-l nodes` means: `procs` single slots, or one slot. */
export function chunksOf(request: ResourceRequest): readonly Chunk[] {
  if (request.chunks.length > 0) return request.chunks;
  return [{ count: request.procs ?? 1, ppn: 1, properties: [] }];
}

/** All slots the job will hold. */
export const slotsOf = (request: ResourceRequest): number => chunksOf(request).reduce((sum, c) => sum + c.count * c.ppn, 0);

/** Memory each slot needs, MiB: the larger of `pmem` and the job's `mem` spread over its slots. */
export function memoryPerSlotMiB(request: ResourceRequest): number {
  const spread = request.memoryMiB === undefined ? 0 : Math.ceil(request.memoryMiB / slotsOf(request));
  return Math.max(spread, request.memoryPerProcMiB ?? 0);
}
