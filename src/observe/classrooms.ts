import type { Clock } from '../clock.js';
import type { Classroom } from '../drivers/classroom.js';
import type { Log } from '../log.js';
import type { Policy } from '../model/policy.js';
import type { Reading } from '../model/reading.js';
import type { ClassroomReading } from '../model/tenancy.js';
import { Poller } from './poller.js';

export interface ClassroomsOptions {
  readonly classrooms?: ReadonlyMap<string, Classroom>;
  readonly policy: () => Policy;
  readonly clock: Clock;
  readonly log: Log;
  readonly changed: () => void;
}

const sameReading = (a: ClassroomReading | undefined, b: ClassroomReading): boolean =>
  a !== undefined && a.ready === b.ready && a.bootId === b.bootId && a.people?.join() === b.people?.join();

/** One poller per host that has a classroom; hosts come and go with the configuration. */
export class Classrooms {
  readonly #options: ClassroomsOptions;
  readonly #pollers = new Map<string, { readonly poller: Poller<ClassroomReading>; readonly stop: AbortController }>();

  constructor(options: ClassroomsOptions) {
    this.#options = options;
  }

  readings(): ReadonlyMap<string, Reading<ClassroomReading>> {
    return new Map([...this.#pollers].map(([host, { poller }]) => [host, poller.reading]));
  }

  /** Starts what is missing and ends what is no longer wanted; the stories of the new ones. */
  follow(signal: AbortSignal): readonly Promise<void>[] {
    const { classrooms, policy } = this.#options;
    const wanted = new Map<string, Classroom>();
    for (const { name, classroom } of Object.values(policy().hosts)) {
      const driver = classroom === undefined ? undefined : classrooms?.get(classroom);
      if (driver !== undefined) wanted.set(name, driver);
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

  #watch(host: string, driver: Classroom, signal: AbortSignal): Promise<void> {
    const { policy, clock, log, changed } = this.#options;
    const stop = new AbortController();
    const poller = new Poller<ClassroomReading>({
      name: `the classroom of ${host}`,
      clock,
      log,
      everyMs: () => policy().intervals.hostPollMs,
      limitMs: () => policy().intervals.lookLimitMs,
      ask: (limited) => driver.read(host, limited),
      settle: (last, next) => (last !== undefined && sameReading(last, next) ? last : next),
      changed,
    });
    this.#pollers.set(host, { poller, stop });
    return poller.run(AbortSignal.any([signal, stop.signal]));
  }
}
