import type { Client } from 'ssh2';
import type { Clock } from '../../src/clock.js';
import { asFailure, Failure } from '../../src/drivers/failure.js';
import type { RunnerAnswer, RunnerRequest } from '../../src/drivers/runner.js';
import type { Log } from '../../src/log.js';
import type { SshConfig } from './config.js';
import { connect, type Place } from './connect.js';
import { converse } from './session.js';
import { Turns } from './turns.js';

const firstPauseMs = 1000;
/** A host that is switched off, or boots: the jobs that it was woken for wait no longer for it than this after its boot. */
const longestSilentPauseMs = 8_000;
/** Where something must be mended first: a key, a right. */
const longestPauseMs = 60_000;

/**
 * The one connection to one host. It is made when it is first needed and kept; when it cannot be made, or breaks before
 * it has answered anything, the next try waits 1 s, 2 s, ... (8 s where nothing answers, 60 s where the host or a key is not as
 * it must be), and who asks meanwhile is told so at once.
 */
export class Line {
  readonly #config: SshConfig;
  readonly #place: Place;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #turns: Turns;
  readonly #closing = new AbortController();
  #client: Client | undefined;
  #connecting: Promise<Client> | undefined;
  #failures = 0;
  #last: { readonly failure: Failure; readonly retryAt: number } | undefined;

  constructor(config: SshConfig, place: Place, clock: Clock, log: Log) {
    this.#config = config;
    this.#place = place;
    this.#clock = clock;
    this.#log = log;
    this.#turns = new Turns(config.sessionsPerHost, config.waitingPerHost);
  }

  ask(request: RunnerRequest, signal: AbortSignal): Promise<RunnerAnswer> {
    const what = `${request.verb} on ${this.#place.name}`;
    return this.#turns.run(what, signal, async () => {
      const client = await this.#connected(what, signal);
      const answer = await converse(client, what, request, this.#config.mostOutputBytes, signal);
      this.#failures = 0;
      return answer;
    });
  }

  close(): void {
    this.#closing.abort();
    this.#client?.end();
    this.#client?.destroy();
    this.#client = undefined;
  }

  async #connected(what: string, signal: AbortSignal): Promise<Client> {
    if (this.#closing.signal.aborted) throw new Failure('cancelled', `${what}: we are closing`);
    if (this.#client !== undefined) return this.#client;
    const leftMs = (this.#last?.retryAt ?? 0) - this.#clock.mono();
    if (this.#last !== undefined && leftMs > 0) {
      const { failure } = this.#last;
      throw new Failure(failure.kind, `${failure.message}; tried again in ${Math.ceil(leftMs / 1000)} s`, { cause: failure });
    }
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return Promise.race([this.#connecting, cancelledBy(signal, what)]);
  }

  async #connect(): Promise<Client> {
    const limit = new AbortController();
    const ended = new AbortController();
    void this.#clock.sleep(this.#config.connectLimitMs, ended.signal).then(() => limit.abort());
    try {
      const client = await connect(this.#config, this.#place, AbortSignal.any([limit.signal, this.#closing.signal]));
      this.#client = client;
      this.#last = undefined;
      client.on('error', (error) => this.#lost(client, error.message));
      client.on('close', () => this.#lost(client, 'closed by the host'));
      this.#log.info({ host: this.#place.name }, 'connected');
      return client;
    } catch (thrown) {
      throw this.#pause(asFailure(thrown, this.#place.name));
    } finally {
      ended.abort();
    }
  }

  /** A connection that broke. If it had answered, the next question connects anew at once. */
  #lost(client: Client, why: string): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    client.on('error', () => undefined); // what follows the first cause is not news
    client.destroy();
    if (this.#closing.signal.aborted) return;
    this.#log.warn({ host: this.#place.name, why }, 'lost the connection');
    if (this.#failures > 0) this.#pause(new Failure('unreachable', `${this.#place.name}: the connection was lost: ${why}`));
    else this.#failures = 1;
  }

  #pause(failure: Failure): Failure {
    const before = this.#last?.failure;
    const pauseMs = Math.min(failure.kind === 'unreachable' ? longestSilentPauseMs : longestPauseMs, firstPauseMs * 2 ** this.#failures);
    this.#failures++;
    this.#last = { failure, retryAt: this.#clock.mono() + pauseMs };
    const told = { host: this.#place.name, kind: failure.kind, why: failure.message, pauseMs };
    // a host that is off for a night is no news every eight seconds
    if (before?.kind === failure.kind && before.message === failure.message) this.#log.debug(told, 'cannot connect');
    else this.#log.warn(told, 'cannot connect');
    return failure;
  }
}

/** Rejects when the signal is aborted; for a race. */
function cancelledBy(signal: AbortSignal, what: string): Promise<never> {
  const gone = new Promise<never>((_, reject) => {
    const stop = (): void => reject(new Failure('cancelled', `${what}: cancelled before it was sent`));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  gone.catch(() => undefined); // the race may be over long before
  return gone;
}
