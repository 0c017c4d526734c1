import type { Intent } from './action.js';
import type { BatchNode, BatchQueue, BatchServer, BatchSnapshot } from './batch.js';
import type { Environment } from './environment.js';
import type { Guest, HostSnapshot, HostSpec } from './host.js';
import type { Job } from './job.js';
import type { HostLoad } from './load.js';
import type { Machine, MachinePhase } from './machine.js';
import type { HostPower, PowerReading } from './power.js';
import type { Reading } from './reading.js';
import type { Reason } from './reason.js';
import type { Rows } from './rows.js';
import type { SchedulerSnapshot } from './scheduler.js';
import type { Seat } from './seat.js';
import type { Service } from './service.js';
import type { Size } from './size.js';
import type { ClassroomReading, Tenancy } from './tenancy.js';
import type { Withheld } from './withheld.js';

/** What classification says of a job. */
export type Verdict = { readonly environment: string } | { readonly unserved: Reason };

/** One chunk of a group's request, as places on nodes. */
export interface Place {
  readonly count: number;
  readonly slots: number;
  readonly properties: readonly string[];
  /** The `count` places may share a node (`procs`); else each wants a node of its own. */
  readonly anywhere?: true;
}

/** Jobs that are the same to the planner: environment, shape, owner, eligibility. Oldest first. */
export interface JobGroup {
  readonly key: string;
  readonly source: string;
  readonly environment: string;
  readonly queue: string;
  readonly owner: string;
  readonly places: readonly Place[];
  readonly perSlotMiB: number;
  readonly count: number;
  /** Eligible since (oldest member), epoch ms. */
  readonly since: number;
  /** Up to three job ids, oldest first. */
  readonly sample: readonly string[];
  /** Eligible since, of its oldest members one by one, at most 256; absent: all are as old as the oldest. */
  readonly ages?: readonly number[];
  /** Walltime that each of the same members asks for, ms; 0: it names none. Absent: nobody's is known. */
  readonly walltimes?: readonly number[];
}

/** A machine: row, guest and node side by side, and what follows. */
export interface MachineView {
  readonly row: Machine;
  readonly environment: Environment | undefined;
  readonly seat: Seat | undefined;
  /** Of a permanent machine that is in the configuration. */
  readonly service?: Service;
  readonly phase: MachinePhase;
  readonly guest: Guest | undefined;
  /** The host's answer is current, so an absent guest is really absent. */
  readonly hostHeard: boolean;
  readonly overlaySeen: boolean | undefined;
  readonly node: BatchNode | undefined;
  readonly nodeHeard: boolean;
  readonly withheld: Withheld | undefined;
  /** Ids of all jobs on it in any view: server's, mom's, exec_host. */
  readonly jobs: readonly string[];
  readonly intent: Intent | undefined;
  /** Slots free for the scheduler now; 0 unless ready. */
  readonly slotsFree: number;
}

export interface HostView {
  readonly spec: HostSpec;
  readonly reading: Reading<HostSnapshot>;
  readonly machines: readonly MachineView[];
  /** Machines of other hosts that a migration brings here, or has taken from here: claimed here too until that is seen. */
  readonly arriving: readonly MachineView[];
  /** Room left after all claims, never negative. */
  readonly free: Size;
  /** Absent when machines may be placed here; else why not. */
  readonly blocked?: Reason;
  /** What is remembered of its power; absent where nothing is managed. */
  readonly power?: HostPower;
  /** What it has been busy with for the last quarter of an hour; absent until that is known. */
  readonly load?: HostLoad;
  /** What its own controller says, where it has one that is asked. */
  readonly meter?: Reading<PowerReading>;
  /** Whose it is, where it has a classroom. */
  readonly tenancy?: Tenancy;
  /** What it says of itself in its classroom's system, where it is asked. */
  readonly classroom?: Reading<ClassroomReading>;
}

export interface SeatView {
  readonly seat: Seat;
  readonly node: BatchNode | undefined;
  readonly machine: MachineView | undefined;
  /** Absent when a machine may sit here; else why not. */
  readonly blocked?: Reason;
}

/** A node of the batch system that is not ours. */
export interface ForeignNode {
  readonly source: string;
  readonly node: BatchNode;
  readonly slotsFree: number;
}

export interface Stray {
  readonly kind: 'guest' | 'overlay';
  /** `guest:HOST/NAME` or `overlay:HOST/NAME`. */
  readonly key: string;
  readonly host: string;
  readonly name: string;
  readonly uuid?: string;
  /** Carries our deployment's mark, and a lower generation than its seat's newest row or none at all; of a copy: it stands still. */
  readonly ours: boolean;
  /** What a move has left of this machine, which is elsewhere. */
  readonly copyOf?: string;
}

export interface SourceView {
  readonly name: string;
  readonly reading: Reading<BatchSnapshot>;
  readonly server: BatchServer | undefined;
  readonly queues: readonly BatchQueue[];
  /** What the scheduler beside it says; absent where no plugin asks one. Silent: its last word stands, but nothing is released. */
  readonly scheduler?: Reading<SchedulerSnapshot>;
  /** Eligible jobs of our environments that the scheduler has put aside, oldest first. */
  readonly deferred: readonly Job[];
}

/** Everything seen, joined with everything written down. Immutable. */
export interface World {
  readonly rows: Rows;
  readonly sources: ReadonlyMap<string, SourceView>;
  /** Every job not complete, by `jobKey`. */
  readonly jobs: ReadonlyMap<string, Job>;
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** Of those, the ones that no environment serves, and why. */
  readonly unserved: ReadonlyMap<string, Reason>;
  /** Eligible waiting jobs by group, oldest first. */
  readonly groups: readonly JobGroup[];
  readonly machines: ReadonlyMap<string, MachineView>;
  readonly seats: ReadonlyMap<string, SeatView>;
  readonly hosts: ReadonlyMap<string, HostView>;
  readonly foreign: readonly ForeignNode[];
  readonly strays: readonly Stray[];
  /** When this life of the daemon began, and who it is. */
  readonly life: { readonly id: string; readonly startedAt: number };
  /** A clock jump was seen at this instant: stops wait for readings asked later. */
  readonly clockJumpAt?: number;
}
