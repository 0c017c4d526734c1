import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type FakeHost, givenHost } from './fake-host.js';
import { configText, createGuest, createOverlay, deed, givenFence, uuidOf } from './given.js';

/** A host that boots anew by a note in a file, and looks often; its watcher ends with the test. */
function returning(settings: Record<string, unknown> & { sessions?: string } = {}): { readonly host: FakeHost; readonly boots: () => number } {
  const host = givenHost();
  const note = join(host.folder, 'booted');
  const file = join(host.folder, 'bin', 'again');
  // the watcher of a real host dies with it
  writeFileSync(file, `#!/bin/sh\necho boot >> ${note}\nkill -9 $PPID\n`, { mode: 0o755 });
  host.configure({ reboot: [file], returnLookMs: 20, returnShutdownMs: 200, ...settings, sessions: join(host.folder, settings.sessions ?? 'nobody') });
  onTestFinished(async () => {
    await host.ask(deed('return-by', { at: 0, inMs: 0, force: false }, { fence: givenFence({ epoch: 99 }) }));
  });
  return { host, boots: () => (existsSync(note) ? readFileSync(note, 'utf8').split('\n').length - 1 : 0) };
}

/** Waits for what another process does: it has no signal for us but what it leaves behind. */
async function seen(what: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400 && !what(); tries++) await new Promise((resolve) => setTimeout(resolve, 25));
  expect(what()).toBe(true);
}
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const returnBy = (at: number, force = false, epoch = 5) =>
  deed('return-by', { at, inMs: Math.max(0, Math.round(at - Date.now())), force }, { fence: givenFence({ epoch }) });
const withGuest = async (host: FakeHost, name = 'guest-1', overlay = 'o1'): Promise<void> => {
  await host.ask(createOverlay(overlay));
  const config = configText(host.folder, 1, overlay).replace('guest-1', name);
  expect(await host.ask(deed('guest-create', { name, uuid: uuidOf(1), overlay, config }))).toMatchObject({ exit: 0 });
};
const readState = (host: FakeHost, name: string): string => {
  const file = join(host.folder, 'run', name);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
};

