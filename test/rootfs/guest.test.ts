import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { packageFile } from '../../src/paths.js';
import { fromDebian } from '../debian.js';

const rootfs = packageFile('rootfs');
const isRoot = process.getuid?.() === 0;
const able =
  isRoot &&
  fromDebian('busybox', 'busybox-static') &&
  fromDebian('ssh-keygen', 'openssh-client') &&
  spawnSync('unshare', ['--mount', '--pid', '--fork', 'true']).status === 0;
if (!able) process.stderr.write('NOT tested: the guest overlay needs root, busybox-static and namespaces\n');

const uuid = '11111111-0000-4000-8000-000000000001';
const usual = `root=/dev/xvda ro domus.node=grid-07.example.org domus.environment=grid domus.address=10.1.2.7 domus.report=xenstore:data/domus domus.uuid=${uuid} domus.checks=users,home`;

let tree: string;
const at = (path: string): string => join(tree, path);
const text = (path: string): string => readFileSync(at(path), 'utf8');
const put = (path: string, content: string, mode = 0o644): void => {
  mkdirSync(join(at(path), '..'), { recursive: true });
  rmSync(at(path), { force: true }); // never through a link of busybox
  writeFileSync(at(path), content, { mode });
};
const program = (name: string, lines: string): void => put(`bin/${name}`, `#!/bin/sh\n${lines}\n`, 0o755);

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
/** Runs a script of the overlay in namespaces of its own, with busybox as the whole system. */
function guest(command: readonly string[], cmdline = usual, before = ''): Ended {
  put('cmdline', `${cmdline}\n`);
  put('bin/run', `#!/bin/sh\n${before}\nexec "$@"\n`, 0o755);
  const env = ['env', '-i', 'PATH=/bin', 'DOMUS_CMDLINE=/cmdline'];
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    ['--mount', '--uts', '--pid', '--fork', '--mount-proc', `--root=${tree}`, '--wd=/', ...env, '/bin/run', ...command],
    { encoding: 'utf8', timeout: 60_000 },
  );
  return { status, stdout, stderr };
}

beforeEach(() => {
  if (!able) return;
  tree = mkdtempSync(join(tmpdir(), 'domus-guest-'));
  for (const path of ['bin', 'proc', 'etc/ssh', 'home', 'var/lib/extrausers', 'run', 'tmp', 'dev']) mkdirSync(at(path), { recursive: true });
  cpSync('/usr/bin/busybox', at('bin/busybox'), { dereference: true });
  for (const name of execFileSync('busybox', ['--list'], { encoding: 'utf8' }).split('\n')) {
    if (name !== '' && name !== 'busybox') symlinkSync('busybox', at(`bin/${name}`));
  }
  cpSync(rootfs, tree, { recursive: true });
  put('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/:/bin/false\n');
  put('etc/group', 'root:x:0:\n');
  put('dev/null', '');
  program('xenstore-read', 'exit 1');
  program('xenstore-write', 'printf "%s %s\\n" "$1" "$2" >>/told');
  program('ssh-keygen', 'case $* in *-y*) echo "public of $(cat /etc/ssh/ssh_host_ed25519_key)" ;; *) echo fresh >/etc/ssh/ssh_host_ed25519_key ;; esac');
  program('getent', 'grep -h "^$2:" /var/lib/extrausers/$1 /etc/$1 | head -n 1 | cut -d: -f2-  | sed "s/^/$2:/" | grep .');
});

