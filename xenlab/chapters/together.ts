import { expect, it } from 'vitest';
import { until } from '../children.js';
import type { Lab } from '../lab.js';
import { posts } from '../place.js';
import { atRest, everywhere, type Handed, hand, machinesOf, minute, only, outputOf, reaches, tell, untilTold } from './telling.js';

type Opened = () => Lab;

/** Jobs and guests that span hosts. */
export function together(lab: Opened): void {
  it.skipIf(posts.length < 2)('runs an MPI job across two guests on two hosts', { timeout: 20 * minute }, async () => {
    const room = lab();
    const script = 'mpirun --mca plm_rsh_args "-o StrictHostKeyChecking=accept-new" --mca btl tcp,self -np 2 --hostfile $PBS_NODEFILE --map-by node hostname\n';
    await atRest(room, 6 * minute);
    // with one of them each host has room for one of the two
    const others: Handed[] = [];
    for (const post of posts) {
      await only(room, post);
      others.push(await hand(room, 'light', { slots: 2, script: untilTold('mpi') }));
      const placed = async (): Promise<boolean> => (await machinesOf(room)).some(({ host }) => host === post.name);
      expect(await until(placed, 5 * minute, 500), `a machine on ${post.name}`).toBe(true);
    }
    for (const other of others) await reaches(room, other, 'R', 9 * minute);
    await everywhere(room);
    const job = await hand(room, 'light', { nodes: 2, slots: 2, script });
    await reaches(room, job, 'C', 15 * minute);
    const nodes = await room.batch.nodesOf(job.id);
    const hosts = new Set((await machinesOf(room)).filter(({ seat }) => nodes.includes(seat)).map(({ host }) => host));
    room.say(`MPI over ${nodes.join(' and ')} on ${[...hosts].join(' and ')}`);
    const said = outputOf(room, job)
      .split('\n')
      .filter((line) => line !== '')
      .sort();
    expect(said, room.homeFile(`${job.name}.e${job.id.replace(/\..*$/, '')}`)).toEqual(nodes.map((node) => node.split('.')[0]).sort());
    expect(hosts.size).toBe(2);
    tell(room, 'mpi');
    for (const other of others) await reaches(room, other, 'C', 3 * minute);
  });
}
