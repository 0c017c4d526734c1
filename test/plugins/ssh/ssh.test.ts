import { writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { plugin } from '../../../plugins/ssh/index.js';
import { type Clock, systemClock } from '../../../src/clock.js';
import { Failure } from '../../../src/drivers/failure.js';
import type { Runner, RunnerAnswer, RunnerRequest } from '../../../src/drivers/runner.js';
import { silentLog } from '../../../src/log.js';
import { type FakeHost, givenHost, newKey, SshDoor } from '../../host/fake-host.js';
import { createOverlay, outcomeOf } from '../../host/given.js';

interface Bench {
  readonly host: FakeHost;
  readonly door: SshDoor;
  readonly runner: Runner;
  readonly clock: Hurried;
  readonly key: { readonly private: string; readonly public: string };
}

/** The system's clock, which can be put forward. */
class Hurried implements Clock {
  #ahead = 0;
  wall(): number {
    return systemClock.wall();
  }
  mono(): number {
    return systemClock.mono() + this.#ahead;
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms, signal);
  }
  forward(ms: number): void {
    this.#ahead += ms;
  }
}

function open(host: FakeHost, port: number, clock: Clock, settings: Record<string, unknown>): Runner {
  const read = plugin.config.safeParse({ user: 'root', privateKey: join(host.folder, 'id'), ...settings });
  if (!read.success) throw new Error(JSON.stringify(read.error.issues));
  const shell = { run: () => Promise.reject(new Error('no shell')), stream: () => ({}) as never };
  const runner = plugin.create(read.data, { clock, log: silentLog, shell, hosts: new Map([['ws1', { address: '127.0.0.1', port }]]) });
  onTestFinished(() => runner.close());
  return runner;
}

/** Settings over a pinned host key and a key that is let in. */
async function given(settings: Record<string, unknown> = {}): Promise<Bench> {
  const host = givenHost();
  const key = newKey();
  writeFileSync(join(host.folder, 'id'), key.private);
  const door = new SshDoor(host, key.public);
  await door.listen();
  onTestFinished(() => door.close());
  const clock = new Hurried();
  const runner = open(host, door.port, clock, { hostKeys: { ws1: door.hostKey.public }, ...settings });
  return { host, door, runner, clock, key };
}
const look: RunnerRequest = { v: 1, verb: 'look', args: {}, limitMs: 10_000 };
const ask = (runner: Runner, request: RunnerRequest = look, signal = new AbortController().signal): Promise<RunnerAnswer> => runner.ask('ws1', request, signal);
async function failureOf(work: Promise<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown;
    throw thrown;
  }
  throw new Error('it did not fail');
}

describe('one kept connection', () => {
  it('carries one question after the other, and several at once', async () => {
    const { runner, door } = await given();
    expect(await ask(runner)).toMatchObject({ status: 'done', bootId: 'boot-1' });
    await Promise.all([ask(runner), ask(runner), ask(runner)]);
    expect(door.seen.connections).toBe(1);
    expect(new Set(door.seen.commands)).toEqual(new Set(['domus-runner']));
  });

  it('is one even when the first questions come together, with so many sessions and no more', async () => {
    const { runner, door } = await given({ sessionsPerHost: 2 });
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask(runner)));
    expect(answers.every((a) => a.status === 'done')).toBe(true);
    expect(door.seen.connections).toBe(1);
    expect(door.seen.mostSessions).toBe(2);
  });

  it('turns away more questions than may wait', async () => {
    const { runner } = await given({ sessionsPerHost: 1, waitingPerHost: 2 });
    const ends = await Promise.allSettled(Array.from({ length: 6 }, () => ask(runner)));
    const kinds = ends.map((e) => (e.status === 'fulfilled' ? 'done' : (e.reason as Failure).kind));
    expect(kinds).toEqual(['done', 'done', 'done', 'busy', 'busy', 'busy']);
  });

  it('is made anew when it broke, at once when it had worked', async () => {
    const { runner, door } = await given();
    await ask(runner);
    door.cut();
    await expect.poll(async () => (await failureOrAnswer(ask(runner))) === 'done').toBe(true);
    expect(door.seen.connections).toBe(2);
  });
});

