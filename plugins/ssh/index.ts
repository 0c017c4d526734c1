import type { Clock } from '../../src/clock.js';
import { within } from '../../src/deadline.js';
import { Failure } from '../../src/drivers/failure.js';
import type { Plugin } from '../../src/drivers/plugin.js';
import type { Runner, RunnerAnswer, RunnerRequest } from '../../src/drivers/runner.js';
import type { Log } from '../../src/log.js';
import { type SshConfig, sshConfig } from './config.js';
import { Line } from './line.js';

export type { SshConfig } from './config.js';

/** What the way there and back may take beyond the request's own limit. */
const graceMs = 10_000;

type Hosts = ReadonlyMap<string, { readonly address: string; readonly port: number }>;

class SshRunner implements Runner {
  readonly #lines = new Map<string, Line>();
  readonly #clock: Clock;
  readonly #connectLimitMs: number;

  constructor(config: SshConfig, hosts: Hosts, clock: Clock, log: Log) {
    this.#clock = clock;
    this.#connectLimitMs = config.connectLimitMs;
    for (const [name, { address, port }] of hosts) this.#lines.set(name, new Line(config, { name, address, port }, clock, log));
  }

  async ask(host: string, request: RunnerRequest, signal: AbortSignal): Promise<RunnerAnswer> {
    const line = this.#lines.get(host);
    if (line === undefined) throw new Failure('unreachable', `${host}: no such host in the configuration`);
    const limitMs = request.limitMs + this.#connectLimitMs + graceMs;
    return within(this.#clock, limitMs, `${request.verb} on ${host}`, undefined, (limit) => line.ask(request, AbortSignal.any([limit, signal])));
  }

  async close(): Promise<void> {
    for (const line of this.#lines.values()) line.close();
  }
}

export const plugin: Plugin<'runner', SshConfig> = {
  name: 'ssh',
  kind: 'runner',
  contract: 1,
  config: sshConfig,
  create: (config, { hosts, clock, log }) => new SshRunner(config, hosts, clock, log),
};
