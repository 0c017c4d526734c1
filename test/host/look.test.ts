import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { givenHost } from './fake-host.js';
import { createGuest, createOverlay, deed, givenFence, uuidOf } from './given.js';

it('gives the raw parts, the store, and what each guest reports through its own xenstore', async () => {
  const host = givenHost();
  await host.ask(createOverlay('o1'));
  await host.ask(createGuest(host.folder, 1, 'o1'));
  const report = JSON.stringify({ v: 1, uuid: uuidOf(1), ready: true, checks: { users: 'ok' } });
  host.state = { ...host.state, reports: { '1': report } };
  const answer = await host.look();
  expect(answer).toMatchObject({ v: 1, bootId: 'boot-1', status: 'done', exit: 0, fence: givenFence() });
  expect(answer.look).toMatchObject({
    reports: { '1': report },
    overlays: [{ name: 'o1', bytes: expect.any(Number) }],
    images: [{ name: 'sl7', version: 'v1' }],
    storeHung: false,
    storeFreeMiB: expect.any(Number),
  });
  expect(answer.look?.['states']).toContain(uuidOf(1));
  expect(answer.look?.['list']).toContain(`"pdev_path": "${join(host.overlays, 'o1.qcow2')}"`);
  expect(answer.look?.['info']).toContain('virt_caps');
  expect(answer.ops?.map((op) => [op.verb, op.state])).toEqual([
    ['overlay-create', 'done'],
    ['guest-create', 'done'],
  ]);
});

it('bounds a guest that writes too much', async () => {
  const host = givenHost();
  await host.ask(createOverlay('o1'));
  await host.ask(createGuest(host.folder, 1, 'o1'));
  host.state = { ...host.state, reports: { '1': 'x'.repeat(100_000) } };
  expect((await host.look()).look?.['reports']).toEqual({ '1': 'x'.repeat(2048) });
});

it('shows the end of the console of a guest that has not reported ready, as far as it is kept', async () => {
  const host = givenHost();
  const consoles = join(host.folder, 'console');
  mkdirSync(consoles);
  host.configure({ consoles });
  await host.ask(createOverlay('o1'));
  await host.ask(createGuest(host.folder, 1, 'o1'));
  expect((await host.look()).look?.['consoles']).toEqual({});
  const log = join(consoles, 'guest-guest-1.log');
  writeFileSync(log, `${'x'.repeat(10_000)}\nKernel panic - not syncing\n`);
  const shown = (await host.look()).look?.['consoles'] as Record<string, string>;
  expect(shown['1']).toHaveLength(3072);
  expect(shown['1']).toMatch(/x\nKernel panic - not syncing\n$/);
  host.state = { ...host.state, reports: { '1': JSON.stringify({ v: 1, uuid: uuidOf(1), ready: true, checks: {} }) } };
  expect((await host.look()).look?.['consoles']).toEqual({});
  host.state = { ...host.state, reports: {} };
  rmSync(log);
  symlinkSync('/etc/passwd', log);
  expect((await host.look()).look?.['consoles']).toEqual({});
});

it('leaves out what is no image version and no overlay', async () => {
  const host = givenHost();
  mkdirSync(join(host.images, 'sl7/.v2-being-copied'));
  mkdirSync(join(host.images, '.snapshot'));
  writeFileSync(join(host.images, 'README'), '');
  writeFileSync(join(host.overlays, '.new~o1~77'), '');
  writeFileSync(join(host.overlays, 'notes.txt'), '');
  expect((await host.look()).look).toMatchObject({ images: [{ name: 'sl7', version: 'v1' }], overlays: [] });
});

it('says which version is published, and nothing of a pointer that is damaged or names none', async () => {
  const host = givenHost();
  mkdirSync(join(host.images, 'sl7/v2'));
  const pointer = join(host.images, 'sl7/.current.json');
  const images = async (): Promise<unknown> => (await host.look()).look?.['images'];
  writeFileSync(pointer, '{"v":1,"version":"v1","since":1,"before":[]}');
  expect(await images()).toEqual([
    { name: 'sl7', version: 'v1', current: true },
    { name: 'sl7', version: 'v2' },
  ]);
  for (const text of ['{"version":', '[]', '{"version":"v9"}']) {
    writeFileSync(pointer, text);
    expect(await images()).toEqual([
      { name: 'sl7', version: 'v1' },
      { name: 'sl7', version: 'v2' },
    ]);
  }
});

