import type { Scratch } from './environment.js';
import type { Reason } from './reason.js';
import type { Size } from './size.js';
import type { Tenant } from './tenancy.js';

/** Everything the hypervisor needs to make one guest. */
export interface GuestSpec {
  readonly uuid: string;
  readonly name: string;
  readonly type: 'pvh' | 'pv' | 'hvm';
  readonly size: Size;
  /** Upper bounds for later resizing. */
  readonly maxSize: Size;
  readonly image: { readonly name: string; readonly version: string };
  readonly overlay: string;
  readonly scratch?: Scratch;
  readonly swapMiB?: number;
  readonly cpus?: string;
  /** Relative to the image version's folder. */
  readonly kernel: string;
  readonly ramdisk?: string;
  /** Kernel arguments, one word each; the driver adds who and where the guest is. */
  readonly args: readonly string[];
  readonly mac: string;
  readonly bridge: string;
  /** The guest's name in the batch system, its address and its environment. */
  readonly node: string;
  readonly address: string;
  readonly environment: string;
  readonly checks: readonly string[];
  /** Its seat's private ssh host key; given on the way to the host, never written down with the deed. */
  readonly hostKey?: string;
}

interface OnHost {
  readonly host: string;
  /** Machine id; absent for a stray. */
  readonly machine?: string;
}
interface OnNode {
  readonly source: string;
  readonly node: string;
  readonly machine?: string;
}

/**
 * The node that must be proved offline and jobless right before the deed (the safety read); absent where the guest is
 * dead or was never admitted. `unheardSince` (epoch ms on the server's clock, 0 = never heard): its machine is buried, so
 * that jobs there count for nothing as long as its mom has not reported after that instant.
 */
interface Guarded {
  readonly safe?: { readonly source: string; readonly node: string; readonly unheardSince?: number };
}

