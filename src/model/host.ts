import type { Fence } from './fence.js';
import type { Nic, PowerReading } from './power.js';
import { isHeard, type Reading } from './reading.js';
import type { Replica } from './replica.js';

/** What a host draws, W. */
export interface Watts {
  /** Switched off, as it stands by. */
  readonly off: number;
  /** On, no core busy. */
  readonly idle: number;
  /** All cores busy. */
  readonly busy: number;
}

/** What a host draws where its configuration does not say: the measured machine of Batsim's energy tests. */
export const usualWatts: Watts = { off: 9.75, idle: 95, busy: 190.7 };

/** Iron, as the configuration describes it. */
export interface HostSpec {
  readonly name: string;
  readonly pool: string;
  readonly address: string;
  readonly port: number;
  /** MAC address of the card it boots from, in lower case; absent: it does not boot from Domus's boot server. */
  readonly mac?: string;
  readonly cores: number;
  readonly memoryMiB: number;
  /** Kept for Dom0: never claimed by machines. */
  readonly reserve: { readonly cores: number; readonly memoryMiB: number };
  /** Cores that may be claimed for each that there is; absent: 1. Above 1 machines share cores, and loads say whether that goes well. */
  readonly overcommit?: number;
  /** For the estimates of energy; absent: `usualWatts`. */
  readonly watts?: Watts;
  /** The power driver that switches it, by its name in the configuration (its pool's); absent: nobody can. */
  readonly power?: string;
  /** The classroom driver that speaks to it in its other life, by its name in the configuration (its pool's); absent: it has none. */
  readonly classroom?: string;
}

export const guestStates = ['running', 'blocked', 'paused', 'shutdown', 'crashed', 'dying', 'rebooting'] as const;
export type GuestState = (typeof guestStates)[number];

/** What the guest itself says of its readiness (through its hypervisor's own channel, so nobody else can say it). */
export interface ReadinessReport {
  /** All of the site's checks passed. */
  readonly ready: boolean;
  /** Check name -> `ok` or the sentence why not. */
  readonly checks: Readonly<Record<string, string>>;
  /** SHA-256 (hexadecimal) of the secret that its hooks ask with; absent where they ask nothing. */
  readonly asks?: string;
}

/** A machine as the hypervisor sees it. */
export interface Guest {
  readonly uuid: string;
  readonly name: string;
  readonly domid: number;
  readonly state: GuestState;
  /** What it has now; `targetMiB` what it was told to have: claims take the larger until seen lower. */
  readonly memoryMiB: number;
  readonly targetMiB: number;
  readonly maxMemoryMiB: number;
  readonly vcpus: number;
  readonly maxVcpus: number;
  readonly cpuSeconds: number;
  /** Overlay names (or foreign disk paths) it has open. */
  readonly disks: readonly string[];
  readonly report?: ReadinessReport;
  /** The last lines of its console, cleaned, while it has not reported ready; absent where nobody keeps them. */
  readonly console?: readonly string[];
}

/** A thin disk of one machine on the store. */
export interface Overlay {
  readonly name: string;
  readonly bytes: number;
}

/** A version of an image as this host sees it. */
export interface ImageVersion {
  readonly name: string;
  readonly version: string;
  /** Published as the one that `latest` means; where no version of an image says so, the newest is. */
  readonly current?: true;
}

/** A deed that the host's runner knows of. */
export interface RunnerOp {
  readonly op: string;
  readonly verb: string;
  readonly state: 'running' | 'done';
  /** Epoch ms on the host's clock: when the command really started. */
  readonly startedAt: number;
}

/** Everything one host said in one look. */
export interface HostSnapshot {
  readonly bootId: string;
  readonly cores: number;
  readonly memoryMiB: number;
  readonly freeMemoryMiB: number;
  readonly guests: readonly Guest[];
  readonly overlays: readonly Overlay[];
  readonly images: readonly ImageVersion[];
  readonly ops: readonly RunnerOp[];
  /** Who may act on this host, as its runner remembers; absent when nobody has since its boot. */
  readonly fence?: Fence;
  /** What was seen to work there: `pvh`, `pv`, `hvm`, `hap`, `live-migration`, `qcow2`... */
  readonly capabilities: readonly string[];
  /** What its processors can do: words of 32 bits, hexadecimal, separated by colons; absent where nobody tells. */
  readonly cpuFeatures?: string;
  readonly storeFreeMiB: number;
  /** Set when the store's mount did not answer in the runner's time: overlays and images are then unknown, not empty. */
  readonly storeHung: boolean;
  /** What Dom0 itself has used since its boot, s; absent where nobody tells. */
  readonly dom0CpuSeconds?: number;
  /** Copies of images on its own disk, whole and begun; absent where it keeps none. */
  readonly replicas?: readonly Replica[];
  readonly replicaFreeMiB?: number;
  /** Left on its own disk for scratch space and swap; absent where it gives none. */
  readonly scratchFreeMiB?: number;
  /** Its cards; absent where its runner does not tell. */
  readonly nics?: readonly Nic[];
  /** Who is logged in at its console, as far as its runner can tell. */
  readonly people?: readonly string[];
  /** When it goes back to its classroom by itself, epoch ms; 0: never. Absent where its runner knows of no such thing. */
  readonly returnBy?: number;
  /** Whether it takes workers that are busy then with it, when nobody who may act there has spoken to it for a while. */
  readonly returnForce?: boolean;
}

/** Something could switch it on again: a card that is armed, or a controller that answers. */
export const mayWake = (seen: HostSnapshot | undefined, meter: Reading<PowerReading> | undefined): boolean =>
  seen?.nics?.some((nic) => nic.armed) === true || (meter !== undefined && isHeard(meter));

export const isAlive = (guest: Guest): boolean =>
  guest.state === 'running' || guest.state === 'blocked' || guest.state === 'paused' || guest.state === 'rebooting';

/** Not only there, as the two halves of a migration are: one of them stands still. */
export const runs = (guest: Guest): boolean => guest.state === 'running' || guest.state === 'blocked';

/** May a guest that runs on processors of the one go on on those of the other? Only where they can do all that the first can; yes where nobody tells. */
export function mayGoOn(from: string | undefined, to: string | undefined): boolean {
  if (from === undefined || to === undefined || from === to) return true;
  const words = to.split(':').map((word) => Number.parseInt(word, 16));
  return from.split(':').every((word, at) => (Number.parseInt(word, 16) & ~(words[at] ?? 0)) === 0);
}
