import { expect, it } from 'vitest';
import { makeQueue, online } from '../batch.js';
import { until } from '../children.js';
import { alice } from '../furniture.js';
import type { Lab } from '../lab.js';
import { posts, wire } from '../place.js';
import { recipes } from '../recipe.js';
import { asleep, hand, hostOf, machinesOf, minute, outputOf, ranWell, reaches } from './telling.js';

type Opened = () => Lab;

/** An empty server and a room of PCs become a pool: the commands of docs/pool.md, in its order. */
export function settingUp(lab: Opened): void {
  it('builds the Dom0 root', { timeout: 20 * minute }, async () => {
    const said = await lab().buildOnce('roots/first', ['boot', 'root', 'build', '--name', 'first']);
    lab().say(said);
  });

  it('builds and publishes an image from a recipe', { timeout: 20 * minute }, async () => {
    const recipe = lab().recipe(recipes.light);
    lab().say(await lab().buildOnce('site/store/images/light', ['image', 'build', recipe, '--as', '1', '--publish', '--work', lab().place.at('work')]));
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

  it('boots every PC from them: iPXE, Xen, Dom0, each with the key that was made for it', { timeout: 15 * minute }, async () => {
    const room = lab();
    // a host gets its key in the window that somebody opens
    for (const { name } of posts) expect(await room.domus(['boot', 'enrol', name])).toMatchObject({ exit: 0 });
    await Promise.all(room.stations.map((station) => station.on()));
    const up = await Promise.all(posts.map((post) => room.answers(post, 12 * minute)));
    expect(up).not.toContain(false);
    room.say(`${posts.length} hosts answer; the emulators take ${room.stations.map(({ residentMiB }) => residentMiB).join(', ')} MiB`);
    for (const post of posts) expect(await room.mustOn(post, 'ethtool eth0')).toMatch(/Wake-on: \S*g/);
    const { exit, stdout } = await room.domus(['check', '--live']);
    expect(exit, stdout).toBe(0);
  });

  it('proves that they come back, and switches them off since nobody needs them', { timeout: 20 * minute }, async () => {
    const room = lab();
    room.daemon.start();
    // each as soon as the daemon has seen it
    for (const { name } of posts) expect(await until(async () => (await room.domus(['hosts', 'prove', name])).exit === 0, 2 * minute, 2_000), name).toBe(true);
    const proved = async (): Promise<boolean> => {
      const { stdout } = await room.domus(['hosts', 'list', '--json']);
      const { hosts } = JSON.parse(stdout) as { readonly hosts: readonly { readonly provenAt?: number }[] };
      return hosts.every(({ provenAt }) => provenAt !== undefined);
    };
    const so = await until(proved, 12 * minute, 3_000);
    expect(so, (await room.domus(['hosts', 'list'])).stdout).toBe(true);
    room.say('every host is proved');
    await asleep(room, 4 * minute);
    room.say('every host is off');
  });
}

/** One job's way from a powered-off room to its output file, and back. */
export function oneJob(lab: Opened): void {
  it('wakes a host because a job waits, runs the job inside a guest as its owner, and puts everything away again', { timeout: 20 * minute }, async () => {
    const room = lab();
    // long enough to be looked at while it runs
    const cold = await hand(room, 'light', { script: 'sleep 40\necho ran; hostname; id -un; pwd\n' });
    const seconds = await reaches(room, cold, 'R', 10 * minute);
    room.told('submitted to running, host powered off', `${seconds} s`);
    const post = await hostOf(room, cold, posts);
    const [machine] = await machinesOf(room);
    expect(await room.guests(post)).toEqual([machine?.guestName]);
    const { stdout } = await room.domus(['why', machine?.id ?? '', '--kind', 'machine']);
    expect(stdout).toContain(cold.id);
    await ranWell(room, cold, 5 * minute);
    const over = room.seconds;
    await asleep(room, 6 * minute);
    room.told('job over to guest gone and host off', `${Math.round(room.seconds - over)} s`);
  });

  it('runs the next on a host that is on already, and one more on a guest that is', { timeout: 15 * minute }, async () => {
    const room = lab();
    const opener = await hand(room, 'light', { script: 'sleep 45\necho ran; hostname; id -un; pwd\n' });
    await reaches(room, opener, 'R', 10 * minute);
    const warm = await hand(room, 'light');
    room.told('submitted to running, host on, new guest', `${await reaches(room, warm, 'R', 6 * minute)} s`);
    await ranWell(room, warm, 3 * minute);
    const ready = await hand(room, 'light');
    room.told('submitted to running, guest ready', `${await reaches(room, ready, 'R', 6 * minute)} s`);
    await ranWell(room, ready, 3 * minute);
    expect(outputOf(room, ready)).toContain('ran');
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
