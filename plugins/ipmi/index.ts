import { z } from 'zod';
import { Failure } from '../../src/drivers/failure.js';
import type { Plugin } from '../../src/drivers/plugin.js';
import type { Power } from '../../src/drivers/power.js';
import type { Shell } from '../../src/drivers/shell.js';
import type { PowerReading } from '../../src/model/power.js';
import { type ChassisWord, type Controller, chassisPower, powerReading } from './commands.js';
import { complaint, kindOf, parseStatus, parseWatts } from './parse.js';

/** A controller's name or address, perhaps with a port: `10.9.0.{n}` is not known, `{host}` is. */
const place = z.string().regex(/^[A-Za-z0-9{][A-Za-z0-9.{}-]{0,120}(,\d{1,5})?$/, 'a name or an address, {host} stands for the host, ",PORT" may follow');

const ipmiConfig = z.strictObject({
  /** Where controllers are: `{host}-ipmi`, unless `controllers` names one. */
  address: place.default('{host}-ipmi'),
  controllers: z.record(z.string(), place).default({}),
  user: z.string().regex(/^[\x21-\x7e]{1,16}$/, 'a user of the controllers, at most 16 characters'),
  passwordFile: z.string().regex(/^\/[^\0\n]{1,250}$/, 'an absolute path'),
  interface: z.enum(['lanplus', 'lan']).default('lanplus'),
  port: z.number().int().min(1).max(65_535).default(623),
  /** Cipher suite of lanplus, where ipmitool's own choice does not do. */
  cipher: z.number().int().min(0).max(17).optional(),
  /** Asks also what the hosts draw (DCMI), for the account of energy. */
  measure: z.boolean().default(false),
  tool: z
    .string()
    .regex(/^[A-Za-z0-9_./+-]{1,200}$/, 'a command')
    .default('ipmitool'),
});
export type IpmiConfig = z.infer<typeof ipmiConfig>;

const mostBytes = 65_536;

/** Hosts' own controllers, through `ipmitool`. */
class Ipmi implements Power {
  readonly hasControllers = true;
  readonly #config: IpmiConfig;
  readonly #shell: Shell;

  constructor(config: IpmiConfig, shell: Shell) {
    this.#config = config;
    this.#shell = shell;
  }

  async read(host: string, signal: AbortSignal): Promise<PowerReading> {
    const status = parseStatus(await this.#chassis(host, 'status', signal), `power of ${host}`);
    const watts = status.on && this.#config.measure ? await this.#watts(host, signal) : undefined;
    return watts === undefined ? status : { ...status, watts };
  }

  /** Many controllers do not measure, or not always: then the draw is estimated, and whether the host is on is known all the same. */
  async #watts(host: string, signal: AbortSignal): Promise<number | undefined> {
    const { exit, stdout } = await this.#shell.run(powerReading(controllerOf(this.#config, host)), { signal, maxBytes: mostBytes });
    return exit === 0 ? parseWatts(stdout.toString('utf8')) : undefined;
  }

  async on(host: string, _macs: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#chassis(host, 'on', signal);
  }

  async cut(host: string, signal: AbortSignal): Promise<void> {
    await this.#chassis(host, 'off', signal);
  }

  async close(): Promise<void> {
    // every question is a process of its own
  }

  async #chassis(host: string, word: ChassisWord, signal: AbortSignal): Promise<string> {
    const what = `chassis power ${word} of ${host}`;
    const { exit, stdout, stderr } = await this.#shell.run(chassisPower(controllerOf(this.#config, host), word), { signal, maxBytes: mostBytes });
    if (exit === 0) return stdout.toString('utf8');
    throw new Failure(kindOf(stderr), `${what}: status ${exit}: ${complaint(stderr) || 'no word why'}`);
  }
}

/** How one host's controller is reached. */
export function controllerOf(config: IpmiConfig, host: string): Controller {
  const { tool, user, passwordFile, cipher } = config;
  const [address = '', port] = (config.controllers[host] ?? config.address).replaceAll('{host}', host).split(',');
  const way = { tool, interface: config.interface, address, port: port === undefined ? config.port : Number(port), user, passwordFile };
  return cipher === undefined ? way : { ...way, cipher };
}

export const plugin: Plugin<'power', IpmiConfig> = {
  name: 'ipmi',
  kind: 'power',
  contract: 1,
  config: ipmiConfig,
  create: (config, { shell }) => new Ipmi(config, shell),
};