describe.skipIf(!able)('a guest boots', () => {
  test('takes its name from the kernel arguments, and its address for /etc/hosts', () => {
    const said = guest(['/bin/sh', '-c', '/usr/lib/domus/boot name network && hostname']);
    expect(said.stdout).toBe('grid-07\n');
    expect(text('etc/hostname')).toBe('grid-07\n');
    expect(text('etc/hosts')).toContain('10.1.2.7 grid-07.example.org grid-07\n');
    expect(text('run/systemd/network/10-domus.network')).toContain('DHCP=ipv4');
  });

  test('takes a fixed address where the site says how wide its network is', () => {
    put('etc/domus/guest.conf', 'PREFIX=16\nGATEWAY=10.1.0.1\nDNS="10.1.0.2 10.1.0.3"\n');
    guest(['/usr/lib/domus/boot', 'network']);
    expect(text('run/systemd/network/10-domus.network')).toBe(
      '[Match]\nDriver=vif\n\n[Network]\nAddress=10.1.2.7/16\nDNS=10.1.0.2\nDNS=10.1.0.3\nGateway=10.1.0.1\n',
    );
  });

  test('is no machine of Domus without our arguments: name and address stay', () => {
    put('etc/hostname', 'mine\n');
    expect(guest(['/usr/lib/domus/boot', 'name'], 'quiet').status).toBe(0);
    expect(text('etc/hostname')).toBe('mine\n');
  });

  test('mounts scratch space in memory, open to everybody, of the size it was told', () => {
    const said = guest(
      ['/bin/sh', '-c', '/usr/lib/domus/boot scratch; grep /scratch /proc/mounts; stat -c %a /scratch; /etc/domus/checks.d/scratch'],
      `${usual} domus.scratch=tmpfs:3`,
    );
    expect(said.stdout).toMatch(/tmpfs \/scratch tmpfs rw,nosuid,nodev.*size=3072k/);
    expect(said.stdout).toContain('1777');
    expect(said.status).toBe(0);
    expect(guest(['/etc/domus/checks.d/scratch'], `${usual} domus.scratch=xvdb`)).toMatchObject({ status: 1, stdout: '/scratch is not mounted\n' });
  });

  test('has the host key that its host keeps for the seat, else one of its own, never that of another', () => {
    guest(['/usr/lib/domus/boot', 'hostkeys']);
    expect(text('etc/ssh/ssh_host_ed25519_key')).toBe('fresh\n');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'seat', '-f', at('tmp/seat')]);
    const kept = text('tmp/seat');
    // as it is told: without the end of its last line (plugins/xen); with it, too
    for (const told of [kept.trim(), kept]) {
      program('xenstore-read', `[ "$1" = domus/hostkey ] && echo '${told.replaceAll('\n', '|')}'`);
      guest(['/usr/lib/domus/boot', 'hostkeys']);
      expect(text('etc/ssh/ssh_host_ed25519_key')).toBe(kept);
      expect(text('etc/ssh/ssh_host_ed25519_key.pub')).toContain('public of -----BEGIN');
      const read = execFileSync('ssh-keygen', ['-y', '-f', at('etc/ssh/ssh_host_ed25519_key')], { encoding: 'utf8' }); // raises where the mode is too wide, too
      expect(read.split(' ')[1]).toBe(text('tmp/seat.pub').split(' ')[1]);
    }
  });

  test('does only the parts it is asked for, and knows no others', () => {
    expect(guest(['/usr/lib/domus/boot', 'reboot'])).toMatchObject({ status: 64, stderr: 'domus: no part reboot\n' });
    expect(existsSync(at('etc/hostname'))).toBe(false);
  });
});

