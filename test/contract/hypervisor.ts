import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure, type FailureKind } from '../../src/drivers/failure.js';
import type { Hypervisor, MoveTarget, Order } from '../../src/drivers/hypervisor.js';
import type { GuestSpec } from '../../src/model/action.js';
import type { Fence } from '../../src/model/fence.js';
import { type Guest, isAlive, runs } from '../../src/model/host.js';

/** One untouched host behind a driver. */
export interface HypervisorBench {
  readonly driver: Hypervisor;
  readonly host: string;
  /** An image version that the host sees. */
  readonly image: { readonly name: string; readonly version: string };
  /** A guest of 1 core and 512 MiB (at most 2 and 1024) of that image, valid for that host. */
  spec(overrides: Partial<GuestSpec>): GuestSpec;
  /** Lets time pass: virtual ms, or on a real clock a moment. */
  advance(ms: number): Promise<void>;
  /** A deed's limit where a minute is not enough. */
  readonly limitMs?: number;
  /** Another host behind the same driver, with the same store. */
  readonly other?: MoveTarget;
  /** Its guests can be saved into the store. */
  readonly saves?: true;
  /** Its hosts keep copies of images. */
  readonly copies?: true;
  /** Makes the host stop answering. */
  breakHost?(): Promise<void>;
  close(): Promise<void>;
}

export const fenceOf = (overrides: Partial<Fence> = {}): Fence => ({ deployment: 'demo', journal: 'j1', epoch: 5, life: 'life-a', ...overrides });

