import type { BootWay, EnvironmentImage, Mode } from './environment.js';
import type { Size } from './size.js';
import { shortName } from './uuid.js';

/** A permanent machine, as the configuration describes it: a fixed name and address, a disk of its own, a home. It serves no jobs. */
export interface Service {
  /** Host name, as people reach it; its first part names the guest and the disk. */
  readonly name: string;
  /** The file of `environments/` that it belongs to. */
  readonly group: string;
  readonly mode: Mode;
  readonly address: string;
  readonly mac: string;
  /** Where it is when nothing speaks against it. */
  readonly home: string;
  /** Where else it may be. */
  readonly pools: readonly string[];
  /** Its disk is made from this once, and keeps that version. */
  readonly image: EnvironmentImage;
  readonly boot: BootWay;
  readonly size: Size;
  readonly diskMiB: number;
  /** Checks that its guest must report as passed before it counts as up; none: it counts as up when it runs. */
  readonly checks: readonly string[];
  /** Down for longer than this is said to people, ms. */
  readonly restartWithinMs: number;
}

/** What is remembered of a service from one guest to the next. Kept when it leaves the configuration: its disk is kept too. */
export interface ServiceMemory {
  readonly service: string;
  readonly group: string;
  /** Name of its disk on the store. */
  readonly disk: string;
  /** What the disk was made from. */
  readonly image: { readonly name: string; readonly version: string };
  /** When the disk was seen to be there first; absent = not yet. */
  readonly madeAt?: number;
  /** Since when it has not been up; absent while it is. */
  readonly downSince?: number;
  /** Where its last guest was, and why that is no more. */
  readonly last?: { readonly host: string; readonly why: string; readonly at: number };
}

/** Start of the names of all disks that are kept: no runner removes one, whoever asks. */
export const keptPrefix = 'keep-';

/** Its own disk: never a machine's overlay, whose names start otherwise, so that it can never be taken for a stray. */
export const diskOf = (deployment: string, service: string): string => `${keptPrefix}${deployment}-${shortName(service)}`;
