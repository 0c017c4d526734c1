import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.js';
import { AskDoor, mostAsked, openAskDoor } from '../../src/hooks/ask-door.js';
import { silentLog } from '../../src/log.js';
import type { Present } from '../../src/model/present.js';
import { VirtualClock } from '../../src/sim/clock.js';
import { type Given, given, minute, now } from '../given.js';
import { everyShell, hooksDir, type Shell } from './shells.js';

const token = 'a1'.repeat(24);
const asks = createHash('sha256').update(token).digest('hex');
let place: string;
const at = (...parts: string[]): string => join(place, ...parts);

/** A busy worker of `grid`, whose guest told the sum of its secret; `waits`: somebody of another environment waits. */
function presentOf({ waits = false, given: isGiven = false }: { waits?: boolean; given?: boolean } = {}): Present {
  const built: Given = given().env('grid').env('theory').host('post1').seats('grid', 2).seats('theory', 2);
  built.machine('grid-01', 'ready', { jobs: ['7.srv'], ...(isGiven ? { withheldAt: now - minute } : {}) });
  if (waits) built.waits('theory');
  const world = built.world();
  const machines = new Map(
    [...world.machines].map(([id, view]) => [id, { ...view, guest: { ...view.guest!, report: { ready: true, checks: {}, asks } } }] as const),
  );
  return { revision: 1, at: now, world: { ...world, machines }, plan: {} as Present['plan'], policy: built.policy, epoch: 1 };
}

interface Scene {
  readonly door: AskDoor;
  hurried: number;
  present: Present;
}

async function scene(present: Present, whenHurried: (scene: Scene) => void = () => undefined, clock: Clock = systemClock): Promise<Scene> {
  const door = await AskDoor.open({
    ...{ address: '127.0.0.1', port: 0, clock, log: silentLog },
    present: () => all.present,
    hurry: () => {
      all.hurried += 1;
      whenHurried(all);
    },
  });
  const all: Scene = { door, hurried: 0, present };
  onTestFinished(() => door.close());
  writeFileSync(at('etc', 'ask'), `127.0.0.1 ${door.port}\n`);
  return all;
}

function hook(shell: Shell, name: 'ask' | 'epilogue' | 'epilogue.parallel', words: readonly string[] = ['7.srv']): Promise<{ out: string; exit: number }> {
  const [program = '', ...first] = shell.argv;
  const env = { PATH: shell.path, DOMUS_ETC: at('etc'), DOMUS_RUN: at('run'), DOMUS_LIB: at('lib'), DOMUS_ROOT: String(process.getuid?.() ?? 0) };
  return new Promise((resolve) => {
    execFile(program, [...first, at('lib', name), ...words], { env, timeout: 200_000 }, (error, stdout) =>
      resolve({ out: stdout, exit: typeof error?.code === 'number' ? error.code : 0 }),
    );
  });
}

/** Whatever is sent, what the door says until it closes. */
const say = (port: number, text: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let said = '';
    socket.on('data', (piece) => {
      said += piece.toString();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(said));
  });
const question = `keep-or-give ${token} 7.srv\n`;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'domus-ask-'));
  for (const folder of ['etc', 'run', 'lib']) mkdirSync(at(folder));
  for (const name of ['ask', 'epilogue', 'epilogue.parallel']) copyFileSync(join(hooksDir, name), at('lib', name));
  writeFileSync(at('run', 'token'), `${token}\n`, { mode: 0o600 });
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

