import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/drivers/failure.js';
import { fence, image, minute, order, type Site, site, spec } from './given.js';

const kindOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (thrown: unknown) => (thrown instanceof Failure ? thrown.kind : `no Failure: ${String(thrown)}`),
  );
const quiet = new AbortController().signal;

async function guestOn(s: Site, part = {}): Promise<void> {
  const wish = spec(part);
  await s.settle(s.driver.createOverlay('post01', order(), wish.overlay, image, 1024));
  await s.settle(s.driver.createGuest('post01', order(), wish));
}

describe('a guest in virtual time', () => {
  it('reports ready after its boot, and its mom starts then and not before', async () => {
    const s = site();
    await guestOn(s);
    expect(s.moms.up.size).toBe(0);
    await s.clock.run(s.clock.now() + 20_000);
    const seen = await s.settle(s.driver.look('post01', undefined, quiet));
    expect(seen.guests[0]?.report).toEqual({ ready: true, checks: { users: 'ok', home: 'ok' } });
    expect(s.moms.up.get('wn01.lab')).toMatchObject({ cores: 2 });
  });

  it('takes its mom with it when it is shut down, and is gone a little later', async () => {
    const s = site();
    await guestOn(s);
    await s.clock.run(s.clock.now() + 20_000);
    await s.settle(s.driver.shutdownGuest('post01', order(), spec().uuid));
    expect(s.moms.up.size).toBe(0);
    expect(s.host.guests.size).toBe(1);
    await s.clock.run(s.clock.now() + 5_000);
    expect(s.host.guests.size).toBe(0);
    expect(s.centre.invariants()).toEqual([]);
  });

  it('moves its memory towards the target over time', async () => {
    const s = site();
    await guestOn(s);
    await s.settle(s.driver.resizeGuest('post01', order(), spec().uuid, { cores: 4, memoryMiB: 4096 }));
    const at = s.host.find(spec().uuid);
    const soon = at?.seen(s.clock.now() + 1000);
    expect(soon).toMatchObject({ memoryMiB: 2048 + 512, targetMiB: 4096 });
    expect(at?.seen(s.clock.now() + minute).memoryMiB).toBe(4096);
    await s.clock.run(s.clock.now() + 5_000);
    expect(at?.vcpus).toBe(4);
  });

  it.each([
    ['never-boots', { kind: 'never-boots' }, undefined],
    ['fails-check', { kind: 'fails-check', check: 'users', why: 'alice does not resolve' }, false],
    ['slow', { kind: 'slow', factor: 20 }, undefined],
  ] as const)('that %s is not ready after a minute', async (_, fate, ready) => {
    const s = site();
    s.centre.fateOf = () => fate;
    await guestOn(s);
    await s.clock.run(s.clock.now() + minute);
    expect(s.host.find(spec().uuid)?.report?.ready).toBe(ready);
  });

  it('that crashes is kept as crashed, and cannot be shut down', async () => {
    const s = site();
    s.centre.fateOf = () => ({ kind: 'crashes', afterMs: 3_000 });
    await guestOn(s);
    await s.clock.run(s.clock.now() + minute);
    expect(s.host.find(spec().uuid)?.state).toBe('crashed');
    expect(await s.settle(kindOf(s.driver.shutdownGuest('post01', order({ limitMs: 90_000 }), spec().uuid)))).toBe('refused');
    expect(await s.settle(kindOf(s.driver.shutdownGuest('post01', order({ limitMs: 30_000 }), spec().uuid)))).toBe('uncertain');
    await s.settle(s.driver.destroyGuest('post01', order(), spec().uuid));
    expect(s.host.guests.size).toBe(0);
  });
});

