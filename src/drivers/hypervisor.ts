import type { GuestSpec } from '../model/action.js';
import type { Fence } from '../model/fence.js';
import type { HostSnapshot } from '../model/host.js';
import type { Size } from '../model/size.js';

/** Who orders a deed, under which op id, and for how long. The same op again gets the same answer, never a second deed. */
export interface Order {
  readonly op: string;
  readonly fence: Fence;
  /** Counts from when the command really starts on the host. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** The other end of a migration: the host, and where its Dom0 answers. */
export interface MoveTarget {
  readonly host: string;
  readonly address: string;
  readonly port: number;
}

/** Whose memory is saved, and the thin disk that it goes with. */
export interface SavedGuest {
  readonly uuid: string;
  readonly name: string;
  readonly overlay: string;
}

/** Absent `from`: the store. */
export interface CopyWay {
  readonly from?: MoveTarget;
  readonly bytesPerSecond: number;
  readonly sliceMs: number;
}

/** What the other end is told to expect. */
export interface MovedGuest {
  readonly uuid: string;
  readonly name: string;
  readonly overlay: string;
  readonly memoryMiB: number;
}

/**
 * Guests and their thin disks on hosts (one look serves both, so that a poll is one question a host).
 * All raise Failure. Deeds that find their postcondition met succeed (created already by the same uuid, gone already).
 */
export interface Hypervisor {
  /** Everything about one host. `claim` raises the host's fence to ours, so that an older reign can no longer begin anything (never in watch mode); a host fenced by others still answers. */
  look(host: string, claim: Fence | undefined, signal: AbortSignal): Promise<HostSnapshot>;
  createOverlay(
    host: string,
    order: Order,
    overlay: string,
    image: { readonly name: string; readonly version: string },
    diskMiB: number,
    local?: true,
  ): Promise<void>;
  /** Refused when the overlay does not exist or when another guest has it open. */
  createGuest(host: string, order: Order, spec: GuestSpec): Promise<void>;
  /** Cores and memory of a running guest, within the maxima it was made with. */
  resizeGuest(host: string, order: Order, uuid: string, size: Size): Promise<void>;
  /** Asks the guest to shut down; does not destroy. `absent` counts as done. */
  shutdownGuest(host: string, order: Order, uuid: string): Promise<void>;
  destroyGuest(host: string, order: Order, uuid: string): Promise<void>;
  /**
   * Moves a running guest to another host, live. Both hosts must accept the order's fence: the other one is told first
   * whom to expect, and lets in nobody else. `absent` where the guest is not on the host, `exists` where the other one has
   * it, `full` where it has no room; a guest that could not go runs on where it was. What became of it after any other
   * failure is seen by looking at both.
   */
  migrateGuest(host: string, order: Order, guest: MovedGuest, to: MoveTarget): Promise<void>;
  /**
   * Goes on with the host's own copy of an image for at most `sliceMs`: from the store, or from another host's whole copy.
   * Every piece is held against the store's sums. What is there stays whatever happens, and how far it is is seen in a
   * look. `busy` while another copy goes on there, `full` before one begins that has no room, `refused` for other bytes.
   */
  copyImage(host: string, order: Order, image: { readonly name: string; readonly version: string }, way: CopyWay): Promise<void>;
  /** `busy` while a guest runs from it. */
  dropImage(host: string, order: Order, image: { readonly name: string; readonly version: string }): Promise<void>;
  /** `busy` while a guest has it open. */
  removeOverlay(host: string, order: Order, overlay: string): Promise<void>;
  /**
   * Writes a running guest's memory into the store, beside its thin disk, and ends it on the host; it goes on where it was
   * until all is written. `absent` where it is not there, `full` where the store has no room. PV guests too.
   */
  saveGuest(host: string, order: Order, guest: SavedGuest): Promise<void>;
  /** Has a saved guest go on, here or on another host with the same store; its memory is used up. `absent` where none was saved. */
  restoreGuest(host: string, order: Order, guest: SavedGuest): Promise<void>;
  /** Has the host shut itself down. `busy` while any guest is on it. Success means that it has begun. */
  powerOff(host: string, order: Order): Promise<void>;
  /** Has the host boot anew. `busy` while any guest is on it. Success means that it has begun. */
  reboot(host: string, order: Order): Promise<void>;
  /**
   * The host boots anew by itself at that instant (epoch ms; 0: never), whatever becomes of us: when its last guest is gone
   * and nobody is logged in at its console. With `force`, and only when nobody who may act there has spoken to it for a while
   * (10 min), it ends our workers that are busy then. Forgotten with its boot; the last one counts.
   */
  returnBy(host: string, order: Order, at: number, force: boolean): Promise<void>;
  close(): Promise<void>;
}
