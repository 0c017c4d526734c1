import { Failure } from '../../drivers/failure.js';
import { runs } from '../../model/host.js';
import type { Doing } from './deeds.js';
import type { MigrationFate } from './guest.js';
import type { FakeHost } from './host.js';

/** A live migration: from its beginning the other host holds the memory; at its end the guest is where its fate wants it. */
export function migrateGuest(from: FakeHost, uuid: string, to: FakeHost): Doing {
  const guest = from.find(uuid);
  const twin = to.find(uuid);
  const now = guest?.createdAt ?? 0;
  if (guest === undefined || !runs(guest.seen(now))) {
    const already = guest === undefined && twin !== undefined && runs(twin.seen(now));
    return { finish: () => (already ? undefined : new Failure('absent', `no guest ${uuid} runs on ${from.name}`)) };
  }
  if (twin !== undefined) return { finish: () => new Failure('exists', `guest ${guest.plan.name} is on ${to.name} already`) };
  if (!to.sharesStore) return { finish: () => new Failure('refused', `${to.name} does not see the disk`) };
  const half = to.expect(guest);
  if (half === undefined) return { finish: () => new Failure('full', `${to.name} has no room for ${guest.plan.name}`) };
  const boot = to.bootId;
  const drop = (): void => void to.guests.delete(String(half.domid));
  const complaint = new Failure('refused', 'migration target: Transfer failed; Migration failed, resuming at sender');
  const stands = (): boolean => from.find(uuid) === guest && runs(guest.seen(now)) && to.bootId === boot && to.guests.get(String(half.domid)) === half;
  /** By fate: what becomes of the guest, and of its half on the other host. */
  const ends: Readonly<Record<MigrationFate, () => void>> = {
    well: () => from.handOver(guest, to, half, false),
    both: () => from.handOver(guest, to, half, true),
    left: () => undefined,
    stays: drop,
    dies: () => {
      from.vanish(guest);
      drop();
    },
    stuck: () => {
      from.suspend(guest);
      drop();
    },
  };
  return {
    abandoned: drop,
    finish: () => {
      const fate = stands() ? from.migrationOf(guest) : 'stays';
      ends[fate]();
      return fate === 'well' ? undefined : complaint;
    },
  };
}
