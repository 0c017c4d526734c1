import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type FakeHost, givenHost } from './fake-host.js';
import { createGuest, createOverlay, deed, givenFence } from './given.js';

/** A host that boots anew by a note in a file, and looks often; its watcher ends with the test. */
function returning(): { readonly host: FakeHost; readonly boots: () => number } {
  const host = givenHost();
  const note = join(host.folder, 'booted');
  const file = join(host.folder, 'bin', 'again');
  // the watcher of a real host dies with it
  writeFileSync(file, `#!/bin/sh\necho boot >> ${note}\nkill -9 $PPID\n`, { mode: 0o755 });
  host.configure({ reboot: [file], returnLookMs: 20, returnShutdownMs: 200 });
  onTestFinished(async () => {
    await host.ask(deed('return-by', { at: 0, force: false }, { fence: givenFence({ epoch: 99 }) }));
  });
  return { host, boots: () => (existsSync(note) ? readFileSync(note, 'utf8').split('\n').length - 1 : 0) };
}

/** Waits for what another process does: it has no signal for us but what it leaves behind. */
async function seen(what: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400 && !what(); tries++) await new Promise((resolve) => setTimeout(resolve, 25));
  expect(what()).toBe(true);
}
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const returnBy = (at: number, force = false, epoch = 5) => deed('return-by', { at, force }, { fence: givenFence({ epoch }) });
const withGuest = async (host: FakeHost): Promise<void> => {
  await host.ask(createOverlay('o1'));
  expect(await host.ask(createGuest(host.folder, 1, 'o1'))).toMatchObject({ exit: 0 });
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

  it('takes its guests with it where the site said so', async () => {
    const { host, boots } = returning();
    await withGuest(host);
    await host.ask(returnBy(Date.now() + 100, true));
    await seen(() => boots() === 1);
    expect(host.state.domains).toEqual([]);
  });

  it('is told so by whoever rules, and by nobody else', async () => {
    const { host } = returning();
    await host.ask(returnBy(0));
    expect(await host.ask(deed('return-by', { at: 5, force: false }, { fence: givenFence({ epoch: 4 }) }))).toMatchObject({ status: 'refused' });
    for (const args of [{ at: -1, force: false }, { at: 1.5, force: false }, { at: 5 }, { at: 5, force: 'yes' }, { at: 5, force: true, now: true }])
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
