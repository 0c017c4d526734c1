import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plugin } from '../../../plugins/xen/index.js';
import { Failure, type FailureKind } from '../../../src/drivers/failure.js';
import type { Hypervisor, Order } from '../../../src/drivers/hypervisor.js';
import type { RunnerAnswer, RunnerRequest } from '../../../src/drivers/runner.js';
import { createLog } from '../../../src/log.js';
import { VirtualClock } from '../../../src/sim/clock.js';
import { givenSpec } from './given.js';

type Reply = Partial<RunnerAnswer> | Failure;
const fence = { deployment: 'demo', journal: 'j1', epoch: 1, life: 'a' };
const text = (name: string): string => readFileSync(join(import.meta.dirname, '../../fixtures/xl', name), 'utf8');

/** A driver whose runner gives these replies in turn (the last one for ever). */
function given(...replies: readonly Reply[]): { driver: Hypervisor; clock: VirtualClock; asked: RunnerRequest[]; logged: string[] } {
  const logged: string[] = [];
  const log = createLog('warn', { format: 'text', write: (line) => logged.push(line) });
  const clock = new VirtualClock();
  const asked: RunnerRequest[] = [];
  const runner = {
    ask: async (_host: string, request: RunnerRequest): Promise<RunnerAnswer> => {
      const reply = replies[Math.min(asked.length, replies.length - 1)];
      asked.push(request);
      if (reply instanceof Failure || reply === undefined) throw reply;
      return { v: 1, bootId: 'b', status: 'done', exit: 0, ...reply };
    },
    close: async () => undefined,
  };
  const read = plugin.config.safeParse({ imagesDir: '/share/images/', overlaysDir: '/share/overlays' });
  if (!read.success) throw new Error('config');
  const shell = { run: () => Promise.reject(new Error('no shell')), stream: () => ({}) as never };
  return { driver: plugin.create(read.data, { runner, clock, log, shell }), clock, asked, logged };
}
const order = (signal: AbortSignal = new AbortController().signal): Order => ({ op: 'op-1', fence, limitMs: 60_000, signal });

async function ended(clock: VirtualClock, work: Promise<unknown>): Promise<{ readonly kind: FailureKind | 'done'; readonly message: string }> {
  let end: { kind: FailureKind | 'done'; message: string } | undefined;
  work.then(
    () => {
      end = { kind: 'done', message: '' };
    },
    (thrown: unknown) => {
      if (!(thrown instanceof Failure)) throw thrown;
      end = { kind: thrown.kind, message: thrown.message };
    },
  );
  await clock.run(clock.now() + 3_600_000, () => end !== undefined);
  if (end === undefined) throw new Error('never ended');
  return end;
}

it('a deed that is done but for something is done, and the log says for what', async () => {
  const { driver, clock, logged } = given({ warning: 'the host key of its seat was not given to it: xenstore-write ended with 1' });
  expect((await ended(clock, driver.createGuest('ws1', order(), givenSpec()))).kind).toBe('done');
  expect(logged).toEqual([expect.stringMatching(/WARN .*not all of it host=ws1 .*the host key of its seat was not given/)]);
});

describe('what an answer means', () => {
  it.each<[string, Reply, FailureKind | 'done']>([
    ['status 0', { exit: 0 }, 'done'],
    ['a fence', { status: 'refused', message: 'fence: not yours', fence }, 'refused'],
    ['a hung command', { status: 'hung', message: 'killed' }, 'uncertain'],
    ['no memory', { exit: 3, stderr: text('create-no-memory.err') }, 'full'],
    ['a name in use', { exit: 3, stderr: text('create-name-exists.err') }, 'exists'],
    ['a kernel that is missing', { exit: 3, stderr: text('create-missing-kernel.err') }, 'absent'],
    ['a bridge that is missing', { exit: 3, stderr: text('create-missing-bridge.err') }, 'refused'],
    ['a cause the runner names', { exit: 1, message: 'busy: overlay x is open in domain y' }, 'busy'],
    ['a full disk', { exit: 1, stderr: 'qemu-img: x: Could not create: No space left on device' }, 'full'],
    ['an unknown complaint', { exit: 1, stderr: 'libxl: error: something new' }, 'refused'],
    ['silence with a status', { exit: 139 }, 'refused'],
    ['no way to the host', new Failure('unreachable', 'no way'), 'unreachable'],
    ['a key that is not let in', new Failure('denied', 'no'), 'denied'],
  ])('%s', async (_, reply, kind) => {
    const { driver, clock } = given(reply);
    expect((await ended(clock, driver.createGuest('ws1', order(), givenSpec()))).kind).toBe(kind);
  });

  it('says what was tried, where, and what xl said', async () => {
    const { driver, clock } = given({ exit: 3, stderr: text('create-missing-bridge.err') });
    const { message } = await ended(clock, driver.createGuest('ws1', order(), givenSpec()));
    expect(message).toMatch(/^guest-create domus-demo-grid-07-3 on ws1: status 3: .*vif-bridge online/);
  });
});

