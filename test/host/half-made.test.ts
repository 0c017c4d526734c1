import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type FakeDomain, type FakeHost, givenHost } from './fake-host.js';
import { createGuest, createOverlay, deed, uuidOf } from './given.js';

const done = { status: 'done', exit: 0 };

/** guest-1 on overlay o1, its `xl create` killed on the way: xl's JSON does not know it, the table does. */
async function givenHalfMade(): Promise<FakeHost> {
  const host = givenHost();
  await host.ask(createOverlay('o1'));
  await host.ask(createGuest(host.folder, 1, 'o1'));
  host.state = { ...host.state, domains: host.state.domains.map((d) => ({ ...d, halfMade: true, memory: 0, vcpus: 0, state: '--p---' })) };
  return host;
}
const foreign = (state: string): FakeDomain => ({ domid: 9, name: '(null)', uuid: uuidOf(9), vcpus: 0, memory: 0, disks: [], halfMade: true, state });

describe('a domain whose creation was cut off', () => {
  it('is destroyed by its uuid like any other', async () => {
    const host = await givenHalfMade();
    expect(await host.ask(deed('guest-destroy', { uuid: uuidOf(1) }))).toMatchObject(done);
    expect(host.state.domains).toEqual([]);
  });

  it('is not taken for the guest that is to be made', async () => {
    const host = await givenHalfMade();
    expect(await host.ask(createGuest(host.folder, 1, 'o1'))).toMatchObject({ exit: 1, message: expect.stringMatching(/^exists: guest guest-1 is half made/) });
    expect(host.state.domains).toMatchObject([{ halfMade: true }]);
  });

  it('keeps the disk that it was to have, and no other', async () => {
    const host = await givenHalfMade();
    await host.ask(createOverlay('o2'));
    expect(await host.ask(deed('overlay-remove', { overlay: 'o1' }))).toMatchObject({ exit: 1, message: expect.stringMatching(/^busy: /) });
    expect(await host.ask(createGuest(host.folder, 2, 'o1'))).toMatchObject({ exit: 1, message: expect.stringMatching(/^refused: .*guest-1/) });
    expect(await host.ask(createGuest(host.folder, 3, 'o2'))).toMatchObject(done);
    expect(existsSync(join(host.overlays, 'o1.qcow2'))).toBe(true);
  });

  it('may have any disk when somebody else makes it, until it is dying', async () => {
    const host = givenHost();
    await host.ask(createOverlay('o1'));
    host.state = { ...host.state, domains: [foreign('--p---')] };
    expect(await host.ask(deed('overlay-remove', { overlay: 'o1' }))).toMatchObject({ exit: 1, message: expect.stringMatching(/^busy: .*not known/) });
    host.state = { ...host.state, domains: [foreign('--p--d')] };
    expect(await host.ask(deed('overlay-remove', { overlay: 'o1' }))).toMatchObject(done);
  });
});
