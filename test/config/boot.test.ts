import { describe, expect, test } from 'vitest';
import { checkConfig } from '../../src/config/check.js';
import { gridText } from './files.js';

const text = (
  boot: string,
  hosts = 'post[01-02]: {address: 10.1.0.11-10.1.0.12, mac: "52:54:00:00:00:11-52:54:00:00:00:12"}',
  pool = '',
): string => `deployment: physics
batch: {torque: {driver: torque}}
ssh: {privateKey: /etc/domus/key}
${boot}
pools:
  lab:
    ${pool}
    defaults: {cores: 8, memory: 16GiB, reserve: {memory: 1GiB}}
    hosts:
      ${hosts}
seats: {grid: {names: "grid-[01-08].example.org", addresses: 10.1.2.1-10.1.2.8}}
`;
const check = (domus: string) =>
  checkConfig([
    { path: '/x/domus.yaml', text: domus },
    { path: '/x/environments/grid.yaml', text: gridText() },
  ]);
const problems = (domus: string): readonly string[] => {
  const checked = check(domus);
  return checked.ok ? [] : checked.problems.map(({ path, found, expected }) => `${path}: ${found}; ${expected}`);
};
const server = 'boot: {server: 10.1.0.1, network: 10.1.0.0/24}';

describe('the boot server in domus.yaml', () => {
  test('defaults, and the cards of the hosts', () => {
    const checked = check(text(server));
    expect(checked.ok && checked.config.boot).toMatchObject({
      dhcp: 'own',
      nfs: 'ganesha',
      overlays: 'own',
      windowMs: 900_000,
      dom0: { memoryMiB: 768, cores: 1 },
      pools: { lab: { usual: 'dom0', bios: 'ipxe', classroom: 'disk' } },
    });
    expect(checked.ok && Object.values(checked.config.policy.hosts).map(({ mac }) => mac)).toEqual(['52:54:00:00:00:11', '52:54:00:00:00:12']);
  });

  test('a pool with a classroom boots it unless told otherwise', () => {
    const usual = (pool: string): unknown => {
      const checked = check(text(server, undefined, pool));
      return checked.ok ? checked.config.boot?.pools['lab']?.usual : checked.problems;
    };
    expect(usual('boot: {usual: classroom}')).toBe('classroom');
    expect(usual('boot: {bios: pxelinux}')).toBe('dom0');
  });

  test.each([
    [
      'a server outside the network',
      'boot: {server: 10.2.0.1, network: 10.1.0.0/24}',
      undefined,
      undefined,
      /boot\.server: 10\.2\.0\.1; an address in boot\.network/,
    ],
    ['a server that is no address', 'boot: {server: 10.1.0.256, network: 10.1.0.0/24}', undefined, undefined, /boot\.server: 10\.1\.0\.256; an IPv4 address/],
    ['a network that is none', 'boot: {server: 10.1.0.1, network: 10.1.0.999/24}', undefined, undefined, /boot\.network: 10\.1\.0\.999\/24; a network/],
    [
      'a host outside the network',
      server,
      'post01: {address: 10.2.0.11, mac: "52:54:00:00:00:11"}',
      undefined,
      /host post01 with the address 10\.2\.0\.11; an address in boot\.network/,
    ],
    ['a host by name', server, 'post01: {address: post01.example.org, mac: "52:54:00:00:00:11"}', undefined, /an IPv4 address: it boots from the network/],
    [
      'fewer cards than hosts',
      server,
      'post[01-03]: {address: 10.1.0.11-10.1.0.13, mac: "52:54:00:00:00:11"}',
      undefined,
      /mac: 1 of them; 3 MAC address\(es\)/,
    ],
    [
      'one card twice',
      server,
      'post[01-02]: {address: 10.1.0.11-10.1.0.12, mac: "52:54:00:00:00:11-52:54:00:00:00:12"}\n      post03: {address: 10.1.0.13, mac: "52:54:00:00:00:12"}',
      undefined,
      /host post03 with the MAC 52:54:00:00:00:12; a card of its own \(host post02/,
    ],
    [
      'a Dom0 larger than the reserve',
      'boot: {server: 10.1.0.1, network: 10.1.0.0/24, dom0: {memory: 2GiB}}',
      undefined,
      undefined,
      /host post01 with a reserve of 1GiB; at least boot\.dom0\.memory, 2GiB/,
    ],
    ['how hosts boot without a server', '', undefined, 'boot: {usual: classroom}', /a boot server beside it/],
    [
      'an argument that a loader would take apart',
      'boot: {server: 10.1.0.1, network: 10.1.0.0/24, xen: ["a --- b"]}',
      undefined,
      undefined,
      /one argument without blanks/,
    ],
    ['a classroom that is none', server, undefined, 'boot: {classroom: "10.1.0.2/../x y"}', /disk, or SERVER\/FILE/],
  ])('%s is a problem with its place', (_, boot, hosts, pool, said) => {
    expect(problems(text(boot, hosts, pool)).join('\n')).toMatch(said);
  });

  test('with another server’s DHCP it may stand in another network', () => {
    expect(problems(text('boot: {server: 10.2.0.1, network: 10.1.0.0/24, dhcp: chain}'))).toEqual([]);
  });
});
