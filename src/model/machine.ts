import type { Reason } from './reason.js';
import type { Seat } from './seat.js';
import type { Size } from './size.js';

/** What a machine's row wants. Long stories are told by the goal and the next missing step. */
export type Goal = { readonly kind: 'serve'; readonly size: Size } | { readonly kind: 'gone'; readonly reason: Reason; readonly since: number };

/** Why it failed; the row is kept until `keepUntil` for inspection. */
export interface Failing {
  readonly reason: Reason;
  readonly at: number;
  readonly keepUntil: number;
  /** The last lines of the console of a guest that never reported ready. */
  readonly console?: readonly string[];
}

/** A deed that failed and will be tried again. */
export interface Trouble {
  readonly verb: string;
  /** Failures in a row of this verb. */
  readonly count: number;
  readonly notBefore: number;
  readonly why: string;
  /** A right is missing: a person is told, and it is asked for seldom. */
  readonly denied?: true;
}

/**
 * On its way to another host. Its room is claimed on both until a look asked after the deed shows where it is. `live`: it
 * runs on meanwhile; `saved`: it stands still, first as a file on the store, then started from it on the other host.
 */
export interface Moving {
  readonly from: string;
  readonly to: string;
  readonly since: number;
  readonly reason: Reason;
  readonly way: 'live' | 'saved';
  /** How often it was tried to start it again from what was saved; absent: not yet. */
  readonly restores?: number;
  /** The deed is over, however it ended: what is seen counts when it was asked after this. Absent: nothing was begun. */
  readonly endedAt?: number;
}

/** One DomU that Domus owns: a row that exists before the guest does. */
export interface Machine {
  /** `SEAT#GENERATION`: also the subject in reasons and on the command line. */
  readonly id: string;
  readonly seat: string;
  /** The seat as it was when the machine was made: one that is gone from the configuration still has its batch server and its jobs. */
  readonly seated?: Seat;
  readonly generation: number;
  /** A permanent machine: `seat` is its service's name, `environment` its group, `overlay` the disk that is kept. Absent: a worker. */
  readonly kind?: 'service';
  readonly environment: string;
  readonly host: string;
  /** Xen UUID, derived from (deployment, seat, generation). */
  readonly uuid: string;
  /** Guest and overlay name on the host: `domus-DEPLOYMENT-SEAT-GENERATION`, seat without domain. */
  readonly guestName: string;
  readonly overlay: string;
  readonly image: { readonly name: string; readonly version: string };
  /** Its disk stands on its host's own copy of the image; absent: on the store's. */
  readonly local?: true;
  readonly goal: Goal;
  /** The size last confirmed on the host (what the guest has); the claim is the larger of this and the goal's. */
  readonly size: Size;
  /** Maximum the guest was made with: resizing stays below it. */
  readonly maxSize: Size;
  readonly configRevision: string;
  readonly wantedAt: number;
  /** Why it was started, or why its drain was taken back. */
  readonly reason: Reason;
  /** Confirmed steps, epoch ms of the confirmation; absent = not yet. */
  readonly overlayAt?: number;
  readonly guestAt?: number;
  readonly readyAt?: number;
  readonly admittedAt?: number;
  /** When its size was last changed: its node goes online when its host has been seen to show the cores in use. */
  readonly sizedAt?: number;
  readonly shutdownAt?: number;
  readonly destroyedAt?: number;
  readonly guestGoneAt?: number;
  readonly overlayRemovedAt?: number;
  readonly requeuedAt?: number;
  readonly overlayGoneAt?: number;
  /** Boot id of the host when the guest was made: another one means the guest is gone. */
  readonly hostBootId?: string;
  readonly failing?: Failing;
  readonly trouble?: Trouble;
  /** Since when the batch server has called its node down; absent while it does not. */
  readonly downSince?: number;
  /** Since when it has had no job and no demand; absent while busy or wanted. */
  readonly idleSince?: number;
  /** A person's word that its jobs are gone, whatever the batch server says, as long as its mom is silent. */
  readonly buried?: { readonly by: string; readonly why: string; readonly at: number };
  /** Where it is going, and whence; absent while it stays. */
  readonly moving?: Moving;
  /** When it last came from another host (or was to, and did not), and from which: it is left where it is for a while. */
  readonly moved?: { readonly at: number; readonly from: string };
  /** A person asked that it be left alone. */
  readonly held?: { readonly by: string; readonly why: string; readonly at: number };
}

export const machinePhases = [
  'wanted',
  'preparing',
  'booting',
  'joining',
  'ready',
  'draining',
  'stopping',
  'gone',
  'resizing',
  'migrating',
  'failed',
  'lost',
] as const;
export type MachinePhase = (typeof machinePhases)[number];
