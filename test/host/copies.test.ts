import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RunnerAnswer, RunnerRequest } from '../../src/drivers/runner.js';
import { FakeHost, givenHost } from './fake-host.js';
import { createGuest, deed, givenFence } from './given.js';

const piece = 65_536;
const migration = { key: '/etc/domus/migration', knownHosts: '/etc/domus/known_hosts' };
const image = { name: 'sl7', version: 'v2' };

/** Version v2 in the store: a disk of 20 pieces and a bit, a kernel, an empty file. */
function publish(host: FakeHost): Buffer {
  const folder = join(host.images, 'sl7/v2');
  mkdirSync(folder, { recursive: true });
  const disk = Buffer.alloc(20 * piece + 123);
  for (let at = 0; at < disk.length; at += 4) disk.writeUInt32LE((at * 2_654_435_761) >>> 0, Math.min(at, disk.length - 4));
  const files = { 'disk.qcow2': disk, vmlinuz: 'kernel', 'initrd.img': '' };
  for (const [name, data] of Object.entries(files)) writeFileSync(join(folder, name), data);
  host.describeImage('sl7', 'v2', piece);
  return disk;
}
const total = 20 * piece + 123 + 6;

function given(settings: Record<string, unknown> = {}): { readonly host: FakeHost; readonly folder: string; readonly disk: Buffer } {
  const host = givenHost();
  const folder = join(host.folder, 'local');
  mkdirSync(folder);
  host.configure({ replicas: { folder }, migration, ...settings });
  return { host, folder, disk: publish(host) };
}
/** A second host with the same store and a disk of its own, that the first reaches. */
function beside(host: FakeHost): { readonly other: FakeHost; readonly folder: string } {
  const other = new FakeHost({ images: host.images, overlays: host.overlays });
  onTestFinished(() => other.remove());
  const folder = join(other.folder, 'local');
  mkdirSync(folder);
  other.configure({ images: host.images, overlays: host.overlays, replicas: { folder }, migration });
  host.reaches(2202, other);
  return { other, folder };
}

const copy = (more: Record<string, unknown> = {}, overrides: Partial<RunnerRequest> = {}): RunnerRequest =>
  deed('image-copy', { image, from: 'store', bytesPerSecond: 1 << 30, sliceMs: 60_000, ...more }, overrides);
const drop = (): RunnerRequest => deed('image-drop', { image });
const overlay = (name: string, local = true): RunnerRequest => deed('overlay-create', { overlay: name, image, diskMiB: 64, ...(local ? { local } : {}) });
const seen = async (host: FakeHost): Promise<unknown> => (await host.look()).look?.['replicas'];
const kindOf = ({ message = '' }: RunnerAnswer): string => message.split(':')[0] ?? '';

