import type { PowerReading } from '../model/power.js';

/**
 * Switches the hosts of one pool. What it answers proves nothing: that a host came up or went down is seen by its
 * runner's answers, and by `read` where the driver can tell. All raise Failure.
 */
export interface Power {
  /** It asks the hosts' own controllers: `read` and `cut` work. Such a driver is polled. */
  readonly hasControllers: boolean;
  /** On or off, as the host's controller says. Raises `refused` where there is none. */
  read(host: string, signal: AbortSignal): Promise<PowerReading>;
  /** Switches a host on; harmless for one that is on. `macs` of its cards, as its runner told them. Raises `refused` when it does not know how. */
  on(host: string, macs: readonly string[], signal: AbortSignal): Promise<void>;
  /** Takes its power away without asking it; harmless for one that is off. Raises `refused` where there is no controller. */
  cut(host: string, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
