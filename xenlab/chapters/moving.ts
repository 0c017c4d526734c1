import { expect, it } from 'vitest';
import { asked } from '../asked.js';
import { Child, until } from '../children.js';
import type { Lab } from '../lab.js';
import { Pings } from '../pings.js';
import { type Post, posts } from '../place.js';
import { standin } from '../site.js';
import { proveAll } from './setup.js';
import { asleep, atRest, type Handed, hand, hostOf, machinesOf, minute, outputOf, reaches, tell, untilTold } from './telling.js';

type Opened = () => Lab;
/** Which hosts take no new machines. */
async function closed(room: Lab, names: readonly string[]): Promise<void> {
  for (const { name } of posts) await room.domus([names.includes(name) ? 'cordon' : 'uncordon', name]);
}

/** What Domus says of one host. */
async function hostNamed(room: Lab, name: string): Promise<{ readonly load: string; readonly loadPercent?: number }> {
  type Listed = { readonly name: string; readonly load: string; readonly loadPercent?: number };
  const { hosts } = await asked<{ readonly hosts: readonly Listed[] }>(room.folder, '/hosts');
  const host = hosts.find((each) => each.name === name);
  if (host === undefined) throw new Error(`${name} is not in domus hosts list`);
  return host;
}

/** Where the permanent machine is. */
async function homeOf(room: Lab): Promise<Post | undefined> {
  const { services } = await asked<{ readonly services: readonly { readonly name: string; readonly host?: string }[] }>(room.folder, '/services');
  const host = services.find(({ name }) => name === standin.name)?.host;
  return posts.find(({ name }) => name === host);
}