it('says hung when xl does not answer, with the fence and the ops from RAM', async () => {
  const host = givenHost();
  await host.ask(createOverlay('o1'));
  host.behave({ list: { sleepS: 60 } });
  const answer = await host.look({ limitMs: 1000 });
  expect(answer).toMatchObject({ status: 'hung', fence: givenFence(), ops: [{ verb: 'overlay-create' }] });
  expect(answer.look).toBeUndefined();
  expect(host.processes('xl')).toBe(0);
});

it('says what xl said when it fails, and gives no list', async () => {
  const host = givenHost();
  host.behave({ info: { stderr: 'xc: error: Could not obtain handle on privileged command interface' } });
  const answer = await host.look();
  expect(answer).toMatchObject({ status: 'done', exit: 1, message: expect.stringMatching(/^uncertain: xl info ended with status 1: xc: error/) });
  expect(answer.look).toBeUndefined();
});

it('says that the store hangs while it is not answered in time, and still names the guests', async () => {
  const host = givenHost({ storeLimitMs: 300 });
  mkdirSync(join(host.folder, 'run'), { recursive: true });
  // What a store question that hangs holds, until the kernel lets it go.
  const holder = spawn('python3', [
    '-c',
    `import fcntl,sys;f=open(${JSON.stringify(join(host.folder, 'run/store.lock'))},"w");fcntl.flock(f,2);print("held",flush=True);sys.stdin.read()`,
  ]);
  onTestFinished(() => void holder.kill('SIGKILL'));
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  const answer = await host.look();
  expect(answer).toMatchObject({ status: 'done', exit: 0, look: { storeHung: true, states: expect.stringContaining('Domain-0') } });
  expect(answer.look?.['overlays']).toBeUndefined();
});

it('says that the store hangs when its folder is not there, never that it is empty', async () => {
  const host = givenHost();
  rmSync(host.overlays, { recursive: true });
  const answer = await host.look();
  expect(answer.look).toMatchObject({ storeHung: true });
  expect(answer.look?.['overlays']).toBeUndefined();
});

it('remembers nothing of before a reboot: first come, first served', async () => {
  const host = givenHost();
  await host.ask(createOverlay('o1'));
  host.reboot();
  const answer = await host.look();
  expect(answer).toMatchObject({ bootId: 'boot-2', ops: [] });
  expect(answer.fence).toBeUndefined();
  expect(await host.ask(createOverlay('o2', { fence: givenFence({ deployment: 'other' }) }))).toMatchObject({ status: 'done' });
});

it('lets only the pinned deployment in, after a reboot too', async () => {
  const host = givenHost({ deployment: 'demo' });
  const foreign = givenFence({ deployment: 'other', epoch: 99 });
  expect(await host.ask(createOverlay('o1', { fence: foreign }))).toMatchObject({ status: 'refused', message: 'fence: this host belongs to deployment demo' });
  expect((await host.look({ fence: foreign })).fence).toBeUndefined();
  expect(await host.ask(createOverlay('o1'))).toMatchObject({ status: 'done', exit: 0 });
});

it('names who may act when it refuses', async () => {
  const host = givenHost();
  await host.ask(createOverlay('o1'));
  const refused = await host.ask(deed('overlay-remove', { overlay: 'o1' }, { fence: givenFence({ epoch: 4 }) }));
  expect(refused).toMatchObject({ status: 'refused', fence: givenFence(), message: expect.stringMatching(/^fence: /) });
});

it('lets nobody in while it cannot read who may', async () => {
  const host = givenHost();
  await host.ask(createOverlay('o1'));
  for (const damaged of ['', '{"deployment":', '{}', '{"deployment":"demo","journal":"j1","epoch":"5","life":"life-a"}']) {
    writeFileSync(join(host.folder, 'run/fence.json'), damaged);
    expect(await host.ask(createOverlay('o2'))).toMatchObject({ status: 'refused' });
  }
  expect((await host.look()).status).toBe('refused');
});
