import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { plugin } from '../../../plugins/classroom/index.js';
import { parseKnownHosts, parseLook, parseOrder } from '../../../plugins/classroom/parse.js';
import { systemClock } from '../../../src/clock.js';
import { execaShell } from '../../../src/drivers/execa-shell.js';
import { silentLog } from '../../../src/log.js';
import { classroomContract } from '../../contract/classroom.js';
import { FakeHost, newKey, SshDoor } from '../../host/fake-host.js';

const program = join(import.meta.dirname, '../../../host/domus-classroom');
const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

/** A workstation whose SSH runs the real program, as its forced command would. */
class Workstation extends FakeHost {
  override start(): ReturnType<typeof spawn> {
    return spawn(python, ['-I', '-S', program, '--config', join(this.folder, 'classroom.json')], { stdio: 'pipe', detached: true });
  }
}

const tools = (port: number) => ({
  ...{ shell: execaShell(systemClock), clock: systemClock, log: silentLog, name: 'lab' },
  hosts: new Map([['ws1', { address: '127.0.0.1', port }]]),
});

async function workstation(hostKey?: string) {
  const host = new Workstation();
  const note = join(host.folder, 'told');
  const sessions = join(host.folder, 'sessions');
  const flag = join(host.folder, 'ready');
  const telling = (word: string): readonly string[] => ['sh', '-c', `echo ${word} {next} >> ${note}`];
  const config = { sessions, ready: ['test', '-e', flag], reboot: telling('reboot'), off: telling('off'), bootId: join(host.folder, 'boot_id') };
  writeFileSync(join(host.folder, 'classroom.json'), JSON.stringify(config));
  const people = (who: readonly string[] | undefined): void => {
    rmSync(sessions, { recursive: true, force: true });
    if (who === undefined) return;
    mkdirSync(sessions);
    for (const [at, user] of [...who, 'domus'].entries())
      writeFileSync(join(sessions, `c${at}`), `USER=${user}\nCLASS=${at % 2 === 1 ? 'user-early' : 'user'}\nSTATE=active\nREMOTE=${at % 2}\n`);
    writeFileSync(join(sessions, 'g1'), 'USER=gdm\nCLASS=greeter\nSTATE=online\n');
    writeFileSync(join(sessions, 'x1'), 'USER=gone\nCLASS=user\nSTATE=closing\n');
  };
  const key = newKey();
  const door = new SshDoor(host, key.public);
  await door.listen();
  const privateKey = join(host.folder, 'key');
  writeFileSync(privateKey, key.private, { mode: 0o600 });
  const config2 = plugin.config.safeParse({ privateKey, port: door.port, hostKeys: { ws1: hostKey ?? door.hostKey.public } });
  if (!config2.success) throw new Error('config');
  const driver = plugin.create(config2.data, tools(door.port));
  return {
    ...{ driver, host: 'ws1', people, door },
    ready: (is: boolean) => (is ? writeFileSync(flag, '') : rmSync(flag, { force: true })),
    written: () => (existsSync(note) ? readFileSync(note, 'utf8') : ''),
    told: () => (existsSync(note) ? readFileSync(note, 'utf8').trim().split('\n') : []).map((line) => line.split(' ')[0] as 'reboot' | 'off'),
    leave: () => door.close(),
    advance: () => systemClock.sleep(5),
    close: async () => {
      await door.close();
      host.remove();
    },
  };
}

classroomContract('plugins/classroom over SSH and the real program', () => workstation());

describe('a workstation over SSH', () => {
  it('is told what to boot, for sites where it chooses by itself', async () => {
    const bench = await workstation();
    onTestFinished(bench.close);
    bench.people([]);
    await bench.driver.reboot('ws1', 'dom0', new AbortController().signal);
    expect(bench.written()).toBe('reboot dom0\n');
  });

  it('that shows another host key is not the classroom: Dom0 has its own', async () => {
    const bench = await workstation(newKey().public);
    onTestFinished(bench.close);
    bench.people([]);
    const read = bench.driver.read('ws1', new AbortController().signal);
    await expect(read).rejects.toMatchObject({ kind: 'unreachable', message: expect.stringContaining('another host key') });
  });

  it('that a key may not log in to says so', async () => {
    const bench = await workstation();
    onTestFinished(bench.close);
    const strange = plugin.config.safeParse({
      privateKey: join(import.meta.dirname, 'no-such-key'),
      port: bench.door.port,
      hostKeys: { ws1: bench.door.hostKey.public },
    });
    if (!strange.success) throw new Error('config');
    await expect(plugin.create(strange.data, tools(bench.door.port)).read('ws1', new AbortController().signal)).rejects.toMatchObject({ kind: 'denied' });
  });
});

