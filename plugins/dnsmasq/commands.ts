import { Failure } from '../../src/drivers/failure.js';
import type { NameEntry } from '../../src/drivers/names.js';

/** Text of dnsmasq's two files. */
export interface Files {
  readonly dhcp: string;
  readonly hosts: string;
}

const label = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
const macText = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;
const longestName = 253;

/** Four decimal bytes without leading zeros. */
const isIPv4 = (text: string): boolean =>
  /^(\d{1,3})(\.\d{1,3}){3}$/.test(text) && text.split('.').every((byte) => String(Number(byte)) === byte && Number(byte) < 256);

/** Eight groups of hex digits, or fewer with one `::`; no zone, no embedded IPv4. */
function isIPv6(text: string): boolean {
  const halves = text.split('::');
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  return halves.length === 1 ? groups.length === 8 : halves.length === 2 && groups.length < 8;
}

function refuse(why: string): never {
  throw new Failure('refused', why);
}

function checked({ name, address, mac }: NameEntry): NameEntry {
  const shown = JSON.stringify(name.slice(0, 80));
  if (name.length > longestName || !name.split('.').every((part) => label.test(part)))
    refuse(`${shown} is no host name: labels of a-z, 0-9 and -, with dots between`);
  if (!isIPv4(address) && !isIPv6(address)) refuse(`the address ${JSON.stringify(address.slice(0, 80))} of ${shown} is none`);
  if (!macText.test(mac.toLowerCase())) refuse(`the MAC ${JSON.stringify(mac.slice(0, 80))} of ${shown} is none`);
  // The lowest bit of the first byte: a group's address, which no card has.
  if ((Number.parseInt(mac.slice(0, 2), 16) & 1) === 1) refuse(`the MAC ${mac} of ${shown} is a multicast address`);
  return { name, address, mac: mac.toLowerCase() };
}

function once(entries: readonly NameEntry[], field: 'name' | 'address' | 'mac'): void {
  const seen = new Map<string, NameEntry>();
  for (const entry of entries) {
    const value = entry[field].toLowerCase();
    const other = seen.get(value);
    if (other !== undefined) refuse(`${other.name} and ${entry.name} have the same ${field} ${entry[field]}`);
    seen.set(value, entry);
  }
}

const header = (deployment: string): string => `# Written by Domus (deployment ${deployment}). Changes made here are overwritten.\n`;

/** Both files for exactly these entries, sorted by name, so that the same entries are the same text. Raises Failure `refused` for what is no name, address or MAC, or stands twice. */
export function filesOf(entries: readonly NameEntry[], deployment: string): Files {
  const sorted = entries.map(checked).sort((a, b) => (a.name < b.name ? -1 : 1));
  once(sorted, 'name');
  once(sorted, 'address');
  once(sorted, 'mac');
  const short = (name: string): string => name.split('.', 1)[0] ?? name;
  const dhcp = sorted.map((e) => `${e.mac},${isIPv6(e.address) ? `[${e.address}]` : e.address},${short(e.name)}\n`);
  const hosts = sorted.map((e) => `${e.address}\t${e.name}${e.name.includes('.') ? ` ${short(e.name)}` : ''}\n`);
  return { dhcp: header(deployment) + dhcp.join(''), hosts: header(deployment) + hosts.join('') };
}