async function failureOrAnswer(work: Promise<RunnerAnswer>): Promise<string> {
  return work.then(
    (a) => a.status,
    (thrown: unknown) => (thrown instanceof Failure ? thrown.kind : 'thrown'),
  );
}

describe('host keys', () => {
  it('are taken from a file in the form of OpenSSH, read anew at each try', async () => {
    const { host, door, clock } = await given();
    const knownHosts = join(host.folder, 'known_hosts');
    writeFileSync(knownHosts, '');
    const runner = open(host, door.port, clock, { knownHosts });
    expect(await failureOf(ask(runner))).toMatchObject({ kind: 'refused', message: expect.stringContaining(`ssh-keyscan -p ${door.port} 127.0.0.1`) });
    writeFileSync(knownHosts, `[127.0.0.1]:${door.port} ${door.hostKey.public}\n`);
    clock.forward(1000);
    expect(await ask(runner)).toMatchObject({ status: 'done' });
  });

  it('that differ from the pinned one end the connection before anything is said', async () => {
    const { runner, door, host } = await given({ hostKeys: { ws1: newKey().public } });
    const failure = await failureOf(ask(runner, createOverlay('o1')));
    expect(failure).toMatchObject({ kind: 'refused', message: expect.stringContaining('another host key') });
    expect(door.seen.commands).toEqual([]);
    expect(host.calls).toEqual([]);
  });

  it('that change while we are connected are noticed at the next connection', async () => {
    const { runner, door } = await given();
    await ask(runner);
    const port = door.port;
    await door.close();
    door.hostKey = newKey();
    await door.listen(port);
    await expect.poll(async () => failureOrAnswer(ask(runner)), { timeout: 5000 }).toBe('refused');
  });

  it('of a host without any are refused, with what to do', async () => {
    const { host, door, clock } = await given();
    const runner = open(host, door.port, clock, {});
    expect(await failureOf(ask(runner))).toMatchObject({ kind: 'refused', message: expect.stringMatching(/not known.*ssh-keyscan.*hostKeys/) });
    expect(door.seen.connections).toBe(0);
  });
});

describe('our key', () => {
  it('that is not let in is denied, for a person to repair', async () => {
    const { host, runner } = await given();
    writeFileSync(join(host.folder, 'id'), newKey().private);
    expect(await failureOf(ask(runner))).toMatchObject({ kind: 'denied', message: expect.stringContaining('authorized_keys') });
  });

  it.each([
    ['missing', undefined],
    ['no key', 'hello'],
  ])('that is %s is denied, and the file is named', async (_, content) => {
    const { host, door, clock } = await given();
    const privateKey = join(host.folder, 'other-id');
    if (content !== undefined) writeFileSync(privateKey, content);
    const runner = open(host, door.port, clock, { privateKey, hostKeys: { ws1: door.hostKey.public } });
    expect(await failureOf(ask(runner))).toMatchObject({ kind: 'denied', message: expect.stringContaining(privateKey) });
  });
});

