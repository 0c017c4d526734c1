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

async function workstation(hostKey?: string, more: object = {}) {
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
  const config2 = plugin.config.safeParse({ privateKey, port: door.port, hostKeys: { ws1: hostKey ?? door.hostKey.public }, ...more });
  if (!config2.success) throw new Error('config');
  const driver = plugin.create(config2.data, tools(door.port));
  return {
    ...{ driver, host: 'ws1', people, door, folder: host.folder },
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

describe('several ways to a host', () => {
  const { signal } = new AbortController();
  /** With a controller that is written down when it is used, and a port at which the classroom answers, or not. */
  async function bench(way: readonly string[], answersAt?: number) {
    const tool = new FakeHost();
    onTestFinished(() => tool.remove());
    const [file, log] = [join(tool.folder, 'bin', 'ipmitool'), join(tool.folder, 'ipmi.log')];
    writeFileSync(file, `#!/bin/sh\necho "$*" >> ${log}\ncase "$*" in *status) echo 'Chassis Power is on';; esac\n`, { mode: 0o755 });
    const more = { way, tool: file, passwordFile: '/etc/secret', connectLimitMs: 2000, ...(answersAt === undefined ? {} : { answersAt }) };
    const its = await workstation(undefined, more);
    onTestFinished(its.close);
    const cycled = (): boolean => existsSync(log) && readFileSync(log, 'utf8').includes('cycle');
    /** Its program may not reboot it. */
    const powerless = (): void => {
      const path = join(its.folder, 'classroom.json');
      writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), reboot: ['false'] }));
    };
    return { ...its, cycled, powerless };
  }

  it('are taken in their order: the first does it where it can', async () => {
    const at = await bench(['ssh', 'ipmi', 'person']);
    at.people([]);
    expect(await at.driver.read('ws1', signal)).toMatchObject({ people: [] });
    await at.driver.reboot('ws1', 'dom0', signal);
    expect([at.told(), at.cycled()]).toEqual([['reboot'], false]);
  });

  it('go on to the controller where the host cannot reboot itself, and has just said that nobody is logged in', async () => {
    const at = await bench(['ssh', 'ipmi']);
    at.powerless();
    at.people([]);
    await expect(at.driver.reboot('ws1', 'dom0', signal)).rejects.toMatchObject({ kind: 'refused', message: expect.stringContaining('has not said lately') });
    expect(at.cycled()).toBe(false);
    await at.driver.read('ws1', signal);
    await at.driver.reboot('ws1', 'dom0', signal);
    expect(at.cycled()).toBe(true);
  });

  it('never end under somebody who is logged in, nor where nobody can tell', async () => {
    const at = await bench(['ssh', 'ipmi']);
    for (const who of [['eve'], undefined]) {
      at.people(who);
      await at.driver.read('ws1', signal);
      await expect(at.driver.reboot('ws1', 'dom0', signal)).rejects.toMatchObject({ kind: 'busy' });
    }
    expect(at.cycled()).toBe(false);
  });

  it('end with a person, and say what each could not', async () => {
    const at = await bench(['ssh', 'person']);
    at.people([]);
    at.powerless();
    await expect(at.driver.reboot('ws1', 'dom0', signal)).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/^reboot of ws1: ssh: .+; person: a person must do it$/),
    });
  });

  it('look by the port where the host’s program is silent: ready, and nobody knows who is there', async () => {
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const at = await bench(['ssh', 'person'], (server.address() as { port: number }).port);
    at.people([]);
    expect(await at.driver.read('ws1', signal)).toMatchObject({ people: [] });
    await at.leave();
    expect(await at.driver.read('ws1', signal)).toEqual({ ready: true });
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
