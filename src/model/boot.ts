import type { Tenant } from './tenancy.js';

/** What a workstation boots: Dom0 of the pool, or the system of the classroom it stands in. */
export const bootSystems = ['dom0', 'classroom'] as const satisfies readonly Tenant[];
export type BootSystem = Tenant;

/** How a computer with a BIOS gets from its card to the menu. UEFI always takes iPXE. */
export const biosLoaders = ['ipxe', 'pxelinux'] as const;
export type BiosLoader = (typeof biosLoaders)[number];

/** How Domus lives beside the DHCP server of the network: it is the one, it adds what is missing, or it tells the other's administrator what to write. */
export const dhcpWays = ['own', 'proxy', 'chain'] as const;
export type DhcpWay = (typeof dhcpWays)[number];

/** What hosts of a pool boot when nobody said anything, and how. */
export interface PoolBoot {
  /** `dom0`: they belong to the pool for good. `classroom`: Dom0 is chosen for one boot at a time. */
  readonly usual: BootSystem;
  readonly bios: BiosLoader;
  /** The classroom's own system: `disk`, or `SERVER/FILE` of another boot server's loader (TFTP). */
  readonly classroom: string;
}

/** The boot server, as domus.yaml describes it. */
export interface BootSettings {
  /** Published files: `current/` in it. */
  readonly folder: string;
  /** Roots by version. */
  readonly roots: string;
  /** The boot server's IPv4 address, as the hosts reach it: TFTP, NFS and the door. */
  readonly server: string;
  /** The hosts' network: address and prefix. */
  readonly network: string;
  readonly router?: string;
  readonly dns: readonly string[];
  readonly interface?: string;
  readonly dhcp: DhcpWay;
  readonly nfs: 'ganesha' | 'kernel';
  /** A host writes the disks of its own machines only, or those of its pool's: then machines can move while they run. */
  readonly overlays: 'own' | 'pool';
  /** It is accepted that the disks that hosts write lie on the same file system as images, roots or published files. */
  readonly oneFileSystem: boolean;
  readonly dom0: { readonly memoryMiB: number; readonly cores: number };
  /** Serial line of Xen's console: `com1=115200,8n1`. */
  readonly serial?: string;
  /** TCP port at which hosts show their one-time secret and keep their presence. */
  readonly port: number;
  /** A one-time secret is good for this long, from when Dom0 was chosen. */
  readonly windowMs: number;
  /** The store is closed to a host that has been silent this long. One that answers with another system is shut out at once. */
  readonly closeAfterMs: number;
  /** More arguments for Xen and for Dom0's kernel. */
  readonly xen: readonly string[];
  readonly linux: readonly string[];
  /** File of public keys that get a shell on the hosts, in OpenSSH's format. */
  readonly adminKeys?: string;
  /** Hosts that move to another root at a time. */
  readonly movesAtOnce: number;
  /** By pool. */
  readonly pools: Readonly<Record<string, PoolBoot>>;
}

/** What somebody chose for one host. Replaced whole by the next choice. */
export interface BootChoice {
  readonly system: BootSystem;
  /** Back to the classroom as soon as Dom0 is up, or when the window is over. */
  readonly once: boolean;
  /** Names this choice. */
  readonly id: string;
  /** Epoch ms. */
  readonly at: number;
  readonly until: number;
  /** One-time secret by which this boot gets the host's key: the door tells it to the host's own address within the window. It stands in no file that is published. */
  readonly secret: string;
  readonly by: string;
  /** The boot (Linux' boot id) that was shut out: whatever it shows, it is not this host any more. */
  readonly shuts?: string;
}

/** What the boot server saw of one host. Written by it alone. */
export interface BootSeen {
  /** The choice whose secret was shown, and by which boot (Linux' boot id). */
  readonly choice: string;
  readonly boot: string;
  /** Hash of the word by which this boot comes back. */
  readonly word: string;
  /** The version of the root it runs from, as it said itself. */
  readonly root: string;
  readonly since: number;
  /** Dom0 said that it is up. */
  readonly up: boolean;
  /** Absent: its line is held. `silent`: the line was lost, it may live. `gone`: it said good-bye, or something else answers there. */
  readonly lost?: { readonly at: number; readonly how: 'silent' | 'gone' };
}

/** What follows for one host at one moment. */
export interface BootState {
  /** What it boots next. */
  readonly next: BootSystem;
  /** What it runs, as far as the boot server knows: `booting` from a choice of Dom0 until its secret is shown. */
  readonly runs: 'dom0' | 'booting' | 'classroom';
  /** Its root is exported to it; where it runs Dom0 images and its disks too. */
  readonly open: boolean;
  /** A secret may be shown: until when. Never while its Dom0 holds the line. */
  readonly window?: number;
  /** When this may change by itself. */
  readonly due?: number;
}

/** What was seen of it counts: its boot was not shut out since. */
export const counts = (choice: BootChoice | undefined, seen: BootSeen): boolean => choice?.shuts === undefined || choice.shuts !== seen.boot;

const counted = (choice: BootChoice | undefined, seen: BootSeen | undefined): BootSeen | undefined =>
  seen !== undefined && counts(choice, seen) ? seen : undefined;

/** Its line is held, or was lost without a word less than `closeAfterMs` ago. */
const isThere = (seen: BootSeen | undefined, now: number, closeAfterMs: number): boolean =>
  seen !== undefined && (seen.lost === undefined || (seen.lost.how === 'silent' && now < seen.lost.at + closeAfterMs));

/**
 * The whole rule of who boots what, and to whom the store is open; a pure function of what was chosen and what was seen.
 *
 * | choice | shown by | line | next | runs | open |
 * |---|---|---|---|---|---|
 * | none or classroom | - | none or gone | classroom | classroom | no |
 * | Dom0, within its window | nobody yet | - | Dom0 | booting | its root only |
 * | Dom0 once, window over | nobody | - | classroom | classroom | no |
 * | Dom0 for good, window over | nobody | - | Dom0 | classroom | no |
 * | Dom0 once | this boot | held, or silent not long | classroom | Dom0 | yes |
 * | Dom0 for good | this boot | held, or silent not long | Dom0 | Dom0 | yes |
 * | any | an earlier boot | gone, or silent for long | as chosen | classroom | no |
 *
 * A host in Dom0 for which the classroom is chosen stays open until its Dom0 is gone. Where Dom0 is for good the menu says
 * so for ever, but a window opens only when Domus wakes the host, or a person enrols it. A boot that was shut out counts
 * as one that was never seen.
 */
export function bootState(choice: BootChoice | undefined, was: BootSeen | undefined, now: number, closeAfterMs: number): BootState {
  const seen = counted(choice, was);
  const there = isThere(seen, now, closeAfterMs);
  const held = seen !== undefined && seen.lost === undefined;
  const used = choice !== undefined && seen?.choice === choice.id;
  const silentUntil = there && seen?.lost !== undefined ? seen.lost.at + closeAfterMs : undefined;
  const waits = choice?.system === 'dom0' && !used && now < choice.until;
  const stays = choice?.system === 'dom0' && !choice.once;
  const runs = there ? 'dom0' : waits ? 'booting' : 'classroom';
  const dues = [silentUntil, waits ? choice.until : undefined].filter((at) => at !== undefined);
  return {
    next: waits || stays ? 'dom0' : 'classroom',
    runs,
    open: runs !== 'classroom',
    ...(waits && !held ? { window: choice.until } : {}),
    ...(dues.length === 0 ? {} : { due: Math.min(...dues) }),
  };
}
