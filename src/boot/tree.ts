import { checkLength, hostConf } from './arguments.js';
import { chainTexts } from './chain.js';
import { dhcpHosts, dnsmasqConf } from './dhcp.js';
import { type ExportIds, exportsOf, ganeshaConf, kernelExports, numbered } from './exports.js';
import { bootsDom0, ipxeMenu, ipxeStranger, pxelinuxMenu, xenConfig } from './menus.js';
import type { Site } from './site.js';

/** A published file: its text, or where its link leads. */
export type Entry = { readonly text: string } | { readonly link: string };
/** Path below the release -> file. */
export type Tree = ReadonlyMap<string, Entry>;

/** Loaders of Debian's packages, as hosts ask for them, by where the packages put them. */
export const loaderFiles: readonly (readonly [string, string])[] = [
  ['undionly.kpxe', '/usr/lib/ipxe/undionly.kpxe'],
  ['snponly.efi', '/usr/lib/ipxe/snponly.efi'],
  ['pxelinux.0', '/usr/lib/PXELINUX/pxelinux.0'],
  ...['ldlinux', 'libcom32', 'mboot', 'pxechn'].map((name) => [`${name}.c32`, `/usr/lib/syslinux/modules/bios/${name}.c32`] as const),
];

/** Every published file of a site. Raises RangeError for command lines that a loader would cut off. The loaders' own bytes are put beside the release (`loaders/`), and a root's in its folder. */
export function treeOf(site: Site, ids: ExportIds): Tree {
  const exports = exportsOf(site);
  const all = numbered(exports, ids);
  const tree = new Map<string, Entry>([
    ['dnsmasq.conf', { text: dnsmasqConf(site) }],
    ['dhcp-hosts', { text: dhcpHosts(site) }],
    ['tftp/boot.ipxe', { text: ipxeStranger(site) }],
  ]);
  const nfs = site.settings.nfs === 'ganesha' ? ganeshaConf : kernelExports;
  tree.set(site.settings.nfs === 'ganesha' ? 'ganesha.conf' : 'exports', { text: nfs(site, exports, all) });
  if (site.settings.dhcp === 'chain') for (const [name, text] of chainTexts(site)) tree.set(`chain/${name}`, { text });
  for (const [name] of loaderFiles) tree.set(`tftp/${name}`, { link: `../../../loaders/${name}` });
  for (const host of site.hosts) {
    const own = `tftp/${host.address}`;
    for (const [name] of loaderFiles) tree.set(`${own}/${name}`, { link: `../${name}` });
    tree.set(`${own}/boot.ipxe`, { text: ipxeMenu(site, host) });
    tree.set(`${own}/pxelinux.cfg/default`, { text: pxelinuxMenu(site, host) });
    const efi = xenConfig(site, host);
    if (efi !== undefined) tree.set(`${own}/xen.cfg`, { text: efi });
    if (!bootsDom0(host)) continue;
    checkLength(site, host);
    tree.set(`${own}/host.conf`, { text: hostConf(site, host) });
    tree.set(`${own}/root`, { link: `${site.settings.roots}/${host.root.version}/boot` });
  }
  return tree;
}