describe('a deed that outlives its session', () => {
  it('is asked for its outcome until it has one', async () => {
    const { driver, clock, asked } = given({ status: 'running' }, { status: 'running' }, { status: 'running' }, { exit: 0 });
    expect((await ended(clock, driver.removeOverlay('ws1', order(), 'o1'))).kind).toBe('done');
    expect(asked.map((r) => r.verb)).toEqual(['overlay-remove', 'outcome', 'outcome', 'outcome']);
    expect(asked.every((r) => r.op === 'op-1')).toBe(true);
  });

  it('is asked for its outcome when the answer was lost on the way', async () => {
    const lost = new Failure('uncertain', 'the session was lost');
    const { driver, clock, asked } = given(lost, new Failure('unreachable', 'not yet'), { exit: 0 });
    expect((await ended(clock, driver.removeOverlay('ws1', order(), 'o1'))).kind).toBe('done');
    expect(asked).toHaveLength(3);
  });

  it('is uncertain when the host forgot it', async () => {
    const { driver, clock } = given({ status: 'running' }, { status: 'unknown' });
    expect((await ended(clock, driver.removeOverlay('ws1', order(), 'o1'))).kind).toBe('uncertain');
  });

  it('is uncertain when it does not end, after its turn and its limit have passed', async () => {
    const { driver, clock } = given({ status: 'running' });
    const began = clock.mono();
    expect((await ended(clock, driver.removeOverlay('ws1', order(), 'o1'))).kind).toBe('uncertain');
    expect(clock.mono() - began).toBeGreaterThanOrEqual(120_000);
    expect(clock.mono() - began).toBeLessThan(140_000);
  });

  it('is uncertain at once when its caller stops waiting', async () => {
    const { driver, clock } = given({ status: 'running' });
    const caller = new AbortController();
    clock.at(clock.now() + 5000, () => caller.abort());
    const began = clock.mono();
    expect((await ended(clock, driver.removeOverlay('ws1', order(caller.signal), 'o1'))).kind).toBe('uncertain');
    expect(clock.mono() - began).toBe(5000);
  });
});

describe('a look', () => {
  const look = {
    list: text('disk-list-l.out'),
    states: text('disk-list.out'),
    info: text('info.out'),
    reports: {},
    overlays: [{ name: 'ov1', bytes: 196_608 }],
    images: [{ name: 'sl7', version: 'v1' }],
    storeFreeMiB: 1000,
    storeHung: false,
  };
  it.each<[string, Reply, FailureKind]>([
    ['a hung xl', { status: 'hung', message: 'xl does not answer' }, 'uncertain'],
    ['an xl that fails', { exit: 1, stderr: 'xc: error: Could not obtain handle' }, 'refused'],
    ['no parts', {}, 'garbled'],
    ['a part that is missing', { look: { ...look, states: undefined } }, 'garbled'],
    ['a list cut off', { look: { ...look, list: look.list.slice(0, 500) } }, 'garbled'],
    ['an overlay without size', { look: { ...look, overlays: [{ name: 'x' }] } }, 'garbled'],
  ])('takes %s as no answer, never as an empty host', async (_, reply, kind) => {
    const { driver, clock } = given(reply);
    expect((await ended(clock, driver.look('ws1', undefined, new AbortController().signal))).kind).toBe(kind);
  });

  it('names the overlays of our folder, and foreign disks by their path', async () => {
    const { driver } = given({ look: { ...look, list: look.list.replace('/share/images/ov1.qcow2', '/share/overlays/ov1.qcow2') } });
    const seen = await driver.look('ws1', undefined, new AbortController().signal);
    expect(seen.guests.map((g) => g.disks)).toEqual([['/share/images/copy.raw'], ['ov1'], ['/share/images/ov2.qcow2']]);
    expect(seen.overlays).toEqual([{ name: 'ov1', bytes: 196_608 }]);
  });

  it('claims only when it is told to', async () => {
    const { driver, asked } = given({ look });
    await driver.look('ws1', undefined, new AbortController().signal);
    await driver.look('ws1', fence, new AbortController().signal);
    expect(asked.map((r) => r.fence)).toEqual([undefined, fence]);
  });

  it('says that the store hangs, and keeps the guests', async () => {
    const { overlays: _o, images: _i, storeFreeMiB: _f, ...rest } = look;
    const { driver } = given({ look: { ...rest, storeHung: true } });
    expect(await driver.look('ws1', undefined, new AbortController().signal)).toMatchObject({ storeHung: true, overlays: [], guests: { length: 3 } });
  });
});
