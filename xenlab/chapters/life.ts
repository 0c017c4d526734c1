import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { asked } from '../asked.js';
import { makeQueue, online } from '../batch.js';
import { until } from '../children.js';
import { alice } from '../furniture.js';
import type { Lab } from '../lab.js';
import { type Post, posts, wire } from '../place.js';
import { recipes } from '../recipe.js';
import { asleep, hand, hostOf, machinesOf, minute, outputOf, plain, ranWell, reaches, tell } from './telling.js';

type Opened = () => Lab;

/** What a host fetched by TFTP, as the server of it wrote down. */
const fetched = (room: Lab, { address }: Post): string =>
  readFileSync(room.place.at('logs', 'dnsmasq'), 'utf8')
    .split('\n')
    .filter((line) => / sent /.test(line) && line.endsWith(` to ${address}`))
    .join('\n');

/** What a PC loads first, by its firmware: every loader is seen to boot Dom0. */
const loaders = { bios: ['pxelinux.0', 'mboot.c32'], uefi: ['root/xen.efi'] };

/** An empty server and a room of PCs become a pool: the commands of docs/pool.md, in its order. */
export function settingUp(lab: Opened): void {
  let image: Promise<string> | undefined;

  it('builds the Dom0 root', { timeout: 20 * minute }, async () => {
    const room = lab();
    // beside it: each keeps one core busy
    image = room.buildOnce('site/store/images/light', [
      'image',
      'build',
      room.recipe(recipes.light),
      '--as',
      '1',
      '--publish',
      '--work',
      room.place.at('work'),
    ]);
    image.catch(() => undefined); // the next part raises it
    room.say(await room.buildOnce('roots/first', ['boot', 'root', 'build', '--name', 'first']));
  });

  it('builds and publishes an image from a recipe', { timeout: 20 * minute }, async () => {
    lab().say((await image) ?? 'it was not begun');
    lab().putWrongImage();
  });

  it('publishes what hosts boot, and every server takes it', { timeout: 5 * minute }, async () => {
    const room = lab();
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
    expect(await until(async () => (await room.domus(['boot', 'diff'])).exit === 0, minute, 1_000)).toBe(true);
    for (const { name } of posts) {
      let said = '';
      const fine = await until(
        async () => {
          const { exit, stdout } = await room.domus(['boot', 'check', name]);
          said = stdout;
          return exit === 0;
        },
        minute,
        1_000,
      );
      expect(fine, said).toBe(true);
    }
    for (const queue of ['light', 'wrong']) await makeQueue(room.batch, queue, queue);
    expect(await room.domus(['torque', 'setup', '--apply'])).toMatchObject({ exit: 0 });
    await room.batch.afterSetup();
    // the next run finds nothing left to do
    expect((await room.domus(['torque', 'setup'])).stdout).toMatch(/^# main: everything agrees$/m);
    expect(await online(room.batch)).toEqual([]);
  });

  it('boots every PC from them, by pxelinux on a BIOS, the last on UEFI: Xen, Dom0, each with the key that was made for it', {
    timeout: 15 * minute,
  }, async () => {
    const room = lab();
    const [last, ...others] = [...room.stations].reverse();
    if (last !== undefined && others.length > 0) last.machine = { ...last.machine, firmware: 'uefi' };
    const began = room.seconds;
    // a host gets its key in the window that somebody opens
    for (const { name } of posts) expect(await room.domus(['boot', 'enrol', name])).toMatchObject({ exit: 0 });
    await Promise.all(room.stations.map((station) => station.on()));
    const up = await Promise.all(
      room.stations.map(async ({ post, machine: { firmware } }) => {
        const answers = await room.answers(post, 12 * minute);
        room.told(
          `${firmware === 'bios' ? 'pxelinux' : 'UEFI, iPXE'}: button to Dom0's sshd, with ${posts.length - 1} beside it`,
          `${Math.round(room.seconds - began)} s`,
        );
        return answers;
      }),
    );
    expect(up).not.toContain(false);
    for (const { post, machine } of room.stations) {
      for (const file of loaders[machine.firmware]) expect(fetched(room, post)).toContain(file);
    }
    room.say(`${posts.length} hosts answer; the emulators take ${room.stations.map(({ residentMiB }) => residentMiB).join(', ')} MiB`);
    for (const post of posts) expect(await room.mustOn(post, 'ethtool eth0')).toMatch(/Wake-on: \S*g/);
    // a host mounts the store when the server has let it in, shortly after it is up
    let said = '';
    const fine = async (): Promise<boolean> => {
      const { exit, stdout } = await room.domus(['check', '--live']);
      said = stdout;
      return exit === 0;
    };
    expect(await until(fine, 2 * minute, 3_000), said).toBe(true);
  });

  it('proves that they come back, by iPXE on a BIOS, and switches them off since nobody needs them', { timeout: 20 * minute }, async () => {
    const room = lab();
    for (const station of room.stations) station.machine = { ...station.machine, firmware: 'bios' };
    room.writeSite({ deployment: 'xenlab' });
    await room.restartBootServer();
    room.daemon.start();
    // each as soon as the daemon has seen it
    for (const { name } of posts) expect(await until(async () => (await room.domus(['hosts', 'prove', name])).exit === 0, 2 * minute, 2_000), name).toBe(true);
    const proved = async (): Promise<boolean> => {
      const { hosts } = await asked<{ readonly hosts: readonly { readonly provenAt?: number }[] }>(room.folder, '/hosts');
      return hosts.every(({ provenAt }) => provenAt !== undefined);
    };
    const so = await until(proved, 12 * minute, 3_000);
    expect(so, (await room.domus(['hosts', 'list'])).stdout).toBe(true);
    room.say('every host is proved');
    await asleep(room, 4 * minute);
    room.say('every host is off');
  });
}

/** Three lines: the life of its guest, its cores, its host key. */
const lives = 'cat /proc/sys/kernel/random/boot_id; nproc; cat /etc/ssh/ssh_host_ed25519_key.pub\n';

/** One job's way from a powered-off room to its output file, and others after it. */
export function oneJob(lab: Opened): void {
  /** The first life of each seat's guest. */
  const boots = new Map<string, string>();

  it('wakes a host because a job waits, and runs the job inside a guest as its owner', { timeout: 20 * minute }, async () => {
    const room = lab();
    const cold = await hand(room, 'light', { script: `${lives}until [ -e seen ]; do sleep 1; done\n${plain}` });
    const seconds = await reaches(room, cold, 'R', 10 * minute);
    room.told('submitted to running, host powered off', `${seconds} s`);
    await room.keepAwake(true);
    const post = await hostOf(room, cold, posts);
    const [machine] = await machinesOf(room);
    expect(await room.guests(post)).toEqual([machine?.guestName]);
    const { stdout } = await room.domus(['why', machine?.id ?? '', '--kind', 'machine']);
    expect(stdout).toContain(cold.id);
    const warm = await hand(room, 'light', { script: lives + plain });
    room.told('submitted to running, host on, new guest', `${await reaches(room, warm, 'R', 6 * minute)} s`);
    await ranWell(room, warm, 3 * minute, 3);
    tell(room, 'seen');
    await ranWell(room, cold, 5 * minute, 3);
    for (const job of [cold, warm]) {
      const [[node = ''], [boot = '', , key = '']] = [await room.batch.nodesOf(job.id), outputOf(room, job).split('\n')];
      boots.set(node, boot);
      const kept = readFileSync(join(room.folder.state, 'seat-keys', `${node}.pub`), 'utf8');
      expect(key.split(' ')[1], `the host key of ${node}`).toBe(kept.split(' ')[1]);
    }
  });

  it('runs the next in a guest that is there already, and makes it larger, live, for one of two cores', { timeout: 15 * minute }, async () => {
    const room = lab();
    const ready = await hand(room, 'light', { script: lives });
    room.told('submitted to running, guest ready', `${await reaches(room, ready, 'R', 6 * minute)} s`);
    await reaches(room, ready, 'C', 3 * minute);
    // its worker still lists the job for some seconds, and nobody can know then that it is free
    const idle = async (): Promise<boolean> => (await machinesOf(room)).some(({ phase, jobs }) => phase === 'ready' && jobs.length === 0);
    expect(await until(idle, minute, 500)).toBe(true);
    const wide = await hand(room, 'light', { slots: 2, script: lives });
    await reaches(room, wide, 'C', 6 * minute);
    const [node = ''] = await room.batch.nodesOf(wide.id);
    const [[, coresBefore], [boot, cores]] = [ready, wide].map((job) => outputOf(room, job).split('\n')) as [string[], string[]];
    expect(boot, 'the same life of the same guest').toBe(boots.get(node));
    expect({ coresBefore, cores }).toEqual({ coresBefore: '1', cores: '2' });
    room.told('a second core and its memory, live', `${Math.round(room.seconds - wide.at)} s from the submission to the end of the job`);
  });

  it('gives the job what a real pbs_mom was told of the site: its temporary folder, its nodes by their whole names', {
    timeout: 12 * minute,
  }, async (context) => {
    const room = lab();
    if (room.batch.kind === 'embedded') {
      room.say('NOT TESTED: $tmpdir and node file of a real pbs_mom; there is no TORQUE on this machine');
      context.skip();
    }
    const job = await hand(room, 'light', { script: 'echo $TMPDIR; stat -c %U $TMPDIR; cat $PBS_NODEFILE; echo $PBS_O_HOST\n' });
    await reaches(room, job, 'C', 9 * minute);
    expect(outputOf(room, job).split('\n')).toEqual([`/scratch/${job.id}`, alice.name, ...(await room.batch.nodesOf(job.id)), `pbs.${wire.domain}`, '']);
  });
}
