import { Failure } from '../../drivers/failure.js';
import type { CopyWay } from '../../drivers/hypervisor.js';
import type { HostSnapshot } from '../../model/host.js';
import type { Replica } from '../../model/replica.js';
import type { Doing } from './deeds.js';
import type { FakeGuest } from './guest.js';
import type { FakeHost } from './host.js';

type Image = { readonly name: string; readonly version: string };
const keyOf = ({ name, version }: Image): string => `${name} ${version}`;
const mebibyte = 1024 * 1024;

/** A thin disk, and the copy that it stands on; absent: on the store's. */
export interface FakeOverlay {
  readonly bytes: number;
  readonly base?: string;
  /** The memory of its guest, while that is saved. */
  readonly saved?: FakeGuest;
}

/** A host's own disk with copies of images: it outlives a loss of power. */
export class ImageCopies {
  freeBytes: number;
  /** Of every image. */
  readonly imageBytes: number;
  /** Read from the store by copies to here, bytes. */
  fromStore = 0;
  readonly #bytes = new Map<string, Replica>();

  constructor(freeMiB = 100_000, imageBytes = 600 * mebibyte) {
    this.freeBytes = freeMiB * mebibyte;
    this.imageBytes = imageBytes;
  }

  has(image: Image): boolean {
    return this.#bytes.get(keyOf(image))?.whole === true;
  }

  seen(): Pick<HostSnapshot, 'replicas' | 'replicaFreeMiB'> {
    return { replicas: [...this.#bytes.values()], replicaFreeMiB: Math.floor(this.freeBytes / mebibyte) };
  }

  /** Goes on for a slice; what is whole stays. */
  grow({ name, version }: Image, bytes: number): number {
    const have = this.#bytes.get(keyOf({ name, version }))?.bytes ?? 0;
    const now = Math.min(this.imageBytes, have + bytes);
    this.#bytes.set(keyOf({ name, version }), { name, version, bytes: now, ofBytes: this.imageBytes, whole: now === this.imageBytes });
    this.freeBytes -= now - have;
    return now - have;
  }

  drop(image: Image): void {
    this.freeBytes += this.#bytes.get(keyOf(image))?.bytes ?? 0;
    this.#bytes.delete(keyOf(image));
  }
}

const kept = (host: FakeHost): Failure => new Failure('refused', `no copies of images are kept on ${host.name}`);

/** Bytes of a slice come over at its end; a loss of power before it leaves what was there. */
export function copyImage(host: FakeHost, image: Image, { bytesPerSecond, sliceMs }: CopyWay, source: FakeHost | undefined): Doing {
  const { copies } = host;
  if (copies === undefined) return { finish: () => kept(host) };
  if (copies.has(image)) return { finish: () => undefined };
  const have = copies.seen().replicas?.find(({ name, version }) => name === image.name && version === image.version)?.bytes ?? 0;
  const needMs = Math.min(sliceMs, ((copies.imageBytes - have) / bytesPerSecond) * 1000);
  return {
    extraMs: needMs,
    finish: () => {
      if (!host.images.some(({ name, version }) => name === image.name && version === image.version))
        return new Failure('absent', `image ${keyOf(image)} is not in the store`);
      if (source === undefined && host.storeHung) return new Failure('uncertain', 'the store does not answer');
      if (source !== undefined && (!source.up || source.copies?.has(image) !== true)) return new Failure('uncertain', `${source.name}: the connection ended`);
      if (have === 0 && copies.freeBytes < copies.imageBytes) return new Failure('full', `${host.name} has no room for ${keyOf(image)}`);
      const came = copies.grow(image, Math.ceil((bytesPerSecond * needMs) / 1000));
      if (source === undefined) copies.fromStore += came;
      return undefined;
    },
  };
}

export function dropImage(host: FakeHost, image: Image): Doing {
  return {
    finish: () => {
      if (host.copies === undefined) return kept(host);
      const user = [...host.guests.values()].find(({ plan }) => plan.disks.some((disk) => host.overlays.get(disk)?.base === keyOf(image)));
      if (user !== undefined) return new Failure('busy', `${user.plan.name} runs from it`);
      host.copies.drop(image);
      return undefined;
    },
  };
}
