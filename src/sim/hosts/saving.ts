import { Failure } from '../../drivers/failure.js';
import type { SavedGuest } from '../../drivers/hypervisor.js';
import { runs } from '../../model/host.js';
import type { Doing } from './deeds.js';
import type { FakeHost } from './host.js';

/** The guest's memory goes beside its disk, and it is gone from the host. */
export function saveGuest(host: FakeHost, { uuid, name, overlay }: SavedGuest): Doing {
  return {
    finish: () => {
      const disk = host.overlays.get(overlay);
      const guest = host.find(uuid);
      if (guest === undefined) return disk?.saved === undefined ? new Failure('absent', `no guest ${name} on ${host.name}`) : undefined;
      if (disk === undefined || !guest.plan.disks.includes(overlay)) return new Failure('refused', `${name} does not have ${overlay} open`);
      if (!runs(guest.seen(guest.createdAt))) return new Failure('refused', `${name} does not run`);
      if (host.storeMiB < guest.plan.memoryMiB) return new Failure('full', `the store of ${host.name} has ${host.storeMiB} MiB left`);
      host.overlays.set(overlay, { ...disk, saved: guest });
      host.destroy(guest);
      return undefined;
    },
  };
}

/** It goes on here as it was; its memory is used up. */
export function restoreGuest(host: FakeHost, { uuid, name, overlay }: SavedGuest): Doing {
  return {
    finish: () => {
      if (host.find(uuid) !== undefined) return undefined;
      const disk = host.overlays.get(overlay);
      if (disk?.saved === undefined) return new Failure('absent', `no guest was saved for ${overlay}`);
      if (host.find(name) !== undefined) return new Failure('exists', `a guest named ${name} is on ${host.name}`);
      const { saved, ...rest } = disk;
      const creation = host.create(saved.plan);
      if (!('made' in creation)) return new Failure('full', `${host.name} has no ${saved.plan.memoryMiB} MiB free`);
      host.overlays.set(overlay, rest);
      return undefined;
    },
  };
}