/** Machines that go from host to host, and one that is always there. Hosts have controllers here. */
export function moving(lab: Opened): void {
  const [home, second] = posts;
  const few = home === undefined || second === undefined;
  let held: Handed | undefined;
  let pings: Pings | undefined;

  it.skipIf(few)('starts a permanent machine at its home, which it keeps awake', { timeout: 15 * minute }, async () => {
    const room = lab();
    await room.keepAwake(false);
    await proveAll(room);
    const quiet = room.seconds;
    await asleep(room, 8 * minute);
    room.told('nothing to do, until every guest is gone and every host is off', `${Math.round(room.seconds - quiet)} s`);
    await room.daemon.stop();
    room.writeSite({ deployment: 'xenlab', moving: { passwordFile: await room.openControllers() } });
    await room.servers.killGanesha();
    await room.restartBootServer();
    await room.servers.startGanesha();
    room.daemon.start();
    pings = new Pings(standin.address, room.place.at('logs', 'ping-standin'));
    const began = room.seconds;
    expect(await until(() => (pings?.answers ?? 0) > 0, 9 * minute), (await room.domus(['why', standin.name])).stdout).toBe(true);
    room.told('a permanent machine, from a sleeping room to its first answer', `${Math.round(room.seconds - began)} s`);
    expect((await homeOf(room))?.name).toBe(home?.name);
  });

  it.skipIf(few)('packs the machines of two hosts onto one by live migration, and switches the other off', { timeout: 20 * minute }, async () => {
    const room = lab();
    if (home === undefined || second === undefined) throw new Error('there are too few hosts');
    await closed(
      room,
      posts.filter((post) => post !== second).map(({ name }) => name),
    );
    const job = await hand(room, 'light', { script: untilTold('told') });
    held = job;
    await reaches(room, job, 'R', 9 * minute);
    expect((await hostOf(room, job, posts)).name).toBe(second.name);
    const nodes = await room.batch.nodesOf(job.id);
    const [worker] = (await machinesOf(room)).filter(({ seat }) => nodes.includes(seat));
    if (worker === undefined) throw new Error('the job has no machine');
    await closed(
      room,
      posts.slice(2).map(({ name }) => name),
    );
    room.say(`before: ${standin.name} on ${(await homeOf(room))?.name}, ${worker.seat} on ${second.name}`);
    const workerPings = new Pings(room.addressOf(worker.seat), room.place.at('logs', 'ping-worker'));
    const from = room.seconds;
    const together = async (): Promise<Post | undefined> => {
      const [permanent, at] = [await homeOf(room), await hostOf(room, job, posts)];
      return permanent?.name === at.name ? at : undefined;
    };
    const at = await until(together, 12 * minute, 2_000);
    if (at === undefined) throw new Error(`nothing was moved: ${(await room.domus(['hosts', 'list'])).stdout}`);
    const packed = room.seconds;
    const other = at === home ? second : home;
    const moved = other === home ? pings : workerPings;
    const off = await until(() => room.stations.find(({ post }) => post === other)?.isOn === false, 6 * minute);
    expect(off, (await room.domus(['hosts', 'list'])).stdout).toBe(true);
    room.told(
      'two hosts packed onto one, from the last guest running to the move done',
      `${Math.round(packed - from)} s; then ${Math.round(room.seconds - packed)} s until ${other.name} was off`,
    );
    room.told('its network answered throughout but for', `${moved?.longestGapSeconds ?? Number.NaN} s (live migration)`);
    expect(await room.guests(at)).toHaveLength(2);
    expect(moved?.longestGapSeconds).toBeLessThan(60);
    await workerPings.stop();
    expect(await room.batch.starts(job.id)).toBe(1);
  });

  it.skipIf(few)('wakes the other again when jobs need it', { timeout: 15 * minute }, async () => {
    const room = lab();
    if (held === undefined) throw new Error('no job is held');
    const at = await hostOf(room, held, posts);
    const more: Handed[] = [];
    // as many as no single host has memory for
    for (let n = 0; n < 4; n++) more.push(await hand(room, 'light', { script: untilTold('told') }));
    for (const job of more) await reaches(room, job, 'R', 9 * minute);
    const hosts = await Promise.all(more.map((job) => hostOf(room, job, posts)));
    room.say(`${more.length} more jobs run on ${[...new Set(hosts.map(({ name }) => name))].join(' and ')}`);
    expect(hosts.some((host) => host !== at)).toBe(true);
  });

  it.skipIf(few)('starts the permanent machine elsewhere when its host loses power, and runs the lost jobs again', { timeout: 15 * minute }, async () => {
    const room = lab();
    const before = await homeOf(room);
    if (before === undefined || held === undefined) throw new Error('the permanent machine is nowhere');
    await pings?.stop();
    await room.stations.find(({ post }) => post === before)?.cut();
    room.say(`the plug of ${before.name} was pulled`);
    const cut = room.seconds;
    const again = new Pings(standin.address, room.place.at('logs', 'ping-again'));
    expect(await until(() => again.answers > 0, 9 * minute), (await room.domus(['why', standin.name])).stdout).toBe(true);
    const now = await homeOf(room);
    room.told('power cut to its permanent machine answering elsewhere', `${Math.round(room.seconds - cut)} s, on ${now?.name}`);
    expect(now).toBeDefined();
    expect(now?.name).not.toBe(before.name);
    await again.stop();
    tell(room, 'told');
    await reaches(room, held, 'C', 9 * minute);
    const [boot, bootAfter] = outputOf(room, held).split('\n');
    expect(bootAfter, 'one life of one guest from its first line to its last').toBe(boot);
  });

  it.skipIf(few)('calls a host loaded when a guest on it spins', { timeout: 15 * minute }, async () => {
    const room = lab();
    await atRest(room, 8 * minute);
    const at = await homeOf(room);
    if (at === undefined) throw new Error('the permanent machine is nowhere');
    const classes: string[] = [];
    const reachesClass = async (wanted: string): Promise<boolean> => {
      const { load, loadPercent } = await hostNamed(room, at.name);
      if (classes.at(-1) !== load) {
        classes.push(load);
        room.say(`${at.name} is ${load}${loadPercent === undefined ? '' : ` (${loadPercent} % of its cores)`}`);
      }
      return load === wanted;
    };
    expect(await until(() => reachesClass('under'), 6 * minute, 2_000), classes.join(', ')).toBe(true);
    const spinning = new Child('spin', room.guestShell(standin.address, 'while :; do :; done'), room.place.at('logs', 'spin'));
    const began = room.seconds;
    expect(await until(() => reachesClass('regular'), 6 * minute, 2_000), classes.join(', ')).toBe(true);
    room.told('a guest that spins makes an underloaded host regular after', `${Math.round(room.seconds - began)} s (the window is 60 s)`);
    await spinning.stop();
    expect(await until(() => reachesClass('under'), 6 * minute, 2_000), classes.join(', ')).toBe(true);
    await closed(room, []);
  });
}
