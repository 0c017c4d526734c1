import type { Clock } from '../../clock.js';
import { Failure } from '../../drivers/failure.js';
import type { GuestSpec } from '../../model/action.js';
import { isAlive } from '../../model/host.js';
import { keptPrefix } from '../../model/service.js';
import type { Size } from '../../model/size.js';
import type { GuestPlan } from './guest.js';
import type { FakeHost } from './host.js';
import { rebootNow, returnInTime } from './second-life.js';

/** A deed under way: what it takes beyond the usual, and its end (a Failure when it fails). */
export interface Doing {
  readonly extraMs?: number;
  readonly finish: () => Failure | undefined;
  /** Its host lost power before the end. */
  readonly abandoned?: () => void;
}

const refuse = (message: string): Doing => ({ finish: () => new Failure('refused', message) });
const nothing: Doing = { finish: () => undefined };
/** A hung store never lets go of whoever touches it. */
const hung: Doing = { extraMs: Number.MAX_SAFE_INTEGER, finish: () => undefined };
/** `xl shutdown` waits so long for a guest that does not acknowledge. */
const unacknowledgedMs = 60_000;
const freshOverlayBytes = 196_608;

export function createOverlay(
  host: FakeHost,
  overlay: string,
  image: { readonly name: string; readonly version: string },
  diskMiB: number,
  local?: true,
): Doing {
  if (host.storeHung) return hung;
  return {
    finish: () => {
      if (host.overlays.has(overlay)) return undefined;
      if (!host.images.some((i) => i.name === image.name && i.version === image.version)) {
        return new Failure('absent', `image ${image.name} version ${image.version} is not on ${host.name}`);
      }
      if (host.storeMiB < diskMiB) return new Failure('full', `the store of ${host.name} has ${host.storeMiB} MiB left`);
      if (local && host.copies?.has(image) !== true) return new Failure('absent', `no copy of ${image.name} ${image.version} is on ${host.name}`);
      host.overlays.set(overlay, { bytes: freshOverlayBytes, ...(local ? { base: `${image.name} ${image.version}` } : {}) });
      return undefined;
    },
  };
}

export function removeOverlay(host: FakeHost, overlay: string): Doing {
  if (overlay.startsWith(keptPrefix)) return refuse(`${overlay} is the disk of a permanent machine: a person removes it by hand`);
  if (host.storeHung) return hung;
  return {
    finish: () => {
      const user = host.userOf(overlay);
      if (user !== undefined) return new Failure('busy', `${overlay} is open in ${user.plan.name} on ${host.name}`);
      host.overlays.delete(overlay);
      return undefined;
    },
  };
}

/** The spec as a plan: what the guest is made from. */
export const planOf = (spec: GuestSpec): GuestPlan => ({
  uuid: spec.uuid,
  name: spec.name,
  type: spec.type,
  vcpus: spec.size.cores,
  maxVcpus: spec.maxSize.cores,
  memoryMiB: spec.size.memoryMiB,
  maxMemoryMiB: spec.maxSize.memoryMiB,
  disks: [spec.overlay],
  mac: spec.mac,
  bridge: spec.bridge,
  kernel: spec.kernel,
  ...(spec.ramdisk === undefined ? {} : { ramdisk: spec.ramdisk }),
  cmdline: spec.args.join(' '),
  onCrash: 'preserve',
  onPoweroff: 'destroy',
  node: spec.node,
  address: spec.address,
  environment: spec.environment,
  checks: spec.checks,
});

export function createGuest(host: FakeHost, spec: GuestSpec): Doing {
  if (host.storeHung) return hung;
  return {
    finish: () => {
      const same = host.find(spec.uuid);
      if (same !== undefined) return undefined;
      if (!host.overlays.has(spec.overlay)) return new Failure('refused', `overlay ${spec.overlay} is not on ${host.name}`);
      if (host.overlays.get(spec.overlay)?.saved !== undefined) return new Failure('refused', `the guest of ${spec.overlay} was saved`);
      const user = host.userOf(spec.overlay);
      if (user !== undefined) return new Failure('refused', `overlay ${spec.overlay} is open in ${user.plan.name}`);
      const creation = host.create(planOf(spec));
      if ('made' in creation) return undefined;
      if (creation.refused === 'name-exists') return new Failure('exists', `a guest named ${spec.name} is on ${host.name} already`);
      return new Failure('full', `${host.name} has no ${spec.size.memoryMiB} MiB free`);
    },
  };
}

export function resizeGuest(host: FakeHost, uuid: string, size: Size): Doing {
  const guest = host.find(uuid);
  if (guest === undefined) return { finish: () => new Failure('absent', `no guest ${uuid} on ${host.name}`) };
  if (size.cores > guest.plan.maxVcpus || size.memoryMiB > guest.plan.maxMemoryMiB) {
    return refuse(`${guest.plan.name} was made for at most ${guest.plan.maxVcpus} cores and ${guest.plan.maxMemoryMiB} MiB`);
  }
  if (size.cores > host.cores) return refuse(`${host.name} has ${host.cores} cores`);
  return {
    finish: () => {
      if (host.find(uuid) !== guest) return new Failure('absent', `no guest ${uuid} on ${host.name}`);
      host.setVcpus(guest, size.cores);
      host.setMemory(guest, size.memoryMiB);
      return undefined;
    },
  };
}

export function shutdownGuest(host: FakeHost, uuid: string): Doing {
  const guest = host.find(uuid);
  if (guest === undefined) return nothing;
  const hears = guest.fate.kind !== 'deaf' && guest.fate.kind !== 'never-boots' && isAlive(guest.seen(guest.createdAt));
  return {
    extraMs: hears ? 0 : unacknowledgedMs,
    finish: () => {
      if (host.find(uuid) !== guest || host.shutdown(guest)) return undefined;
      return new Failure('refused', `${guest.plan.name} did not acknowledge the request to shut down`);
    },
  };
}

export function powerOff(host: FakeHost): Doing {
  return {
    finish: () => {
      const [guest] = host.guests.values();
      if (guest !== undefined) return new Failure('busy', `${guest.plan.name} is on ${host.name}`);
      host.power.shutDown();
      return undefined;
    },
  };
}

export function reboot(host: FakeHost): Doing {
  return {
    finish: () => {
      const [guest] = host.guests.values();
      if (guest !== undefined) return new Failure('busy', `${guest.plan.name} is on ${host.name}`);
      rebootNow(host);
      return undefined;
    },
  };
}

export function returnBy(host: FakeHost, clock: Clock, at: number, force: boolean): Doing {
  return {
    finish: () => {
      void returnInTime(host, clock, at, force);
      return undefined;
    },
  };
}

export function destroyGuest(host: FakeHost, uuid: string): Doing {
  return {
    finish: () => {
      const guest = host.find(uuid);
      if (guest !== undefined) host.destroy(guest);
      return undefined;
    },
  };
}
