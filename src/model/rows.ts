import type { Intent } from './action.js';
import type { Environment } from './environment.js';
import type { Machine } from './machine.js';
import type { HostPower } from './power.js';
import type { Reason } from './reason.js';
import type { ReplicaRow } from './replica.js';
import type { ServiceMemory } from './service.js';
import type { Maintenance, Tenancy } from './tenancy.js';
import type { Withheld } from './withheld.js';

/** A person's standing order on a host: no new machines; `drain` also empties it. */
export interface Cordon {
  readonly host: string;
  readonly by: string;
  readonly why: string;
  readonly at: number;
  readonly drain: boolean;
}

/** Repeated failures of one subject (`environment:NAME` or `host:NAME`) pause it; it closes by itself. */
export interface Breaker {
  readonly subject: string;
  /** In a row; a success removes the row. */
  readonly failures: number;
  readonly lastAt: number;
  /** Open until then; 0 while below the threshold. */
  readonly openUntil: number;
  readonly why: string;
  /** A right is missing: a person is told, and it is asked for seldom. */
  readonly denied?: true;
}

/** In advise mode a decision waits here for a person. */
export interface Proposal {
  /** Stable while the decision is the same: `start-GRID-SEAT`, `drain-MACHINE`, `resize-MACHINE`. */
  readonly id: string;
  readonly subject: string;
  readonly reason: Reason;
  readonly since: number;
  readonly approvedBy?: string;
}

/** A group of jobs that a ready node with free slots does not start. */
export interface Refusal {
  readonly group: string;
  readonly node: string;
  /** Since when the fitting free slots stand there; 0 when they do not. */
  readonly freeSince: number;
  /** Left out of demand until then; 0 while only watched. */
  readonly pausedUntil: number;
  readonly pauseMs: number;
  /** The group's oldest job when the watch began: another one means that the scheduler does start them. */
  readonly oldest?: string;
}

/** Machines of one environment held back until a wide job can have them all at once. */
export interface Assembly {
  readonly environment: string;
  /** The group, and its oldest job: another one means that the job has started or is gone. */
  readonly group: string;
  readonly job: string;
  readonly machines: readonly string[];
  readonly since: number;
  /** In this try the scheduler was told then to look at the job first; absent where it need not be. */
  readonly advancedAt?: number;
  /** All were ready and jobless then, and went online together; absent while they gather. */
  readonly releasedAt?: number;
  /** Releases that did not start the job. */
  readonly tries: number;
  /** Not tried again before. */
  readonly pausedUntil: number;
}

/** The scheduling cycles asked of one batch server. */
export interface CycleMemory {
  readonly source: string;
  readonly lastAt: number;
  /** Grows while cycles change nothing. */
  readonly pauseMs: number;
}

/** A job that the scheduler was asked to consider again. */
export interface Release {
  readonly source: string;
  readonly job: string;
  readonly at: number;
  /** Not asked again before `at + pauseMs`; grows each time. */
  readonly pauseMs: number;
}

export const requestKinds = [
  'drain',
  'bury',
  'hold',
  'release',
  'cordon',
  'uncordon',
  'freeze',
  'thaw',
  'forget',
  'approve',
  'wake',
  'sleep',
  'prove',
  'share',
  'unshare',
  'maintain',
  'unmaintain',
  'move',
  'stay',
] as const;
export type RequestKind = (typeof requestKinds)[number];

/** A person's wish, answered by the planner. */
export interface Request {
  readonly id: string;
  readonly kind: RequestKind;
  /** Machine id, host, pool, stray, environment name, proposal id or maintenance id; empty for freeze and thaw. */
  readonly subject: string;
  readonly who: string;
  readonly why: string;
  readonly at: number;
  readonly expiresAt: number;
  /** Of a cordon: empty the host as well. */
  readonly drain?: true;
  /** Of `share`: the part of its pools' cores, 0 to 1, and for how long, ms (absent: until it is taken back). */
  readonly share?: number;
  readonly forMs?: number;
  /** Of `maintain`: when the hosts must be empty, and when they are the cluster's again, epoch ms. */
  readonly dueAt?: number;
  readonly untilAt?: number;
  /** Of `move`: the host where it is wanted; absent: where there is room. */
  readonly to?: string;
  readonly state: 'open' | 'done' | 'refused' | 'expired';
  readonly answer?: Reason;
}

