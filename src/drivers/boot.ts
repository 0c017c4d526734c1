import type { BootState, BootSystem } from '../model/boot.js';
import type { BootChoices } from './classroom.js';

/**
 * What each host boots, chosen centrally. A choice is written down and published; it switches no host on, off or over.
 * All raise Failure.
 */
export interface Boot extends BootChoices {
  /** Every host of the configuration that boots from the network. */
  read(signal: AbortSignal): Promise<ReadonlyMap<string, BootState>>;
  /**
   * What the host boots next. `dom0` opens its window: it may boot Dom0 and show its one-time secret until the window is
   * over; where the classroom is usual it goes back to the classroom's system as soon as Dom0 is up. `classroom` takes
   * that back; a Dom0 that runs goes on, and its store stays open until it is gone. Choosing what is chosen already
   * changes nothing, but for `dom0` whose window is over, or (where Dom0 is for good) whose line is lost: that opens a new one. Resolves when it is published. Raises
   * `absent` for a host that does not boot from the network, `refused` when another deployment's files are there.
   */
  choose(host: string, system: BootSystem, signal: AbortSignal): Promise<void>;
}
