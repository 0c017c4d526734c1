import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chassisPower } from '../../../plugins/ipmi/commands.js';
import { controllerOf, type IpmiConfig, plugin } from '../../../plugins/ipmi/index.js';
import { complaint, kindOf, parseStatus, parseWatts } from '../../../plugins/ipmi/parse.js';
import { systemClock } from '../../../src/clock.js';
import { execaShell } from '../../../src/drivers/execa-shell.js';
import type { Power } from '../../../src/drivers/power.js';
import { silentLog } from '../../../src/log.js';
import { powerContract } from '../../contract/power.js';
import { fromDebian } from '../../debian.js';

const configured = (settings: object): IpmiConfig => {
  const parsed = plugin.config.safeParse({ user: 'domus', passwordFile: '/etc/domus/ipmi', ...settings });
  if (!parsed.success) throw new Error(JSON.stringify(parsed.error.issues));
  return parsed.data;
};
const create = (settings: object): Power =>
  plugin.create(configured(settings), { shell: execaShell(systemClock), clock: systemClock, log: silentLog, name: 'lab' });

/** OpenIPMI's simulator of a controller, in a folder of its own; its chassis is a file. */
class Controller {
  readonly folder = mkdtempSync(join(tmpdir(), 'domus-bmc-'));
  readonly #process: ChildProcess;
  readonly port: number;

  constructor(port: number) {
    this.port = port;
    const file = (name: string, text: string, mode = 0o644): string => {
      writeFileSync(join(this.folder, name), text, { mode });
      return join(this.folder, name);
    };
    const auths = ['callback', 'user', 'operator', 'admin'].map((who) => `allowed_auths_${who} none md2 md5 straight`);
    const lan = [`addr 127.0.0.1 ${port}`, 'priv_limit admin', ...auths, 'guid a123456789abcdefa123456789abcdef'];
    const power = join(this.folder, 'power');
    const chassis = file('chassis', `#!/bin/sh\nif [ "$1" = get ]; then echo "power:$(cat ${power})"; else echo "$3" > ${power}; fi\n`, 0o755);
    const users = ['user 1 true "" "" user 10 none md2 md5 straight', 'user 2 true "domus" "secret" admin 10 none md2 md5 straight'];
    const conf = ['name "test"', 'set_working_mc 0x20', 'startlan 1', ...lan, 'endlan', `chassis_control "${chassis}"`, ...users];
    const mc = ['mc_setbmc 0x20', 'mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr', 'mc_enable 0x20'];
    file('power', '0\n');
    file('password', 'secret\n');
    mkdirSync(join(this.folder, 'state'));
    const argv = ['-c', file('lan.conf', `${conf.join('\n')}\n`), '-f', file('emu', `${mc.join('\n')}\n`), '-s', join(this.folder, 'state'), '-n'];
    this.#process = spawn('ipmi_sim', argv, { stdio: 'ignore' });
  }

  get power(): 'on' | 'off' {
    return readFileSync(join(this.folder, 'power'), 'utf8').trim() === '1' ? 'on' : 'off';
  }

