import { expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { until } from '../children.js';
import { emptyStore, fillStore } from '../furniture.js';
import type { Lab } from '../lab.js';
import { posts } from '../place.js';
import { atRest, type Handed, hand, hostOf, machinesOf, minute, plain, ranWell, reaches, tell } from './telling.js';

type Opened = () => Lab;

/** What goes wrong in rooms, one thing after the other. */
export function trouble(lab: Opened): void {
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

  let lost: { readonly job: Handed; readonly at: number } | undefined;

  it('loses a host under a running job: its plug is pulled', { timeout: 10 * minute }, async () => {
    const room = lab();
    const job = await hand(room, 'light', { script: `until [ -e cut ]; do sleep 1; done\n${plain}` });
    await reaches(room, job, 'R', 6 * minute);
    const post = await hostOf(room, job, posts);
    await systemClock.sleep(3_000);
    await room.stations.find((station) => station.post === post)?.cut();
    room.say(`the plug of ${post.name} was pulled`);
    lost = { job, at: room.seconds };
    tell(room, 'cut'); // when it runs again it ends
  });

  it('gives an image up that never boots, and keeps what its console said', { timeout: 12 * minute }, async () => {
    const room = lab();
    const job = await hand(room, 'wrong');
    const failed = await until(async () => (await machinesOf(room)).find(({ id, phase }) => id.startsWith('wrong-') && phase === 'failed'), 8 * minute, 1_000);
    expect(failed).toBeDefined();
    const { stdout } = await room.domus(['why', failed?.id ?? '', '--kind', 'machine']);
    room.say(stdout.split('\n').slice(0, 40).join('\n'));
    await room.batch.type(['qdel', job.id]);
    const gone = async (): Promise<boolean> => (await machinesOf(room)).every(({ id }) => !id.startsWith('wrong-'));
    expect(await until(gone, 6 * minute, 1_000), 'it is put away').toBe(true);
  });

  it('has run the job again whose host lost power', { timeout: 12 * minute }, async () => {
    const room = lab();
    if (lost === undefined) throw new Error('no host has lost power');
    await ranWell(room, lost.job, 10 * minute);
    room.told(
      'power cut under a running job, to its end elsewhere or after a new boot, with other trouble meanwhile',
      `${Math.round(room.seconds - lost.at)} s`,
    );
    expect(await room.batch.starts(lost.job.id)).toBe(2);
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
        4_000,
      );
      expect(said, 'why says so').toBeDefined();
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
