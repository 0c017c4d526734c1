/** A copy of an image version on a host's own disk, as the host shows it. */
export interface Replica {
  readonly name: string;
  readonly version: string;
  /** There, held against their sums. */
  readonly bytes: number;
  readonly ofBytes: number;
  /** Every byte is there and was read back: machines may stand on it. */
  readonly whole: boolean;
}

/** How a pool keeps copies of its images on its hosts' own disks. */
export interface ReplicaPolicy {
  /** Of one copy. */
  readonly bytesPerSecond: number;
  /** Copies under way at a time, in the whole pool. */
  readonly atOnce: number;
  /** Versions of each image that are kept beside the wanted one, for going back. */
  readonly keep: number;
}

/** What the journal remembers of a copy, also while its host is off. */
export interface ReplicaRow {
  readonly host: string;
  readonly name: string;
  readonly version: string;
  readonly bytes: number;
  readonly ofBytes: number;
  /** `store`, or the host that it comes from. */
  readonly from: string;
  readonly since: number;
  /** When its last deed ended: only a look asked after that says how far it is. */
  readonly deedAt?: number;
  /** Absent while it is not whole. */
  readonly wholeAt?: number;
}

/** One deed copies for so long; the next goes on where it was. */
export const copySliceMs = 30_000;

export const replicaKey = (host: string, image: { readonly name: string; readonly version: string }): string => `${host} ${image.name} ${image.version}`;
