import { Diary } from '../../forecast/diary.js';
import { type PlaceInWeek, usualHours } from '../../forecast/learn.js';
import type { UsualHour } from '../../model/forecast.js';
import type { Policy } from '../../model/policy.js';
import type { VirtualClock } from '../clock.js';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Greenwich's week: traces do not say where people are, and the same hour every week is all that counts. */
const place: PlaceInWeek = (at) => ({ weekday: (4 + Math.floor(at / dayMs)) % 7, hour: Math.floor(at / hourMs) % 24 });

/** The forecast of a replay: it learns from what the replay itself has seen so far, anew each day, as the daemon does from its history. */
export class Foresight {
  readonly #diary: Diary;
  readonly #coresPerHost: number;
  #busyCores = 0;

  constructor(now: number, coresPerHost: number) {
    this.#diary = new Diary(now);
    this.#coresPerHost = coresPerHost;
  }

  /** So many cores more have work, or less. */
  busy(cores: number, at: number): void {
    this.#busyCores += cores;
    this.#diary.note(this.#busyCores / this.#coresPerHost, at);
  }

  /** Adopts at every midnight what is usual then; does nothing under a policy without forecast. */
  follow(clock: VirtualClock, policy: Policy, adopt: (policy: Policy) => void): void {
    const forecast = policy.power?.forecast;
    if (forecast === undefined) return;
    const next = (at: number): void => {
      clock.at(at, () => {
        this.#diary.note(this.#busyCores / this.#coresPerHost, at);
        const usual: Record<string, readonly UsualHour[]> = {};
        for (const pool of Object.keys(policy.pools)) usual[pool] = usualHours(this.#diary.hours(at - forecast.pastMs), place, at, 49);
        adopt({ ...policy, usual });
        next(at + dayMs);
      });
    };
    next((Math.floor(clock.now() / dayMs) + 1) * dayMs);
  }
}
