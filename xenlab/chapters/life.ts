import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { until } from '../children.js';
import { alice } from '../furniture.js';
import type { Lab } from '../lab.js';
import { posts, wire } from '../place.js';
import { hand, hostOf, machinesOf, minute, outputOf, plain, ranWell, reaches, tell } from './telling.js';

type Opened = () => Lab;

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