/** What every hypervisor driver must do, whoever moves the time. */
export function hypervisorContract(name: string, open: () => Promise<HypervisorBench>): void {
  describe(`${name} as a hypervisor`, () => {
    let bench: HypervisorBench;
    let ops = 0;

    beforeEach(async () => {
      bench = await open();
    });
    afterEach(async () => {
      await bench.close();
    });

    /** Awaits the work while time passes. */
    async function settled<T>(work: Promise<T>): Promise<T> {
      let open = true;
      const end = (): void => {
        open = false;
      };
      work.then(end, end);
      while (open) await bench.advance(250);
      return work;
    }
    async function kindOf(work: Promise<unknown>): Promise<FailureKind | 'done'> {
      try {
        await settled(work);
        return 'done';
      } catch (thrown) {
        if (thrown instanceof Failure) return thrown.kind;
        throw thrown;
      }
    }
    const signal = new AbortController().signal;
    const order = (overrides: Partial<Order> = {}): Order => ({ op: `op-${++ops}`, fence: fenceOf(), limitMs: bench.limitMs ?? 60_000, signal, ...overrides });
    const look = (claim?: Fence) => settled(bench.driver.look(bench.host, claim, signal));
    const overlay = (of: string, by = order()) => bench.driver.createOverlay(bench.host, by, of, bench.image, 1024);
    const remove = (of: string, by = order()) => bench.driver.removeOverlay(bench.host, by, of);
    const create = (spec: GuestSpec, by = order()) => bench.driver.createGuest(bench.host, by, spec);
    const first = () => bench.spec({ overlay: 'first', name: 'guest-1', uuid: '11111111-0000-4000-8000-000000000001', mac: '00:16:3e:00:00:01' });
    async function running(): Promise<GuestSpec> {
      const spec = first();
      await settled(overlay(spec.overlay));
      await settled(create(spec));
      return spec;
    }
    async function soon(holds: (guests: readonly Guest[]) => boolean): Promise<boolean> {
      for (let tries = 0; tries < 200; tries++) {
        if (holds((await look()).guests)) return true;
        await bench.advance(1000);
      }
      return false;
    }
    const goneSoon = (uuid: string) => soon((guests) => !guests.some((g) => g.uuid === uuid));
    const coresSoon = (uuid: string, cores: number) => soon((guests) => guests.some((g) => g.uuid === uuid && g.vcpus === cores));

    it('answers a look at an untouched host: its image, its room, no guests, no fence', async () => {
      const seen = await look();
      expect(seen.guests).toEqual([]);
      expect(seen.overlays).toEqual([]);
      expect(seen.images).toContainEqual(bench.image);
      expect(seen.fence).toBeUndefined();
      expect(seen.storeHung).toBe(false);
      expect(seen.cores).toBeGreaterThan(1);
      expect(seen.memoryMiB).toBeGreaterThanOrEqual(seen.freeMemoryMiB);
      expect(seen.freeMemoryMiB).toBeGreaterThan(1024);
      expect(seen.capabilities).toContain('pvh');
      expect(seen.bootId).not.toBe('');
    });

    it('makes an overlay once, however often it is asked', async () => {
      const by = order();
      await settled(overlay('first', by));
      await settled(overlay('first', by));
      await settled(overlay('first'));
      expect((await look()).overlays.map((o) => o.name)).toEqual(['first']);
    });

    it('says absent for an overlay of an image that is not there', async () => {
      const work = bench.driver.createOverlay(bench.host, order(), 'first', { name: bench.image.name, version: 'never-made' }, 1024);
      expect(await kindOf(work)).toBe('absent');
      expect((await look()).overlays).toEqual([]);
    });

    it('makes a guest once, however often it is asked, and shows it alive with its size and disk', async () => {
      const spec = await running();
      await settled(create(spec));
      const { guests } = await look();
      expect(guests).toHaveLength(1);
      const [guest] = guests;
      expect(guest).toMatchObject({ uuid: spec.uuid, name: spec.name, vcpus: 1, maxVcpus: 2, targetMiB: 512, maxMemoryMiB: 1024, disks: [spec.overlay] });
      expect(guest !== undefined && isAlive(guest)).toBe(true);
    });

    it('files a deed under its op: the same op again is the same answer, never a second deed', async () => {
      const by = order();
      await settled(overlay('first', by));
      await settled(remove('first'));
      await settled(overlay('first', by));
      const seen = await look();
      expect(seen.overlays).toEqual([]);
      expect(seen.ops).toContainEqual(expect.objectContaining({ op: by.op, state: 'done' }));
    });

    it('refuses a guest without its overlay', async () => {
      expect(await kindOf(create(first()))).toBe('refused');
      expect((await look()).guests).toEqual([]);
    });

    it('refuses a second guest on the same disk', async () => {
      const spec = await running();
      const second = bench.spec({ overlay: spec.overlay, name: 'guest-2', uuid: '22222222-0000-4000-8000-000000000002', mac: '00:16:3e:00:00:02' });
      expect(await kindOf(create(second))).toBe('refused');
      expect((await look()).guests.map((g) => g.name)).toEqual(['guest-1']);
    });

    it('says exists for the same name with another uuid', async () => {
      await running();
      await settled(overlay('second'));
      const second = bench.spec({ overlay: 'second', name: 'guest-1', uuid: '22222222-0000-4000-8000-000000000002', mac: '00:16:3e:00:00:02' });
      expect(await kindOf(create(second))).toBe('exists');
    });

    it('says full for more memory than the host has', async () => {
      const { memoryMiB } = await look();
      const huge = { cores: 1, memoryMiB: memoryMiB * 2 };
      const spec = { ...first(), size: huge, maxSize: huge };
      await settled(overlay(spec.overlay));
      expect(await kindOf(create(spec))).toBe('full');
      expect((await look()).guests).toEqual([]);
    });

    it('resizes a guest within its maxima, refuses beyond them, says absent for an unknown one', async () => {
      const spec = await running();
      const resize = (uuid: string, cores: number, memoryMiB: number) => bench.driver.resizeGuest(bench.host, order(), uuid, { cores, memoryMiB });
      await settled(resize(spec.uuid, 2, 1024));
      expect((await look()).guests[0]).toMatchObject({ targetMiB: 1024 });
      expect(await coresSoon(spec.uuid, 2)).toBe(true); // a guest's own system brings a new core up
      await settled(resize(spec.uuid, 2, 1024));
      expect(await kindOf(resize(spec.uuid, 2, 4096))).toBe('refused');
      expect(await kindOf(resize('99999999-0000-4000-8000-000000000009', 1, 512))).toBe('absent');
    });

    it('shuts a guest down, after which every way to stop it is done already', async () => {
      const spec = await running();
      await settled(bench.driver.shutdownGuest(bench.host, order(), spec.uuid));
      expect(await goneSoon(spec.uuid)).toBe(true);
      await settled(bench.driver.shutdownGuest(bench.host, order(), spec.uuid));
      await settled(bench.driver.destroyGuest(bench.host, order(), spec.uuid));
    });

    it('destroys a guest at once, twice is the same', async () => {
      const spec = await running();
      await settled(bench.driver.destroyGuest(bench.host, order(), spec.uuid));
      expect((await look()).guests).toEqual([]);
      await settled(bench.driver.destroyGuest(bench.host, order(), spec.uuid));
    });

    it('never removes the disk of a permanent machine', async () => {
      await settled(bench.driver.createOverlay(bench.host, order(), 'keep-test-login', bench.image, 64));
      expect(await kindOf(remove('keep-test-login'))).toBe('refused');
      expect((await look()).overlays.map(({ name }) => name)).toEqual(['keep-test-login']);
    });

    it('keeps an overlay that a guest has open, and removes it afterwards, twice is the same', async () => {
      const spec = await running();
      expect(await kindOf(remove(spec.overlay))).toBe('busy');
      await settled(bench.driver.destroyGuest(bench.host, order(), spec.uuid));
      await settled(remove(spec.overlay));
      await settled(remove(spec.overlay));
      expect((await look()).overlays).toEqual([]);
    });

    it.each([
      ['another deployment', { deployment: 'other', epoch: 9 }],
      ['another journal', { journal: 'j2', epoch: 9 }],
      ['an older reign', { epoch: 4 }],
      ['another life of the same reign', { life: 'life-b' }],
    ] as const)('refuses %s, and nothing is done', async (_, stranger) => {
      await settled(overlay('first'));
      const fence = fenceOf(stranger);
      expect(await kindOf(overlay('second', order({ fence })))).toBe('refused');
      expect(await kindOf(remove('first', order({ fence })))).toBe('refused');
      const seen = await look(fence);
      expect(seen.overlays.map((o) => o.name)).toEqual(['first']);
      expect(seen.fence).toEqual(fenceOf());
    });

    it('lets the next reign in, and the former one out', async () => {
      await settled(overlay('first'));
      await settled(overlay('second', order({ fence: fenceOf({ epoch: 6, life: 'life-b' }) })));
      expect(await kindOf(overlay('third'))).toBe('refused');
      expect((await look()).overlays.map((o) => o.name).sort()).toEqual(['first', 'second']);
    });

    it('lets another journal of the same deployment take the host over when a person said so, and the former one out', async () => {
      await settled(overlay('first'));
      const { takeOver: _, ...heir } = fenceOf({ journal: 'j2', epoch: 1, life: 'life-b' });
      expect(await kindOf(overlay('second', order({ fence: { ...fenceOf({ deployment: 'other', journal: 'j2' }), takeOver: true } })))).toBe('refused');
      await settled(overlay('second', order({ fence: { ...heir, takeOver: true } })));
      expect(await kindOf(overlay('third'))).toBe('refused');
      expect((await look()).fence).toMatchObject(heir);
      await settled(remove('second', order({ fence: heir })));
    });

    it('raises the fence by a look that claims, not by one that does not', async () => {
      await look();
      expect((await look()).fence).toBeUndefined();
      const claimed = fenceOf({ epoch: 7 });
      expect((await look(claimed)).fence).toEqual(claimed);
      expect(await kindOf(overlay('first'))).toBe('refused');
    });

    describe('sends a guest to another host', () => {
      const moved = (spec: GuestSpec) => ({ uuid: spec.uuid, name: spec.name, overlay: spec.overlay, memoryMiB: spec.size.memoryMiB });
      const namesOn = async (host: string) => (await settled(bench.driver.look(host, undefined, signal))).guests.map((guest) => guest.name);
      async function sent(by: Order, spec: GuestSpec): Promise<FailureKind | 'done' | 'no other'> {
        return bench.other === undefined ? 'no other' : kindOf(bench.driver.migrateGuest(bench.host, by, moved(spec), bench.other));
      }

      it('while it runs; it is there with its uuid and its disk, and here no longer; asked again, that is success', async ({ skip }) => {
        if (bench.other === undefined) return skip();
        const spec = await running();
        await soon((guests) => guests.some(runs));
        const by = order();
        expect(await sent(by, spec)).toBe('done');
        expect(await namesOn(bench.host)).toEqual([]);
        const [guest] = (await settled(bench.driver.look(bench.other.host, undefined, signal))).guests;
        expect(guest).toMatchObject({ uuid: spec.uuid, name: spec.name, disks: [spec.overlay] });
        expect(guest !== undefined && runs(guest)).toBe(true);
        expect(await sent(by, spec)).toBe('done');
        expect(await sent(order(), spec)).toBe('done');
        expect(await namesOn(bench.other.host)).toEqual([spec.name]);
      });

      it('only where both hosts accept who orders it', async ({ skip }) => {
        if (bench.other === undefined) return skip();
        const spec = await running();
        await soon((guests) => guests.some(runs));
        const newer = fenceOf({ epoch: 9, life: 'life-z' });
        await settled(bench.driver.look(bench.other.host, newer, signal));
        expect(await sent(order(), spec)).toBe('refused');
        expect(await namesOn(bench.host)).toEqual([spec.name]);
        expect(await namesOn(bench.other.host)).toEqual([]);
      });

      it('says absent for one that neither has, and full where the other has no room', async ({ skip }) => {
        if (bench.other === undefined) return skip();
        const spec = await running();
        await soon((guests) => guests.some(runs));
        const nobody = { ...spec, uuid: '99999999-0000-4000-8000-000000000009', name: 'guest-9', overlay: 'ninth' };
        await settled(overlay('ninth'));
        expect(await sent(order(), nobody)).toBe('absent');
        const { memoryMiB } = await settled(bench.driver.look(bench.other.host, undefined, signal));
        const filler = bench.spec({ overlay: 'filler', name: 'filler', uuid: '33333333-0000-4000-8000-000000000003', mac: '00:16:3e:00:00:03' });
        const size = { cores: 1, memoryMiB: memoryMiB - 1024 };
        await settled(bench.driver.createOverlay(bench.other.host, order(), 'filler', bench.image, 1024));
        await settled(bench.driver.createGuest(bench.other.host, order(), { ...filler, size, maxSize: size }));
        const grown = { ...moved(spec), memoryMiB: 2048 };
        expect(await kindOf(bench.driver.migrateGuest(bench.host, order(), grown, bench.other))).toBe('full');
        expect(await namesOn(bench.host)).toEqual([spec.name]);
      });
    });

    describe('saving a guest into the store', () => {
      const saved = ({ uuid, name, overlay: disk }: GuestSpec) => ({ uuid, name, overlay: disk });
      const save = (spec: GuestSpec, by = order()) => bench.driver.saveGuest(bench.host, by, saved(spec));
      const restore = (spec: GuestSpec, by = order()) => bench.driver.restoreGuest(bench.host, by, saved(spec));

      it('ends it on the host, restoring has it go on; each twice is the same', async ({ skip }) => {
        if (bench.saves === undefined) return skip();
        const spec = await running();
        await settled(save(spec));
        await settled(save(spec));
        expect((await look()).guests).toEqual([]);
        await settled(restore(spec));
        await settled(restore(spec));
        expect((await look()).guests).toMatchObject([{ uuid: spec.uuid, name: spec.name, disks: [spec.overlay] }]);
      });

      it('is used once: no guest is made on that disk meanwhile, and none can be restored afterwards', async ({ skip }) => {
        if (bench.saves === undefined) return skip();
        const spec = await running();
        expect(await kindOf(restore({ ...spec, uuid: '33333333-0000-4000-8000-000000000003' }))).not.toBe('done');
        await settled(save(spec));
        expect(await kindOf(create(spec))).toBe('refused');
        await settled(restore(spec));
        await settled(bench.driver.destroyGuest(bench.host, order(), spec.uuid));
        expect(await kindOf(restore(spec))).toBe('absent');
        expect(await kindOf(save(spec))).toBe('absent');
        await settled(create(spec));
      });

      it('goes with its thin disk, and keeps to the fence', async ({ skip }) => {
        if (bench.saves === undefined) return skip();
        const spec = await running();
        expect(await kindOf(save(spec, order({ fence: fenceOf({ epoch: 4 }) })))).toBe('refused');
        await settled(save(spec));
        await settled(remove(spec.overlay));
        await settled(overlay(spec.overlay));
        expect(await kindOf(restore(spec))).toBe('absent');
      });
    });

    describe('copies of images', () => {
      const way = { bytesPerSecond: 1 << 30, sliceMs: 60_000 };
      const copy = (host = bench.host, from?: HypervisorBench['other'], by = order()) =>
        bench.driver.copyImage(host, by, bench.image, { ...way, ...(from === undefined ? {} : { from }) });
      const copiesOn = async (host = bench.host) => (await settled(bench.driver.look(host, undefined, signal))).replicas;
      const whole = () => expect.arrayContaining([expect.objectContaining({ ...bench.image, whole: true })]);

      it('are made from the store, seen when they are whole, and removed; each twice is the same', async ({ skip }) => {
        if (bench.copies === undefined) return skip();
        expect(await copiesOn()).toEqual([]);
        await settled(copy());
        expect(await copiesOn()).toEqual(whole());
        await settled(copy());
        await settled(bench.driver.dropImage(bench.host, order(), bench.image));
        await settled(bench.driver.dropImage(bench.host, order(), bench.image));
        expect(await copiesOn()).toEqual([]);
      });

      it('are made from another host that has one, and say absent or uncertain for one that has none', async ({ skip }) => {
        if (bench.copies === undefined) return skip();
        const giver = bench.other;
        if (giver === undefined) return skip();
        expect(['absent', 'uncertain']).toContain(await kindOf(copy(bench.host, giver)));
        await settled(copy(giver.host));
        await settled(copy(bench.host, giver));
        expect(await copiesOn()).toEqual(whole());
      });

      it('carry machines, and stay while one runs from them', async ({ skip }) => {
        if (bench.copies === undefined) return skip();
        const spec = first();
        const local = () => bench.driver.createOverlay(bench.host, order(), spec.overlay, bench.image, 1024, true);
        expect(await kindOf(local())).toBe('absent');
        await settled(copy());
        await settled(local());
        await settled(create(spec));
        expect(await kindOf(bench.driver.dropImage(bench.host, order(), bench.image))).toBe('busy');
        await settled(bench.driver.destroyGuest(bench.host, order(), spec.uuid));
        await settled(bench.driver.dropImage(bench.host, order(), bench.image));
      });

      it('of a version that the store does not have say absent, and a foreign fence is refused', async ({ skip }) => {
        if (bench.copies === undefined) return skip();
        expect(await kindOf(bench.driver.copyImage(bench.host, order(), { name: bench.image.name, version: 'none' }, way))).toBe('absent');
        await settled(overlay('first'));
        expect(await kindOf(copy(bench.host, undefined, order({ fence: fenceOf({ deployment: 'other' }) })))).toBe('refused');
      });
    });

    it('says unreachable or uncertain when the host does not answer, never an empty host', async ({ skip }) => {
      if (bench.breakHost === undefined) return skip();
      await running();
      await bench.breakHost();
      expect(['unreachable', 'uncertain']).toContain(await kindOf(bench.driver.look(bench.host, undefined, AbortSignal.timeout(20_000))));
    });
  });
}
