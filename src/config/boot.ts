import { isIPv4 } from 'node:net';
import { resolve } from 'node:path';
import type { z } from 'zod';
import type { BootSettings, PoolBoot } from '../model/boot.js';
import type { HostSpec } from '../model/host.js';
import { bitsOf, inNetwork } from '../model/network.js';
import type { DomusFile } from './hosts.js';
import { writeMebibytes } from './memory.js';
import type { Problems } from './problem.js';
import type { domusSchema } from './schema.js';

type Domus = z.output<typeof domusSchema>;

function checkHost(host: HostSpec, boot: NonNullable<DomusFile['boot']>, problems: Problems): void {
  const where = ['pools', host.pool, 'hosts'];
  const { network, dom0 } = boot;
  if (!isIPv4(host.address))
    problems.add(where, { found: `host ${host.name} with the address ${host.address}`, expected: 'an IPv4 address: it boots from the network' }, 'key');
  else if (network !== undefined && !inNetwork(host.address, network))
    problems.add(where, { found: `host ${host.name} with the address ${host.address}`, expected: `an address in boot.network, ${network}` }, 'key');
  if (dom0?.memory !== undefined && host.reserve.memoryMiB < dom0.memory)
    problems.add(
      where,
      {
        found: `host ${host.name} with a reserve of ${writeMebibytes(host.reserve.memoryMiB)}`,
        expected: `at least boot.dom0.memory, ${writeMebibytes(dom0.memory)}`,
      },
      'key',
    );
}

type BootPart = NonNullable<DomusFile['boot']>;

function checkServer({ network, server, router, dhcp }: BootPart, problems: Problems): void {
  for (const [key, address] of Object.entries({ server, router }))
    if (address !== undefined && !isIPv4(address)) problems.add(['boot', key], { found: address, expected: 'an IPv4 address such as 10.1.0.1' });
  if (network === undefined) return;
  if (bitsOf(network) === undefined) problems.add(['boot', 'network'], { found: network, expected: 'a network such as 10.1.0.0/24' });
  else if (dhcp !== 'chain' && server !== undefined && !inNetwork(server, network))
    problems.add(['boot', 'server'], { found: server, expected: `an address in boot.network, ${network}: only with dhcp: chain may it be elsewhere` });
}

function checkCards(hosts: readonly HostSpec[], problems: Problems): void {
  const macs = new Map<string, string>();
  for (const { name, pool, mac } of hosts) {
    const twin = mac === undefined ? undefined : macs.get(mac);
    if (twin !== undefined)
      problems.add(['pools', pool, 'hosts'], { found: `host ${name} with the MAC ${mac}`, expected: `a card of its own (host ${twin} has this one)` }, 'key');
    if (mac !== undefined) macs.set(mac, name);
  }
}

/** What the boot server's part says of the hosts and of itself. */
export function checkBoot(domus: DomusFile | undefined, hosts: readonly HostSpec[], problems: Problems): void {
  const boot = domus?.boot;
  checkCards(hosts, problems);
  if (boot !== undefined) {
    checkServer(boot, problems);
    for (const host of hosts) if (host.mac !== undefined) checkHost(host, boot, problems);
    return;
  }
  for (const [name, pool = {}] of Object.entries(domus?.pools ?? {}))
    if (pool.boot !== undefined)
      problems.add(['pools', name, 'boot'], { found: 'how its hosts boot', expected: 'a boot server beside it: boot: {server: ..., network: ...}' }, 'key');
}

/** A room has a system of its own, and Dom0 is its guest; other hosts belong to the pool for good. */
function poolBoot({ boot, classroom }: Domus['pools'][string]): PoolBoot {
  const usual = boot?.usual ?? (classroom === undefined ? 'dom0' : 'classroom');
  return { usual, bios: boot?.bios ?? 'ipxe', classroom: boot?.classroom ?? 'disk' };
}

/** The boot server of a configuration that has one. */
export function makeBoot({ boot, pools }: Domus, folder: string): BootSettings | undefined {
  if (boot === undefined) return undefined;
  const { router, interface: card, serial, adminKeys, window, closeAfter, dom0, ...rest } = boot;
  return {
    ...rest,
    ...(router === undefined ? {} : { router }),
    ...(card === undefined ? {} : { interface: card }),
    ...(serial === undefined ? {} : { serial }),
    ...(adminKeys === undefined ? {} : { adminKeys: resolve(folder, adminKeys) }),
    windowMs: window,
    closeAfterMs: closeAfter,
    dom0: { memoryMiB: dom0.memory, cores: dom0.cores },
    pools: Object.fromEntries(Object.entries(pools).map(([name, pool]) => [name, poolBoot(pool)])),
  };
}