/** One step of seconds with a visible postcondition. */
export type Deed = { readonly reason: Reason } & (
  | ({
      readonly verb: 'create-overlay';
      readonly overlay: string;
      readonly image: { readonly name: string; readonly version: string };
      readonly diskMiB: number;
      /** It stands on the host's own copy of the image. */
      readonly local?: true;
    } & OnHost)
  | ({ readonly verb: 'create-guest'; readonly spec: GuestSpec } & OnHost)
  | ({ readonly verb: 'resize-guest'; readonly uuid: string; readonly guestName: string; readonly size: Size } & OnHost & Guarded)
  | ({ readonly verb: 'shutdown-guest'; readonly uuid: string; readonly guestName: string } & OnHost & Guarded)
  | ({ readonly verb: 'destroy-guest'; readonly uuid: string; readonly guestName: string } & OnHost & Guarded)
  /** Live, from `host` to `to`, where Dom0 answers at `address` and `port`; with `safe` only while no job is on it. */
  | ({
      readonly verb: 'migrate-guest';
      readonly uuid: string;
      readonly guestName: string;
      readonly overlay: string;
      readonly memoryMiB: number;
      readonly to: string;
      readonly address: string;
      readonly port: number;
    } & OnHost &
      Guarded)
  /** Its memory becomes a file on the store, and it is on no host until it is restored from it, on whichever. */
  | ({ readonly verb: 'save-guest'; readonly uuid: string; readonly guestName: string; readonly overlay: string } & OnHost & Guarded)
  | ({ readonly verb: 'restore-guest'; readonly uuid: string; readonly guestName: string; readonly overlay: string } & OnHost)
  /** What a migration has left on a host that is not the machine's any more (or never became it). */
  | ({ readonly verb: 'destroy-copy'; readonly uuid: string; readonly guestName: string } & OnHost)
  /** Goes on with the host's own copy of an image for one slice of time: from the store, or from another host's. */
  | {
      readonly verb: 'copy-image';
      readonly host: string;
      readonly image: { readonly name: string; readonly version: string };
      readonly from?: { readonly host: string; readonly address: string; readonly port: number };
      readonly bytesPerSecond: number;
      readonly sliceMs: number;
    }
  | { readonly verb: 'drop-image'; readonly host: string; readonly image: { readonly name: string; readonly version: string } }
  | ({ readonly verb: 'remove-overlay'; readonly overlay: string } & OnHost)
  /** Sets np, clears offline and note, reads back. */
  | ({ readonly verb: 'admit-node'; readonly np: number } & OnNode)
  /** Sets offline with our note (and np, where given), reads back. */
  | ({ readonly verb: 'withhold-node'; readonly note: string; readonly np?: number } & OnNode)
  /** Back into its queue without asking its mom; only a rerunnable job whose every guest is proved gone. */
  | ({ readonly verb: 'requeue-job'; readonly job: string } & OnNode)
  /** Has the scheduler beside the batch server consider a job again that it put aside; its job is not a machine's. */
  | { readonly verb: 'release-job'; readonly source: string; readonly job: string }
  /** Has the scheduler look at the job first: it changes places with `before` in their queue, or a scheduler beside the server prefers it. */
  | { readonly verb: 'advance-job'; readonly source: string; readonly job: string; readonly before: string }
  /** Wakes a host that is off; `macs` of its cards, where known; `boot`: what it shall come up with, where it has two lives. */
  | { readonly verb: 'power-on'; readonly host: string; readonly driver: string; readonly macs: readonly string[]; readonly boot?: Tenant }
  /** Clean shutdown of an empty host; `cut`: by its controller, without asking it. */
  | { readonly verb: 'power-off'; readonly host: string; readonly driver: string; readonly cut?: true }
  /** An empty host boots its classroom's system; `bootId` of its Dom0 as it was seen then. */
  | { readonly verb: 'boot-classroom'; readonly host: string; readonly bootId: string }
  /** A host in its classroom's system, where nobody is logged in, boots Dom0; `driver` speaks to it there. */
  | { readonly verb: 'boot-dom0'; readonly host: string; readonly driver: string }
  /** Tells a Dom0 when to go back to its classroom by itself (epoch ms, 0 = never), and whether workers that are busy then end with it when no daemon has spoken to it for a while. */
  | { readonly verb: 'return-by'; readonly host: string; readonly at: number; readonly force: boolean }
  /** One scheduling cycle, only where scheduling is on. */
  | { readonly verb: 'cycle'; readonly source: string }
);
export type Verb = Deed['verb'];
export const verbs = [
  'create-overlay',
  'create-guest',
  'resize-guest',
  'shutdown-guest',
  'destroy-guest',
  'migrate-guest',
  'save-guest',
  'restore-guest',
  'destroy-copy',
  'copy-image',
  'drop-image',
  'remove-overlay',
  'admit-node',
  'withhold-node',
  'requeue-job',
  'release-job',
  'advance-job',
  'power-on',
  'power-off',
  'boot-classroom',
  'boot-dom0',
  'return-by',
  'cycle',
] as const satisfies readonly Verb[];

/** What a deed is done to, for locks and for the screen: `machine:ID`, `stray:NAME`, `node:NAME`, `source:NAME`, `scheduler:SOURCE`, `order:SOURCE`, `power:HOST`, `tenancy:HOST`, `return:HOST`. */
export function subjectOf(deed: Deed): string {
  if (deed.verb === 'cycle') return `source:${deed.source}`;
  if (deed.verb === 'release-job') return `scheduler:${deed.source}`;
  if (deed.verb === 'advance-job') return `order:${deed.source}`;
  if (deed.verb === 'boot-classroom' || deed.verb === 'boot-dom0') return `tenancy:${deed.host}`;
  if (deed.verb === 'return-by') return `return:${deed.host}`;
  if (deed.verb === 'copy-image' || deed.verb === 'drop-image') return `replica:${deed.host}`;
  if (deed.verb === 'power-on' || deed.verb === 'power-off') return `power:${deed.host}`;
  if (deed.machine !== undefined) return `machine:${deed.machine}`;
  if ('node' in deed) return `node:${deed.node}`;
  return `stray:${'overlay' in deed ? deed.overlay : 'spec' in deed ? deed.spec.name : deed.guestName}`;
}

/** A deed written down before it is done. */
export interface Intent {
  /** The op id that the host's runner files the result under. */
  readonly id: string;
  readonly deed: Deed;
  /** Id of the daemon's life that opened it. */
  readonly life: string;
  readonly openedAt: number;
  /** After this instant its outcome is uncertain and only a later reading settles it. */
  readonly deadlineAt: number;
  /** Set when its own answer did not come or said so: look before repeating. */
  readonly uncertainSince?: number;
}
