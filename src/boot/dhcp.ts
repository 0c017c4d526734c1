import { networkOf } from '../model/network.js';
import { type Site, writtenBy } from './site.js';

/** Client architectures (RFC 4578 and its errata): 0 BIOS; 7 and 9 UEFI on x86-64. */
const architectures = `dhcp-match=set:ipxe,175
dhcp-match=set:bios,option:client-arch,0
dhcp-match=set:efi,option:client-arch,7
dhcp-match=set:efi,option:client-arch,9
`;

/** Who gets which loader, the first tags that match: (tags, file). */
const loaders: readonly (readonly [string, string])[] = [
  ['tag:bios,tag:pxelinux', 'pxelinux.0'],
  ['tag:bios,tag:!pxelinux,tag:ipxe', 'boot.ipxe'],
  ['tag:bios,tag:!pxelinux,tag:!ipxe', 'undionly.kpxe'],
  ['tag:efi,tag:ipxe', 'boot.ipxe'],
  ['tag:efi,tag:!ipxe', 'snponly.efi'],
];

/** One host per line: card, address, name, and the tag of its loader; the address is the other server's matter beside one. */
export function dhcpHosts({ settings, hosts, deployment }: Site): string {
  const lines = hosts.map(({ mac, address, name, boot }) => {
    const tags = `set:domus${boot.bios === 'pxelinux' ? ',set:pxelinux' : ''}`;
    return settings.dhcp === 'proxy' ? `${mac},${tags}\n` : `${mac},${tags},${address},${name.split('.', 1)[0]}\n`;
  });
  return writtenBy(deployment) + lines.join('');
}

const tftp = (folder: string): string => `enable-tftp
tftp-root=${folder}/current/tftp
tftp-unique-root=ip
dhcp-script=${folder}/asked-for
`;

function ownRanges({ settings, names }: Site): string {
  const { first, mask } = networkOf(settings.network);
  const { router, dns } = settings;
  const boots = loaders.map(([tags, file]) => `dhcp-boot=tag:domus,${tags},${file}\n`).join('');
  return `dhcp-authoritative
dhcp-ignore=tag:!known
dhcp-range=${first},static,${mask},1h
dhcp-option=option:router${router === undefined ? '' : `,${router}`}
${dns.length === 0 ? '' : `dhcp-option=option:dns-server,${dns.join(',')}\n`}${names === undefined ? '' : `dhcp-hostsfile=${names.dhcpFile}\n`}${boots}`;
}

function proxyServices({ settings }: Site): string {
  const { first, mask } = networkOf(settings.network);
  const csa = (tags: string): readonly string[] => (tags.startsWith('tag:bios') ? ['x86PC'] : ['BC_EFI', 'X86-64_EFI']);
  const services = loaders.flatMap(([tags, file]) => csa(tags).map((kind) => `pxe-service=tag:domus,${tags},${kind},"Domus",${file},${settings.server}\n`));
  return `dhcp-range=${first},proxy,${mask}\n${services.join('')}`;
}

/**
 * The configuration of a dnsmasq of Domus's own (`dnsmasq --conf-file=FOLDER/current/dnsmasq.conf`). Each host is served
 * its own folder of files, by its address; hosts that are not ours are not answered. With `chain` it serves files only.
 */
export function dnsmasqConf(site: Site): string {
  const { settings, deployment } = site;
  const { folder, dhcp } = settings;
  const on = settings.interface === undefined ? `listen-address=${settings.server}\nbind-dynamic\n` : `interface=${settings.interface}\nbind-dynamic\n`;
  const served =
    dhcp === 'chain' ? '' : `${architectures}dhcp-hostsfile=${folder}/current/dhcp-hosts\n${dhcp === 'own' ? ownRanges(site) : proxyServices(site)}`;
  const leases = dhcp === 'own' ? `dhcp-leasefile=${folder}/leases\n` : '';
  return `${writtenBy(deployment)}port=0
${on}pid-file=${folder}/dnsmasq.pid
${leases}${tftp(folder)}${served}`;
}