describe.skipIf(!able)('the site', () => {
  test('accounts: ordinary people of the shared folder, without passwords, and none that the system has', () => {
    put('etc/domus/guest.conf', 'ACCOUNTS=/home/.accounts\n');
    put(
      'home/.accounts/passwd',
      'alice:$6$secret:1001:100:Alice:/home/alice:/bin/sh\nroot:x:2000:0::/:/bin/sh\nevil:x:0:0::/:/bin/sh\nold:x:99:1::/:/bin/sh\nalice:x:1002:1::/:/bin/sh\nbad line\nb\u0007b:x:1003:1::/:/bin/sh\n',
    );
    put('home/.accounts/group', 'physics:x:1100:alice\nroot:x:1101:alice\n');
    expect(guest(['/usr/lib/domus/site', 'accounts']).status).toBe(0);
    expect(text('var/lib/extrausers/passwd')).toBe('alice:*:1001:100:Alice:/home/alice:/bin/sh\n');
    expect(text('var/lib/extrausers/group')).toBe('physics:*:1100:alice\n');
    expect(guest(['/usr/lib/domus/site', 'accounts'], usual, 'rm -r /home/.accounts')).toMatchObject({
      status: 1,
      stderr: 'domus: accounts: no file /home/.accounts/passwd\n',
    });
    expect(text('var/lib/extrausers/passwd')).toContain('alice'); // what was known stays
  });

  test('mom: its configuration names server, homes and scratch space, and it is started once', () => {
    put('etc/domus/guest.conf', 'PBS_SERVER=pbs.example.org\nUSECP="*:/home /home"\nUSECP2=*:/data /data\nTMPDIR=/scratch\nPBS_MOM=/bin/pbs_mom\n');
    program('pbs_mom', 'echo "started $*" >>/started');
    expect(guest(['/usr/lib/domus/site', 'mom']).status).toBe(0);
    expect(text('var/spool/torque/server_name')).toBe('pbs.example.org\n');
    expect(text('var/spool/torque/mom_priv/config')).toBe('$pbsserver pbs.example.org\n$usecp *:/home /home\n$usecp *:/data /data\n$tmpdir /scratch\n');
    // a real one says its host's name in every report, and the server knows the seat by its whole name
    expect(text('started')).toBe('started -H grid-07.example.org\n');
    // as `make install` leaves it: pbs_mom looks at owners and modes, and ends with status 3 where one is missing
    const modes = (paths: string): string => execFileSync('sh', ['-c', `stat -c %a ${paths}`], { cwd: at('var/spool/torque'), encoding: 'utf8' });
    expect(modes('aux mom_logs')).toBe('755\n755\n');
    expect(modes('mom_priv mom_priv/jobs')).toBe('751\n751\n');
    expect(modes('checkpoint spool undelivered')).toBe('1777\n1777\n1777\n');
    expect(text('var/spool/torque/pbs_environment')).toBe('PATH=/usr/local/bin:/usr/bin:/bin\nLANG=C.UTF-8\n');
    put('var/spool/torque/pbs_environment', 'TZ=CET\n');
    expect(guest(['/usr/lib/domus/site', 'mom']).status).toBe(0);
    expect(text('var/spool/torque/pbs_environment'), 'what the site wrote stays').toBe('TZ=CET\n');
    put('etc/domus/guest.conf', 'PBS_SERVER=pbs.example.org\nPBS_MOM=/bin/none\n');
    expect(guest(['/usr/lib/domus/site', 'mom'])).toMatchObject({ status: 1, stderr: expect.stringContaining('no program pbs_mom in the image') });
  });

  test('homes: a mount that fails is told and makes the boot try again; the settings are read, never run', () => {
    put('etc/domus/guest.conf', 'HOMES="nfs:/export/home /home"\nX=$(touch /ran)\n');
    program('mount.nfs', 'exit 32');
    expect(guest(['/usr/lib/domus/site', 'homes'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('homes: nfs:/export/home could not be mounted on /home'),
    });
    expect(existsSync(at('ran'))).toBe(false);
    expect(guest(['/bin/sh', '-c', '/usr/lib/domus/site homes'], usual, 'mount -t tmpfs tmpfs /home')).toMatchObject({ status: 0 });
  });
});

describe.skipIf(!able)('readiness', () => {
  const report = (before: string): Ended => guest(['/usr/local/sbin/guest-report', 'once'], usual, before);
  const checks = (): unknown =>
    JSON.parse(
      text('told')
        .trim()
        .split('\n')
        .at(-1)
        ?.replace(/^data\/domus /, '') ?? '',
    );

  test('is told only when every check of the environment passes, each with its reason until then', () => {
    put('etc/domus/guest.conf', 'HOMES="nfs:/export/home /home"\nCHECK_USER=alice\n');
    put('var/lib/extrausers/passwd', '');
    report('');
    expect(checks()).toMatchObject({ uuid, ready: false, checks: { users: 'failed: user alice does not resolve', home: 'failed: /home is not mounted' } });
    put('var/lib/extrausers/passwd', 'alice:*:1001:100:Alice:/home/alice:/bin/sh\n');
    report('mount -t tmpfs tmpfs /home; mkdir /home/alice');
    expect(checks()).toMatchObject({ ready: false, checks: { users: 'failed: /home/alice belongs to 0, user alice is 1001', home: 'ok' } });
    report('mount -t tmpfs tmpfs /home; mkdir /home/alice; chown 1001 /home/alice');
    expect(checks()).toMatchObject({ ready: true, checks: { users: 'ok', home: 'ok' } });
  });

  test('of the mom and the clock', () => {
    expect(guest(['/etc/domus/checks.d/mom'])).toMatchObject({ status: 1, stdout: '/var/spool/torque/mom_priv/config names no server\n' });
    put('var/spool/torque/mom_priv/config', '$pbsserver pbs\n');
    expect(guest(['/etc/domus/checks.d/mom'])).toMatchObject({ status: 1, stdout: 'pbs_mom does not run\n' });
    symlinkSync('busybox', at('bin/pbs_mom'));
    expect(guest(['/bin/sh', '-c', 'sleep 20 & pid=$!; /etc/domus/checks.d/mom; kill $pid'], usual, 'cp /bin/busybox /bin/sleeper').status).toBe(0);
    expect(guest(['/etc/domus/checks.d/clock']).status).toBe(0);
    expect(guest(['/bin/sh', '-c', 'date() { echo 1970; }; . /etc/domus/checks.d/clock'])).toMatchObject({ status: 1, stdout: 'the clock says 1970\n' });
  });
});

test('every script of the overlay is clean for shellcheck', ({ skip }) => {
  if (!fromDebian('shellcheck', 'shellcheck')) return skip();
  const scripts = [
    'usr/lib/domus/boot',
    'usr/lib/domus/site',
    'usr/local/sbin/guest-report',
    ...['users', 'home', 'clock', 'mom', 'scratch'].map((n) => `etc/domus/checks.d/${n}`),
  ];
  const { stdout, status } = spawnSync(
    'shellcheck',
    ['-s', 'sh', '--severity=warning', '-x', '-P', join(rootfs, 'usr/lib/domus'), ...scripts.map((s) => join(rootfs, s))],
    { encoding: 'utf8' },
  );
  expect(stdout).toBe('');
  expect(status).toBe(0);
});