describe('hosts that cannot be asked', () => {
  it('are ready when their port answers, and nobody knows who is logged in; a person boots them', async () => {
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const config = plugin.config.safeParse({ way: 'person', answersAt: port, connectLimitMs: 500 });
    if (!config.success) throw new Error('config');
    const driver = plugin.create(config.data, tools(port));
    const { signal } = new AbortController();
    expect(await driver.read('ws1', signal)).toEqual({ ready: true });
    await expect(driver.reboot('ws1', 'dom0', signal)).rejects.toMatchObject({ kind: 'refused' });
    await expect(driver.off('ws1', signal)).rejects.toMatchObject({ kind: 'refused' });
    await new Promise((resolve) => server.close(resolve));
    await expect(driver.read('ws1', signal)).rejects.toMatchObject({ kind: 'unreachable' });
  });

  it('need a port that is not Dom0’s: none is guessed', () => {
    for (const way of ['person', 'ipmi'])
      expect(plugin.config.safeParse({ way })).toMatchObject({
        error: { issues: [{ path: ['answersAt'], message: expect.stringContaining('Dom0 does not') }] },
      });
    expect(plugin.config.safeParse({ way: 'ssh' })).toMatchObject({ success: true });
  });

  it('are switched by their controllers, with the password in a file', async () => {
    const host = new FakeHost();
    onTestFinished(() => host.remove());
    const tool = join(host.folder, 'bin', 'ipmitool');
    const log = join(host.folder, 'ipmi.log');
    writeFileSync(tool, `#!/bin/sh\necho "$*" >> ${log}\ncase "$*" in *status) echo 'Chassis Power is on';; esac\n`, { mode: 0o755 });
    const config = plugin.config.safeParse({ way: 'ipmi', answersAt: 3389, tool, passwordFile: '/etc/secret', address: '{host}-bmc' });
    if (!config.success) throw new Error('config');
    const driver = plugin.create(config.data, tools(1));
    const { signal } = new AbortController();
    await driver.reboot('ws1', 'dom0', signal);
    await driver.off('ws1', signal);
    const line = '-I lanplus -H ws1-bmc -U domus -f /etc/secret chassis power';
    expect(readFileSync(log, 'utf8')).toBe(`${line} status\n${line} cycle\n${line} soft\n`);
  });
});

describe('what a workstation answers', () => {
  it('is bounded, and harmless', () => {
    expect(parseLook('{"v":1,"ready":true,"people":["e\\u0007ve; rm -rf /"]}', 'x')).toEqual({
      ready: true,
      people: ['e?ve?'.concat('?rm?-rf??').slice(0, 32)],
    });
    for (const text of ['', 'hello', '{"v":2,"ready":true}', '{"v":1,"ready":"yes"}', `{"v":1,"ready":true,"people":${JSON.stringify(Array(99).fill('a'))}}`])
      expect(() => parseLook(text, 'x')).toThrowError(expect.objectContaining({ kind: 'garbled' }));
    expect(() => parseOrder('{"v":1,"refused":"busy: eve is logged in"}', 'x')).toThrowError(expect.objectContaining({ kind: 'busy' }));
    expect(() => parseOrder('{"v":1,"refused":"failed: no"}', 'x')).toThrowError(expect.objectContaining({ kind: 'refused' }));
    expect(() => parseOrder('{"v":1}', 'x')).toThrowError(expect.objectContaining({ kind: 'garbled' }));
  });
  it('comes from hosts that the administrator’s file names', () => {
    const known = parseKnownHosts('# x\nws1,10.0.0.1 ssh-ed25519 AAAA= x\n|1|hash ssh-ed25519 AAAB\n@revoked * ssh-rsa AAAC\n\n[ws2]:2222 ssh-rsa AAAD');
    expect([...known]).toEqual([
      ['ws1', ['ssh-ed25519 AAAA=']],
      ['10.0.0.1', ['ssh-ed25519 AAAA=']],
      ['[ws2]:2222', ['ssh-rsa AAAD']],
    ]);
  });
});
