import type { Clock } from '../../src/clock.js';
import type { Classroom } from '../../src/drivers/classroom.js';
import { Failure, type FailureKind } from '../../src/drivers/failure.js';
import type { ClassroomReading, Tenant } from '../../src/model/tenancy.js';

export const wayNames = ['ssh', 'ipmi', 'person'] as const;
export type WayName = (typeof wayNames)[number];

export interface NamedWay {
  readonly name: WayName;
  readonly driver: Classroom;
  /** It can tell whether the classroom answers. */
  readonly looks: boolean;
}

/** A controller ends whatever goes on there: it is used only where the host itself has said, so long ago at most, that nobody is logged in, ms. */
const freshMs = 120_000;
/** The order was not taken: another way may carry it out. After any other failure it may be under way, or somebody is logged in. */
const declined: ReadonlySet<FailureKind> = new Set(['refused', 'denied', 'unreachable']);

/** Several ways to the same hosts: the first that can is taken, each time anew. What none of them knows stays unknown. */
export class InOrder implements Classroom {
  readonly #ways: readonly NamedWay[];
  readonly #clock: Clock;
  readonly #empty = new Map<string, number>();

  constructor(ways: readonly NamedWay[], clock: Clock) {
    this.#ways = ways;
    this.#clock = clock;
  }

  async read(host: string, signal: AbortSignal): Promise<ClassroomReading> {
    let first: unknown;
    for (const { driver, looks } of this.#ways) {
      if (!looks) continue;
      try {
        const reading = await driver.read(host, signal);
        if (reading.people?.length === 0) this.#empty.set(host, this.#clock.mono());
        else this.#empty.delete(host);
        return reading;
      } catch (thrown) {
        if (!(thrown instanceof Failure) || thrown.kind === 'cancelled') throw thrown;
        first ??= thrown;
      }
    }
    throw first;
  }

  reboot(host: string, next: Tenant, signal: AbortSignal): Promise<void> {
    return this.#order(host, `reboot of ${host}`, (driver) => driver.reboot(host, next, signal));
  }

  off(host: string, signal: AbortSignal): Promise<void> {
    return this.#order(host, `switching ${host} off`, (driver) => driver.off(host, signal));
  }

  async close(): Promise<void> {
    await Promise.all(this.#ways.map(({ driver }) => driver.close()));
  }

  async #order(host: string, what: string, order: (driver: Classroom) => Promise<void>): Promise<void> {
    const failures: string[] = [];
    for (const { name, driver } of this.#ways) {
      if (name === 'ipmi' && !this.#isEmpty(host)) {
        failures.push('ipmi: the host has not said lately that nobody is logged in');
        continue;
      }
      try {
        await order(driver);
        return;
      } catch (thrown) {
        if (!(thrown instanceof Failure) || !declined.has(thrown.kind)) throw thrown;
        failures.push(`${name}: ${thrown.message.replace(`${what}: `, '')}`);
      }
    }
    throw new Failure('refused', `${what}: ${failures.join('; ')}`);
  }

  #isEmpty(host: string): boolean {
    const at = this.#empty.get(host);
    return at !== undefined && this.#clock.mono() - at <= freshMs;
  }
}