describe("a copy of an image on the host's own disk", () => {
  it('comes from the store byte by byte as image.json says, and is seen when it is whole', async () => {
    const { host, folder, disk } = given();
    expect(await seen(host)).toEqual([]);
    expect(await host.ask(copy())).toMatchObject({ status: 'done', exit: 0, message: 'whole' });
    expect(readFileSync(join(folder, 'sl7/v2/disk.qcow2')).equals(disk)).toBe(true);
    expect(readFileSync(join(folder, 'sl7/v2/vmlinuz'), 'utf8')).toBe('kernel');
    expect(statSync(join(folder, 'sl7/v2/initrd.img')).size).toBe(0);
    expect(await seen(host)).toEqual([{ ...image, bytes: total, ofBytes: total, whole: true }]);
    expect(await host.ask(copy())).toMatchObject({ exit: 0, message: 'whole already' });
  });

  it('goes on where it was, slice by slice and after the host has lost its power, within its rate', async () => {
    const { host, folder, disk } = given();
    const began = performance.now();
    const slow = { bytesPerSecond: 4 * piece, sliceMs: 600 };
    const first = await host.ask(copy(slow));
    expect(first.message).toBe('goes on');
    const { bytes } = JSON.parse(first.stdout ?? '') as { bytes: number };
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(5 * piece);
    expect(performance.now() - began).toBeGreaterThan(500);
    expect(await seen(host)).toEqual([{ ...image, bytes, ofBytes: total, whole: false }]);
    rmSync(join(host.folder, 'run'), { recursive: true }); // another boot: what is in RAM is gone
    writeFileSync(join(host.folder, 'boot_id'), 'boot-2\n');
    rmSync(join(host.images, 'sl7/v2/disk.qcow2')); // what is there is not read again: from the store only the rest is needed
    writeFileSync(join(host.images, 'sl7/v2/disk.qcow2'), Buffer.concat([Buffer.alloc(bytes), disk.subarray(bytes)]));
    expect((await host.ask(copy())).message).toBe('whole');
    expect(readFileSync(join(folder, 'sl7/v2/disk.qcow2')).equals(disk)).toBe(true);
  });

  it("comes from another host with a ticket of that host, and is held against the store's sums", async () => {
    const { host, folder, disk } = given();
    const { other, folder: theirs } = beside(host);
    await other.ask(copy());
    writeFileSync(join(host.images, 'sl7/v2/disk.qcow2'), 'the store is not read for this');
    const { stdout: ticket } = await other.ask(deed('image-offer', { image }));
    const from = { address: '10.2.0.2', port: 2202, ticket };
    expect(await host.ask(copy({ from, sliceMs: 60_000 }))).toMatchObject({ exit: 0, message: 'whole' });
    expect(readFileSync(join(folder, 'sl7/v2/disk.qcow2')).equals(disk)).toBe(true);
    // a host that gives other bytes
    await host.ask(drop());
    writeFileSync(join(theirs, 'sl7/v2/disk.qcow2'), Buffer.concat([disk.subarray(0, 3 * piece), Buffer.alloc(disk.length - 3 * piece)]));
    const evil = await host.ask(copy({ from }));
    expect(evil).toMatchObject({ exit: 1, message: 'refused: disk.qcow2 from 10.2.0.2: the bytes are not those of image.json' });
    expect(await seen(host)).toEqual([{ ...image, bytes: 3 * piece, ofBytes: total, whole: false }]);
  });

  it('gives nothing without a ticket, to a ticket of an older reign, or beside what was offered', async () => {
    const { host } = given();
    const { other } = beside(host);
    await other.ask(copy());
    const { stdout: ticket } = await other.ask(deed('image-offer', { image }));
    const get = async (words: { ticket?: string | undefined; port?: number }) =>
      (await host.ask(copy({ from: { address: '10.2.0.2', port: 2202, ticket, ...words } }))).message;
    expect(await get({ ticket: 'f'.repeat(32) })).toBe('uncertain: disk.qcow2 from 10.2.0.2: the connection ended');
    expect(await get({ port: 9 })).toContain('the connection ended');
    await other.ask(deed('image-offer', { image }, { fence: givenFence({ epoch: 6, life: 'life-b' }) }));
    expect(await get({})).toContain('the connection ended');
    expect(await host.ask(copy({ from: { address: '-oProxyCommand=x', port: 22, ticket } }))).toMatchObject({ status: 'refused' });
    expect(kindOf(await host.ask(deed('image-offer', { image })))).toBe('absent');
  });

  it('says full before it begins, and leaves nothing', async () => {
    const { host, folder } = given({ replicas: { folder: '/dev/shm/none', volumeGroup: 'vg0' } });
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    host.configure({ replicas: { folder, volumeGroup: 'vg0' }, migration });
    writeFileSync(join(host.folder, 'bin/vgs'), '#!/bin/sh\necho "  1048576"\n', { mode: 0o755 });
    expect(kindOf(await host.ask(copy()))).toBe('full');
    expect(await seen(host)).toEqual([]);
  });

  it('stands in a volume of its own where a volume group is named', async () => {
    const { host, folder, disk } = given();
    const devices = join(host.folder, 'devices');
    mkdirSync(devices);
    host.configure({ replicas: { folder, volumeGroup: 'vg0', devices }, migration });
    const program = (name: string, lines: string): void =>
      writeFileSync(join(host.folder, 'bin', name), `#!/bin/sh\necho "${name} $*" >>${host.folder}/calls.log\n${lines}\n`, { mode: 0o755 });
    program('vgs', 'echo "  1099511627776"');
    program('lvcreate', `: >${devices}/domus+sl7+v2`);
    program('lvremove', `rm ${devices}/domus+sl7+v2`);
    expect((await host.ask(copy())).message).toBe('whole');
    expect(readFileSync(join(devices, 'domus+sl7+v2')).equals(disk)).toBe(true);
    expect(host.calls.find((line) => line.startsWith('lvcreate'))).toBe(
      `lvcreate --yes --wipesignatures n --name domus+sl7+v2 --size ${Math.ceil((20 * piece + 123) / 512) * 512}b vg0`,
    );
    expect((await host.ask(drop())).message).toBe('gone');
    expect(readdirSync(devices)).toEqual([]);
    expect(await seen(host)).toEqual([]);
  });

  it('is read once in every life of the host before a machine stands on it: a damaged one is removed, not booted', async () => {
    const { host, folder } = given();
    expect(kindOf(await host.ask(overlay('o0')))).toBe('absent');
    await host.ask(copy());
    expect(await host.ask(overlay('o1'))).toMatchObject({ exit: 0 });
    expect(host.calls.at(-1)).toContain(`-b ${folder}/sl7/v2/disk.qcow2 -F qcow2`);
    expect(await host.ask(overlay('o2', false))).toMatchObject({ exit: 0 });
    expect(host.calls.at(-1)).toContain(`-b ${host.images}/sl7/v2/disk.qcow2 -F qcow2`);
    rmSync(join(host.folder, 'run/verified'), { recursive: true });
    truncateSync(join(folder, 'sl7/v2/disk.qcow2'), 10 * piece);
    expect(await host.ask(overlay('o3'))).toMatchObject({ exit: 1, message: "refused: disk.qcow2 on this host's own disk is damaged: it is copied anew" });
    expect(await seen(host)).toEqual([]);
    expect(existsSync(join(host.overlays, 'o3.qcow2'))).toBe(false);
  });

  it('is none the worse where the store cannot say what it should be', async () => {
    const { host, folder } = given();
    await host.ask(copy());
    rmSync(join(host.folder, 'run/verified'), { recursive: true });
    rmSync(join(host.images, 'sl7/v2/image.json'));
    expect((await host.ask(overlay('o1'))).exit).toBe(1);
    expect(existsSync(join(folder, 'sl7/v2/disk.qcow2'))).toBe(true);
    host.describeImage('sl7', 'v2', piece);
    expect(await host.ask(overlay('o1'))).toMatchObject({ exit: 0 });
  });

  it('stays while a guest runs from it', async () => {
    const { host } = given();
    await host.ask(copy());
    await host.ask(overlay('o1'));
    await host.ask(createGuest(host.folder, 1, 'o1'));
    expect(kindOf(await host.ask(drop()))).toBe('busy');
    expect(await seen(host)).toHaveLength(1);
  });

  it('of a version without image.json, or one that cannot be read, is not made', async () => {
    const { host } = given();
    const of = (version: string): RunnerRequest => copy({ image: { name: 'sl7', version } });
    expect(kindOf(await host.ask(of('v1')))).toBe('absent');
    writeFileSync(join(host.images, 'sl7/v1/image.json'), '{"pieceBytes":1,"files":[{"name":"../../etc/passwd","bytes":1,"pieces":["x"]}]}');
    expect(kindOf(await host.ask(of('v1')))).toBe('refused');
    host.configure({});
    expect((await host.ask(copy())).message).toContain('no copies of images are kept on this host');
    expect(await seen(host)).toBeUndefined();
  });

  it('waits where another copy goes on, and is cut off at its limit without harm', async () => {
    const { host } = given();
    const first = host.ask(copy({ bytesPerSecond: 4 * piece, sliceMs: 2000 }));
    while (!existsSync(join(host.folder, 'local/.part/sl7/v2/.progress'))) await new Promise((turn) => setImmediate(turn));
    expect(kindOf(await host.ask(copy()))).toBe('busy');
    expect((await first).message).toBe('goes on');
    const cut = await host.ask(copy({ bytesPerSecond: 1024, sliceMs: 60_000 }, { limitMs: 1500 }));
    expect(cut.status === 'hung' || cut.status === 'running').toBe(true);
    chmodSync(host.images, 0o755);
    await expect.poll(async () => (await host.ask(copy())).message, { timeout: 10_000, interval: 200 }).toBe('whole');
  });
});
