import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chainTexts } from '../../src/boot/chain.js';
import { dhcpHosts, dnsmasqConf } from '../../src/boot/dhcp.js';
import { exportsOf, kernelExports, numbered } from '../../src/boot/exports.js';
import { dhcpWays } from '../../src/model/boot.js';
import { fromDebian } from '../debian.js';
import { choice, classroom, host, seen, site } from './given-boot.js';

const old = { ...classroom, bios: 'pxelinux' } as const;
const hosts = [host(1, { choice: choice() }), host(2, { boot: old })];
const folder = mkdtempSync(join(tmpdir(), 'domus-consumers-'));
const written = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const run = (program: string, ...args: string[]) => {
  const { status, stderr, stdout } = spawnSync(program, args, { encoding: 'utf8', timeout: 30_000 });
  return { status, said: `${stdout}${stderr}` };
};

describe.skipIf(!fromDebian('dnsmasq', 'dnsmasq-base'))('dnsmasq takes', () => {
  test.each(dhcpWays.flatMap((dhcp) => [undefined, 'lo'].map((card) => [dhcp, card] as const)))(
    'its configuration beside a DHCP server in the way "%s", on card %s',
    (dhcp, card) => {
      const at = site(hosts, { dhcp, folder, dns: ['10.1.0.1'], ...(card === undefined ? {} : { interface: card }) });
      mkdirSync(join(folder, 'current'), { recursive: true });
      written('current/dhcp-hosts', dhcpHosts(at));
      const { status, said } = run('dnsmasq', '--test', `--conf-file=${written(`${dhcp}.conf`, dnsmasqConf(at))}`);
      expect(said).toContain('syntax check OK');
      expect(status).toBe(0);
    },
  );

  test.each(['own', 'proxy'] as const)('every line of its hosts in the way "%s", said as dhcp-host', (dhcp) => {
    const lines = dhcpHosts(site(hosts, { dhcp })).replace(/^(?=[0-9a-f])/gm, 'dhcp-host=');
    expect(lines.match(/^dhcp-host=/gm)).toHaveLength(2);
    expect(run('dnsmasq', '--test', `--conf-file=${written('hosts.conf', lines)}`)).toMatchObject({ status: 0 });
  });

  test('what another dnsmasq is handed', () => {
    expect(
      run('dnsmasq', '--test', `--conf-file=${written('other.conf', chainTexts(site(hosts, { dhcp: 'chain' })).get('dnsmasq-other.conf') ?? '')}`),
    ).toMatchObject({ status: 0 });
  });

  test('not what is wrong (so that this test can fail)', () => {
    expect(run('dnsmasq', '--test', `--conf-file=${written('wrong.conf', dnsmasqConf(site(hosts)).replace('dhcp-range=', 'dhcp-rang='))}`).status).not.toBe(0);
  });
});

describe.skipIf(!fromDebian('dhcpd', 'isc-dhcp-server'))('ISC dhcpd', () => {
  test('takes what its administrator pastes, within his subnet', () => {
    const text = `subnet 10.1.0.0 netmask 255.255.255.0 { }\n${chainTexts(site(hosts, { dhcp: 'chain' })).get('isc-dhcpd.conf')}`;
    const { status, said } = run('dhcpd', '-t', '-cf', written('dhcpd.conf', text));
    expect(said).not.toMatch(/error|warning/i);
    expect(status).toBe(0);
    expect(run('dhcpd', '-t', '-cf', written('dhcpd-wrong.conf', text.replace('elsif', 'elsiff'))).status).not.toBe(0);
  });
});

describe.skipIf(!fromDebian('kea-dhcp4', 'kea-dhcp4-server'))('Kea', () => {
  test('takes what its administrator pastes', () => {
    const part = JSON.parse(chainTexts(site(hosts, { dhcp: 'chain' })).get('kea-dhcp4.json') ?? '') as { 'client-classes': object[]; reservations: object[] };
    const whole = { Dhcp4: { 'client-classes': part['client-classes'], subnet4: [{ id: 1, subnet: '10.1.0.0/24', reservations: part.reservations }] } };
    const { status, said } = run('kea-dhcp4', '-t', written('kea.json', JSON.stringify(whole)));
    expect(said).not.toMatch(/ERROR/);
    expect(status).toBe(0);
  });
});

const exportfs =
  process.getuid?.() === 0 &&
  fromDebian('exportfs', 'nfs-kernel-server') &&
  spawnSync('unshare', ['-m', 'true']).status === 0 &&
  spawnSync('sh', ['-c', '[ -e /etc/exports ]']).status === 0;
describe.skipIf(!exportfs)("the kernel's NFS server", () => {
  const take = (text: string) => {
    const own = 'mount -t tmpfs tmpfs /var/lib/nfs && : >/var/lib/nfs/etab && mount --bind "$1" /etc/exports && exportfs -ra && cat /var/lib/nfs/etab';
    return run('unshare', '-m', 'sh', '-c', own, 'sh', written('exports', text));
  };
  const at = site([host(1, { choice: choice(), seen: seen() }), host(2, { choice: choice() }), host(3)], { nfs: 'kernel' });
  // paths that are there: exportfs asks the file system about each
  const exports = exportsOf(at).map((each) => {
    const path = join(folder, each.path);
    mkdirSync(path, { recursive: true });
    return { ...each, path };
  });
  const text = kernelExports(at, exports, numbered(exports, {}));

  test('takes every export, with its clients and rights and no other', () => {
    const { status, said } = take(text);
    expect(status).toBe(0);
    const got = said.split('\n').flatMap((line) => /^(\S+)\s+(\S+?)\((r[ow]),/.exec(line)?.slice(1).join(' ') ?? []);
    expect(got.sort()).toEqual(exports.flatMap(({ path, write, clients }) => clients.map((client) => `${path} ${client} ${write ? 'rw' : 'ro'}`)).sort());
    expect(said).not.toContain('10.1.0.13');
  });

  test('not what is wrong (so that this test can fail)', () => {
    expect(take(text.replace('sync,', 'synk,')).status).not.toBe(0);
  });
});
