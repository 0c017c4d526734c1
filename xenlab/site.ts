import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabFolder } from '../src/sim/lab/folder.js';
import { controllerAt, user } from './controllers.js';
import type { Seat } from './moms.js';
import { posts, wire } from './place.js';

/** An environment of the laboratory; it serves the queue of its name, and its seats have a property of that name. */
export interface LabEnvironment {
  readonly name: string;
  readonly image: string;
  readonly seats: readonly Seat[];
  /** Of one machine. */
  readonly cores: number;
  readonly memoryMiB: number;
  readonly idle: string;
  readonly boot: string;
  readonly checks: string;
}

const seats = (name: string, count: number, from: number): readonly Seat[] =>
  Array.from({ length: count }, (_, at) => ({
    name: `${name}-${String(at + 1).padStart(2, '0')}.${wire.domain}`,
    address: `${wire.prefix}.${from + at}`,
  }));

const bootAs = (type: 'pv' | 'pvh'): string => `{type: ${type}, kernel: vmlinuz, ramdisk: initrd.img, args: [console=hvc0, quiet, net.ifnames=0]}`;

export const light: LabEnvironment = {
  name: 'light',
  image: 'light',
  seats: seats('light', 12, 101),
  cores: 1,
  memoryMiB: 224,
  idle: '12s',
  // PV: guests that need the processor's own virtualisation die of triple faults where two of them run in one emulated processor (QEMU 7.2)
  boot: bootAs('pv'),
  checks: 'users, home',
};
/** Nothing of it can boot: its ramdisk is no ramdisk. */
export const wrong: LabEnvironment = { ...light, name: 'wrong', image: 'wrong', seats: seats('wrong', 2, 141), memoryMiB: 128 };
/** A whole Debian with systemd, of recipes/worker.yaml, which comes later. */
export const whole: LabEnvironment = {
  ...light,
  ...{ name: 'whole', image: 'worker', seats: seats('whole', 2, 145), memoryMiB: 384 },
  // as docs/images.md says, but PV
  boot: '{type: pv, kernel: vmlinuz, ramdisk: initrd.img, args: [root=/dev/xvda, rw, console=hvc0]}',
};
const environments = [light, wrong] as const;
export const everySeat = [...environments, whole].flatMap((environment) => environment.seats);
/** A permanent machine, at home on the first host, in the chapter of moving. */
export const standin = { name: `standin-01.${wire.domain}`, address: `${wire.prefix}.151`, memoryMiB: 224 } as const;

/**
 * Emulated hosts: what Domus is told of each. Dom0 has its memory from the reserve. More cores than the real machine can
 * run at a time would spend it on waiting for each other.
 */
export const iron = { cores: 2, overcommit: 2, memoryMiB: 1792, dom0MiB: 512 } as const;

/** The site's settings beside what `writeSite` always says. */
export interface SiteOptions {
  readonly deployment: string;
  /** `loader` of hosts with a BIOS. */
  readonly bios?: 'ipxe' | 'pxelinux';
  readonly mode?: string;
  /** Readiness checks beside each environment's own. */
  readonly checks?: readonly string[];
  /** An empty host is switched off after so long; 25 s. */
  readonly hostIdle?: string;
  /** With the environment of a whole Debian. */
  readonly whole?: boolean;
  /** Disks are the pool's, machines may move, hosts have controllers (the file of their password), and there is a permanent machine. */
  readonly moving?: { readonly passwordFile: string };
}

/** Loads are known after a minute. A look takes three seconds of an emulated Dom0's only core, so hosts are looked at seldom; at rest a host's two cores are a fifth to a third busy, with one guest that spins more than half. */
const packing = 'consolidation: {manage: true, window: 1m, under: 0.45, cooldown: 10s, worth: 20m, speed: 20MiB, atOnce: 2}\n';
const controllers = (passwordFile: string): string =>
  `{driver: ipmi, user: ${user}, passwordFile: ${passwordFile}, controllers: {${posts.map(({ name }, n) => `${name}: "${controllerAt(n)}"`).join(', ')}}}`;

/** What Domus tells people, a line for each message. */
export const noticesFile = ({ root }: LabFolder): string => join(root, 'notices');
function noticing(folder: LabFolder): string {
  const program = join(folder.bin, 'tell-people');
  mkdirSync(folder.bin, { recursive: true });
  writeFileSync(program, `#!/bin/sh\ncat >>${noticesFile(folder)}\n`, { mode: 0o755 });
  return program;
}