describe.each(everyShell)('a worker asks, in $name', (shell) => {
  it('and gives a slot whose node is offline already, keeps it otherwise', async () => {
    const all = await scene(presentOf({ given: true }));
    expect(await hook(shell, 'ask')).toMatchObject({ out: 'give\n', exit: 0 });
    all.present = presentOf();
    expect(await hook(shell, 'ask')).toMatchObject({ out: 'keep\n', exit: 0 });
    expect(all.hurried).toBe(0);
  });

  it('and keeps it where nobody may be asked, nobody answers, or it has no secret', async () => {
    expect(await hook(shell, 'ask')).toMatchObject({ out: 'keep\n', exit: 0 });
    const deaf = createServer(() => undefined).listen(0, '127.0.0.1');
    onTestFinished(() => void deaf.close());
    await new Promise((resolve) => deaf.once('listening', resolve));
    const address = deaf.address();
    writeFileSync(at('etc', 'ask'), `127.0.0.1 ${typeof address === 'object' ? address?.port : 0}\n`);
    expect(await hook(shell, 'ask')).toMatchObject({ out: 'keep\n', exit: 0 });
    await scene(presentOf({ given: true }));
    rmSync(at('run', 'token'));
    expect(await hook(shell, 'ask')).toMatchObject({ out: 'keep\n', exit: 0 });
  });

  it.each(['epilogue', 'epilogue.parallel'] as const)('from the %s, which ends well whatever is said', async (name) => {
    const all = await scene(presentOf({ waits: true }), (scene) => {
      scene.present = presentOf({ given: true });
    });
    expect(await hook(shell, name)).toMatchObject({ out: '', exit: 0 });
    expect(all.hurried, 'it was asked').toBe(1);
    rmSync(at('lib', 'ask'));
    expect(await hook(shell, name)).toMatchObject({ out: '', exit: 0 });
  });
});

/** What has been answered by that instant, or that nothing was. */
const answeredBy = async (clock: VirtualClock, instant: number, answer: Promise<string>): Promise<string> => {
  await clock.run(instant);
  return Promise.race([answer, Promise.resolve('nothing yet')]);
};

describe('the door for hooks', () => {
  it('looks and plans once more where somebody else waits, and answers when the node is offline', async () => {
    const clock = new VirtualClock(now);
    const planned = (scene: Scene): void => void clock.at(now + 120, () => Object.assign(scene, { present: presentOf({ given: true }) }));
    const all = await scene(presentOf({ waits: true }), planned, clock);
    const answer = all.door.answer(token);
    expect(await answeredBy(clock, now + 119, answer)).toBe('nothing yet');
    expect(await answeredBy(clock, now + 200, answer)).toBe('give');
    expect(all.hurried).toBe(1);
  });

  it('says keep within a second when nothing changes, and looks once a second at most', async () => {
    const clock = new VirtualClock(now);
    const all = await scene(presentOf({ waits: true }), undefined, clock);
    expect(await answeredBy(clock, now + 999, all.door.answer(token))).toBe('keep');
    expect(await answeredBy(clock, now + 999, all.door.answer(token))).toBe('nothing yet');
    expect(all.hurried).toBe(1);
    const third = all.door.answer(token);
    await clock.run(now + 1_500);
    expect(await answeredBy(clock, now + 2_500, all.door.answer(token))).toBe('keep');
    expect([await third, all.hurried]).toEqual(['keep', 2]);
  });

  it('believes nothing but the token, and says nothing else to strangers', async () => {
    const { door } = await scene(presentOf({ given: true }));
    expect(await say(door.port, question)).toBe('give\n');
    for (const text of [`keep-or-give ${'b2'.repeat(24)} 7.srv\n`, 'GET / HTTP/1.0\n', 'keep-or-give \n', `drain ${token}\n`, `keep-or-give ${asks} 7.srv\n`])
      expect(await say(door.port, text), text).toBe('keep\n');
    expect(await say(door.port, 'x'.repeat(10_000))).toBe('');
  });

  it('lets no machine ask more than so often', async () => {
    const { door } = await scene(presentOf({ given: true }));
    const words = await Promise.all(Array.from({ length: mostAsked + 5 }, () => door.answer(token)));
    expect(words.filter((word) => word === 'give')).toHaveLength(mostAsked);
  });

  it('has no more than sixteen connections of one address open', async () => {
    const { door } = await scene(presentOf());
    const sockets = Array.from({ length: 30 }, () => connect(door.port, '127.0.0.1').on('error', () => undefined));
    onTestFinished(() => sockets.forEach((socket) => void socket.destroy()));
    await expect.poll(() => sockets.filter((socket) => socket.closed || socket.readableEnded).length, { timeout: 5_000 }).toBe(14);
  });

  it('is told in the log, and missed by nobody, where its port is taken', async () => {
    const { door } = await scene(presentOf());
    const options = { address: '127.0.0.1', port: door.port, clock: systemClock, log: silentLog, present: () => undefined, hurry: () => undefined };
    expect(await openAskDoor(options)).toBeUndefined();
  });
});
