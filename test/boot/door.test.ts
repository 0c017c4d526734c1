import { type Socket, connect as tcp } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Admission } from '../../src/boot/admission.js';
import { Chooser } from '../../src/boot/chooser.js';
import { Door } from '../../src/boot/door.js';
import { publicKeyOf } from '../../src/boot/keys.js';
import { createLog } from '../../src/log.js';
import type { BootState } from '../../src/model/boot.js';
import { minute } from './given-boot.js';
import { HandClock, putRoot, type Room, room, until } from './given-server.js';

const bootOf = (n: number): string => `00000000-0000-4000-8000-00000000000${n}`;
const addresses = ['127.0.0.11', '127.0.0.12'];
const port = 18_646 + (process.pid % 20_000);

/** A host's end of the line, as `host/dom0/presence` speaks. */
interface Line {
  readonly told: Record<string, unknown>;
  readonly socket: TLSSocket;
}

describe('the door', () => {
  let clock: HandClock;
  let at: Room;
  let door: Door;
  let lines: TLSSocket[] = [];
  let held: Socket[] = [];
  const chooser = () => new Chooser(at.server, clock, 'a test');
  const secret = async (host: string): Promise<string> => (await at.server.records.choice(host))?.secret ?? '';
  const stateOf = async (host: string): Promise<BootState | undefined> => (await chooser().read(new AbortController().signal)).get(host);

  beforeEach(async () => {
    clock = new HandClock();
    at = await room(addresses, clock, { server: '127.0.0.1', port });
    await at.server.publish();
    door = new Door({ server: at.server, clock, log: createLog('silent'), authorizedKeys: () => Promise.resolve('a key\n'), changed: () => undefined });
    await door.open('127.0.0.1', port);
  });
  afterEach(async () => {
    for (const socket of [...lines, ...held]) socket.destroy();
    [lines, held] = [[], []];
    await door.close();
  });

  const knock = (from: string, text: string): Promise<Line> =>
    new Promise((resolve, reject) => {
      const way = { host: '127.0.0.1', port, localAddress: from, rejectUnauthorized: false, allowHalfOpen: true };
      const socket = connect(way, () => socket.write(text));
      lines.push(socket);
      let heard = '';
      socket.on('data', (chunk) => {
        heard += chunk.toString();
        const line = heard.split('\n', 1)[0] ?? '';
        if (heard.includes('\n')) resolve({ told: JSON.parse(line) as Record<string, unknown>, socket });
      });
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('hung up')));
    });
  const say = (from: string, hello: object): Promise<Line> => knock(from, `${JSON.stringify({ v: 1, ...hello })}\n`);
  const boots = async (n: number, boot = 1): Promise<Line> => {
    await chooser().write(`post0${n}`, 'dom0');
    return say(`127.0.0.1${n}`, { host: `post0${n}`, boot: bootOf(boot), once: await secret(`post0${n}`) });
  };

  test('gives a host its key by the secret of its choice, and the same key at the next boot', async () => {
    const first = await boots(1);
    expect(first.told).toMatchObject({
      v: 1,
      authorizedKeys: 'a key\n',
      overlays: `${at.folder}/overlays/post01`,
      runner: { deployment: 'physics', bridge: 'xenbr0' },
    });
    const key = await at.server.records.key('post01');
    expect(first.told['hostKey']).toBe(key?.private);
    expect(publicKeyOf('x', String(first.told['hostKey']))).toBe(key?.public);
    first.socket.write('{"up":true}\n');
    await until(async () => (await at.server.records.seen('post01'))?.up === true, 'up');
    expect(await stateOf('post01')).toMatchObject({ next: 'classroom', runs: 'dom0', open: true });
    first.socket.end();
    await until(async () => (await at.server.records.seen('post01'))?.lost !== undefined, 'lost');
    await until(async () => {
      clock.pass(1000);
      return (await at.server.records.seen('post01'))?.lost?.how === 'gone';
    }, 'gone');
    expect(clock.mono()).toBeLessThan(5 * minute); // long before silence would close it
    expect(await stateOf('post01')).toMatchObject({ runs: 'classroom', open: false });
    expect((await boots(1, 2)).told['hostKey']).toBe(key?.private);
  });

  test.each([
    ['without a choice', async () => ({ from: addresses[0], hello: { host: 'post01', boot: bootOf(1), once: '' } }), /window is not open/],
    [
      'with a guess',
      async () => {
        await chooser().write('post01', 'dom0');
        return { from: addresses[0], hello: { host: 'post01', boot: bootOf(1), once: 'x'.repeat(32) } };
      },
      /not the secret/,
    ],
    [
      'from another address, with the right secret',
      async () => {
        await chooser().write('post01', 'dom0');
        return { from: addresses[1], hello: { host: 'post01', boot: bootOf(1), once: await secret('post01') } };
      },
      /no host of that name has this address/,
    ],
    [
      "with another host's secret",
      async () => {
        await chooser().write('post01', 'dom0');
        await chooser().write('post02', 'dom0');
        return { from: addresses[1], hello: { host: 'post02', boot: bootOf(1), once: await secret('post01') } };
      },
      /not the secret/,
    ],
    [
      'when the window is over',
      async () => {
        await chooser().write('post01', 'dom0');
        clock.pass(15 * minute);
        return { from: addresses[0], hello: { host: 'post01', boot: bootOf(1), once: await secret('post01') } };
      },
      /window is not open/,
    ],
    [
      'when the classroom was chosen since',
      async () => {
        await chooser().write('post01', 'dom0');
        const old = await secret('post01');
        await chooser().write('post01', 'classroom');
        return { from: addresses[0], hello: { host: 'post01', boot: bootOf(1), once: old } };
      },
      /window is not open/,
    ],
    [
      'from a root of before secrets were asked for',
      async () => {
        await chooser().write('post01', 'dom0');
        return { from: addresses[0], hello: { host: 'post01', boot: bootOf(1), once: '' } };
      },
      /root is of an older Domus/,
    ],
    ['for a host that is none', async () => ({ from: addresses[0], hello: { host: 'post99', boot: bootOf(1), once: '' } }), /no host of that name/],
    ['with a word of nobody', async () => ({ from: addresses[0], hello: { host: 'post01', boot: bootOf(1), word: 'guess' } }), /not of this boot/],
  ] as const)('refuses %s, and remembers nothing', async (_, given, why) => {
    const { from = '', hello } = await given();
    const { told } = await say(from, hello);
    expect(told['refused']).toMatch(why);
    expect(Object.keys(told).sort()).toEqual(['refused', 'v']);
    expect(await at.server.records.seen(hello.host)).toBeUndefined();
  });

  test.each(['', 'GET / HTTP/1.1\n', '{"v":1}\n', `{"v":1,"host":"post01","boot":"${'x'.repeat(36)}"}\n`, `${'x'.repeat(9000)}\n`, '[]\n', 'null\n'])(
    'a caller who says %j gets nothing',
    async (text) => {
      const line = knock(addresses[0] ?? '', text === '' ? ' ' : text);
      if (text === '') {
        await until(() => lines.length > 0 && lines.at(-1)?.authorized === false && lines.at(-1)?.bytesWritten !== 0, 'a line');
        await new Promise((resolve) => setImmediate(resolve));
        const passing = setInterval(() => clock.pass(1000), 1);
        await line.then(({ told }) => expect(told['refused']).toMatch(/not how a host speaks/)).finally(() => clearInterval(passing));
      } else expect((await line).told['refused']).toMatch(/not how a host speaks/);
    },
  );

  test('a secret is good for one boot: the same may ask again, another may not', async () => {
    const { told, socket } = await boots(1);
    socket.destroy();
    const again = await say('127.0.0.11', { host: 'post01', boot: bootOf(1), once: await secret('post01') });
    expect(again.told['hostKey']).toBe(told['hostKey']);
  });

  test('a host is told its secret at its own address, while its window is open, and nobody else ever', async () => {
    const asks = async (from: string, host: string) => (await say(from, { host, boot: bootOf(1), ask: 'once' })).told;
    expect((await asks('127.0.0.11', 'post01'))['refused']).toMatch(/window is not open/);
    await chooser().write('post01', 'dom0');
    for (const from of ['127.0.0.12', '127.0.0.13']) expect(await asks(from, 'post01')).toEqual({ v: 1, refused: 'no host of that name has this address' });
    expect(await asks('127.0.0.11', 'post01')).toEqual({ v: 1, once: await secret('post01') });
    expect(await at.server.records.seen('post01')).toBeUndefined();
    clock.pass(15 * minute);
    expect((await asks('127.0.0.11', 'post01'))['refused']).toMatch(/window is not open/);
    await boots(2);
    expect((await say('127.0.0.12', { host: 'post02', boot: bootOf(2), ask: 'once' })).told['refused']).toMatch(/window is not open/);
  });

  test('two that show one secret at the same moment: one is let in, then both are shut out and the key is forgotten', async () => {
    await chooser().write('post01', 'dom0');
    const once = await secret('post01');
    const key = await at.server.records.key('post01');
    const both = [1, 2].map((boot) => say('127.0.0.11', { host: 'post01', boot: bootOf(boot), once }));
    const told = (await Promise.all(both)).map((line) => line.told);
    expect(told.filter((each) => 'hostKey' in each)).toHaveLength(1);
    expect(told.find((each) => 'refused' in each)?.['refused']).toMatch(/another system showed its secret/);
    const [first, word] = [told.findIndex((each) => 'hostKey' in each) + 1, told.find((each) => 'word' in each)?.['word']];
    expect((await say('127.0.0.11', { host: 'post01', boot: bootOf(first), word })).told['refused']).toMatch(/not of this boot/);
    expect((await say('127.0.0.11', { host: 'post01', boot: bootOf(first), once })).told['refused']).toBeDefined();
    expect(await stateOf('post01')).toMatchObject({ runs: 'classroom', open: false });
    await at.server.publish();
    expect((await at.server.records.key('post01'))?.public).not.toBe(key?.public);
  });

  test('who took a window is shut out by enrol --new-key: his line ends, his word is worth nothing', async () => {
    const { told, socket } = await boots(1);
    const ended = new Promise((resolve) => socket.once('end', resolve));
    await door.shutOut('post01'); // nobody asked for that yet
    expect(await stateOf('post01')).toMatchObject({ runs: 'dom0' });
    await chooser().write('post01', 'dom0', { anew: true, shut: true });
    expect(await stateOf('post01')).toMatchObject({ runs: 'booting' });
    expect((await say('127.0.0.11', { host: 'post01', boot: bootOf(1), word: told['word'] })).told['refused']).toMatch(/not of this boot/);
    await door.shutOut('post01');
    await ended;
    expect((await say('127.0.0.11', { host: 'post01', boot: bootOf(2), once: await secret('post01') })).told['hostKey']).toBeDefined();
    expect((await say('127.0.0.11', { host: 'post01', boot: bootOf(1), word: told['word'] })).told['refused']).toMatch(/not of this boot/);
  });

  test('the root a host says it mounted is the one that counts, where it is one', async () => {
    const { roots } = at.server.parts.settings;
    putRoot(roots, 'v0');
    await chooser().write('post01', 'dom0');
    await say('127.0.0.11', { host: 'post01', boot: bootOf(1), once: await secret('post01'), root: `${roots}/v0/root` });
    expect((await at.server.records.seen('post01'))?.root).toBe('v0');
    await chooser().write('post02', 'dom0');
    await say('127.0.0.12', { host: 'post02', boot: bootOf(1), once: await secret('post02'), root: `${roots}/../state/root` });
    expect((await at.server.records.seen('post02'))?.root).toBe('v1');
  });

  test('whoever is refused keeps no place, and one address has few', async () => {
    for (let n = 0; n < 12; n++) expect((await say('127.0.0.13', { host: 'post99', boot: bootOf(1) })).told['refused']).toMatch(/no host/);
    const quiet = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const socket = tcp({ host: '127.0.0.1', port, localAddress: '127.0.0.13' });
        held.push(socket);
        let over = false;
        socket.on('close', () => {
          over = true;
        });
        socket.on('error', () => undefined);
        await new Promise((resolve) => socket.once('connect', resolve));
        return () => over;
      }),
    );
    await until(() => quiet.filter((over) => over()).length === 4, 'all but eight are ended');
    expect((await say('127.0.0.12', { host: 'post02', boot: bootOf(1) })).told['refused']).toMatch(/window is not open/); // others are not hindered
  });

  test('where machines move, hosts reach the runners of their own pool only, by a key that goes with a forgotten one', async () => {
    const own = await room(addresses, clock, { server: '127.0.0.1', port: port + 1, overlays: 'pool' });
    await own.server.publish();
    const parts = { server: own.server, clock, log: createLog('silent'), authorizedKeys: () => Promise.resolve('a key\n') };
    const admission = new Admission(parts, () => Promise.resolve());
    const [post01] = own.server.hosts();
    const enters = async () => {
      await new Chooser(own.server, clock, 'a test').write('post01', 'dom0', { anew: true });
      const once = (await own.server.records.choice('post01'))?.secret ?? '';
      return JSON.stringify(post01 && (await admission.answer({ host: 'post01', boot: bootOf(1), ask: false, once }, post01)));
    };
    const before = await enters();
    expect(before).toContain('--receive\\",restrict,from=\\"127.0.0.12\\" ssh-ed25519');
    await own.server.forgetKey('post01');
    await own.server.publish();
    expect(/from=\S+ ssh-ed25519 (\S+)/.exec(await enters())?.[1]).not.toBe(/from=\S+ ssh-ed25519 (\S+)/.exec(before)?.[1]);
  });

  test('a presence that was restarted comes back by its word, and its store was never closed', async () => {
    const { told, socket } = await boots(1);
    socket.destroy();
    await until(async () => (await at.server.records.seen('post01'))?.lost?.how === 'silent', 'silent');
    expect(await stateOf('post01')).toMatchObject({ open: true });
    const back = await say('127.0.0.11', { host: 'post01', boot: bootOf(1), word: told['word'] });
    expect(Object.keys(back.told).sort()).toEqual(['images', 'overlays', 'v']);
    clock.pass(minute);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await stateOf('post01')).toMatchObject({ runs: 'dom0', open: true });
    expect((await at.server.records.seen('post01'))?.lost).toBeUndefined();
  });

  test('the word of one boot is worth nothing at the next, nor from elsewhere', async () => {
    const { told } = await boots(1);
    expect((await say('127.0.0.11', { host: 'post01', boot: bootOf(2), word: told['word'] })).told['refused']).toMatch(/not of this boot/);
    expect((await say('127.0.0.12', { host: 'post01', boot: bootOf(1), word: told['word'] })).told['refused']).toMatch(/address/);
    expect((await say('127.0.0.12', { host: 'post02', boot: bootOf(1), word: told['word'] })).told['refused']).toMatch(/not of this boot/);
  });

  test('who asks for boot files with the address of a live Dom0 does not shut it out; without a Dom0 behind it, he does', async () => {
    const { socket } = await boots(1);
    socket.on('data', (chunk) => {
      if (String(chunk).includes('?')) socket.write('!\n');
    });
    await door.suspect('post01');
    expect(await stateOf('post01')).toMatchObject({ open: true });
    socket.removeAllListeners('data');
    const suspected = door.suspect('post01');
    const passing = setInterval(() => clock.pass(1000), 1);
    await suspected.finally(() => clearInterval(passing));
    expect(await stateOf('post01')).toMatchObject({ runs: 'classroom', open: false });
  });

  test('after its own restart every host counts as silent until it comes back', async () => {
    const { told } = await boots(1);
    await door.close();
    door = new Door({ server: at.server, clock, log: createLog('silent'), authorizedKeys: () => Promise.resolve(''), changed: () => undefined });
    await door.open('127.0.0.1', port);
    expect((await at.server.records.seen('post01'))?.lost?.how).toBe('silent');
    await say('127.0.0.11', { host: 'post01', boot: bootOf(1), word: told['word'] });
    expect((await at.server.records.seen('post01'))?.lost).toBeUndefined();
    clock.pass(20 * minute);
    expect(await stateOf('post01')).toMatchObject({ open: true });
  });
});
