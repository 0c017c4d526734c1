import { rmSync } from 'node:fs';
import process from 'node:process';
import { expect, it } from 'vitest';
import { program } from '../../src/sim/lab/daemon.js';
import { Child, until } from '../children.js';
import type { Lab } from '../lab.js';
import { type Post, posts } from '../place.js';
import { iron, light } from '../site.js';
import { atRest, type Handed, hand, hostOf, machinesOf, minute, reaches } from './telling.js';

type Opened = () => Lab;
const sleeping = 'touch started; sleep 240\n';

/** All hosts but one are closed to new machines. */
async function only(room: Lab, post: Post): Promise<void> {
  for (const { name } of posts) await room.domus([name === post.name ? 'uncordon' : 'cordon', name]);
}

async function freeMiB(room: Lab, post: Post): Promise<number> {
  return Number(/^free_memory\s*:\s*(\d+)/m.exec(await room.mustOn(post, 'xl info'))?.[1]);
}

/** Memory that Dom0 itself has left: what its part of each guest (netback, blkback, the disk's emulator) takes is missing here. */
async function dom0AvailableMiB(room: Lab, post: Post): Promise<number> {
  return Math.round(Number(/^MemAvailable:\s+(\d+)/m.exec(await room.mustOn(post, 'cat /proc/meminfo'))?.[1]) / 1024);
}

/** Many guests on one host, and more daemons than one. */
export function crowd(lab: Opened): void {
  const most = Math.min(iron.cores * iron.overcommit, Math.floor((iron.memoryMiB - iron.dom0MiB - 96) / (light.memoryMiB + 64)));

  it(`fills a host with ${most} guests and refuses one more by itself; what each takes of Xen and Dom0 is measured`, { timeout: 20 * minute }, async () => {
    const room = lab();
    await atRest(room, 6 * minute);
    const [post] = posts;
    if (post === undefined) throw new Error('there is no host');
    await only(room, post);
    const jobs: Handed[] = [];
    let empty: { readonly xen: number; readonly dom0: number } | undefined;
    for (let n = 1; n <= most; n++) {
      const job = await hand(room, 'light', { script: sleeping });
      jobs.push(job);
      if (empty === undefined) {
        await room.answers(post, 8 * minute);
        empty = { xen: await freeMiB(room, post), dom0: await dom0AvailableMiB(room, post) };
      }
      await reaches(room, job, 'R', 9 * minute);
      if (n !== 1 && n !== most && n !== 4 && n !== 8) continue;
      const [xen, dom0] = [empty.xen - (await freeMiB(room, post)), empty.dom0 - (await dom0AvailableMiB(room, post))];
      room.told(
        `${n} guest(s) of ${light.memoryMiB} MiB`,
        `Xen gave ${xen} MiB (${Math.round(xen / n) - light.memoryMiB} MiB more for each), Dom0 ${dom0} MiB`,
      );
      expect(xen / n - light.memoryMiB, 'guestOverhead covers it').toBeLessThanOrEqual(64);
    }
    const refused = await hand(room, 'light');
    const said = await until(
      async () => {
        const { stdout } = await room.domus(['why', refused.id]);
        return /room|cores|MiB/.test(stdout) ? stdout : undefined;
      },
      2 * minute,
      2_000,
    );
    room.say(
      `why one more waits: ${said
        ?.split('\n')
        .find((line) => /room|fits|MiB free/.test(line))
        ?.trim()}`,
    );
    expect(await room.guests(post)).toHaveLength(most);
    expect(await room.batch.state(refused.id)).toBe('Q');
    for (const { id } of [...jobs, refused]) await room.batch.type(['qdel', id]);
    await atRest(room, 8 * minute);
    for (const { name } of posts) await room.domus(['uncordon', name]);
  });

  it('makes the others when the second of its creations on one host hangs', { timeout: 20 * minute }, async () => {
    const room = lab();
    const [post] = posts;
    if (post === undefined) throw new Error('there is no host');
    await only(room, post);
    const opener = await hand(room, 'light', { script: sleeping });
    await reaches(room, opener, 'R', 9 * minute);
    // xl itself, in the RAM over the host's root: the next creation never ends
    const trap = '#!/bin/sh\nif [ "$1" = create ] && mkdir /run/xl-hung 2>/dev/null; then exec sleep 3600; fi\nexec /usr/sbin/xl.real "$@"\n';
    await room.mustOn(post, `cp -a /usr/sbin/xl /usr/sbin/xl.real && rm /usr/sbin/xl && printf '%s' '${trap}' >/usr/sbin/xl && chmod 755 /usr/sbin/xl`);
    const others = [await hand(room, 'light', { script: 'hostname\n' }), await hand(room, 'light', { script: 'hostname\n' })];
    for (const job of others) await reaches(room, job, 'C', 12 * minute);
    expect((await room.on(post, 'ls -d /run/xl-hung')).exit, 'one creation hung').toBe(0);
    await room.mustOn(post, 'rm /usr/sbin/xl && mv /usr/sbin/xl.real /usr/sbin/xl');
    await room.batch.type(['qdel', opener.id]);
    await atRest(room, 8 * minute);
    for (const { name } of posts) await room.domus(['uncordon', name]);
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
    await atRest(room, 8 * minute);
    expect((await machinesOf(room)).length).toBe(0);
  });
}
