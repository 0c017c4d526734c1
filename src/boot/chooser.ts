import type { Clock } from '../clock.js';
import type { Boot } from '../drivers/boot.js';
import { Failure } from '../drivers/failure.js';
import type { BootState, BootSystem } from '../model/boot.js';
import { choiceFor, type Wanted } from './choosing.js';
import type { BootServer, KnownHost } from './server.js';

const pollMs = 100;

/** Writes choices down; the boot server's own process (`domus boot serve`) publishes them. */
export class Chooser implements Boot {
  readonly #server: BootServer;
  readonly #clock: Clock;
  readonly #by: string;

  /** `by`: who chooses, as records and messages name it. */
  constructor(server: BootServer, clock: Clock, by: string) {
    this.#server = server;
    this.#clock = clock;
    this.#by = by;
  }

  async read(signal: AbortSignal): Promise<ReadonlyMap<string, BootState>> {
    if (signal.aborted) throw new Failure('cancelled', 'reading what hosts boot: cancelled');
    return new Map((await this.#server.known()).map(({ host }) => [host.name, host.state]));
  }

  /** Writes the choice without waiting; its id, or undefined where it was made already. Raises Failure `absent`. */
  async write(host: string, system: BootSystem, how: Pick<Wanted, 'anew' | 'shut'> = {}): Promise<string | undefined> {
    const { settings } = this.#server.parts;
    const known = this.#find(await this.#server.known(), host);
    await this.#server.records.prepare();
    const standing = { state: known.host.state, choice: known.choice, seen: known.seen };
    const choice = choiceFor(standing, known.host.boot, { system, by: this.#by, now: this.#clock.wall(), windowMs: settings.windowMs, ...how });
    if (choice !== undefined) await this.#server.records.putChoice(host, choice);
    return choice?.id;
  }

  async choose(host: string, system: BootSystem, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw new Failure('cancelled', `choosing what ${host} boots: cancelled`);
    const id = await this.write(host, system);
    if (id === undefined) return;
    while ((await this.#server.records.publishedChoices())[host] !== id) {
      if (signal.aborted) throw new Failure('uncertain', `what ${host} boots was chosen, and not published: does domus boot serve run?`);
      await this.#clock.sleep(pollMs, signal);
    }
  }

  #find(known: readonly KnownHost[], name: string): KnownHost {
    const found = known.find(({ host }) => host.name === name);
    if (found === undefined) throw new Failure('absent', `${name} does not boot from the network: it has no mac in the configuration`);
    return found;
  }
}