/** The share that an environment's operator has set, in place of the configured one. */
export interface ShareSetting {
  readonly environment: string;
  /** Part of its pools' cores, 0 to 1. */
  readonly share: number;
  readonly by: string;
  readonly why: string;
  readonly at: number;
  /** Then the configured one counts again; absent: when somebody says so. */
  readonly until?: number;
}

/** The deployment-wide switch. */
export interface Freeze {
  readonly by: string;
  readonly why: string;
  readonly at: number;
}

/** The highest generation ever used by a seat, and when that machine's row was closed (older readings may still show its remains). */
export interface Generation {
  readonly number: number;
  readonly closedAt?: number;
  /** How long its last machine that came to readiness took, from wanted to ready, ms; absent where none has. */
  readonly readyMs?: number;
}

/** Every table of the journal's live state: key -> row. */
export interface Tables {
  machines: Machine;
  intents: Intent;
  withheld: Withheld;
  /** Key: seat. */
  generations: Generation;
  requests: Request;
  cordons: Cordon;
  /** Key: environment. */
  shares: ShareSetting;
  breakers: Breaker;
  /** Key: environment. Instants of starts within the last hour. */
  starts: readonly number[];
  proposals: Proposal;
  refusals: Refusal;
  /** Key: environment. */
  assemblies: Assembly;
  cycles: CycleMemory;
  /** Key: `jobKey`. */
  releases: Release;
  /** Key: `freeze`. */
  freeze: Freeze;
  /** Last known definition of every environment that ever had a machine: one whose file is gone is drained, not forgotten. */
  environments: Environment;
  /** Key: host. What is remembered of its power; absent where nothing is managed. */
  powers: HostPower;
  /** Key: service. */
  services: ServiceMemory;
  /** Key: `replicaKey`. */
  replicas: ReplicaRow;
  /** Key: host. Whose it is; absent where it has no classroom. */
  tenancies: Tenancy;
  maintenances: Maintenance;
  /** Strays a person told us to forget: key `guest:HOST/NAME` or `overlay:HOST/NAME`, value who. */
  forgotten: string;
}
export type TableName = keyof Tables;
export const tableNames = [
  'machines',
  'intents',
  'withheld',
  'generations',
  'requests',
  'cordons',
  'shares',
  'breakers',
  'starts',
  'proposals',
  'refusals',
  'assemblies',
  'cycles',
  'releases',
  'freeze',
  'environments',
  'powers',
  'services',
  'replicas',
  'tenancies',
  'maintenances',
  'forgotten',
] as const satisfies readonly TableName[];

/** The live state, as the planner sees it. */
export type Rows = { readonly [T in TableName]: ReadonlyMap<string, Tables[T]> };

/** One row written (or removed, with null). */
export type Change = { [T in TableName]: { readonly table: T; readonly key: string; readonly row: Tables[T] | null } }[TableName];

export const noRows = (): Rows => Object.fromEntries(tableNames.map((name) => [name, new Map()])) as unknown as Rows;

/** New state with the changes applied; untouched tables keep their identity. `own`: tables that nobody else has; they are changed in place, and copied ones join them. */
export function withChanges(rows: Rows, changes: readonly Change[], own?: Set<ReadonlyMap<string, unknown>>): Rows {
  if (changes.length === 0) return rows;
  const next: { [T in TableName]: ReadonlyMap<string, unknown> } = { ...rows };
  for (const { table, key, row } of changes) {
    if (next[table] === rows[table] && own?.has(rows[table]) !== true) next[table] = new Map(rows[table] as ReadonlyMap<string, unknown>);
    const map = next[table] as Map<string, unknown>;
    own?.add(map);
    if (row === null) map.delete(key);
    else map.set(key, row);
  }
  return next as Rows;
}
