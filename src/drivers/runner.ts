import type { Fence } from '../model/fence.js';
import type { RunnerOp } from '../model/host.js';

/** Verbs of the host's runner (`host/domus-runner`): a fixed list. `look` and `outcome` read; the others act. */
export const runnerVerbs = [
  'look',
  'outcome',
  'overlay-create',
  'overlay-remove',
  'guest-create',
  'guest-resize',
  'guest-shutdown',
  'guest-destroy',
  'guest-save',
  'guest-restore',
  'guest-expect',
  'guest-migrate',
  'image-copy',
  'image-offer',
  'image-drop',
  'host-poweroff',
  'host-reboot',
  'return-by',
  'admin',
] as const;
export type RunnerVerb = (typeof runnerVerbs)[number];

/** One question on stdin, as JSON, of the forced command. Version 1. */
export interface RunnerRequest {
  readonly v: 1;
  readonly verb: RunnerVerb;
  /** Absent for reads that claim nothing. */
  readonly fence?: Fence;
  /** Op id of a deed (or of the deed whose outcome is asked). */
  readonly op?: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly limitMs: number;
}

/**
 * `done`: see exit, stdout, stderr; `running`: the deed goes on detached, ask `outcome`; `unknown`: no such op here;
 * `refused`: fence or grammar, see message; `hung`: the deed or the store does not answer.
 */
export interface RunnerAnswer {
  readonly v: 1;
  readonly bootId: string;
  readonly op?: string;
  readonly status: 'done' | 'running' | 'unknown' | 'refused' | 'hung';
  readonly exit?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly message?: string;
  /** Done, but something of it is missing: for the daemon's log. */
  readonly warning?: string;
  readonly fence?: Fence;
  readonly ops?: readonly RunnerOp[];
  /** The raw parts of a `look`, by name: `list` (xl list -l), `states` (xl list -v), `info` (xl info), `reports`, `overlays`, `images`, `store`. */
  readonly look?: Readonly<Record<string, unknown>>;
}

/** The way to a host's runner (plugins/ssh). */
export interface Runner {
  /** One question and its answer. Raises Failure: `unreachable` (surely not sent), `uncertain` (sent, no answer), `denied` (key refused), `refused` (host key differs), `garbled`. */
  ask(host: string, request: RunnerRequest, signal: AbortSignal): Promise<RunnerAnswer>;
  close(): Promise<void>;
}
