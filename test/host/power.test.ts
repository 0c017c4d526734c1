import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type FakeHost, givenHost } from './fake-host.js';
import { createGuest, createOverlay, deed, givenFence } from './given.js';

const script = (host: FakeHost, name: string, text: string): string => {
  const file = join(host.folder, 'bin', name);
  writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return file;
};

/** A host whose shutdown is a note in a file. */
function switchable(): { readonly host: FakeHost; readonly wasTold: () => boolean } {
  const host = givenHost();
  const note = join(host.folder, 'told');
  host.configure({ poweroff: [script(host, 'off', `echo off > ${note}`)] });
  return { host, wasTold: () => existsSync(note) };
}

describe('switching a host off', () => {
  it('is done where no guest is', async () => {
    const { host, wasTold } = switchable();
    expect(await host.ask(deed('host-poweroff', {}))).toMatchObject({ status: 'done', exit: 0 });
    expect(wasTold()).toBe(true);
  });

  it('is not done while a guest is there, whole or half made', async () => {
    const { host, wasTold } = switchable();
    await host.ask(createOverlay('o1'));
    await host.ask(createGuest(host.folder, 1, 'o1'));
    expect(await host.ask(deed('host-poweroff', {}))).toMatchObject({ exit: 1, message: 'busy: guest-1 is on this host' });
    const { state } = host;
    host.state = { ...state, domains: state.domains.map((domain) => ({ ...domain, halfMade: true })) };
    expect(await host.ask(deed('host-poweroff', {}))).toMatchObject({ exit: 1, message: expect.stringMatching(/^busy: /) });
    expect(wasTold()).toBe(false);
  });

  it('is not done when nobody knows whether a guest is there', async () => {
    const { host, wasTold } = switchable();
    host.behave({ list: { exit: 1, stderr: 'libxl: no answer' } });
    expect(await host.ask(deed('host-poweroff', {}))).toMatchObject({ exit: 1 });
    expect(wasTold()).toBe(false);
  });

  it('is refused to an older reign, to others, and to who brings arguments', async () => {
    const { host, wasTold } = switchable();
    await host.look({ fence: givenFence({ epoch: 6 }) });
    expect(await host.ask(deed('host-poweroff', {}))).toMatchObject({ status: 'refused', message: expect.stringMatching(/^fence/) });
    expect(await host.ask(deed('host-poweroff', {}, { fence: givenFence({ deployment: 'other', epoch: 9 }) }))).toMatchObject({ status: 'refused' });
    expect(await host.ask(deed('host-poweroff', { now: true }, { fence: givenFence({ epoch: 7 }) }))).toMatchObject({ status: 'refused' });
    expect(wasTold()).toBe(false);
  });
});

/** Cards as the kernel shows them. */
function cards(host: FakeHost, list: Readonly<Record<string, { readonly address: string; readonly wakeup?: string; readonly virtual?: true }>>): void {
  for (const [name, { address, wakeup, virtual }] of Object.entries(list)) {
    const folder = join(host.folder, 'sys/class/net', name);
    mkdirSync(virtual === true ? folder : join(folder, 'device/power'), { recursive: true });
    writeFileSync(join(folder, 'address'), `${address}\n`);
    if (wakeup !== undefined) writeFileSync(join(folder, 'device/power/wakeup'), `${wakeup}\n`);
  }
}

describe('what a look tells of power', () => {
  it('names the physical cards, and those that ethtool calls armed', async () => {
    const host = givenHost();
    cards(host, {
      eth0: { address: '52:54:00:AA:00:01', wakeup: 'disabled' },
      eth1: { address: '52:54:00:aa:00:02', wakeup: 'enabled' },
      xenbr0: { address: '52:54:00:aa:00:01', virtual: true },
      odd: { address: 'none' },
    });
    script(host, 'ethtool', 'case "$1" in eth0) printf "\\tSupports Wake-on: pumbg\\n\\tWake-on: g\\n" ;; *) printf "\\tWake-on: d\\n" ;; esac');
    host.configure({ sys: join(host.folder, 'sys') });
    expect((await host.look()).look?.['nics']).toEqual([
      { mac: '52:54:00:aa:00:01', armed: true },
      { mac: '52:54:00:aa:00:02', armed: false },
    ]);
  });

  it('takes the kernel’s word where ethtool has none', async () => {
    const host = givenHost();
    cards(host, { eth0: { address: '52:54:00:aa:00:01', wakeup: 'enabled' }, eth1: { address: '52:54:00:aa:00:02' } });
    script(host, 'ethtool', 'exit 75');
    host.configure({ sys: join(host.folder, 'sys') });
    expect((await host.look()).look?.['nics']).toEqual([
      { mac: '52:54:00:aa:00:01', armed: true },
      { mac: '52:54:00:aa:00:02', armed: false },
    ]);
  });

  it('names people at the console, not those who come by ssh nor the screen that waits for one', async () => {
    const host = givenHost();
    const sessions = join(host.folder, 'sessions');
    mkdirSync(sessions);
    const session = (name: string, lines: Readonly<Record<string, string>>): void =>
      writeFileSync(
        join(sessions, name),
        Object.entries(lines)
          .map(([key, value]) => `${key}=${value}\n`)
          .join(''),
      );
    session('1', { USER: 'ada', CLASS: 'user', SEAT: 'seat0', REMOTE: '0', STATE: 'active' });
    session('2', { USER: 'root', CLASS: 'user', REMOTE: '1', STATE: 'active' });
    session('3', { USER: 'gdm', CLASS: 'greeter', SEAT: 'seat0', REMOTE: '0', STATE: 'active' });
    session('4', { USER: 'bob\x1b[2J', CLASS: 'user', SEAT: 'seat0', STATE: 'online' });
    session('5', { USER: 'eve', CLASS: 'user', SEAT: 'seat0', STATE: 'closing' });
    host.configure({ sessions, sys: join(host.folder, 'none') });
    const { look } = await host.look();
    expect(look?.['people']).toEqual(['ada', 'bob??2J']);
    expect(look?.['nics']).toEqual([]);
    expect(readFileSync(join(host.folder, 'calls.log'), 'utf8')).not.toContain('ethtool');
  });
});