  settings(more: object = {}): object {
    return { controllers: { post01: `127.0.0.1,${this.port}` }, address: '{host}', passwordFile: join(this.folder, 'password'), ...more };
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await ended;
    if (existsSync(this.folder)) rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A port that nobody listens on now. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

/** A controller that answers. */
async function controller(): Promise<Controller> {
  const one = new Controller(await freePort());
  const { signal } = new AbortController();
  await expect
    .poll(
      () =>
        create(one.settings())
          .read('post01', signal)
          .catch(() => undefined),
      { timeout: 30_000 },
    )
    .toEqual({ on: false });
  return one;
}

const real = fromDebian('ipmi_sim', 'openipmi') && fromDebian('ipmitool', 'ipmitool');

describe.skipIf(!real)('a simulated controller and the real ipmitool', () => {
  powerContract('IPMI', async () => {
    const one = await controller();
    return {
      driver: create(one.settings()),
      host: 'post01',
      macs: [],
      isTold: () => one.power,
      advance: () => new Promise((resolve) => setImmediate(resolve)),
      close: () => one.close(),
    };
  });

  it('a wrong password, a silent controller and a missing file are failures of their kinds, and switch nothing', { timeout: 60_000 }, async () => {
    const one = await controller();
    const { signal } = new AbortController();
    writeFileSync(join(one.folder, 'wrong'), 'guess\n');
    const kind = (settings: object): Promise<unknown> =>
      create(one.settings(settings))
        .on('post01', [], signal)
        .then(
          () => 'done',
          (failure: { readonly kind: string }) => failure.kind,
        );
    expect(await kind({ passwordFile: join(one.folder, 'wrong') })).toBe('unreachable');
    expect(await kind({ passwordFile: join(one.folder, 'none') })).toBe('denied');
    expect(await kind({ controllers: { post01: `127.0.0.1,${await freePort()}` } })).toBe('unreachable');
    expect(one.power).toBe('off');
    await one.close();
  });
});

describe('ipmitool', () => {
  it('is called with the controller of that host, and never with the password', () => {
    const config = configured({ address: '{host}-bmc.example.org', controllers: { post02: '10.9.0.2,6230' }, cipher: 17 });
    expect(chassisPower(controllerOf(config, 'post01'), 'on')).toEqual(
      'ipmitool -I lanplus -H post01-bmc.example.org -p 623 -U domus -f /etc/domus/ipmi -C 17 -N 1 -R 3 chassis power on'.split(' '),
    );
    expect(controllerOf(config, 'post02')).toMatchObject({ address: '10.9.0.2', port: 6230 });
  });

  it('says on or off, and anything else is garbled', () => {
    expect(parseStatus('Chassis Power is on\n', 'x')).toEqual({ on: true });
    expect(parseStatus('Unable to Get Channel Cipher Suites\nChassis Power is off\n', 'x')).toEqual({ on: false });
    for (const text of ['', 'Chassis Power is\n', 'Chassis Power Control: Up/On\n', 'Chassis Power is onoff'])
      expect(() => parseStatus(text, 'power of post01')).toThrow(expect.objectContaining({ kind: 'garbled' }));
  });

  it('reads what a host draws only where its controller measures it', () => {
    const said = (watts: string, state = 'activated') =>
      `\n    Instantaneous power reading:                   ${watts} Watts\n    Minimum during sampling period:                 18 Watts\n    Power reading state is:                   ${state}\n\n`;
    expect(parseWatts(said('128'))).toBe(128);
    for (const text of [said('128', 'deactivated'), said('0'), said('1e3'), '', 'DCMI request failed because: Invalid command (c1)\n'])
      expect(parseWatts(text)).toBeUndefined();
  });

  it.each([
    ['Error: Unable to establish IPMI v2 / RMCP+ session', 'unreachable'],
    ['Address lookup for nowhere.invalid failed\nCould not open socket!', 'unreachable'],
    ['Unable to read password from file /none', 'denied'],
    ['Set Chassis Power Control to Up/On failed: Insufficient privilege level', 'denied'],
    ['Set Chassis Power Control to Up/On failed: Node busy', 'busy'],
    ['Set Chassis Power Control to Up/On failed: Command not supported in present state', 'refused'],
    ['something else', 'uncertain'],
  ])('%s is %s', (stderr, kind) => {
    expect(kindOf(stderr)).toBe(kind);
  });

  it('may say anything: what is shown is bounded and printable', () => {
    expect(complaint(`\x1b[31m${'x'.repeat(1000)}\n\n2\n3`)).toMatch(/^\?\[31mx{290,300}$/);
  });

  it('needs a user and a file with the password', () => {
    expect(plugin.config.safeParse({}).success).toBe(false);
    expect(plugin.config.safeParse({ user: 'a', passwordFile: 'secret' }).success).toBe(false);
    expect(plugin.config.safeParse({ user: 'a', passwordFile: '/x', address: '-o evil' }).success).toBe(false);
  });
});
