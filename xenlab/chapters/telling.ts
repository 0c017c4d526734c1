import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'vitest';
import { asked } from '../asked.js';
import { online } from '../batch.js';
import { until } from '../children.js';
import { alice } from '../furniture.js';
import type { Lab } from '../lab.js';
import { type Post, posts } from '../place.js';
import { standin } from '../site.js';

export const minute = 60_000;

/** A job as it was handed in. */
export interface Handed {
  readonly id: string;
  readonly name: string;
  readonly at: number;
}

let jobs = 0;

/** What a job says of where and as whom it runs. */
export const plain = 'echo ran; hostname; id -un; pwd\n';

/** Hands a job in for an environment; it says where and as whom it ran, in its output file. */
export async function hand(
  lab: Lab,
  queue: string,
  options: { readonly slots?: number; readonly nodes?: number; readonly script?: string } = {},
): Promise<Handed> {
  const name = `job${++jobs}`;
  const want = `nodes=${options.nodes ?? 1}:ppn=${options.slots ?? 1}:${queue}`;
  const id = await lab.batch.submit(['-q', queue, '-l', want, '-N', name], options.script ?? plain);
  lab.say(`${id} (${name}) was handed in: ${want}`);
  return { id, name, at: lab.seconds };
}

/** A script that goes on until `tell` is called with that name: it says in which life of its guest it begins and ends. */
export const untilTold = (name: string): string =>
  `cat /proc/sys/kernel/random/boot_id; touch $PBS_JOBNAME.began; until [ -e ${name} ]; do sleep 1; done; cat /proc/sys/kernel/random/boot_id\n`;
/** Waits until such a script is really under way in its guest: the server calls a job running a little before. */
export async function begins(lab: Lab, job: Handed, limitMs: number): Promise<void> {
  await reaches(lab, job, 'R', limitMs);
  expect(await until(() => lab.homeFile(`${job.name}.began`) !== undefined, minute, 250), `${job.id} begins`).toBe(true);
}
export const tell = (lab: Lab, name: string): void => writeFileSync(join(lab.homes, alice.name, name), '');

/** What the job wrote to its output file, in its owner's home on the site's file server. */
export const outputOf = (lab: Lab, { id, name }: Handed): string => lab.homeFile(`${name}.o${id.replace(/\..*$/, '')}`) ?? '';

/** Waits for a state of the job, and answers with the seconds since it was handed in. */
export async function reaches(lab: Lab, job: Handed, state: 'R' | 'C', limitMs: number): Promise<number> {
  const states = state === 'R' ? ['R', 'C'] : ['C'];
  const so = await until(async () => states.includes((await lab.batch.state(job.id)) ?? ''), limitMs, 250);
  if (so === undefined)
    throw new Error(`${job.id} is ${await lab.batch.state(job.id)} after ${limitMs / 1000} s; ${(await lab.domus(['why', job.id])).stdout}`);
  return Math.round((lab.seconds - job.at) * 10) / 10;
}

/** The job ended well, and its output, after as many lines of its own, shows that it ran in a guest as its owner, in his home. */
export async function ranWell(lab: Lab, job: Handed, limitMs: number, ownLines = 0): Promise<void> {
  await reaches(lab, job, 'C', limitMs);
  expect(await lab.batch.exit(job.id)).toBe(0);
  const [node = ''] = await lab.batch.nodesOf(job.id);
  expect(outputOf(lab, job).split('\n').slice(ownLines).join('\n')).toBe(`ran\n${node.split('.')[0]}\n${alice.name}\n/home/${alice.name}\n`);
}

export interface Known {
  readonly id: string;
  readonly seat: string;
  readonly host: string;
  readonly phase: string;
  readonly cores: number;
  readonly guestName: string;
  readonly jobs: readonly string[];
}

/** The machines that Domus knows, by its own word. Raises an Error when it does not answer. */
export async function machinesOf(lab: Lab): Promise<readonly Known[]> {
  return (await asked<{ readonly machines: readonly Known[] }>(lab.folder, '/machines')).machines;
}

/** All hosts but one are closed to new machines. */
export async function only(lab: Lab, post: Post): Promise<void> {
  for (const { name } of posts) await lab.domus([name === post.name ? 'uncordon' : 'cordon', name]);
}

export async function everywhere(lab: Lab): Promise<void> {
  for (const { name } of posts) await lab.domus(['uncordon', name]);
}

/** Every machine is gone but permanent ones: no guest, no disk, every seat offline. */
export async function atRest(lab: Lab, limitMs: number): Promise<void> {
  const left = async (): Promise<string> => {
    const known = (await machinesOf(lab)).filter(({ seat }) => seat !== standin.name).map(({ id, phase }) => `${id} ${phase}`);
    const disks = lab.overlays().filter((name) => !basename(name).startsWith('keep-'));
    return [...known, ...disks, ...(await online(lab.batch))].join(', ');
  };
  let what = '';
  const so = await until(
    async () => {
      what = await left();
      return what === '';
    },
    limitMs,
    2_000,
  );
  if (so === undefined) throw new Error(`left after ${limitMs / 1000} s: ${what}`);
}

/** Everything is put away, the hosts are switched off, and Domus knows it: it takes some polls of silence for that. */
export async function asleep(lab: Lab, limitMs: number): Promise<void> {
  await atRest(lab, limitMs);
  const known = async (): Promise<boolean> => {
    const { hosts } = await asked<{ readonly hosts: readonly { readonly power: string }[] }>(lab.folder, '/hosts');
    return hosts.every(({ power }) => power === 'off') && lab.stations.every((station) => !station.isOn);
  };
  if ((await until(known, limitMs, 1_000)) === undefined) {
    throw new Error(
      `still on: ${lab.stations.filter((station) => station.isOn).map((station) => station.post.name)}; ${(await lab.domus(['hosts', 'list'])).stdout}`,
    );
  }
}

/** The host of the job's machine, as Domus says. */
export async function hostOf(lab: Lab, job: Handed, posts: readonly Post[]): Promise<Post> {
  const [node = ''] = await lab.batch.nodesOf(job.id);
  const machine = (await machinesOf(lab)).find((each) => each.seat === node);
  const post = posts.find(({ name }) => name === machine?.host);
  if (post === undefined) throw new Error(`no host carries ${node}`);
  return post;
}
