import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compiled } from '../compiled.js';
import { fromDebian } from '../debian.js';

const repository = new URL('../../', import.meta.url).pathname;
const can = process.getuid?.() === 0 && fromDebian('systemd-nspawn', 'systemd-container') && existsSync('/lib/systemd/systemd');

/** Asked of systemd inside, one answer under each word. The watchdog's time is made short, everything else is the unit as it is shipped. */
const probe = `
say() { echo "== $1"; }
for i in $(seq 60); do systemctl is-active -q domus && break; sleep 1; done
say ready; systemctl show domus -p ActiveState,SubState,StatusText
say asked; /usr/bin/node /opt/domus/dist/src/cli/main.js --run-dir /run/domus show environments
say own; stat -c '%U %a %n' /run/domus/status.sock /run/domus/control.sock /var/lib/domus
say reload; systemctl reload domus && sleep 1 && systemctl show domus -p ActiveState
pid=$(systemctl show domus -p MainPID --value)
kill -STOP $pid
for i in $(seq 60); do sleep 1; now=$(systemctl show domus -p MainPID --value); [ "$now" != "$pid" ] && [ "$now" != 0 ] && break; done
for i in $(seq 60); do systemctl is-active -q domus && break; sleep 1; done
say watchdog; systemctl show domus -p ActiveState,NRestarts,StatusText
say stop; systemctl stop domus; systemctl show domus -p ActiveState,Result,ExecMainStatus
say log; journalctl -u domus --no-pager -o cat | grep -E 'Watchdog timeout|Failed with result|stops: '
systemctl poweroff --force
`;

const config = `deployment: unit
mode: watch
batch: {torque: {driver: torque, bin: /opt/nothing}}
pools: {lab: {defaults: {cores: 8, memory: 16GiB}, hosts: {post01: {address: 127.0.0.1}}}}
ssh: {privateKey: /etc/domus/key, knownHosts: /etc/domus/known}
network: {bridge: xenbr0}
seats: {grid: {names: "grid-[01-02].example", addresses: 10.1.1.1-10.1.1.2}}
intervals: {tick: 2s}
`;

/** A root of its own over this machine's /usr: users, Domus's configuration, its unit, and nothing else. */
function root(): string {
  const at = mkdtempSync(join(tmpdir(), 'domus-unit-'));
  chmodSync(at, 0o755);
  const make = (path: string, text: string, mode = 0o644): void => {
    mkdirSync(join(at, path, '..'), { recursive: true });
    writeFileSync(join(at, path), text, { mode });
  };
  for (const folder of ['usr', 'run', 'tmp', 'proc', 'sys', 'dev', 'root', 'var/lib', 'var/log', 'opt/domus', 'etc/systemd/system/multi-user.target.wants'])
    mkdirSync(join(at, folder), { recursive: true });
  for (const name of ['bin', 'sbin', 'lib', 'lib64'])
    if (existsSync(`/${name}`) && lstatSync(`/${name}`).isSymbolicLink()) symlinkSync(readlinkSync(`/${name}`), join(at, name));
  for (const name of ['nsswitch.conf', 'ld.so.cache', 'os-release', 'pam.d', 'security', 'dbus-1'])
    if (existsSync(`/etc/${name}`)) cpSync(`/etc/${name}`, join(at, 'etc', name), { recursive: true, dereference: true });
  make('etc/passwd', 'root:x:0:0::/root:/bin/sh\ndomus:x:990:990::/var/lib/domus:/usr/sbin/nologin\nmessagebus:x:101:101::/:/usr/sbin/nologin\n');
  make('etc/group', 'root:x:0:\ndomus:x:990:\nmessagebus:x:101:\n');
  make('etc/machine-id', '');
  make('etc/domus/domus.yaml', config);
  make('etc/domus/environments/grid.yaml', 'image: {name: grid}\nmachine: {cores: 1, memory: 1GiB}\nserves: {queues: [grid]}\n');
  make('etc/domus/known', '');
  spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(at, 'etc/domus/key')]);
  spawnSync('chown', ['-R', '990:990', join(at, 'etc/domus')]);
  make('etc/systemd/system/domus.service', readFileSync(join(repository, 'systemd/domus.service'), 'utf8').replace('/usr/bin/node', process.execPath));
  make('etc/systemd/system/domus.service.d/short.conf', '[Service]\nWatchdogSec=15s\nTimeoutAbortSec=5s\n');
  make('opt/probe.sh', probe.replace('/usr/bin/node', process.execPath));
  make(
    'etc/systemd/system/probe.service',
    '[Service]\nType=oneshot\nExecStart=/bin/bash /opt/probe.sh\nStandardOutput=file:/var/log/probe.log\nStandardError=inherit\n',
  );
  for (const name of ['domus', 'probe']) symlinkSync(`../${name}.service`, join(at, `etc/systemd/system/multi-user.target.wants/${name}.service`));
  for (const name of ['console-getty', 'systemd-networkd', 'systemd-resolved', 'systemd-logind'])
    symlinkSync('/dev/null', join(at, `etc/systemd/system/${name}.service`));
  return at;
}

describe.skipIf(!can)('the unit under a real systemd', () => {
  const at = can ? root() : '';
  afterAll(() => can && rmSync(at, { recursive: true, force: true }));

  it('is ready, answers, owns its folders, reloads, is started anew when it hangs, and stops', () => {
    compiled('src/cli/main.ts');
    const binds = ['--bind-ro=/usr', `--bind-ro=${repository}:/opt/domus`];
    const form = ['--register=no', '--keep-unit', '--private-network', '-b'];
    const { stdout } = spawnSync('systemd-nspawn', ['-D', at, ...binds, ...form], { encoding: 'utf8', timeout: 240_000 });
    expect(existsSync(join(at, 'var/log/probe.log')), stdout).toBe(true);
    const said = new Map(
      readFileSync(join(at, 'var/log/probe.log'), 'utf8')
        .split('== ')
        .map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)] as const),
    );
    expect(said.get('ready')).toMatch(/StatusText=leads, epoch 1, mode watch[\s\S]*ActiveState=active\nSubState=running/);
    expect(said.get('asked')).toMatch(/^grid +watch /m);
    expect(said.get('own')).toBe('domus 666 /run/domus/status.sock\ndomus 600 /run/domus/control.sock\ndomus 700 /var/lib/domus\n');
    expect(said.get('reload')).toBe('ActiveState=active\n');
    expect(said.get('watchdog')).toMatch(/StatusText=leads, epoch 2[\s\S]*NRestarts=1[\s\S]*ActiveState=active/);
    expect(said.get('stop')).toMatch(/Result=success[\s\S]*ExecMainStatus=0[\s\S]*ActiveState=inactive/);
    expect(said.get('log')).toMatch(/Watchdog timeout \(limit 15s\)![\s\S]*Failed with result 'watchdog'[\s\S]*stops: guests and jobs go on/);
  });
});
