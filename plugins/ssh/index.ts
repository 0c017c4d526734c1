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
  readonly #lines = new Map<string, { readonly line: Line; readonly address: string; readonly port: number }>();
  readonly #config: SshConfig;
  readonly #hosts: Hosts;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(config: SshConfig, hosts: Hosts, clock: Clock, log: Log) {
    this.#config = config;
    this.#hosts = hosts;
    this.#clock = clock;
    this.#log = log;
  }

  /** The kept line to a host, made when it is first asked: a reload may bring new hosts, or move one. */
  #lineTo(host: string): Line {
    const place = this.#hosts.get(host);
    if (place === undefined) throw new Failure('unreachable', `${host}: no such host in the configuration`);
    const known = this.#lines.get(host);
    if (known?.address === place.address && known.port === place.port) return known.line;
    known?.line.close();
    const line = new Line(this.#config, { name: host, ...place }, this.#clock, this.#log);
    this.#lines.set(host, { line, ...place });
    return line;
  }

  async ask(host: string, request: RunnerRequest, signal: AbortSignal): Promise<RunnerAnswer> {
    const line = this.#lineTo(host);
    const limitMs = request.limitMs + this.#config.connectLimitMs + graceMs;
    return within(this.#clock, limitMs, `${request.verb} on ${host}`, undefined, (limit) => line.ask(request, AbortSignal.any([limit, signal])));
  }

  async close(): Promise<void> {
    for (const { line } of this.#lines.values()) line.close();
  }
}

export const plugin: Plugin<'runner', SshConfig> = {
  name: 'ssh',
  kind: 'runner',
  contract: 1,
  config: sshConfig,
  create: (config, { hosts, clock, log }) => new SshRunner(config, hosts, clock, log),
};
