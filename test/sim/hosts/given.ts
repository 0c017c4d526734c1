import type { Order } from '../../../src/drivers/hypervisor.js';
import type { GuestSpec } from '../../../src/model/action.js';
import type { Fence } from '../../../src/model/fence.js';
import type { Mom } from '../../../src/sim/batch/mom.js';
import { VirtualClock } from '../../../src/sim/clock.js';
import { type BatchSide, Datacentre } from '../../../src/sim/datacentre.js';
import { VirtualHypervisor } from '../../../src/sim/hosts/driver.js';
import type { FakeHost } from '../../../src/sim/hosts/host.js';
import { Random } from '../../../src/sim/random.js';

export const image = { name: 'grid', version: '2026.1' };
export const fence: Fence = { deployment: 'lab', journal: 'j1', epoch: 1, life: 'a' };
export const minute = 60_000;

/** Remembers what moms were told; what runs where is set by the test. */
export class Moms implements BatchSide {
  readonly up = new Map<string, Mom>();
  readonly server = {
    moms: new Map<string, { ran: { job: string; until: number }[] }>(),
    nodes: new Map<string, { slots: Set<number> }>(),
  };
  momUp(node: string, mom: Mom): void {
    this.up.set(node, mom);
  }
  momDown(node: string): void {
    this.up.delete(node);
  }
  /** A job that holds so many slots of the node. */
  runs(node: string, job: string, slots = 1): void {
    this.server.moms.set(node, { ran: [{ job, until: Number.POSITIVE_INFINITY }] });
    this.server.nodes.set(node, { slots: new Set(Array.from({ length: slots }, (_, at) => at)) });
  }
  facts(): ReturnType<BatchSide['facts']> {
    return { jobs: [] };
  }
}

export interface Site {
  readonly clock: VirtualClock;
  readonly moms: Moms;
  readonly centre: Datacentre<Moms>;
  readonly driver: VirtualHypervisor;
  readonly host: FakeHost;
  /** Lets virtual time pass until the work has ended. */
  settle<T>(work: Promise<T>): Promise<T>;
}

/** Two hosts of 8 cores and 16 GiB. */
export function site(seed = 1): Site {
  const clock = new VirtualClock();
  const random = new Random(seed);
  const moms = new Moms();
  const hosts = ['post01', 'post02'].map((name) => ({ name, cores: 8, memoryMiB: 16_384, images: [image] }));
  const centre = new Datacentre({ agenda: clock, random, batch: moms, hosts });
  const driver = new VirtualHypervisor({ hosts: centre.hosts, clock, random });
  const host = centre.hosts.get('post01');
  if (host === undefined) throw new Error('no host');
  const settle = async <T>(work: Promise<T>): Promise<T> => {
    let over = false;
    const watched = work.finally(() => {
      over = true;
    });
    watched.catch(() => undefined);
    await clock.run(clock.now() + 60 * minute, () => over);
    return watched;
  };
  return { clock, moms, centre, driver, host, settle };
}

let orders = 0;
/** A fresh op id each time unless told; its limit is two minutes. */
export const order = (part: Partial<Order> = {}): Order => ({
  op: `op${++orders}`,
  fence,
  limitMs: 2 * minute,
  signal: new AbortController().signal,
  ...part,
});

export const spec = (part: Partial<GuestSpec> = {}): GuestSpec => ({
  uuid: '11111111-2222-8333-a444-555555555555',
  name: 'domus-lab-wn01-1',
  type: 'pvh',
  size: { cores: 2, memoryMiB: 2048 },
  maxSize: { cores: 4, memoryMiB: 4096 },
  image,
  overlay: 'domus-lab-wn01-1',
  kernel: 'vmlinuz',
  args: [],
  mac: '00:16:3e:00:00:01',
  bridge: 'xenbr0',
  node: 'wn01.lab',
  address: '10.0.0.1',
  environment: 'grid',
  checks: ['users', 'home'],
  ...part,
});
