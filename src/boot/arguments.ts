import { bitsOf } from '../model/network.js';
import { type BootHost, rootFolder, type Site, writtenBy } from './site.js';

/** A host that is to boot Dom0 and has a root. */
export type Bootable = BootHost & { readonly root: NonNullable<BootHost['root']> };

/**
 * All command lines together, with the addresses of what they belong to: iPXE keeps 512 bytes for them when it loads Xen,
 * and cuts off what is longer without a word (measured, iPXE of Debian 12). So what is long stands in `host.conf`.
 */
export const longestCommandLines = 500;

/** Xen's command line: Dom0's memory is fixed, for what balloons is neither reserve nor room. */
export function xenArguments({ settings }: Site): string {
  const { dom0, serial, xen } = settings;
  const memory = `${dom0.memoryMiB}M`;
  const consoles = serial === undefined ? [] : [serial, `console=${serial.slice(0, 4)},vga`];
  return [...consoles, `dom0_mem=${memory},max:${memory}`, `dom0_max_vcpus=${dom0.cores}`, ...xen].join(' ');
}

/** The command line of Dom0's kernel: what `host/dom0/initramfs-init` needs to reach the server. */
export function linuxArguments({ settings, bridge }: Site, host: BootHost): string {
  const net = `${host.address}/${bitsOf(settings.network) ?? 24}`;
  return [
    'console=hvc0',
    'quiet',
    'panic=10',
    ...settings.linux,
    `domus.net=${net}`,
    `domus.mac=${host.mac}`,
    `domus.bridge=${bridge}`,
    `domus.server=${settings.server}`,
  ].join(' ');
}

/** What a booting host fetches by TFTP once it has its address: which root with which checksum, and the door. No secret: whoever is on the network may read it. */
export function hostConf({ settings, deployment, door }: Site, host: Bootable): string {
  const lines = {
    host: host.name,
    ...(settings.router === undefined ? {} : { router: settings.router }),
    root: rootFolder(settings.roots, host.root.version),
    sum: host.root.sum,
    door: `${settings.port},${door}`,
  };
  return `${writtenBy(deployment)}${Object.entries(lines)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')}`;
}

/** Raises RangeError where iPXE would cut the command lines off. */
export function checkLength(site: Site, host: BootHost): void {
  const addresses = ['xen', 'vmlinuz', 'initrd.img'].map((name) => `tftp://${site.settings.server}/root/${name} `);
  const { length } = [...addresses, xenArguments(site), linuxArguments(site, host)].join('\0');
  if (length > longestCommandLines)
    throw new RangeError(
      `the command lines of ${host.name} are ${length} characters long, and iPXE keeps ${longestCommandLines}: shorten boot.xen or boot.linux`,
    );
}
