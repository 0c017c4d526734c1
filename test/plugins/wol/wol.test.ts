import { createSocket } from 'node:dgram';
import { describe, expect, it } from 'vitest';
import { broadcastOf, magicPacket } from '../../../plugins/wol/commands.js';
import { plugin, type WolConfig, waysOf } from '../../../plugins/wol/index.js';
import { systemClock } from '../../../src/clock.js';
import { execaShell } from '../../../src/drivers/execa-shell.js';
import { silentLog } from '../../../src/log.js';
import { powerContract } from '../../contract/power.js';

const card = '52:54:00:12:34:56';

/** A card on loopback: hears what a real one would. */
async function listen() {
  const heard: Buffer[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (message) => heard.push(message));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { heard, port: socket.address().port, close: () => new Promise<void>((resolve) => socket.close(() => resolve())) };
}

const configured = (settings: object): WolConfig => {
  const parsed = plugin.config.safeParse(settings);
  if (!parsed.success) throw new Error(JSON.stringify(parsed.error.issues));
  return parsed.data;
};
const create = (settings: object) => plugin.create(configured(settings), { shell: execaShell(systemClock), clock: systemClock, log: silentLog, name: 'lab' });
const breath = () => new Promise<void>((resolve) => setImmediate(resolve));

powerContract('Wake-on-LAN', async () => {
  const ear = await listen();
  const isFor = (packet: Buffer): boolean => Buffer.compare(packet, Buffer.from(magicPacket(card))) === 0;
  return {
    driver: create({ from: ['127.0.0.1'], to: ['127.0.0.1'], port: ear.port }),
    host: 'post01',
    macs: [card],
    isTold: () => (ear.heard.some(isFor) ? 'on' : 'nothing'),
    advance: async () => {
      for (let turn = 0; turn < 20; turn++) await breath();
    },
    close: ear.close,
  };
});

describe('magic packets', () => {
  it('are six bytes of ff and the address sixteen times', () => {
    const packet = Buffer.from(magicPacket(card));
    expect(packet).toHaveLength(102);
    expect(packet.toString('hex')).toBe(`ffffffffffff${'525400123456'.repeat(16)}`);
  });

  it('go to every card, several times, from every address and to every place that is named', async () => {
    const ears = [await listen(), await listen()];
    const [ear] = ears;
    if (ear === undefined) throw new Error('no ear');
    await create({ from: ['127.0.0.1', '127.0.0.2'], to: ['127.0.0.1'], port: ear.port, times: 2, macs: { post01: [card, '52-54-00-AA-BB-CC'] } }).on(
      'post01',
      ['52:54:00:00:00:99'],
      new AbortController().signal,
    );
    await expect.poll(() => ear.heard.length).toBe(2 * 2 * 2);
    expect(new Set(ear.heard.map((packet) => packet.subarray(6, 12).toString('hex')))).toEqual(new Set(['525400123456', '525400aabbcc']));
    for (const each of ears) await each.close();
  });

  it('fail only where none could be sent', async () => {
    const ear = await listen();
    const { signal } = new AbortController();
    await create({ from: ['203.0.113.1', '127.0.0.1'], to: ['127.0.0.1'], port: ear.port }).on('post01', [card], signal);
    await expect(create({ from: ['203.0.113.1'], to: ['127.0.0.1'], port: ear.port }).on('post01', [card], signal)).rejects.toMatchObject({
      kind: 'unreachable',
    });
    await expect(create({}).on('post01', [], signal)).rejects.toMatchObject({ kind: 'refused', message: expect.stringContaining('no card of it is known') });
    await ear.close();
  });

  it('go to the broadcast of each network of ours unless told otherwise', () => {
    const ours = [
      { from: '10.1.0.7', to: broadcastOf('10.1.0.7', '255.255.240.0') },
      { from: '192.168.5.1', to: broadcastOf('192.168.5.1', '255.255.255.0') },
    ];
    expect(waysOf(configured({}), ours)).toEqual([
      { from: '10.1.0.7', to: '10.1.15.255' },
      { from: '192.168.5.1', to: '192.168.5.255' },
    ]);
    expect(waysOf(configured({ from: ['10.1.0.7', '10.9.9.9'] }), ours)).toEqual([
      { from: '10.1.0.7', to: '10.1.15.255' },
      { from: '10.9.9.9', to: '255.255.255.255' },
    ]);
    expect(waysOf(configured({ to: ['10.7.0.255'] }), [])).toEqual([{ from: '0.0.0.0', to: '10.7.0.255' }]);
  });

  it('need addresses that are some', () => {
    expect(plugin.config.safeParse({ macs: { post01: 'yes' } }).success).toBe(false);
    expect(plugin.config.safeParse({ to: ['everybody'] }).success).toBe(false);
  });
});
