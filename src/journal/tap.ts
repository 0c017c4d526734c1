import type { Clock } from '../clock.js';
import type { Commit, Journal } from './contract.js';

/** The same journal; `told` hears of every commit that was written, and how long that took, ms. What it throws is nobody's failure. */
export function tapped<J extends Journal>(journal: J, clock: Clock, told: (commit: Commit, tookMs: number) => void): J {
  const commit: Journal['commit'] = async (what, fence) => {
    const from = clock.mono();
    await journal.commit(what, fence);
    told(what, clock.mono() - from);
  };
  return new Proxy(journal, {
    get: (target, key) => {
      if (key === 'commit') return commit;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
