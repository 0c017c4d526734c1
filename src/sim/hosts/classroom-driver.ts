import type { Clock } from '../../clock.js';
import type { BootChoices, Classroom } from '../../drivers/classroom.js';
import { Failure } from '../../drivers/failure.js';
import type { ClassroomReading, Tenant } from '../../model/tenancy.js';
import type { Random } from '../random.js';
import type { Fortune } from '../trouble.js';
import type { FakeHost } from './host.js';
import { rebootNow, type SecondLife } from './second-life.js';

interface Options {
  readonly hosts: ReadonlyMap<string, FakeHost>;
  readonly clock: Clock;
  readonly random: Random;
}

/** The Classroom contract over fake hosts, with each host's troubles. */
export class VirtualClassroom implements Classroom {
  /** People cannot be asked for: nobody knows who is logged in. */
  blind = false;
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  async read(name: string, signal: AbortSignal): Promise<ClassroomReading> {
    return this.#call(name, 'classroom-read', signal, (host, { ready, people }) => ({ ready, bootId: host.bootId, ...(this.blind ? {} : { people }) }));
  }

  async reboot(name: string, next: Tenant, signal: AbortSignal): Promise<void> {
    await this.#call(name, 'classroom-reboot', signal, (host, { people }) => {
      this.#mind(people, `reboot of ${name}`);
      void next; // the boot server has it
      rebootNow(host);
    });
  }

  async off(name: string, signal: AbortSignal): Promise<void> {
    await this.#call(name, 'classroom-off', signal, (host, { people }) => {
      this.#mind(people, `switching ${name} off`);
      host.power.shutDown();
    });
  }

  async close(): Promise<void> {
    // nothing is held open
  }

  #mind(people: readonly string[], what: string): void {
    if (this.blind) throw new Failure('busy', `${what}: who is logged in is not known`);
    if (people.length > 0) throw new Failure('busy', `${what}: ${people.join(', ')} is logged in`);
  }

  async #call<T>(name: string, what: string, signal: AbortSignal, work: (host: FakeHost, other: SecondLife) => T): Promise<T> {
    const { hosts, clock, random } = this.#options;
    const host = hosts.get(name);
    const sentence = `${what} of ${name}`;
    if (host?.classroom === undefined) throw new Failure('refused', `${sentence}: it has no classroom`);
    if (signal.aborted) throw new Failure('cancelled', `${sentence}: cancelled before it was sent`);
    await clock.sleep(random.between(20, 80), signal);
    if (signal.aborted) throw new Failure('cancelled', `${sentence}: cancelled before it was sent`);
    if (!host.classroom.up) throw new Failure('unreachable', `${sentence}: no connection`);
    const fortune = await this.#begin(host, what, sentence, signal);
    if (fortune.kind === 'pretend') return undefined as T;
    const answer = work(host, host.classroom);
    if (fortune.kind === 'fail') throw new Failure(fortune.failure, `${sentence}: fails as told, after it was done`);
    if (fortune.kind === 'garbled') throw new Failure('garbled', `${sentence}: the answer cannot be read`);
    return answer;
  }

  /** What fails before anything is done. */
  async #begin(host: FakeHost, what: string, sentence: string, signal: AbortSignal): Promise<Fortune> {
    const fortune = host.trouble.meet(what);
    if (fortune.kind === 'fail' && fortune.moment === 'before') throw new Failure(fortune.failure, `${sentence}: fails as told`);
    if (fortune.kind === 'refuse') throw new Failure('refused', `${sentence}: refused`);
    if (fortune.kind !== 'silent' && fortune.kind !== 'late') return fortune;
    await this.#options.clock.sleep(Number.MAX_SAFE_INTEGER, signal);
    throw new Failure('uncertain', `${sentence}: sent, no answer`);
  }
}

/** A boot server's menu: Dom0 for one boot, else the classroom. */
export class VirtualBoots implements BootChoices {
  readonly #options: Pick<Options, 'hosts' | 'clock'>;
  /** It does not answer, and hosts do not get their menus. */
  #down = false;

  constructor(options: Pick<Options, 'hosts' | 'clock'>) {
    this.#options = options;
  }

  /** The whole boot server dies, or comes back. */
  set down(down: boolean) {
    this.#down = down;
    for (const host of this.#options.hosts.values()) if (host.classroom !== undefined) host.classroom.menuLost = down;
  }

  async choose(name: string, system: Tenant, signal: AbortSignal): Promise<void> {
    const { hosts, clock } = this.#options;
    await clock.sleep(10, signal);
    const host = hosts.get(name);
    if (host?.classroom === undefined) throw new Failure('absent', `boot of ${name}: no such host`);
    if (this.#down) throw new Failure('unreachable', `boot of ${name}: the boot server does not answer`);
    host.classroom.once = system === 'dom0' ? 'dom0' : undefined;
  }
}
