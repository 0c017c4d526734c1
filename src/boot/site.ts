import type { BootSettings, BootState, PoolBoot } from '../model/boot.js';

/** A built root, as its `root.json` says. */
export interface Root {
  readonly version: string;
  /** SHA-256 of its `root/root.squashfs`: hosts compare before they mount it. */
  readonly sum: string;
  readonly kernel: string;
  readonly xen: string;
  readonly files: number;
  readonly sizeMB: number;
  /** Epoch ms. */
  readonly builtAt: number;
  /** `name=version`, sorted. */
  readonly packages: readonly string[];
  /** SHA-256 of the files in `boot/`, by name. */
  readonly boot: Readonly<Record<string, string>>;
}

/** One host that boots from the network, as its files are rendered. */
export interface BootHost {
  readonly name: string;
  readonly pool: string;
  readonly address: string;
  readonly mac: string;
  readonly boot: PoolBoot;
  readonly state: BootState;
  /** The root it boots next; absent: none was built yet, so that it cannot boot Dom0. */
  readonly root?: Pick<Root, 'version' | 'sum'>;
  /** The version it runs from now, where it runs Dom0 from another one. */
  readonly runningRoot?: string;
}

/** Everything that the published files say. */
export interface Site {
  readonly deployment: string;
  readonly settings: BootSettings;
  readonly bridge: string;
  /** Folders of the store, here and on the hosts. */
  readonly images: string;
  readonly overlays: string;
  /** SHA-256 of the door's certificate (DER), hexadecimal. */
  readonly door: string;
  /** dnsmasq's files of the seats, where Domus publishes them too. */
  readonly names?: { readonly dhcpFile: string; readonly hostsFile: string };
  /** By name. */
  readonly hosts: readonly BootHost[];
}

/** First line of every text. */
export const writtenBy = (deployment: string, comment = '#'): string =>
  `${comment} Written by Domus (deployment ${deployment}). Changes made here are overwritten.\n`;

/** Where the disks of a host's machines lie on the server, the only folder it may write: one of its own, or one for its whole pool. */
export const overlaysOf = (overlays: string, { overlays: whose }: BootSettings, host: Pick<BootHost, 'name' | 'pool'>): string =>
  `${overlays}/${whose === 'own' ? host.name : host.pool}`;
export const rootFolder = (roots: string, version: string): string => `${roots}/${version}/root`;