/** Writes domus.yaml and environments/ as an administrator would, with the limits of an emulated machine. */
export function writeSite(
  folder: LabFolder,
  { deployment, bios = 'ipxe', mode = 'act', hostIdle = '25s', moving, whole: withWhole = false, checks: more = [] }: SiteOptions,
): void {
  const hosts = posts.map(({ name, address, mac }) => `      ${name}: {address: ${address}, mac: "${mac}"}`);
  const offered: readonly LabEnvironment[] = withWhole ? [...environments, whole] : environments;
  const list = offered.map(
    ({ name, seats: all }) =>
      `  ${name}:\n    names: [${all.map((seat) => seat.name).join(', ')}]\n    addresses: [${all.map((seat) => seat.address).join(', ')}]`,
  );
  writeFileSync(
    folder.config,
    `deployment: ${deployment}
mode: ${mode}
batch: {main: {driver: torque, bin: ${folder.bin}}}
pools:
  lab:
    power: ${moving === undefined ? '{driver: wol}' : controllers(moving.passwordFile)}
    boot: {usual: dom0, bios: ${bios}}
    defaults: {cores: ${iron.cores}, overcommit: ${iron.overcommit}, memory: ${iron.memoryMiB}MiB, reserve: {cores: 0, memory: ${iron.dom0MiB + 96}MiB}}
    hosts:
${hosts.join('\n')}
boot:
  oneFileSystem: true
  overlays: ${moving === undefined ? 'own' : 'pool'}
  server: ${wire.server}
  network: ${wire.prefix}.0/24
  interface: ${wire.bridge}
  folder: ${join(folder.root, 'boot')}
  roots: ${join(folder.root, 'roots')}
  dom0: {memory: ${iron.dom0MiB}MiB}
  serial: com1=115200,8n1
  closeAfter: 5m
  adminKeys: ${join(folder.root, 'admin.pub')}
ssh: {privateKey: ${folder.privateKey}, knownHosts: ${join(folder.state, 'boot', 'known_hosts')}}
store: {images: ${folder.images}, overlays: ${folder.overlays}}
network: {bridge: xenbr0}
seats:
${list.join('\n')}
${moving === undefined ? '' : `  standin: {names: ${standin.name}, addresses: ${standin.address}}\n`}limits: {startsAtOnce: 8, startsAtOncePerHost: 6, startsPerHour: 200, breakerFailures: 5, breakerPause: 30s}
power: {manage: true, idle: ${hostIdle}, minOn: 5s, minOff: 5s, leaveAlone: 5s, cyclesPerDay: 20, wakeLimit: 6m, sleepLimit: 2m}
intervals:
  tick: 2s
  batchPoll: 3s
  hostPoll: ${moving === undefined ? '10s' : '15s'}
  batchLimit: 15s
  lookLimit: 60s
  overlayLimit: 90s
  createLimit: 75s
  migrateLimit: 4m
  resizeLimit: 90s
  shutdownLimit: 2m
  destroyLimit: 90s
  nodeLimit: 15s
  cyclePause: 1s
  joinLimit: 4m
  schedulerCycle: 10s
xen: {lookLimit: 50s}
${moving === undefined ? '' : packing}notices: {settle: 20s, command: {people: {argv: [${noticing(folder)}]}}}
state: ${folder.state}
run: ${folder.run}
`,
  );
  for (const { name, image, cores, memoryMiB, idle, boot, checks } of offered) {
    const most = name === 'light' ? { cores: 2, memoryMiB: 2 * memoryMiB } : { cores, memoryMiB };
    writeFileSync(
      join(folder.environments, `${name}.yaml`),
      `image: {name: ${image}, version: latest}
boot: ${boot}
machine:
  cores: {min: ${cores}, max: ${most.cores}}
  memory: {min: ${memoryMiB}MiB, max: ${most.memoryMiB}MiB, step: ${memoryMiB}MiB}
  disk: 2GiB
serves: {queues: [${name}], properties: [${name}]}
idle: ${idle}
bootDeadline: ${{ wrong: '50s', whole: '12m' }[name] ?? '6m'}
keepFailed: 20s
lostJobs: requeue
checks: [${[checks, ...more].join(', ')}]
`,
    );
  }
  const permanent = join(folder.environments, 'standin.yaml');
  rmSync(permanent, { force: true });
  if (moving === undefined) return;
  writeFileSync(
    permanent,
    `kind: service
image: {name: light}
boot: ${bootAs('pvh')}
machine: {memory: ${standin.memoryMiB}MiB, disk: 2GiB}
homes: ${posts[0]?.name}
`,
  );
}
