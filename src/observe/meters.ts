import type { Power } from '../drivers/power.js';
import type { PowerReading } from '../model/power.js';
import { HostPollers, type HostPollersOptions } from './host-pollers.js';

/** A controller is slow, and what it says changes seldom: it is asked this much more seldom than its host. */
const seldom = 4;

/** A draw that moves by less is no news, W. */
const noticedWatts = 5;
const isNear = (a: number | undefined, b: number | undefined): boolean => a === b || (a !== undefined && b !== undefined && Math.abs(a - b) < noticedWatts);

/** What hosts' own controllers say, where they have one. */
export const meterPollers = (
  options: Pick<HostPollersOptions<Power, PowerReading>, 'policy' | 'clock' | 'log' | 'changed'> & { readonly powers?: ReadonlyMap<string, Power> },
): HostPollers<Power, PowerReading> =>
  new HostPollers({
    ...options,
    nameOf: (host) => `the controller of ${host}`,
    driverOf: ({ power }) => {
      const driver = power === undefined ? undefined : options.powers?.get(power);
      return driver?.hasControllers === true ? driver : undefined;
    },
    everyMs: () => options.policy().intervals.hostPollMs * seldom,
    ask: (driver, host, signal) => driver.read(host, signal),
    isSame: (last, next) => last.on === next.on && isNear(last.watts, next.watts),
  });
