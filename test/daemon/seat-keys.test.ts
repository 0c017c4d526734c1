import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { SeatKeys, withSeatKeys } from '../../src/daemon/seat-keys.js';
import { execaShell } from '../../src/drivers/execa-shell.js';
import { Failure } from '../../src/drivers/failure.js';
import type { Hypervisor, Order } from '../../src/drivers/hypervisor.js';
import type { Shell } from '../../src/drivers/shell.js';
import type { GuestSpec } from '../../src/model/action.js';
import { fromDebian } from '../debian.js';

const never = new AbortController().signal;
const folder = (): string => join(mkdtempSync(join(tmpdir(), 'domus-seats-')), 'seat-keys');

test('a seat has one host key, whoever asks and however often, and only its owner can read it', async ({ skip }) => {
  if (!fromDebian('ssh-keygen', 'openssh-client')) return skip();
  const at = folder();
  const keys = new SeatKeys(at, execaShell(systemClock));
  const [one, two] = await Promise.all([keys.of('grid-07.example.org', never), keys.of('grid-07.example.org', never)]);
  expect(one).toMatch(/^-----BEGIN OPENSSH PRIVATE KEY-----\n/);
  expect(two).toBe(one);
  expect(await new SeatKeys(at, execaShell(systemClock)).of('grid-07.example.org', never)).toBe(one);
  expect(await keys.of('grid-08.example.org', never)).not.toBe(one);
  expect(statSync(join(at, 'grid-07.example.org')).mode & 0o777).toBe(0o600);
  expect(statSync(at).mode & 0o777).toBe(0o700);
  expect(readFileSync(join(at, 'grid-07.example.org.pub'), 'utf8')).toMatch(/^ssh-ed25519 \S+ grid-07\.example\.org\n$/);
  await expect(keys.of('../../etc/passwd', never)).rejects.toThrow('is no name of a node');
});

test('a guest is given its key on the way to the host; without ssh-keygen it is made without one', async () => {
  const got: GuestSpec[] = [];
  const driver = { createGuest: async (_: string, __: Order, spec: GuestSpec) => void got.push(spec), close: async () => undefined } as unknown as Hypervisor;
  const spec = { node: 'grid-07' } as GuestSpec;
  const order = { signal: never } as Order;
  const kept = { of: async () => 'key' } as unknown as SeatKeys;
  await withSeatKeys(driver, kept).createGuest('post1', order, spec);
  const shell = { run: () => Promise.reject(new Failure('unreachable', 'no ssh-keygen')) } as unknown as Shell;
  const at = folder();
  await withSeatKeys(driver, new SeatKeys(at, shell)).createGuest('post1', order, spec);
  expect(got).toEqual([{ node: 'grid-07', hostKey: 'key' }, { node: 'grid-07' }]);
  expect(spec).toEqual({ node: 'grid-07' });
  expect(readdirSync(at)).toEqual([]);
});
