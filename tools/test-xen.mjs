/**
 * `npm run test:xen`: the laboratory of real Xen hosts (xenlab/README.md). Installs its Debian packages, makes the network
 * namespaces in which everything of it lives, runs the stories of its rooms side by side, and takes everything away again.
 * Needs root. `--all` runs the chapters that take longest, too; `--room N` opens only that room, `--short` only the first;
 * other arguments are handed to vitest. The last line is `N passed, N failed` (`, N skipped`).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { during, giveUp, say } from './progress.mjs';
import { counted, countTests, noTest } from './vitest.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Each room is a network namespace with its own PCs, servers and daemon. The second takes root and image from the first. */
const rooms = [
  { number: 1, space: 'domus-xenlab', spec: 'xenlab/pool.spec.ts' },
  { number: 2, space: 'domus-xenlab-2', spec: 'xenlab/crowd.spec.ts' },
];
/** What rooms that are open at the same time need, MiB: two PCs of 1.9 GiB and their servers in each, and the builds. */
const memoryForAllMiB = 10_240;
/** What a pool stands or falls with, which is run when nothing else is asked for. Chapters by name, as vitest's -t takes them. */
const usual = '^(a room of PCs becomes a pool|one job|trouble|a second room|a crowd|together|strays) ';
const holder = '/run/domus-xenlab.pid';
/** Program -> package. */
const packages = {
  'qemu-system-x86_64': 'qemu-system-x86',
  'qemu-img': 'qemu-utils',
  mksquashfs: 'squashfs-tools',
  busybox: 'busybox-static',
  ssh: 'openssh-client',
  mmdebstrap: 'mmdebstrap',
  dnsmasq: 'dnsmasq-base',
  'ganesha.nfsd': 'nfs-ganesha',
  ip: 'iproute2',
  cpio: 'cpio',
  zstd: 'zstd',
  nsenter: 'util-linux',
  depmod: 'kmod',
  ipmi_sim: 'openipmi',
  ipmitool: 'ipmitool',
  ping: 'iputils-ping',
};
const files = {
  '/usr/lib/ipxe/qemu/efi-eepro100.rom': 'ipxe-qemu',
  '/usr/share/seabios/bios-256k.bin': 'seabios',
  '/usr/share/OVMF/OVMF_CODE_4M.fd': 'ovmf',
  '/usr/lib/PXELINUX/pxelinux.0': 'pxelinux',
  '/usr/lib/syslinux/modules/bios/mboot.c32': 'syslinux-common',
  '/usr/lib/ipxe/undionly.kpxe': 'ipxe',
  '/usr/lib/x86_64-linux-gnu/ganesha/libfsalvfs.so': 'nfs-ganesha-vfs',
};

const found = (program) => spawnSync('which', [program]).status === 0;
const ip = (...words) => spawnSync('ip', words, { encoding: 'utf8' });
const missing = () => [
  ...Object.entries(packages).flatMap(([program, name]) => (found(program) ? [] : [name])),
  ...Object.entries(files).flatMap(([file, name]) => (existsSync(file) ? [] : [name])),
];

/** Why the laboratory cannot be opened here; empty when it can. */
async function obstacle() {
  if (process.platform !== 'linux' || process.getuid() !== 0) return 'it needs root on Linux';
  if (!existsSync('/dev/net/tun')) return 'there is no /dev/net/tun';
  if (missing().length > 0) await during(`installing ${missing().join(' ')}`, '10 to 60 s', install);
  return missing().length === 0 ? '' : `these Debian packages cannot be installed: ${missing().join(' ')}`;
}

async function install() {
  // their daemons must not start on this machine
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...words) => spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=180', ...words], { env, timeout: 600_000 }).status;
  try {
    const all = ['install', '-y', '--no-install-recommends'];
    if (apt(...all, ...missing()) !== 0) {
      apt('update');
      apt(...all, ...missing());
    }
  } finally {
    if (ours) rmSync(policy);
  }
}

/** Ends what lives in the namespace (nothing but the laboratory's own), and removes it. */
function sweep(space) {
  if (!existsSync(`/run/netns/${space}`)) return;
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    for (const pid of ip('netns', 'pids', space)
      .stdout.split('\n')
      .filter((line) => line !== '')) {
      try {
        process.kill(Number(pid), signal);
      } catch (error) {
        if (error.code !== 'ESRCH') throw error;
      }
    }
    for (let turn = 0; turn < 30 && ip('netns', 'pids', space).stdout.trim() !== ''; turn++) spawnSync('sleep', ['0.1']);
  }
  ip('netns', 'del', space);
}

/** One laboratory at a time on a machine. */
function claim() {
  const pid = existsSync(holder) ? Number(readFileSync(holder, 'utf8')) : 0;
  if (pid > 0 && existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('test-xen')) {
    giveUp(`the laboratory is open already (process ${pid})`);
  }
  writeFileSync(holder, `${process.pid}\n`);
}