describe('a host that is down', () => {
  it('is unreachable; the next tries wait 1, 2, 4, 8, 8 s, and who asks meanwhile is told at once', async () => {
    const { runner, door, clock } = await given();
    const port = door.port;
    await door.close();
    for (const pauseS of [1, 2, 4, 8, 8, 8]) {
      expect(await failureOf(ask(runner))).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('ECONNREFUSED') });
      expect((await failureOf(ask(runner))).message).toMatch(new RegExp(`ECONNREFUSED.*; tried again in ${pauseS} s$`));
      clock.forward(pauseS * 1000);
    }
    await door.listen(port);
    expect(await ask(runner)).toMatchObject({ status: 'done' });
    await door.close();
    await expect.poll(async () => (await failureOf(ask(runner))).message).toMatch(/tried again in [12] s$/);
  });

  it('and then lets nobody in is tried again at ever longer times, up to a minute: somebody has to mend that', async () => {
    const { runner, door, clock } = await given();
    door.hostKey = newKey();
    await door.close();
    await door.listen(door.port);
    for (const pauseS of [1, 2, 4, 8, 16, 32, 60, 60]) {
      expect(await failureOf(ask(runner))).toMatchObject({ kind: 'refused' });
      expect((await failureOf(ask(runner))).message).toMatch(new RegExp(`; tried again in ${pauseS} s$`));
      clock.forward(pauseS * 1000);
    }
  });

  it('and takes connections but says nothing is unreachable after the limit', async () => {
    const { host, clock } = await given();
    const sockets = new Set<Socket>();
    const mute = createServer((socket) => sockets.add(socket));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      mute.close();
    });
    const address = mute.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const runner = open(host, port, clock, { connectLimitMs: 500, hostKeys: { ws1: newKey().public } });
    expect(await failureOf(ask(runner))).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('no connection within 0.5 s') });
  });

  it('and speaks something else is unreachable', async () => {
    const { host, clock } = await given();
    const web = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void web.close());
    const address = web.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const runner = open(host, port, clock, { hostKeys: { ws1: newKey().public } });
    expect((await failureOf(ask(runner))).kind).toBe('unreachable');
  });

  it('is not one that nobody configured', async () => {
    const { runner } = await given();
    expect(await failureOf(runner.ask('ws9', look, new AbortController().signal))).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('ws9'),
    });
  });
});

describe('a question whose answer does not come', () => {
  it('is uncertain when the connection breaks; the deed goes on, and its outcome is found', async () => {
    const { host, runner, door } = await given();
    host.behave({ 'qemu-img': { sleepS: 0.5 } });
    const request = createOverlay('o1');
    const work = failureOf(ask(runner, request));
    await expect.poll(() => host.calls.length, { timeout: 10_000 }).toBe(1);
    door.cut();
    expect((await work).kind).toBe('uncertain');
    await expect.poll(() => failureOrAnswer(ask(runner, outcomeOf(request.op))), { timeout: 10_000 }).toBe('done');
    expect(host.calls.filter((call) => call.startsWith('qemu-img'))).toHaveLength(1);
  });

  it('is uncertain when its caller stops waiting after it was sent, cancelled before', async () => {
    const { host, runner } = await given({ sessionsPerHost: 1 });
    host.behave({ 'qemu-img': { sleepS: 0.5 } });
    const caller = new AbortController();
    const sent = failureOf(ask(runner, createOverlay('o1'), caller.signal));
    const waiting = failureOf(ask(runner, createOverlay('o2'), caller.signal));
    await expect.poll(() => host.calls.length, { timeout: 10_000 }).toBe(1);
    caller.abort();
    expect((await sent).kind).toBe('uncertain');
    expect((await waiting).kind).toBe('cancelled');
    expect((await failureOf(ask(runner, look, AbortSignal.abort()))).kind).toBe('cancelled');
  });
});

function crowd(host: FakeHost): void {
  const domains = Array.from({ length: 300 }, (_, n) => ({ domid: n + 1, name: `d${n}`, uuid: '', vcpus: 1, memory: 1, disks: [`/disk/${n}`] }));
  host.state = { ...host.state, domains: domains.map((d) => ({ ...d, type: 'pv', maxvcpus: 1, maxmem: 1 })) };
}

describe('an answer that cannot be used', () => {
  it.each([
    ['longer than the bound', { mostOutputBytes: 65_536 }, crowd, 'garbled'],
    ['of a runner that does not start', {}, (host: FakeHost) => writeFileSync(join(host.folder, 'runner.json'), '{"images":"relative"}'), 'uncertain'],
  ] as const)('%s', async (_, settings, spoil, kind) => {
    const { host, runner } = await given(settings);
    spoil(host);
    expect((await failureOf(ask(runner))).kind).toBe(kind);
  });
});