describe('a host that is told when to go back', () => {
  it('goes by itself at its time, with no session and no daemon', async () => {
    const { host, boots } = returning();
    expect(await host.ask(returnBy(Date.now() + 5000))).toMatchObject({ status: 'done', exit: 0 });
    expect((await host.look()).look).toMatchObject({ returnBy: expect.any(Number) });
    expect(boots()).toBe(0);
    await seen(() => boots() === 1);
  });

  it('goes at the last time that it was told, and not at all when that was taken back', async () => {
    const { host, boots } = returning();
    await host.ask(returnBy(Date.now() + 3000));
    await host.ask(returnBy(Date.now() + 3_600_000));
    await pause(3500);
    expect(boots()).toBe(0);
    await host.ask(returnBy(0));
    expect((await host.look()).look).toMatchObject({ returnBy: 0 });
    await host.ask(returnBy(Date.now() + 50));
    await seen(() => boots() === 1);
  });

  it('waits for a guest that says nothing, or that has a job, or said so too early, and makes no other', async () => {
    const { host, boots } = returning();
    await withGuest(host);
    const at = Date.now() + 200;
    const s = Math.floor(at / 1000);
    await host.ask(returnBy(at));
    expect(readFileSync(join(host.folder, 'written.log'), 'utf8')).toContain(`/local/domain/1/domus-return-by ${s}`);
    for (const said of [undefined, `1 ${s} ${s + 5}`, `0 ${s} ${s - 40}`, `0 ${s - 60} ${s + 5}`, 'nonsense', '0 0 0']) {
      host.state = Object.assign(host.state, { jobs: said === undefined ? {} : { 1: said } });
      await pause(250);
      expect(host.state.domains, String(said)).toHaveLength(1);
    }
    await host.ask(createOverlay('o2'));
    expect(await host.ask(createGuest(host.folder, 2, 'o2'))).toMatchObject({ exit: 1, message: 'busy: this host goes back to its classroom' });
    expect(boots()).toBe(0);
    host.state = Object.assign(host.state, { jobs: { 1: `0 ${s} ${s + 5}` } });
    await seen(() => boots() === 1);
    expect(host.state.domains).toEqual([]);
  });

  it('takes the deployment’s workers with it where the site said so, and only when no daemon has spoken to it for a while', async () => {
    const { host, boots } = returning({ returnSilentMs: 1500 });
    await withGuest(host, 'domus-demo-w1-1');
    await host.ask(returnBy(Date.now() + 100, true));
    for (let looks = 0; looks < 8; looks++) {
      expect((await host.look({ fence: givenFence() })).look).toMatchObject({ returnForce: true });
      await pause(300);
      expect(host.state.domains, 'a daemon looks on: it waits for a job').toHaveLength(1);
    }
    await host.look(); // by somebody who rules nothing
    await seen(() => boots() === 1);
    expect(host.state.domains).toEqual([]);
  });

  it.each([
    ['a stranger', 'web-server', 'o1'],
    ['a worker of another deployment', 'domus-other-w1-1', 'o1'],
    ['a permanent machine', 'domus-demo-ldap-1', 'keep-ldap'],
  ])('never takes %s with it', async (_, name, overlay) => {
    const { host, boots } = returning({ returnSilentMs: 0 });
    await withGuest(host, name, overlay);
    await host.ask(returnBy(Date.now() + 50, true));
    await seen(() => readState(host, 'return-waits') === name);
    expect([boots(), host.state.domains.length]).toEqual([0, 1]);
    expect(host.calls.filter((line) => /shutdown|destroy/.test(line))).toEqual([]);
  });

  it('waits for whoever is logged in at its console, whatever the site said, and writes that down', async () => {
    const { host, boots } = returning({ returnSilentMs: 0, sessions: 'sessions' });
    const file = join(host.folder, 'sessions', 'c1');
    mkdirSync(join(host.folder, 'sessions'));
    writeFileSync(file, 'USER=root\nCLASS=user-early\nSEAT=seat0\nSTATE=active\nREMOTE=0\n');
    expect((await host.look()).look).toMatchObject({ people: ['root'] });
    await host.ask(returnBy(Date.now() + 50, true));
    await seen(() => readState(host, 'return-waits') === 'root at the console');
    await pause(300);
    expect(boots()).toBe(0);
    rmSync(file);
    await seen(() => boots() === 1);
  });

  it('tells guests that come later, or that booted anew: those have nothing in their part of xenstore', async () => {
    const { host } = returning();
    await withGuest(host);
    const at = Date.now() + 3_600_000;
    await host.ask(returnBy(at));
    const [guest] = host.state.domains;
    if (guest === undefined) throw new Error('no guest');
    host.state = { ...host.state, domains: [{ ...guest, domid: 17 }] };
    const line = `/local/domain/17/domus-return-by ${Math.floor(at / 1000)}`;
    const written = (): readonly string[] => readFileSync(join(host.folder, 'written.log'), 'utf8').trim().split('\n');
    await seen(() => written().includes(line));
    await pause(300);
    expect(written().filter((each) => each === line)).toHaveLength(1);
  });

  it('goes at its time although what it was told could not be read for a while', async () => {
    const { host, boots } = returning();
    await host.ask(returnBy(Date.now() + 1500));
    const file = join(host.folder, 'run', 'return.json');
    const told = readFileSync(file, 'utf8');
    writeFileSync(file, 'no JSON');
    await seen(() => readState(host, 'return-failed').includes('JSON'));
    expect(boots()).toBe(0);
    writeFileSync(file, told);
    await seen(() => boots() === 1);
  });

  it('counts the time until then, whatever time of day its own clock shows', async () => {
    const { host, boots } = returning();
    await host.ask(deed('return-by', { at: Date.now() - 7_200_000, inMs: 3_600_000, force: false }));
    await pause(400);
    expect(boots()).toBe(0);
    await host.ask(deed('return-by', { at: Date.now() + 7_200_000, inMs: 100, force: false }));
    await seen(() => boots() === 1);
  });

  it('is told so by whoever rules, and by nobody else', async () => {
    const { host } = returning();
    await host.ask(returnBy(0));
    expect(await host.ask(deed('return-by', { at: 5, inMs: 0, force: false }, { fence: givenFence({ epoch: 4 }) }))).toMatchObject({ status: 'refused' });
    const good = { at: 5, inMs: 5, force: true };
    for (const args of [{ at: -1 }, { at: 1.5 }, { inMs: -1 }, { inMs: 1e12 }, { force: undefined }, { force: 'yes' }, { now: true }].map((bad) => ({
      ...good,
      ...bad,
    })))
      expect(await host.ask(deed('return-by', args))).toMatchObject({ status: 'refused', message: expect.stringMatching(/^grammar/) });
  });

  it('boots anew when told, never with a guest on it', async () => {
    const { host, boots } = returning();
    await withGuest(host);
    expect(await host.ask(deed('host-reboot', {}))).toMatchObject({ exit: 1, message: 'busy: guest-1 is on this host' });
    expect(boots()).toBe(0);
    host.state = { ...host.state, domains: [] };
    await host.ask(deed('host-reboot', {}));
    expect(boots()).toBe(1);
  });
});
