import { expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { until } from '../children.js';
import { emptyStore, fillStore } from '../furniture.js';
import type { Lab } from '../lab.js';
import { posts } from '../place.js';
import { atRest, type Handed, hand, hostOf, machinesOf, minute, outputOf, ranWell, reaches, tell, untilTold } from './telling.js';

type Opened = () => Lab;
const long = 'sleep 40\necho ran; hostname; id -un; pwd\n';

/** What goes wrong in rooms, one thing after the other. */
export function trouble(lab: Opened): void {
  it('resizes an idle guest that lives, for a job of two cores', { timeout: 12 * minute }, async () => {
    const room = lab();
    await room.keepAwake(true);
    await atRest(room, 6 * minute);
    const small = await hand(room, 'light', { script: 'cat /proc/sys/kernel/random/boot_id; nproc\n' });
    await reaches(room, small, 'C', 9 * minute);
    // its worker still lists the job for some seconds, and nobody can know then that it is free
    const idle = async (): Promise<boolean> => (await machinesOf(room)).some(({ phase, jobs }) => phase === 'ready' && jobs.length === 0);
    expect(await until(idle, minute, 500)).toBe(true);
    const wide = await hand(room, 'light', { slots: 2, script: 'cat /proc/sys/kernel/random/boot_id; nproc\n' });
    await reaches(room, wide, 'C', 6 * minute);
    const [[boot, before], [bootAfter, after]] = [small, wide].map((job) => outputOf(room, job).split('\n')) as [string[], string[]];
    expect({ before, after }).toEqual({ before: '1', after: '2' });
    expect(bootAfter, 'the same life of the same guest').toBe(boot);
    room.told('a second core and its memory, live', `${Math.round(room.seconds - wide.at)} s from the submission to the end of the job`);
  });

  it('loses nothing when the daemon is killed in the middle of xl create', { timeout: 12 * minute }, async () => {
    const room = lab();
    await atRest(room, 6 * minute);
    const job = await hand(room, 'light');
    const creating = async (): Promise<boolean> =>
      (await Promise.all(room.stations.filter((station) => station.isOn).map(({ post }) => room.on(post, 'pgrep -f "xl create"')))).some(
        ({ exit }) => exit === 0,
      );
    expect(await until(creating, 6 * minute, 200), 'an xl create was seen').toBe(true);
    await room.daemon.kill(1_000);
    room.say('the daemon was killed in the middle of xl create');
    await ranWell(room, job, 6 * minute);
    const guests = (await Promise.all(posts.map((post) => room.guests(post)))).flat();
    expect(guests).toHaveLength(1);
    expect(room.overlays()).toHaveLength(1);
  });

  it('runs the job again when its host loses power', { timeout: 15 * minute }, async () => {
    const room = lab();
    const job = await hand(room, 'light', { script: long });
    await reaches(room, job, 'R', 6 * minute);
    const post = await hostOf(room, job, posts);
    await systemClock.sleep(3_000);
    await room.stations.find((station) => station.post === post)?.cut();
    room.say(`the plug of ${post.name} was pulled`);
    const cut = room.seconds;
    await ranWell(room, job, 12 * minute);
    room.told('power cut under a running job, to its end elsewhere or after a new boot', `${Math.round(room.seconds - cut)} s`);
    expect(await room.batch.starts(job.id)).toBe(2);
  });

  it('waits while NFS is gone under six guests: nothing is started, nothing declared dead, everything goes on, one message', {
    timeout: 20 * minute,
  }, async () => {
    const room = lab();
    const running: Handed[] = [];
    for (let pair = 0; pair < 3; pair++) {
      for (let n = 0; n < 2; n++) running.push(await hand(room, 'light', { script: untilTold('nfs') }));
      for (const job of running.slice(-2)) await reaches(room, job, 'R', 9 * minute);
    }
    const before = new Map((await machinesOf(room)).map(({ id, phase }) => [id, phase]));
    room.say(`${before.size} machines on ${new Set((await machinesOf(room)).map(({ host }) => host)).size} hosts`);
    await room.servers.killGanesha();
    room.say('the NFS server is dead');
    const waiting = await hand(room, 'light', { slots: 2 });
    try {
      const gone = room.seconds;
      while (room.seconds - gone < 120) {
        await systemClock.sleep(5_000);
        const known = await machinesOf(room);
        expect(known.filter(({ phase }) => phase === 'lost' || phase === 'failed').map(({ id }) => id)).toEqual([]);
        // one may have been wished for before anybody knew; it comes no further
        expect(
          known.filter(({ id, phase }) => !before.has(id) && phase !== 'wanted' && phase !== 'preparing').map(({ id, phase }) => `${id} ${phase}`),
        ).toEqual([]);
      }
      const why = await room.domus(['why', waiting.id]);
      room.say(
        `why the new job waits: ${why.stdout
          .split('Why')[1]
          ?.trim()
          .replaceAll(/\s*\n\s*/g, '; ')}`,
      );
      expect(await room.batch.state(waiting.id)).toBe('Q');
    } finally {
      await room.servers.startGanesha();
      room.say('the NFS server is back');
    }
    tell(room, 'nfs');
    for (const job of running) {
      await reaches(room, job, 'C', 6 * minute);
      const [boot, bootAfter] = outputOf(room, job).split('\n');
      expect(bootAfter, 'one life of one guest').toBe(boot);
      expect(await room.batch.starts(job.id)).toBe(1);
    }
    await ranWell(room, waiting, 9 * minute);
    const told = room.notices().filter((message) => (JSON.parse(message) as { readonly kind: string }).kind !== 'well' && message.includes('"store-hung"'));
    expect(told, told.join('\n')).toHaveLength(1);
  });

  it('gives an image up that never boots, and keeps what its console said', { timeout: 12 * minute }, async () => {
    const room = lab();
    const job = await hand(room, 'wrong');
    const failed = await until(async () => (await machinesOf(room)).find((machine) => machine.phase === 'failed'), 6 * minute, 1_000);
    expect(failed?.id).toMatch(/^wrong-/);
    const { stdout } = await room.domus(['why', failed?.id ?? '', '--kind', 'machine']);
    room.say(stdout.split('\n').slice(0, 40).join('\n'));
    await room.batch.type(['qdel', job.id]);
    await atRest(room, 6 * minute);
  });

  it('makes no guest while the store is full, says so, and goes on when there is room', { timeout: 12 * minute }, async () => {
    const room = lab();
    await atRest(room, 6 * minute);
    await fillStore(room.folder);
    room.say('the store is full');
    const job = await hand(room, 'light');
    try {
      const said = await until(
        async () => {
          const { stdout } = await room.domus(['why', job.id]);
          return /full|space|store/i.test(stdout) ? stdout : undefined;
        },
        6 * minute,
        2_000,
      );
      room.say(
        `why it waits: ${said
          ?.split('\n')
          .find((line) => /full|space|store/i.test(line))
          ?.trim()}`,
      );
      expect(await room.batch.state(job.id)).toBe('Q');
    } finally {
      await emptyStore(room.folder);
    }
    await ranWell(room, job, 9 * minute);
  });
}
