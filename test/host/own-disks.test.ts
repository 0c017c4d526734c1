import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunnerRequest } from '../../src/drivers/runner.js';
import { type FakeHost, givenHost } from './fake-host.js';
import { configText, createGuest, createOverlay, deed, uuidOf } from './given.js';

function given(): { readonly host: FakeHost; readonly folder: string } {
  const host = givenHost();
  const folder = join(host.folder, 'scratch');
  mkdirSync(folder);
  host.configure({ scratch: folder });
  return { host, folder };
}
/** A guest with scratch space and swap, of these sizes. */
function create({ folder: home }: FakeHost, sizes: { scratchMiB?: number; swapMiB?: number }, lines = (text: string): string => text): RunnerRequest {
  const own = [
    ...(sizes.scratchMiB === undefined ? [] : [`"format=raw,vdev=xvdb,access=rw,target=${home}/scratch/o1.scratch"`]),
    ...(sizes.swapMiB === undefined ? [] : [`"format=raw,vdev=xvdc,access=rw,target=${home}/scratch/o1.swap"`]),
  ];
  const config = configText(home, 1, 'o1').replace('o1.qcow2"]', `${['o1.qcow2"', ...own].join(', ')}]\ncpus = "2-3"`);
  return deed('guest-create', { name: 'guest-1', uuid: uuidOf(1), overlay: 'o1', config: lines(config), ...sizes });
}

describe('disks of the host itself that go with a guest', () => {
  it('are reserved for real when it is made, told in a look, and gone with its thin disk', async () => {
    const { host, folder } = given();
    expect((await host.look()).look).toMatchObject({ scratchFreeMiB: expect.any(Number) });
    await host.ask(createOverlay('o1'));
    expect(await host.ask(create(host, { scratchMiB: 3, swapMiB: 2 }))).toMatchObject({ exit: 0 });
    expect(statSync(join(folder, 'o1.scratch'))).toMatchObject({ size: 3 << 20, mode: 0o100600 });
    expect(statSync(join(folder, 'o1.swap')).blocks * 512).toBeGreaterThanOrEqual(2 << 20);
    await host.ask(deed('guest-destroy', { uuid: uuidOf(1) }));
    await host.ask(deed('overlay-remove', { overlay: 'o1' }));
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that nobody has a thin disk for any more go when the next guest is made; other files stay', async () => {
    const { host, folder } = given();
    writeFileSync(join(folder, 'old.scratch'), 'left by a power cut');
    writeFileSync(join(folder, 'README'), "a person's");
    await host.ask(createOverlay('o1'));
    await host.ask(create(host, { swapMiB: 1 }));
    expect(readdirSync(folder).sort()).toEqual(['README', 'o1.swap']);
  });

  it('are full where there is no room, and nothing is left of them', async () => {
    const { host, folder } = given();
    await host.ask(createOverlay('o1'));
    const { message } = await host.ask(create(host, { scratchMiB: 60 * 1024 * 1024 }));
    expect(message).toMatch(/^(full|refused): 62914560 MiB of scratch on this host's own disk/);
    expect(readdirSync(folder)).toEqual([]);
    expect(host.state.domains).toEqual([]);
  });

  it.each<[string, { scratchMiB?: number; swapMiB?: number }, (text: string) => string]>([
    ['a disk that was not asked for', {}, (text) => text.replace('qcow2"]', 'qcow2", "format=raw,vdev=xvdb,access=rw,target=/dev/sda"]')],
    ['another path', { scratchMiB: 1 }, (text) => text.replace('o1.scratch', '../o1.scratch')],
    ['a disk that was asked for and is missing', { scratchMiB: 1 }, (text) => text.replace(/, "format=raw[^\]]*/, '')],
    ['CPUs that are none', {}, (text) => text.replace('2-3', '2-3" script="x')],
  ])('are refused: %s', async (_, sizes, lines) => {
    const { host } = given();
    await host.ask(createOverlay('o1'));
    expect(await host.ask(create(host, sizes, lines))).toMatchObject({ status: 'refused', message: expect.stringContaining('is not allowed here') });
  });

  it('are refused by a host that gives none', async () => {
    const { host } = given();
    host.configure({});
    expect(await host.ask(create(host, { swapMiB: 1 }))).toMatchObject({ status: 'refused', message: expect.stringContaining('scratch in runner.json') });
    expect((await host.look()).look).not.toHaveProperty('scratchFreeMiB');
  });
});

it('a thin disk smaller than its image is refused, since it would cut the file system off', async () => {
  const { host } = given();
  writeFileSync(join(host.images, 'sl7/v1/image.json'), '{"diskMiB":2048}');
  expect(await host.ask(createOverlay('o1'))).toMatchObject({ exit: 1, message: expect.stringContaining('refused: image sl7 v1 is 2048 MiB large') });
});

/** One of the real commands, which takes each word that begins with a dash for an option, wherever it stands, until `--`. */
function xenstore(host: ReturnType<typeof givenHost>, name: string, does = `echo "${name} $*" >>${host.folder}/calls.log`): void {
  const options = `for word; do case $word in --) break;; -*) echo "${name}: unrecognized option '$word'" >&2; exit 1;; esac; done`;
  rmSync(join(host.folder, 'bin', name), { force: true });
  writeFileSync(join(host.folder, 'bin', name), `#!/bin/sh\n${options}\n[ "$1" != -- ] || shift\n${does}\n`, { mode: 0o755 });
}

describe('the host key of a seat', () => {
  const key = `-----BEGIN OPENSSH PRIVATE KEY-----|${'b3BlbnNzaC1rZXktdjEA'.repeat(6)}|-----END OPENSSH PRIVATE KEY-----`;
  it("goes into the guest's own part of xenstore, readable for it alone, and into no file", async () => {
    const host = givenHost();
    xenstore(host, 'xenstore-write');
    xenstore(host, 'xenstore-chmod');
    await host.ask(createOverlay('o1'));
    const made = createGuest(host.folder, 1, 'o1');
    await host.ask({ ...made, args: { ...made.args, hostKey: key } });
    expect(host.calls.filter((line) => line.startsWith('xenstore'))).toEqual([
      `xenstore-write /local/domain/1/domus/hostkey ${key}`,
      'xenstore-chmod /local/domain/1/domus/hostkey n0 r1',
    ]);
    const files = readdirSync(join(host.folder, 'run'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const file of files) expect(readFileSync(join(file.parentPath, file.name), 'utf8')).not.toContain('b3BlbnNz');
  });
  it('that could not be given is told in words, without the key: the guest runs with another', async () => {
    const host = givenHost();
    xenstore(host, 'xenstore-write', 'echo "xenstore-write: could not write path $1: $2" >&2; exit 1');
    await host.ask(createOverlay('o1'));
    const made = createGuest(host.folder, 1, 'o1');
    expect(await host.ask({ ...made, args: { ...made.args, hostKey: key } })).toMatchObject({
      exit: 0,
      warning:
        'the host key of its seat was not given to it: xenstore-write ended with 1: xenstore-write: could not write path /local/domain/1/domus/hostkey: KEY',
    });
  });
  it('is refused where it is none', async () => {
    const host = givenHost();
    await host.ask(createOverlay('o1'));
    const made = createGuest(host.folder, 1, 'o1');
    expect(await host.ask({ ...made, args: { ...made.args, hostKey: '--help' } })).toMatchObject({ status: 'refused' });
  });
});
