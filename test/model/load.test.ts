import { describe, expect, it } from 'vitest';
import type { Guest, HostSnapshot } from '../../src/model/host.js';
import { type LoadBook, type LoadClass, loadClassOf, loadOf, sampled, strainOf } from '../../src/model/load.js';
import { because } from '../../src/model/reason.js';
import type { HostView, MachineView } from '../../src/model/world.js';

const minute = 60_000;
const guest = (uuid: string, cpuSeconds: number, more: Partial<Guest> = {}): Guest => ({
  ...{ uuid, name: uuid, domid: 1, state: 'running', memoryMiB: 256, targetMiB: 256, maxMemoryMiB: 256, vcpus: 1, maxVcpus: 1, cpuSeconds, disks: [] },
  ...more,
});
const snapshot = (guests: readonly Guest[], dom0CpuSeconds = 0, bootId = 'b1'): HostSnapshot => ({
  ...{ bootId, cores: 4, memoryMiB: 4096, freeMemoryMiB: 0, guests, overlays: [], images: [], ops: [], capabilities: [] },
  ...{ storeFreeMiB: 0, storeHung: false, dom0CpuSeconds },
});
/** A look every 15 s for so many minutes. */
function looks(minutes: number, seen: (seconds: number) => HostSnapshot, book?: LoadBook, from = 0): LoadBook | undefined {
  let last = book;
  for (let at = from; at <= from + minutes * minute; at += 15_000) last = sampled(last, seen(at / 1000), at, 15 * minute);
  return last;
}
const load = (book: LoadBook | undefined) => (book === undefined ? undefined : loadOf(book, 4, 15 * minute));

describe('the load of a host', () => {
  it('is the mean of its guests’ and Dom0’s processor seconds per core over 15 minutes, and unknown before', () => {
    const seen = (s: number) => snapshot([guest('a', s * 1), guest('b', s * 0.5)], s * 0.1);
    expect(load(looks(14, seen))).toBeUndefined();
    const known = load(looks(15, seen));
    expect(known?.perCore).toBeCloseTo(1.6 / 4, 6);
    expect(known?.guests).toEqual({ a: expect.closeTo(1, 6), b: expect.closeTo(0.5, 6) });
    expect(known?.dom0).toBeCloseTo(0.1, 6);
  });

  it('forgets what lies before the window', () => {
    const idle = looks(30, () => snapshot([guest('a', 100)]));
    const busy = looks(15, (s) => snapshot([guest('a', 100 + (s - 1800))]), idle, 30 * minute);
    expect(load(busy)?.guests['a']).toBeCloseTo(1, 2);
  });

  it('counts a guest that came, or began anew, from 0, and never backwards', () => {
    const before = looks(15, () => snapshot([guest('a', 5000)]));
    const came = looks(15, (s) => snapshot([guest('a', (s - 900) * 0.5, { domid: 2 }), guest('new', (s - 900) * 0.25)]), before, 15 * minute + 15_000);
    expect(load(came)?.guests['a']).toBeCloseTo(0.5, 1);
    expect(load(came)?.guests['new']).toBeCloseTo(0.25, 1);
  });

  it('begins anew when the host has booted, and keeps few samples', () => {
    const before = looks(60, (s) => snapshot([guest('a', s)]));
    expect(before?.samples.length).toBeLessThanOrEqual(17);
    expect(load(sampled(before, snapshot([guest('a', 1)], 0, 'b2'), 61 * minute, 15 * minute))).toBeUndefined();
  });

  it('says nothing of guests that have gone', () => {
    const before = looks(15, (s) => snapshot([guest('a', s), guest('b', s)]));
    const after = looks(2, (s) => snapshot([guest('a', s)]), before, 15 * minute + 15_000);
    expect(Object.keys(load(after)?.guests ?? {})).toEqual(['a']);
  });
});

