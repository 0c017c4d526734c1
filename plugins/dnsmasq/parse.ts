import type { NameEntry } from '../../src/drivers/names.js';

const dhcpLine = /^((?:[0-9a-f]{2}:){5}[0-9a-f]{2}),([0-9a-fA-F.:[\]]+),([^,\s]+)$/;

/** The published entries, from the text of both files. A line that is not ours is left out; a name is the hosts file's full one where it stands there. */
export function parseFiles(dhcp: string, hosts: string): readonly NameEntry[] {
  const names = new Map<string, string>();
  for (const line of hosts.split('\n')) {
    const [address, name] = line.split(/\s+/);
    if (address !== undefined && name !== undefined && !line.startsWith('#')) names.set(address, name);
  }
  return dhcp.split('\n').flatMap((line) => {
    const found = dhcpLine.exec(line);
    if (found === null) return [];
    const [, mac = '', written = '', short = ''] = found;
    const address = written.replace(/^\[|\]$/g, '');
    return [{ name: names.get(address) ?? short, address, mac }];
  });
}
