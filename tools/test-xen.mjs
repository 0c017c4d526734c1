/**
 * `npm run test:xen`: the laboratory of real Xen hosts (xenlab/README.md). Installs its Debian packages, makes the network
 * namespace in which everything of it lives, runs the story, and takes everything away again. Needs root. `--short` runs only
 * the chapters without which no pool works; other arguments are handed to vitest. The last line is `N passed, N failed` (`, N skipped`).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { during, giveUp, say } from './progress.mjs';
import { counted, countTests } from './vitest.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const space = 'domus-xenlab';
/** From an empty server to a job in a guest, and what goes wrong in rooms. Chapters by name, as vitest's -t takes them. */
const short = '^(a room of PCs becomes a pool|one job|trouble) ';
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
function sweep() {
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

function openNetwork() {
  sweep();
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
  claim();
  const kept = process.env.DOMUS_XENLAB_ROOT;
  const folder = kept ?? mkdtempSync(join(tmpdir(), 'xenlab-'));
  mkdirSync(folder, { recursive: true });
  const refused = openNetwork();
  if (refused !== '') giveUp(`the laboratory's network cannot be made: ${refused}`);
  const end = () => {
    sweep();
    rmSync(holder, { force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      end();
      process.exit(130);
    });
  }
  const env = { DOMUS_XENLAB_ROOT: folder, DOMUS_XENLAB_OUTSIDE: `/proc/${process.pid}/ns/net` };
  const words = process.argv.slice(2).flatMap((word) => (word === '--short' ? ['-t', short] : [word]));
  const named = words.includes('-t') ? (words[words.indexOf('-t') + 1] ?? '') : '';
  const config = ['--config', join(root, 'vitest.xen.config.ts'), ...words];
  const count = await countTests(root, config, { before: ['ip', 'netns', 'exec', space], env, reporter: 'verbose', named });
  end();
  if (count.trouble !== '') {
    say(`failed vitest\n${count.trouble}`);
    count.failed += 1;
  }
  if (count.failed > 0) say(`What the hosts and servers said is kept in ${folder} (consoles/, logs/).`);
  else if (kept === undefined) rmSync(folder, { recursive: true, force: true });
  process.exitCode = count.failed === 0 ? 0 : 1;
  console.log(counted(count));
}

await main();