interface Wish {
  readonly perCore: number;
  readonly machines: readonly { readonly load?: number; readonly jobs?: number; readonly cores?: number }[];
  readonly free?: { readonly cores: number; readonly memoryMiB: number };
  readonly silent?: true;
  readonly unknown?: true;
}
/** A host of 4 cores whose machines are of 1 core and 256 MiB. */
function host({ perCore, machines, free = { cores: 1, memoryMiB: 4096 }, silent, unknown }: Wish): HostView {
  const views = machines.map(
    ({ jobs = 0, cores = 1 }, at) =>
      ({
        row: { uuid: `m${at}`, size: { cores, memoryMiB: 256 }, goal: { kind: 'serve', size: { cores, memoryMiB: 256 } } },
        jobs: Array.from({ length: jobs }, (_, n) => `${n}`),
      }) as unknown as MachineView,
  );
  const reading = { askedAt: 1, answeredAt: 1, revision: 1, value: snapshot(machines.map((_, at) => guest(`m${at}`, 1, { domid: at + 1 }))) };
  const guests = Object.fromEntries(machines.map(({ load: used = 0 }, at) => [`m${at}`, used]));
  return {
    spec: { name: 'post1', pool: 'lab', address: 'x', port: 22, cores: 4, memoryMiB: 4096, reserve: { cores: 0, memoryMiB: 0 } },
    reading: silent === true ? { ...reading, silentSince: 2, cause: 'x' } : reading,
    ...{ machines: views, arriving: [], free },
    ...(unknown === true ? {} : { load: { at: 1, perCore, dom0: 0, guests } }),
  };
}
const classOf = (wish: Wish): LoadClass => loadClassOf(host(wish), { over: 0.8, under: 0.3 }, 0);

describe('the class of a host’s load', () => {
  const two = [{ load: 1 }, { load: 1 }];
  it.each<[string, Wish, LoadClass]>([
    ['above its threshold', { perCore: 0.9, machines: two }, 'over'],
    ['above it with a single machine', { perCore: 0.9, machines: [{ load: 3.6, cores: 4 }] }, 'regular'],
    ['between', { perCore: 0.5, machines: two }, 'regular'],
    ['below its threshold', { perCore: 0.1, machines: two }, 'under'],
    ['below it, empty', { perCore: 0, machines: [] }, 'under'],
    ['below it with no core for one more machine', { perCore: 0.1, machines: two, free: { cores: 0, memoryMiB: 4096 } }, 'regular'],
    ['below it with no memory for one more machine', { perCore: 0.1, machines: two, free: { cores: 1, memoryMiB: 255 } }, 'regular'],
    ['of workers that keep busy the cores they were made with', { perCore: 1, machines: Array.from({ length: 4 }, () => ({ load: 1, jobs: 1 })) }, 'regular'],
    [
      'of workers beside which little else is left to the others',
      { perCore: 1, machines: [{ load: 3, jobs: 1, cores: 3 }, { load: 0.5 }, { load: 0.5 }] },
      'over',
    ],
    ['of a host that does not answer', { perCore: 1, machines: two, silent: true }, 'off'],
    ['that is not known yet', { perCore: 1, machines: two, unknown: true }, 'unknown'],
  ])('%s', (_, wish, expected) => {
    expect(classOf(wish)).toBe(expected);
  });

  it('is off where its power says so, whatever was read last', () => {
    const power = { host: 'post1', state: 'off', since: 1, by: 'domus', tries: 0, nics: [], cycles: [], wakesMs: [], sleepsMs: [] } as const;
    expect(loadClassOf({ ...host({ perCore: 1, machines: two }), power, blocked: because('host-waking') }, { over: 0.8, under: 0.3 }, 0)).toBe('off');
  });

  it('leaves out the workers’ load and their cores', () => {
    expect(strainOf(host({ perCore: 0.9, machines: [{ load: 3, jobs: 1, cores: 3 }, { load: 0.6 }] }))).toBeCloseTo(0.6, 6);
  });
});
