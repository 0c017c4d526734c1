import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { asked } from '../asked.js';
import { makeQueue, online } from '../batch.js';
import { until } from '../children.js';
import type { Lab } from '../lab.js';
import { type Post, posts } from '../place.js';
import { recipes } from '../recipe.js';
import { asleep, minute } from './telling.js';

type Opened = () => Lab;

/** What a host fetched by TFTP, as the server of it wrote down. */
const fetched = (room: Lab, { address }: Post): string =>
  readFileSync(room.place.at('logs', 'dnsmasq'), 'utf8')
    .split('\n')
    .filter((line) => / sent /.test(line) && line.endsWith(` to ${address}`))
    .join('\n');

/** What a PC loads first, by its firmware: every loader is seen to boot Dom0. */
const loaders = { bios: ['pxelinux.0', 'mboot.c32'], uefi: ['root/xen.efi'] };

const image = (room: Lab): Promise<string> => {
  const argv = ['image', 'build', room.recipe(recipes.light), '--as', '1', '--publish', '--work', room.place.at('work')];
  return room.buildOnce('site/store/images/light', argv);
};
const root = (room: Lab): Promise<string> => room.buildOnce('roots/first', ['boot', 'root', 'build', '--name', 'first']);

/** Asks again until the command succeeds; what it said last where it does not in time. */
async function comesRight(room: Lab, argv: readonly string[], limitMs: number): Promise<void> {
  let said = '';
  const fine = await until(
    async () => {
      const { exit, stdout } = await room.domus(argv);
      said = stdout;
      return exit === 0;
    },
    limitMs,
    1_000,
  );
  expect(fine, `${argv.join(' ')}: ${said}`).toBe(true);
}

/** Boot files, every server on them, and the batch server with its queues and seats. */
async function publish(room: Lab): Promise<void> {
  expect((await room.domus(['check'])).stdout).toMatch(/^(?!.*error)/);
  for (const words of [
    ['boot', 'root', 'use', 'first'],
    ['boot', 'publish'],
  ])
    expect(await room.domus(words)).toMatchObject({ exit: 0 });
  await room.servers.startHomes(room.homes);
  await room.servers.startDnsmasq();
  await room.servers.startGanesha();
  room.startDoor();
  // the door chooses for hosts that nobody chose for, and publishes that
  await comesRight(room, ['boot', 'diff'], minute);
  for (const { name } of posts) await comesRight(room, ['boot', 'check', name], minute);
  for (const queue of ['light', 'wrong']) await makeQueue(room.batch, queue, queue);
  expect(await room.domus(['torque', 'setup', '--apply'])).toMatchObject({ exit: 0 });
  await room.batch.afterSetup();
  // the next run finds nothing left to do
  expect((await room.domus(['torque', 'setup'])).stdout).toMatch(/^# main: everything agrees$/m);
  expect(await online(room.batch)).toEqual([]);
}

/** Every PC from its button to Dom0, each with the key that was made for it; `how`: the loader of a BIOS. */
async function firstBoot(room: Lab, how: string): Promise<void> {
  const began = room.seconds;
  // a host gets its key in the window that somebody opens
  for (const { name } of posts) expect(await room.domus(['boot', 'enrol', name])).toMatchObject({ exit: 0 });
  await Promise.all(room.stations.map((station) => station.on()));
  const up = await Promise.all(
    room.stations.map(async ({ post, machine: { firmware } }) => {
      const answers = await room.answers(post, 12 * minute);
      room.told(
        `${firmware === 'bios' ? how : 'UEFI, iPXE'}: button to Dom0's sshd, with ${posts.length - 1} beside it`,
        `${Math.round(room.seconds - began)} s`,
      );
      return answers;
    }),
  );
  expect(up).not.toContain(false);
  // each by its own name: hosts of one name would end each other's sessions (host/dom0/initramfs-init)
  const clients = room.servers.clients();
  for (const { name, address } of posts)
    expect(
      clients.some((client) => client.includes(`${address}-`) && client.includes(` ${name})`)),
      clients.join('\n'),
    ).toBe(true);
  // a host mounts the store when the server has let it in, shortly after it is up
  await comesRight(room, ['check', '--live'], 2 * minute);
}

/** Every host is switched off and on under supervision, which Domus asks for before it switches one by itself. */
export async function proveAll(room: Lab): Promise<void> {
  // each as soon as the daemon has seen it
  for (const { name } of posts) await comesRight(room, ['hosts', 'prove', name], 2 * minute);
  const proved = async (): Promise<boolean> => {
    const { hosts } = await asked<{ readonly hosts: readonly { readonly provenAt?: number }[] }>(room.folder, '/hosts');
    return hosts.every(({ provenAt }) => provenAt !== undefined);
  };
  const so = await until(proved, 12 * minute, 3_000);
  expect(so, (await room.domus(['hosts', 'list'])).stdout).toBe(true);
  room.say('every host is proved');
}

/** An empty server and a room of PCs become a pool: the commands of docs/pool.md, in its order. */
export function settingUp(lab: Opened): void {
  let building: Promise<string> | undefined;

  it('builds the Dom0 root', { timeout: 20 * minute }, async () => {
    const room = lab();
    // beside it: each keeps one core busy
    building = image(room);
    building.catch(() => undefined); // the next part raises it
    room.say(await root(room));
  });

  it('builds and publishes an image from a recipe', { timeout: 20 * minute }, async () => {
    const room = lab();
    room.say((await building) ?? 'it was not begun');
    room.putWrongImage();
    room.allBuilt();
  });

  it('publishes what hosts boot, and every server takes it', { timeout: 5 * minute }, () => publish(lab()));

  it('boots every PC from them, by pxelinux on a BIOS, the last on UEFI: Xen, Dom0, each with the key that was made for it', {
    timeout: 15 * minute,
  }, async () => {
    const room = lab();
    const [last, ...others] = [...room.stations].reverse();
    if (last !== undefined && others.length > 0) last.machine = { ...last.machine, firmware: 'uefi' };
    await firstBoot(room, 'pxelinux');
    for (const { post, machine } of room.stations) {
      for (const file of loaders[machine.firmware]) expect(fetched(room, post)).toContain(file);
    }
    room.say(`${posts.length} hosts answer; the emulators take ${room.stations.map(({ residentMiB }) => residentMiB).join(', ')} MiB`);
    for (const post of posts) expect(await room.mustOn(post, 'ethtool eth0')).toMatch(/Wake-on: \S*g/);
  });

  it('proves that they come back, by iPXE on a BIOS, and switches them off since nobody needs them', { timeout: 20 * minute }, async () => {
    const room = lab();
    for (const station of room.stations) station.machine = { ...station.machine, firmware: 'bios' };
    room.writeSite({ deployment: 'xenlab' });
    await room.restartBootServer();
    room.daemon.start();
    await proveAll(room);
    await asleep(room, 4 * minute);
    room.say('every host is off');
  });
}

/** The same for a room whose root and image are built already: by iPXE on a BIOS, and the hosts stay on. */
export function settingUpAgain(lab: Opened): void {
  it('becomes a pool with the root and the image that are there', { timeout: 40 * minute }, async () => {
    const room = lab();
    room.say(await root(room));
    room.say(await image(room));
    room.putWrongImage();
    await publish(room);
    await firstBoot(room, 'iPXE');
    for (const post of posts) expect(fetched(room, post)).not.toContain('pxelinux.0');
    room.writeSite({ deployment: 'xenlab', hostIdle: '1h' });
    room.daemon.start();
    await comesRight(room, ['hosts', 'list'], minute);
  });
}
