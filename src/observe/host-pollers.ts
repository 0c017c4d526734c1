import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { HostSpec } from '../model/host.js';
import type { Policy } from '../model/policy.js';
import type { Reading } from '../model/reading.js';
import { Poller } from './poller.js';

export interface HostPollersOptions<Driver, Value> {
  readonly policy: () => Policy;
  readonly clock: Clock;
  readonly log: Log;
  readonly changed: () => void;
  /** What is asked, for the log: `the controller of post01`. */
  readonly nameOf: (host: string) => string;
  /** Who is asked about a host; undefined: nobody. */
  readonly driverOf: (host: HostSpec) => Driver | undefined;
  readonly everyMs: () => number;
  readonly ask: (driver: Driver, host: string, signal: AbortSignal) => Promise<Value>;
  /** Says the same: the value before stays. */
  readonly isSame: (last: Value, next: Value) => boolean;
}

/** One poller for each host of which one more thing is asked; hosts come and go with the configuration. */
export class HostPollers<Driver, Value> {
  readonly #options: HostPollersOptions<Driver, Value>;
  readonly #pollers = new Map<string, { readonly poller: Poller<Value>; readonly stop: AbortController }>();

  constructor(options: HostPollersOptions<Driver, Value>) {
    this.#options = options;
  }

  readings(): ReadonlyMap<string, Reading<Value>> {
    return new Map([...this.#pollers].map(([host, { poller }]) => [host, poller.reading]));
  }

  /** Starts what is missing and ends what is no longer wanted; the stories of the new ones. */
  follow(signal: AbortSignal): readonly Promise<void>[] {
    const { driverOf, policy } = this.#options;
    const wanted = new Map<string, Driver>();
    for (const host of Object.values(policy().hosts)) {
      const driver = driverOf(host);
      if (driver !== undefined) wanted.set(host.name, driver);
    }
    for (const [host, { stop }] of this.#pollers) {
      if (wanted.has(host)) continue;
      stop.abort();
      this.#pollers.delete(host);
    }
    return [...wanted].flatMap(([host, driver]) => (this.#pollers.has(host) ? [] : [this.#watch(host, driver, signal)]));
  }

  hurry(host: string): void {
    this.#pollers.get(host)?.poller.hurry();
  }

  distrust(): void {
    for (const { poller } of this.#pollers.values()) poller.distrust();
  }

  #watch(host: string, driver: Driver, signal: AbortSignal): Promise<void> {
    const { policy, clock, log, changed, nameOf, everyMs, ask, isSame } = this.#options;
    const stop = new AbortController();
    const poller = new Poller<Value>({
      ...{ name: nameOf(host), clock, log, everyMs, changed },
      limitMs: () => policy().intervals.lookLimitMs,
      ask: (limited) => ask(driver, host, limited),
      settle: (last, next) => (last !== undefined && isSame(last, next) ? last : next),
    });
    this.#pollers.set(host, { poller, stop });
    return poller.run(AbortSignal.any([signal, stop.signal]));
  }
}
