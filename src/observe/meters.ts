import type { Clock } from '../clock.js';
import type { Power } from '../drivers/power.js';
import type { Log } from '../log.js';
import type { Policy } from '../model/policy.js';
import type { PowerReading } from '../model/power.js';
import type { Reading } from '../model/reading.js';
import { Poller } from './poller.js';

/** A controller is slow, and what it says changes seldom: it is asked this much more seldom than its host. */
const seldom = 4;

/** A draw that moves by less is no news, W. */
const noticedWatts = 5;
const isNear = (a: number | undefined, b: number | undefined): boolean => a === b || (a !== undefined && b !== undefined && Math.abs(a - b) < noticedWatts);

export interface MetersOptions {
  readonly powers?: ReadonlyMap<string, Power>;
  readonly policy: () => Policy;
  readonly clock: Clock;
  readonly log: Log;
  readonly changed: () => void;
}

/** One poller per host that has a controller; hosts come and go with the configuration. */
export class Meters {
  readonly #options: MetersOptions;
  readonly #pollers = new Map<string, { readonly poller: Poller<PowerReading>; readonly stop: AbortController }>();

  constructor(options: MetersOptions) {
    this.#options = options;
  }

  readings(): ReadonlyMap<string, Reading<PowerReading>> {
    return new Map([...this.#pollers].map(([host, { poller }]) => [host, poller.reading]));
  }

  /** Starts what is missing and ends what is no longer wanted; the stories of the new ones. */
  follow(signal: AbortSignal): readonly Promise<void>[] {
    const { powers, policy } = this.#options;
    const wanted = new Map<string, Power>();
    for (const { name, power } of Object.values(policy().hosts)) {
      const driver = power === undefined ? undefined : powers?.get(power);
      if (driver?.hasControllers === true) wanted.set(name, driver);
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

  #watch(host: string, driver: Power, signal: AbortSignal): Promise<void> {
    const { policy, clock, log, changed } = this.#options;
    const stop = new AbortController();
    const poller = new Poller<PowerReading>({
      name: `the controller of ${host}`,
      clock,
      log,
      everyMs: () => policy().intervals.hostPollMs * seldom,
      limitMs: () => policy().intervals.lookLimitMs,
      ask: (limited) => driver.read(host, limited),
      settle: (last, next) => (last !== undefined && last.on === next.on && isNear(last.watts, next.watts) ? last : next),
      changed,
    });
    this.#pollers.set(host, { poller, stop });
    return poller.run(AbortSignal.any([signal, stop.signal]));
  }
}
