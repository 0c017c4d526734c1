import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../../src/drivers/failure.js';
import type { Order } from '../../../src/drivers/hypervisor.js';
import type { GuestSpec } from '../../../src/model/action.js';
import { runs } from '../../../src/model/host.js';
import type { MigrationFate } from '../../../src/sim/hosts/guest.js';
import { ssh } from '../../../src/sim/lab/ssh-client.js';
import { fenceOf } from '../../contract/hypervisor.js';
import { image, spec } from '../hosts/given.js';
import { type TwoHosts, twoHosts } from './two-hosts.js';

const small = { cores: 1, memoryMiB: 512 };
const signal = new AbortController().signal;
const guest = (n: number): GuestSpec =>
  spec({
    ...{ size: small, maxSize: small, overlay: `disk-${n}`, name: `guest-${n}` },
    ...{ uuid: `${n}${n}111111-0000-4000-8000-000000000001`, mac: `00:16:3e:00:00:0${n}` },
  });

describe('Guests between hosts of the lab', () => {
  let at: TwoHosts;
  let ops = 0;
  beforeEach(async () => {
    at = await twoHosts(30);
  });
  afterEach(() => at.close());

  const order = (overrides: Partial<Order> = {}): Order => ({ op: `op-${++ops}`, fence: fenceOf(), limitMs: 60_000, signal, ...overrides });
  const moved = ({ uuid, name, overlay, size }: GuestSpec) => ({ uuid, name, overlay, memoryMiB: size.memoryMiB });
  const move = (which: GuestSpec, by = order()): Promise<string> => told(at.driver.migrateGuest('post01', by, moved(which), at.other));
  const seenOn = async (host: string) => (await at.driver.look(host, undefined, signal)).guests;
  const shown = async (host: string) => (await seenOn(host)).map((each) => `${each.name} ${runs(each) ? 'runs' : 'stands'}`).sort();
  async function told(work: Promise<unknown>): Promise<string> {
    try {
      await work;
      return 'done';
    } catch (thrown) {
      if (thrown instanceof Failure) return `${thrown.kind}: ${thrown.message}`;
      throw thrown;
    }
  }
  async function made(...guests: readonly GuestSpec[]): Promise<void> {
    for (const each of guests) {
      await at.driver.createOverlay('post01', order(), each.overlay, image, 1024);
      await at.driver.createGuest('post01', order(), each);
    }
    await expect.poll(async () => (await shown('post01')).every((text) => text.endsWith('runs')), { timeout: 60_000 }).toBe(true);
  }

  it('go to one host at the same time, and a new one is made there meanwhile', async () => {
    const [first, second, third] = [guest(1), guest(2), guest(3)];
    await made(first, second);
    await at.driver.createOverlay('post02', order(), third.overlay, image, 1024);
    const goOn = at.crossings.halt();
    const going = [move(first), move(second)];
    await expect.poll(() => [...at.there.host.guests.values()].filter(({ half }) => half === '--incoming').length, { timeout: 60_000 }).toBe(2);
    expect(await told(at.driver.createGuest('post02', order(), third))).toBe('done');
    goOn();
    expect(await Promise.all(going)).toEqual(['done', 'done']);
    expect([await shown('post01'), await shown('post02')]).toEqual([[], ['guest-1 runs', 'guest-2 runs', 'guest-3 runs']]);
  });

  it.each<[MigrationFate, readonly string[], readonly string[]]>([
    ['stays', ['guest-1 runs'], []],
    ['both', ['guest-1--migratedaway stands'], ['guest-1 runs']],
    ['left', ['guest-1 runs'], ['guest-1--incoming stands']],
    ['dies', [], []],
    ['stuck', ['guest-1--migratedaway stands'], []],
  ])('end as told ("%s"), with a complaint of xl', async (fate, here, there) => {
    await made(guest(1));
    at.here.host.migrationOf = () => fate;
    expect(await move(guest(1))).toContain('Migration failed, resuming at sender');
    expect([await shown('post01'), await shown('post02')]).toEqual([here, there]);
  });

  it('stay where the other host loses its power on the way, or its key is not known', async () => {
    await made(guest(1));
    const goOn = at.crossings.halt();
    const going = move(guest(1));
    await expect.poll(() => at.there.host.guests.size, { timeout: 60_000 }).toBe(1);
    at.there.crash(false);
    goOn();
    expect(await going).not.toBe('done');
    expect(await shown('post01')).toEqual(['guest-1 runs']);
    const known = readFileSync(at.folder.knownHosts, 'utf8');
    writeFileSync(at.folder.knownHosts, '');
    const argv = ['-o', `UserKnownHostsFile=${at.folder.knownHosts}`, '-i', at.folder.migrationKey, '-p', String(at.here.ssh.port), 'root@127.0.0.1', 'x'];
    expect(await ssh(argv, '', signal)).toMatchObject({ exit: 255, stderr: 'Host key verification failed.\n' });
    writeFileSync(at.folder.knownHosts, known);
    expect(await ssh(argv, '', signal)).toMatchObject({ exit: 1, stderr: expect.stringContaining('nobody is expected here with that ticket') });
  });

  it('are saved and restored when told that it fails: they go on where they were, and what was saved is kept', async () => {
    const [first] = [guest(1)];
    await made(first);
    at.here.host.trouble.afflict('refuse', { concerns: (what) => what === 'xl save' });
    expect(await told(at.driver.saveGuest('post01', order(), first))).toMatch(
      /^refused: .*xc: error: Failed to write page data.* \/ Failed to save domain, resuming domain$/,
    );
    expect(await shown('post01')).toEqual(['guest-1 runs']);
    at.here.host.trouble.relieve();
    expect(await told(at.driver.saveGuest('post01', order(), first))).toBe('done');
    at.there.host.trouble.afflict('refuse', { concerns: (what) => what === 'xl restore' });
    expect(await told(at.driver.restoreGuest('post02', order(), first))).toMatch(/^\w+: .*status 3: xc: error: Failed to allocate memory/);
    at.there.host.trouble.relieve();
    expect(await told(at.driver.restoreGuest('post02', order(), first))).toBe('done');
    expect([await shown('post01'), (await shown('post02')).length]).toEqual([[], 1]);
  });
});
