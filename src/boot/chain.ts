import { type BootHost, type Site, writtenBy } from './site.js';

const short = (host: BootHost): string => host.name.split('.', 1)[0] ?? host.name;

/** The classes that decide the loader, in ISC dhcpd's words. */
function isc({ settings, hosts, deployment }: Site): string {
  const group = (members: readonly BootHost[], bios: string, viaIpxe: string): string =>
    members.length === 0
      ? ''
      : `group {
  next-server ${settings.server};
  if option domus-arch = 00:07 or option domus-arch = 00:09 {
    if exists user-class and option user-class = "iPXE" { filename "boot.ipxe"; } else { filename "snponly.efi"; }
  } elsif exists user-class and option user-class = "iPXE" { filename "${viaIpxe}"; } else { filename "${bios}"; }
${members.map((host) => `  host ${short(host)} { hardware ethernet ${host.mac}; fixed-address ${host.address}; }\n`).join('')}}
`;
  const by = (bios: BootHost['boot']['bios']) => hosts.filter((host) => host.boot.bios === bios);
  return `${writtenBy(deployment)}option domus-arch code 93 = unsigned integer 16;
${group(by('ipxe'), 'undionly.kpxe', 'boot.ipxe')}${group(by('pxelinux'), 'pxelinux.0', 'pxelinux.0')}`;
}

/** The part of Kea's Dhcp4 that Domus needs: classes, and reservations of the hosts' subnet. */
function kea({ settings, hosts }: Site): string {
  const server = { 'next-server': settings.server };
  const efi = '(option[93].hex == 0x0007 or option[93].hex == 0x0009)';
  const ipxe = 'option[77].hex == 0x69505845';
  const loader = (name: string, test: string, file: string) => ({ name, test, 'boot-file-name': file, ...server });
  const part = {
    'client-classes': [
      loader('domus-efi-ipxe', `${efi} and ${ipxe} and member('KNOWN')`, 'boot.ipxe'),
      loader('domus-efi', `${efi} and not (${ipxe}) and member('KNOWN')`, 'snponly.efi'),
      { name: 'domus-old' },
      loader('domus-bios-old', `not ${efi} and member('KNOWN') and member('domus-old')`, 'pxelinux.0'),
      loader('domus-bios-ipxe', `not ${efi} and ${ipxe} and member('KNOWN') and not member('domus-old')`, 'boot.ipxe'),
      loader('domus-bios', `not ${efi} and not (${ipxe}) and member('KNOWN') and not member('domus-old')`, 'undionly.kpxe'),
    ],
    reservations: hosts.map((host) => ({
      'hw-address': host.mac,
      'ip-address': host.address,
      hostname: short(host),
      ...(host.boot.bios === 'pxelinux' ? { 'client-classes': ['domus-old'] } : {}),
    })),
  };
  return `${JSON.stringify(part, undefined, 2)}\n`;
}

function dnsmasq({ settings, hosts, deployment }: Site): string {
  const lines = hosts.map((host) => `dhcp-host=${host.mac},set:domus${host.boot.bios === 'pxelinux' ? ',set:pxelinux' : ''},${host.address},${short(host)}\n`);
  const at = `,,${settings.server}`;
  return `${writtenBy(deployment)}dhcp-match=set:ipxe,175
dhcp-match=set:efi,option:client-arch,7
dhcp-match=set:efi,option:client-arch,9
dhcp-boot=tag:domus,tag:!efi,tag:pxelinux,pxelinux.0${at}
dhcp-boot=tag:domus,tag:!efi,tag:!pxelinux,tag:ipxe,boot.ipxe${at}
dhcp-boot=tag:domus,tag:!efi,tag:!pxelinux,tag:!ipxe,undionly.kpxe${at}
dhcp-boot=tag:domus,tag:efi,tag:ipxe,boot.ipxe${at}
dhcp-boot=tag:domus,tag:efi,tag:!ipxe,snponly.efi${at}
${lines.join('')}`;
}

/** What the administrator of another DHCP server pastes, in the words of his: by file name. */
export const chainTexts = (site: Site): ReadonlyMap<string, string> =>
  new Map([
    ['isc-dhcpd.conf', isc(site)],
    ['kea-dhcp4.json', kea(site)],
    ['dnsmasq-other.conf', dnsmasq(site)],
  ]);
