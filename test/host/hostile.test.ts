import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type FakeHost, givenHost } from './fake-host.js';
import { configText, createGuest, createOverlay, deed, givenFence, uuidOf } from './given.js';

const image = { name: 'sl7', version: 'v1' };
const guest = (change: (config: string, host: FakeHost) => string) => (host: FakeHost) => {
  const request = createGuest(host.folder, 1, 'o1');
  return { ...request, args: { ...request.args, config: change(configText(host.folder, 1, 'o1'), host) } };
};

/** What a stolen key or a broken daemon might send. None of it may reach a command. */
const hostile: readonly (readonly [string, (host: FakeHost) => unknown])[] = [
  ['a list', () => []],
  ['null', () => null],
  ['an empty object', () => ({})],
  ['another version', () => createOverlay('o1', { v: 2 as 1 })],
  ['an unknown key', () => ({ ...createOverlay('o1'), shell: true })],
  ['an unknown verb', () => ({ ...createOverlay('o1'), verb: 'reboot' })],
  ['a verb that is Python', () => ({ ...createOverlay('o1'), verb: '__class__' })],
  ['no limit', () => ({ ...createOverlay('o1'), limitMs: undefined })],
  ['a limit below 0.1 s', () => createOverlay('o1', { limitMs: 1 })],
  ['a limit that is a word', () => ({ ...createOverlay('o1'), limitMs: '5000' })],
  ['a limit that is true', () => ({ ...createOverlay('o1'), limitMs: true })],
  ['an op with a path', () => createOverlay('o1', { op: '../../etc/cron.d/x' })],
  ['an op too long', () => createOverlay('o1', { op: 'a'.repeat(81) })],
  ['an op with a new line', () => createOverlay('o1', { op: 'a\n' })],
  ['an op that is a number', () => ({ ...createOverlay('o1'), op: 7 })],
  ['no op', () => ({ ...createOverlay('o1'), op: undefined })],
  ['no fence', () => ({ ...createOverlay('o1'), fence: undefined })],
  ['a fence without life', () => ({ ...createOverlay('o1'), fence: { deployment: 'demo', journal: 'j1', epoch: 5 } })],
  ['a fence with more', () => ({ ...createOverlay('o1'), fence: { ...givenFence(), admin: true } })],
  ['an epoch that is a word', () => ({ ...createOverlay('o1'), fence: { ...givenFence(), epoch: '9' } })],
  ['an epoch beyond numbers', () => ({ ...createOverlay('o1'), fence: { ...givenFence(), epoch: 1e300 } })],
  ['a deployment with a path', () => createOverlay('o1', { fence: givenFence({ deployment: '../x' }) })],
  ['args that are a list', () => ({ ...createOverlay('o1'), args: [] })],
  ['an unknown argument', () => deed('overlay-create', { overlay: 'o1', image, diskMiB: 10, backing: '/etc/shadow' })],
  ['an overlay with a path', () => createOverlay('../../tmp/x')],
  ['an overlay that is an option', () => createOverlay('-o')],
  ['an overlay with a new line', () => createOverlay('a\nb')],
  ['an overlay with a letter that looks like one', () => createOverlay('о1')],
  ['an overlay with another digit', () => createOverlay('o１')],
  ['an overlay that is hidden', () => createOverlay('.new~o1~1')],
  ['an overlay too long', () => createOverlay('o'.repeat(200))],
  ['an image with a path', () => deed('overlay-create', { overlay: 'o1', image: { name: '../..', version: 'etc' }, diskMiB: 10 })],
  ['an image version of dots', () => deed('overlay-create', { overlay: 'o1', image: { name: 'sl7', version: '..' }, diskMiB: 10 })],
  ['an image that is a word', () => deed('overlay-create', { overlay: 'o1', image: 'sl7', diskMiB: 10 })],
  ['a disk of no size', () => deed('overlay-create', { overlay: 'o1', image, diskMiB: 0 })],
  ['a disk of 1.5 MiB', () => deed('overlay-create', { overlay: 'o1', image, diskMiB: 1.5 })],
  ['a disk size with a unit', () => deed('overlay-create', { overlay: 'o1', image, diskMiB: '10G' })],
  ['a removal with a path', () => deed('overlay-remove', { overlay: '../images/sl7/v1/disk' })],
  ['a destroy by name', () => deed('guest-destroy', { uuid: 'Domain-0' })],
  ['a destroy of domain 0', () => deed('guest-destroy', { uuid: '0' })],
  ['a resize to no memory', () => deed('guest-resize', { uuid: uuidOf(1), vcpus: 1, memoryMiB: 0 })],
  ['a resize with an option', () => deed('guest-resize', { uuid: uuidOf(1), vcpus: '--ignore-host', memoryMiB: 512 })],
  ['a configuration without a name', guest((c) => c.replace(/^name.*\n/m, ''))],
  ['a configuration of another name', guest((c) => c.replace('guest-1', 'guest-2'))],
  ['a configuration of another uuid', guest((c) => c.replace(uuidOf(1), uuidOf(2)))],
  ["a configuration with somebody else's disk", guest((c) => c.replace('o1.qcow2', 'o2.qcow2'))],
  ['a configuration with a disk of the host', guest((c) => c.replace(/target=[^"]*/, 'target=/dev/sda'))],
  ['a configuration with two disks', guest((c) => c.replace('.qcow2"]', '.qcow2", "phy:/dev/sda,xvdb,w"]'))],
  ['a configuration with a disk script', guest((c) => c.replace('access=rw', 'access=rw,script=/tmp/x'))],
  ['a configuration with a vif script', guest((c) => c.replace('bridge=xenbr0', 'bridge=xenbr0,script=/tmp/x'))],
  ['a configuration on another bridge', guest((c) => c.replace('xenbr0', 'mgmt0'))],
  ['a configuration with a device model', guest((c) => `${c}device_model_override = "/tmp/x"\n`)],
  ['a configuration with a PCI device', guest((c) => `${c}pci = ["0000:01:00.0"]\n`)],
  ['a configuration with a line twice', guest((c) => `${c}memory = 9999\n`)],
  ['a configuration with a kernel of the host', guest((c) => c.replace(/kernel = .*/, 'kernel = "/boot/vmlinuz"'))],
  ['a configuration with a kernel that climbs out', guest((c, host) => c.replace(/kernel = .*/, `kernel = "${host.folder}/images/a/../../x"`))],
  ['a configuration with a quote in its arguments', guest((c) => c.replace('root=', 'a\\" root='))],
  ['a configuration with negative memory', guest((c) => c.replace('memory = 512', 'memory = -1'))],
  ['a configuration with a tab', guest((c) => c.replace('memory = 512', 'memory =\t512'))],
  ['a configuration with no end', guest((c) => c + '#'.repeat(20_000))],
  ['a configuration that is a list', guest(() => [] as unknown as string)],
];

it.each(hostile)('refuses %s, and calls nothing', async (_, request) => {
  const host = givenHost();
  const answer = await host.ask(request(host));
  expect(answer).toMatchObject({ v: 1, bootId: 'boot-1', status: 'refused', message: expect.stringMatching(/^grammar: /) });
  expect(host.calls).toEqual([]);
  expect(readdirSync(host.overlays)).toEqual([]);
});

it.each([
  ['nothing', ''],
  ['no JSON', 'xl destroy 0'],
  ['half a request', JSON.stringify(createOverlay('o1')).slice(0, -10)],
  ['bytes that are no text', '{"v":1,"verb":"\xff\xfe"'],
  ['a request of more than 64 KiB', JSON.stringify(createOverlay('o'.repeat(70_000)))],
  ['nesting without end', '['.repeat(60_000)],
])('answers one line that refuses %s', async (_, input) => {
  const host = givenHost();
  const { out, exit } = await host.say(input);
  expect(exit).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ status: 'refused', message: expect.stringMatching(/^grammar: /) });
  expect(host.calls).toEqual([]);
});

it('takes the request that the table above was bent from', async () => {
  const host = givenHost();
  expect(await host.ask(createOverlay('o1'))).toMatchObject({ status: 'done', exit: 0 });
  expect(await host.ask(guest((c) => c)(host))).toMatchObject({ status: 'done', exit: 0 });
});