describe('the virtual driver', () => {
  it('does a deed once however often its op is sent', async () => {
    const s = site();
    await s.settle(s.driver.createOverlay('post01', order(), spec().overlay, image, 1024));
    const twice = order();
    await s.settle(Promise.all([s.driver.createGuest('post01', twice, spec()), s.driver.createGuest('post01', twice, spec())]));
    expect(s.centre.guestsMade).toBe(1);
    expect(s.host.ops.list().filter((op) => op.op === twice.op)).toHaveLength(1);
  });

  it('refuses a foreign journal and an older reign, and does nothing for them', async () => {
    const s = site();
    await s.settle(s.driver.look('post01', { ...fence, epoch: 5 }, quiet));
    const older = order({ fence: { ...fence, epoch: 4 } });
    const foreign = order({ fence: { ...fence, journal: 'j2', epoch: 9 } });
    expect(await s.settle(kindOf(s.driver.createOverlay('post01', older, 'o', image, 10)))).toBe('refused');
    expect(await s.settle(kindOf(s.driver.createOverlay('post01', foreign, 'o', image, 10)))).toBe('refused');
    expect(s.host.overlays.size).toBe(0);
  });

  it('goes on with the deed when its caller gives up', async () => {
    const s = site();
    await s.settle(s.driver.createOverlay('post01', order(), spec().overlay, image, 1024));
    const giveUp = new AbortController();
    const asked = kindOf(s.driver.createGuest('post01', order({ signal: giveUp.signal }), spec()));
    await s.clock.run(s.clock.now() + 1_000);
    giveUp.abort();
    expect(await s.settle(asked)).toBe('uncertain');
    expect(s.host.guests.size).toBe(0);
    await s.clock.run(s.clock.now() + 20_000);
    expect(s.host.guests.size).toBe(1);
  });

  it('makes one guest at a time on a host, each with its whole limit', async () => {
    const s = site();
    const names = ['a', 'b', 'c'];
    for (const name of names) await s.settle(s.driver.createOverlay('post01', order(), name, image, 10));
    const limited = (): ReturnType<typeof order> => order({ limitMs: 13_000 });
    const made = names.map((name, n) =>
      s.driver.createGuest('post01', limited(), spec({ uuid: name, name, overlay: name, node: name, address: name, mac: `00:16:3e:00:00:0${n}` })),
    );
    await s.settle(Promise.all(made));
    expect(s.host.guests.size).toBe(3);
    const at = [...s.host.guests.values()].map((g) => g.createdAt);
    expect((at[2] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(9_000);
  });

  it.each([
    ['refuse', 'refused', false],
    ['lie', 'refused', true],
    ['pretend', 'done', false],
    ['garbled', 'garbled', true],
    ['late', 'uncertain', true],
    ['slow', 'done', true],
  ] as const)('when told to %s answers "%s"; overlay made: %s', async (ailment, answer, made) => {
    const s = site();
    s.host.trouble.afflict(ailment);
    expect(await s.settle(kindOf(s.driver.createOverlay('post01', order({ limitMs: 10_000 }), 'o', image, 10)))).toBe(answer);
    await s.clock.run(s.clock.now() + minute);
    expect(s.host.overlays.has('o')).toBe(made);
  });

  it('never answers while silent, and does nothing', async () => {
    const s = site();
    s.host.trouble.afflict('silent', { forMs: minute });
    const giveUp = new AbortController();
    const asked = kindOf(s.driver.look('post01', undefined, giveUp.signal));
    let over = false;
    void asked.then(() => {
      over = true;
    });
    await s.clock.run(s.clock.now() + minute);
    expect(over).toBe(false);
    giveUp.abort();
    expect(await asked).toBe('uncertain');
    expect(await s.settle(kindOf(s.driver.look('post01', undefined, quiet)))).toBe('done');
  });

  it('fails the call it is told to, before or after the deed', async () => {
    const s = site();
    s.host.trouble.failAt(1, 'busy', 'before');
    s.host.trouble.failAt(2, 'uncertain', 'after');
    expect(await s.settle(kindOf(s.driver.createOverlay('post01', order(), 'a', image, 10)))).toBe('busy');
    expect(await s.settle(kindOf(s.driver.createOverlay('post01', order(), 'b', image, 10)))).toBe('uncertain');
    expect(await s.settle(kindOf(s.driver.createOverlay('post01', order(), 'c', image, 10)))).toBe('done');
    expect([...s.host.overlays.keys()]).toEqual(['b', 'c']);
  });

  it('finds a host without power unreachable, and its guests gone with another boot id when it is back', async () => {
    const s = site();
    await guestOn(s);
    const before = await s.settle(s.driver.look('post01', fence, quiet));
    s.host.crash();
    expect(await s.settle(kindOf(s.driver.look('post01', undefined, quiet)))).toBe('unreachable');
    await s.clock.run(s.clock.now() + minute);
    const after = await s.settle(s.driver.look('post01', undefined, quiet));
    expect(after.bootId).not.toBe(before.bootId);
    expect(after).toMatchObject({ guests: [], ops: [] });
    expect(after.fence).toBeUndefined();
  });
});

describe('the witness', () => {
  it('notes two guests in one seat, a shared disk, and a guest stopped under a job', async () => {
    const s = site();
    await guestOn(s);
    const twin = spec({ uuid: 'twin', name: 'twin' });
    await s.settle(s.driver.createOverlay('post02', order(), twin.overlay, image, 1024));
    await s.settle(s.driver.createGuest('post02', order(), twin));
    await s.clock.run(s.clock.now() + 30_000);
    s.moms.runs('wn01.lab', '7.lab');
    await s.settle(s.driver.destroyGuest('post01', order(), spec().uuid));
    const harm = s.centre.invariants().join('\n');
    expect(harm).toMatch(/same seat wn01\.lab/);
    expect(harm).toMatch(/same disk/);
    expect(harm).toMatch(/stopped while 7\.lab ran on it/);
  });

  it('notes more cores than a host has', async () => {
    const s = site();
    for (const name of ['a', 'b', 'c']) {
      await guestOn(s, { uuid: name, name, overlay: name, node: name, address: name, mac: name, size: { cores: 3, memoryMiB: 1024 } });
    }
    expect(s.centre.invariants()).toEqual(['guests on post01 have 9 cores of its 8']);
  });

  it('notes a guest that was made smaller than what its jobs hold', async () => {
    const s = site();
    await guestOn(s);
    s.moms.runs('wn01.lab', '7.lab', 2);
    await s.settle(s.driver.resizeGuest('post01', order(), spec().uuid, { cores: 1, memoryMiB: 2048 }));
    await s.clock.run(s.clock.now() + 10_000);
    expect(s.centre.invariants()).toEqual(['domus-lab-wn01-1 on post01 has 1 cores while jobs hold 2 slots of it']);
  });

  it('says nothing of a guest that died of itself under a job', async () => {
    const s = site();
    await guestOn(s);
    await s.clock.run(s.clock.now() + 30_000);
    s.moms.runs('wn01.lab', '7.lab');
    s.host.crash();
    expect(s.centre.invariants()).toEqual([]);
  });
});
