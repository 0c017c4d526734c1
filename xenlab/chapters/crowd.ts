import { rmSync } from 'node:fs';
import process from 'node:process';
import { expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { program } from '../../src/sim/lab/daemon.js';
import { Child, until } from '../children.js';
import type { Lab } from '../lab.js';
import { type Post, posts } from '../place.js';
import { iron, light } from '../site.js';
import { atRest, begins, everywhere, type Handed, hand, hostOf, machinesOf, minute, only, outputOf, ranWell, reaches, tell, untilTold } from './telling.js';

type Opened = () => Lab;
const sleeping = 'sleep 240\n';

async function freeMiB(room: Lab, post: Post): Promise<number> {
  return Number(/^free_memory\s*:\s*(\d+)/m.exec(await room.mustOn(post, 'xl info'))?.[1]);
}

/** Memory that Dom0 itself has left: what its part of each guest (netback, blkback, the disk's emulator) takes is missing here. */
async function dom0AvailableMiB(room: Lab, post: Post): Promise<number> {
  return Math.round(Number(/^MemAvailable:\s+(\d+)/m.exec(await room.mustOn(post, 'cat /proc/meminfo'))?.[1]) / 1024);
}

/** Many guests on one host, and more daemons than one. */
export function crowd(lab: Opened): void {
  const running: Handed[] = [];
  const most = Math.min(iron.cores * iron.overcommit, Math.floor((iron.memoryMiB - iron.dom0MiB - 96) / (light.memoryMiB + 64)));

  it(`fills a host with ${most} guests and refuses one more by itself; what each takes of Xen and Dom0 is measured`, { timeout: 20 * minute }, async () => {
    const room = lab();
    await atRest(room, 6 * minute);
    const [post] = posts;
    if (post === undefined) throw new Error('there is no host');
    await only(room, post);
    let empty: { readonly xen: number; readonly dom0: number } | undefined;
    const measure = async (n: number): Promise<void> => {
      if (empty === undefined) throw new Error('the empty host was not measured');
      const [xen, dom0] = [empty.xen - (await freeMiB(room, post)), empty.dom0 - (await dom0AvailableMiB(room, post))];
      room.told(
        `${n} guest(s) of ${light.memoryMiB} MiB`,
        `Xen gave ${xen} MiB (${Math.round(xen / n) - light.memoryMiB} MiB more for each), Dom0 ${dom0} MiB`,
      );
      expect(xen / n - light.memoryMiB, 'guestOverhead covers it').toBeLessThanOrEqual(64);
    };
    running.push(await hand(room, 'light', { script: untilTold('nfs') }));
    await room.answers(post, 8 * minute);
    empty = { xen: await freeMiB(room, post), dom0: await dom0AvailableMiB(room, post) };
    for (let n = 1; n <= most; n++) {
      if (n > 1) running.push(await hand(room, 'light', { script: untilTold('nfs') }));
      // the first alone, the others at once
      if (n !== 1 && n !== most) continue;
      for (const job of running) await reaches(room, job, 'R', 12 * minute);
      await measure(n);
    }
    const refused = await hand(room, 'light', { script: untilTold('nfs') });
    const said = await until(
      async () => {
        const { stdout } = await room.domus(['why', refused.id]);
        return /room|cores|MiB/.test(stdout) ? stdout : undefined;
      },
      2 * minute,
      4_000,
    );
    expect(said, 'why says so').toBeDefined();
    room.say(
      `why one more waits: ${said
        ?.split('\n')
        .find((line) => /room|fits|MiB free/.test(line))
        ?.trim()}`,
    );
    expect(await room.guests(post)).toHaveLength(most);
    expect(await room.batch.state(refused.id)).toBe('Q');
    running.push(refused);
  });

  it('waits while NFS is gone under six guests: nothing is started, nothing declared dead, everything goes on, one message', {
    timeout: 20 * minute,
  }, async () => {
    const room = lab();
    // the one that was refused goes elsewhere, with one more
    await everywhere(room);
    running.push(await hand(room, 'light', { script: untilTold('nfs') }));
    for (const job of running) await begins(room, job, 12 * minute);
    const before = new Map((await machinesOf(room)).map(({ id, phase }) => [id, phase]));
    room.say(`${before.size} machines on ${new Set((await machinesOf(room)).map(({ host }) => host)).size} hosts`);
    expect(before.size).toBe(running.length);
    await room.servers.killGanesha();
    room.say('the NFS server is dead');
    const waiting = await hand(room, 'light');
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

  it('makes the others when the second of its creations on one host hangs', { timeout: 20 * minute }, async () => {
    const room = lab();
    const [post] = posts;
    if (post === undefined) throw new Error('there is no host');
    await only(room, post);
    await atRest(room, 6 * minute);
    await room.keepAwake(true);
    await room.domus(['hosts', 'on', post.name]);
    expect(await room.answers(post, 6 * minute)).toBe(true);
    // xl itself, in the RAM over the host's root: the second creation from now on never ends. Debian's is a link, and finds its program by its own name
    const trap =
      '#!/bin/sh\nif [ "$1" = create ] && ! mkdir /run/xl-first 2>/dev/null && mkdir /run/xl-hung 2>/dev/null; then exec sleep 3600; fi\nexec /usr/lib/xen-[0-9]*/bin/xl "$@"\n';
    await room.mustOn(post, `mv /usr/sbin/xl /usr/sbin/xl.kept && printf '%s' '${trap}' >/usr/sbin/xl && chmod 755 /usr/sbin/xl && xl list`);
    const jobs = await Promise.all([1, 2, 3].map(() => hand(room, 'light', { script: 'sleep 20; hostname\n' })));
    const isRunning = async ({ id }: Handed): Promise<boolean> => ['R', 'C'].includes((await room.batch.state(id)) ?? '');
    const began = room.seconds;
    const two = await until(async () => (await Promise.all(jobs.map(isRunning))).filter(Boolean).length >= 2, 6 * minute, 1_000);
    expect(two, 'two of three run').toBe(true);
    room.told('one of three creations on a host hangs: two jobs run after', `${Math.round(room.seconds - began)} s`);
    expect((await room.on(post, 'ls -d /run/xl-hung')).exit, 'one creation hung').toBe(0);
    // the third is served by what becomes free, or by the hung one's successor
    for (const job of jobs) await reaches(room, job, 'C', 12 * minute);
    await room.mustOn(post, 'mv /usr/sbin/xl.kept /usr/sbin/xl');
    await everywhere(room);
  });

  it('lets no second daemon act, which has another journal', { timeout: 12 * minute }, async () => {
    const room = lab();
    const job = await hand(room, 'light', { script: sleeping });
    await reaches(room, job, 'R', 9 * minute);
    const post = await hostOf(room, job, posts);
    const before = await room.guests(post);
    const folder = room.place.at('rival');
    const config = room.rivalConfig(folder);
    const rival = new Child(
      'rival',
      ['env', `PATH=${room.folder.bin}:${process.env['PATH']}`, process.execPath, program(), 'run', '--config', config],
      room.place.at('logs', 'rival'),
    );
    const more = await hand(room, 'light');
    await reaches(room, more, 'C', 8 * minute);
    const told = await until(
      async () => {
        const { stdout } = await room.domusOf(config, ['why', post.name, '--kind', 'host']);
        return /another|belongs|journal|fence/i.test(stdout) ? stdout : undefined;
      },
      2 * minute,
      2_000,
    );
    room.say(
      `the second daemon says: ${
        told
          ?.split('\n')
          .find((line) => /another|belongs|journal|fence/i.test(line))
          ?.trim() ?? 'nothing of it'
      }`,
    );
    expect(told).toBeDefined();
    await rival.stop();
    expect(await room.guests(post)).toEqual(expect.arrayContaining([...before]));
    expect(await room.batch.starts(job.id)).toBe(1);
    rmSync(folder, { recursive: true });
    await room.batch.type(['qdel', job.id]);
  });
}
