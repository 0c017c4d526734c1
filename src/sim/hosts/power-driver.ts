import type { Clock } from '../../clock.js';
import { Failure } from '../../drivers/failure.js';
import type { Power } from '../../drivers/power.js';
import type { PowerReading } from '../../model/power.js';
import type { Random } from '../random.js';
import type { FakeHost } from './host.js';

/** The Power contract over fake hosts: by controllers (`hasControllers`), or by magic packets that nobody acknowledges. */
export class VirtualPower implements Power {
  readonly hasControllers: boolean;
  readonly #hosts: ReadonlyMap<string, FakeHost>;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(options: {
    readonly hosts: ReadonlyMap<string, FakeHost>;
    readonly clock: Clock;
    readonly random: Random;
    readonly hasControllers: boolean;
  }) {
    this.hasControllers = options.hasControllers;
    this.#hosts = options.hosts;
    this.#clock = options.clock;
    this.#random = options.random;
  }

  async read(name: string, signal: AbortSignal): Promise<PowerReading> {
    const host = this.#host(name);
    if (!this.hasControllers) throw new Failure('refused', `power of ${name}: it has no controller`);
    await this.#call(host, 'power-read', signal, () => undefined);
    return { on: host.power.said === 'on' };
  }

  async on(name: string, macs: readonly string[], signal: AbortSignal): Promise<void> {
    const host = this.#host(name);
    if (!this.hasControllers && macs.length === 0) throw new Failure('refused', `power-on of ${name}: no card of it is known`);
    await this.#call(host, 'power-on', signal, () => {
      const heard = this.hasControllers || (host.power.armed && macs.includes(host.mac));
      if (heard) host.power.switchOn();
    });
  }

  async cut(name: string, signal: AbortSignal): Promise<void> {
    const host = this.#host(name);
    if (!this.hasControllers) throw new Failure('refused', `power-off of ${name}: it has no controller`);
    await this.#call(host, 'power-cut', signal, () => host.power.cut());
  }

  async close(): Promise<void> {
    // nothing is held open
  }

  #host(name: string): FakeHost {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Failure('refused', `power of ${name}: no such host`);
    return host;
  }

  /** One call with its host's fortune: a magic packet that is lost looks like one that is not. */
  async #call(host: FakeHost, what: string, signal: AbortSignal, act: () => void): Promise<void> {
    const fortune = host.trouble.meet(what);
    const sentence = `${what} of ${host.name}`;
    if (signal.aborted) throw new Failure('cancelled', `${sentence}: cancelled before it was sent`);
    const factor = fortune.kind === 'slow' ? fortune.factor : 1;
    if (fortune.kind === 'fail' && fortune.moment === 'before') throw new Failure(fortune.failure, `${sentence}: fails as told`);
    if (fortune.kind === 'refuse') throw new Failure('refused', `${sentence}: refused`);
    const limitMs = fortune.kind === 'silent' || fortune.kind === 'late' ? Number.MAX_SAFE_INTEGER : this.#random.between(5, 50) * factor;
    await this.#clock.sleep(limitMs, signal);
    if (signal.aborted) throw new Failure('uncertain', `${sentence}: sent, no answer`);
    if (fortune.kind !== 'pretend') act();
    if (fortune.kind === 'fail') throw new Failure(fortune.failure, `${sentence}: fails as told, after it was done`);
    if (fortune.kind === 'garbled') throw new Failure('garbled', `${sentence}: the answer cannot be read`);
    if (fortune.kind === 'lie') throw new Failure('refused', `${sentence}: it says it was not done`);
  }
}