function openNetwork(space) {
  sweep(space);
  const steps = [
    ['netns', 'add', space],
    ['-n', space, 'link', 'set', 'lo', 'up'],
    ['-n', space, 'link', 'add', 'br0', 'address', '02:00:0a:4d:00:01', 'type', 'bridge', 'forward_delay', '0'],
    ['-n', space, 'addr', 'add', '10.77.0.1/24', 'broadcast', '10.77.0.255', 'dev', 'br0'],
    // the site's own file server, which is none of Domus's
    ['-n', space, 'addr', 'add', '10.77.0.2/24', 'dev', 'br0'],
    ['-n', space, 'link', 'set', 'br0', 'up'],
    // the wall socket: a bridge on which nobody is on has no carrier, and counts as no network. It must not answer for our addresses
    ['-n', space, 'link', 'add', 'wall0', 'type', 'veth', 'peer', 'name', 'wall1'],
    ['-n', space, 'link', 'set', 'wall0', 'master', 'br0', 'up'],
    ['-n', space, 'link', 'set', 'wall1', 'arp', 'off', 'addrgenmode', 'none', 'up'],
  ];
  for (const step of steps) {
    const { status, stderr } = ip(...step);
    if (status !== 0) return `ip ${step.join(' ')}: ${stderr.trim()}`;
  }
  return '';
}

async function main() {
  const hindrance = await obstacle();
  if (hindrance !== '') {
    say(`NOT TESTED: the laboratory of real Xen hosts (npm run test:xen): ${hindrance}`);
    console.log('0 passed, 0 failed, 1 skipped');
    return;
  }
  const { words, chosen } = asked(process.argv.slice(2));
  claim();
  const kept = process.env.DOMUS_XENLAB_ROOT;
  const folder = kept ?? mkdtempSync(join(tmpdir(), 'xenlab-'));
  const built = process.env.DOMUS_XENLAB_BUILT ?? join(folder, 'built');
  for (const each of [built, ...chosen.map(({ number }) => roomOf(folder, number))]) mkdirSync(each, { recursive: true });
  const end = () => {
    for (const { space } of rooms) sweep(space);
    rmSync(holder, { force: true });
  };
  for (const { space } of chosen) {
    const refused = openNetwork(space);
    if (refused !== '') {
      end();
      giveUp(`the laboratory's network cannot be made: ${refused}`);
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      end();
      process.exit(130);
    });
  }
  const named = words.includes('-t') ? (words[words.indexOf('-t') + 1] ?? '') : '';
  const config = ['--config', join(root, 'vitest.xen.config.ts'), ...words];
  const open = ({ number, space, spec }) => {
    const env = {
      DOMUS_XENLAB_ROOT: roomOf(folder, number),
      DOMUS_XENLAB_OUTSIDE: `/proc/${process.pid}/ns/net`,
      DOMUS_XENLAB_BUILT: built,
      DOMUS_XENLAB_ROOM: String(number),
    };
    return countTests(root, [spec, ...config], { before: ['ip', 'netns', 'exec', space], env, reporter: 'verbose', named });
  };
  const count = sum(await inTheirTurn(chosen, open, join(built, 'complete')));
  end();
  if (count.trouble !== '') {
    say(`failed vitest\n${count.trouble}`);
    count.failed += 1;
  }
  if (count.failed > 0) say(`What the hosts and servers said is kept in ${folder} (consoles/ and logs/ of each room).`);
  else if (kept === undefined) rmSync(folder, { recursive: true, force: true });
  process.exitCode = count.failed === 0 ? 0 : 1;
  console.log(counted(count));
}

const roomOf = (folder, number) => join(folder, `room${number}`);

/** Which rooms are opened, and what is handed to vitest. */
function asked(argv) {
  const at = argv.indexOf('--room');
  const number = at === -1 ? undefined : Number(argv[at + 1]);
  const given = argv.filter((_, index) => at === -1 || (index !== at && index !== at + 1));
  const chosen = rooms.filter((each) => each.number === (number ?? (given.includes('--short') ? 1 : each.number)));
  if (chosen.length === 0) giveUp(`--room: there are rooms ${rooms.map((each) => each.number).join(' and ')}`);
  const words = given.filter((word) => word !== '--short' && word !== '--all');
  return { words: given.includes('--all') || given.includes('-t') ? words : ['-t', usual, ...words], chosen };
}

/** The first room alone until root and image are built, then all at once; one after the other where this machine is too small for that. */
async function inTheirTurn(chosen, open, complete) {
  const freeMiB = Number(/^MemAvailable:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) / 1024;
  const small = freeMiB < memoryForAllMiB || availableParallelism() < 2;
  if (small && chosen.length > 1) say(`The rooms are opened one after the other: at once they need two cores and ${memoryForAllMiB} MiB of free memory.`);
  const counts = [];
  for (const each of chosen) {
    const story = open(each);
    counts.push(story);
    if (small) await story;
    else if (each !== chosen.at(-1)) await eitherOr(story, complete);
    const isBroken = !existsSync(complete) && (await nowOr(story))?.failed > 0;
    if (isBroken && each !== chosen.at(-1)) say('Root and image were not built: no other room is opened.');
    if (isBroken) break;
  }
  return Promise.all(counts);
}

/** Until the story is over or the file is there. */
async function eitherOr(story, file) {
  while (!existsSync(file) && (await nowOr(story)) === undefined) await sleep(500);
}

/** What the promise has come to; undefined while it has not. */
const nowOr = (promise) => Promise.race([promise, Promise.resolve(undefined)]);

/** A room none of whose chapters were asked for has run no test, which is no trouble where another has. */
function sum(counts) {
  const ran = counts.filter(({ passed, failed, trouble }) => passed + failed > 0 || trouble !== noTest);
  const total = { passed: 0, failed: 0, skipped: 0, trouble: '' };
  for (const { passed, failed, skipped, trouble } of ran.length > 0 ? ran : counts) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
    total.trouble ||= trouble;
  }
  return total;
}

await main();
