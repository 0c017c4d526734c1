import { readFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { z } from 'zod';
import type { Classroom } from '../../src/drivers/classroom.js';
import { Failure } from '../../src/drivers/failure.js';
import type { Plugin, ToolsOf } from '../../src/drivers/plugin.js';
import type { ClassroomReading, Tenant } from '../../src/model/tenancy.js';
import { chassis, lookRequest, offRequest, rebootRequest } from './commands.js';
import { InOrder, wayNames } from './in-order.js';
import { parseKnownHosts, parseLook, parseOrder, parsePower } from './parse.js';
import { ask, type Way } from './session.js';

const path = z.string().regex(/^\/[^\0\n]{1,250}$/, 'an absolute path');

const classroomSettings = z.strictObject({
  /**
   * `ssh`: their own program is asked (`host/domus-classroom`). `ipmi`: their controllers switch them, and who is logged in nobody knows.
   * `person`: somebody boots them. Several: the first that can is taken.
   */
  way: z
    .union([z.enum(wayNames), z.array(z.enum(wayNames)).min(1).max(3)])
    .transform((ways) => (typeof ways === 'string' ? [ways] : [...new Set(ways)]))
    .default(['ssh']),
  user: z.string().min(1).max(64).default('domus'),
  privateKey: path.optional(),
  knownHosts: path.optional(),
  hostKeys: z.record(z.string(), z.string()).default({}),
  port: z.number().int().min(1).max(65_535).default(22),
  connectLimitMs: z.number().int().min(500).max(120_000).default(10_000),
  /** Where the classroom's system answers when it is ready, and Dom0 never does, for the ways that cannot ask it. */
  answersAt: z.number().int().min(1).max(65_535).optional(),
  /** Controllers, as of plugins/ipmi. */
  address: z.string().max(253).default('{host}-ipmi'),
  controllerUser: z.string().min(1).max(64).default('domus'),
  passwordFile: path.optional(),
  interface: z.enum(['lanplus', 'lan']).default('lanplus'),
  tool: z.string().min(1).default('ipmitool'),
});
/** Dom0 has an sshd of its own: no port is a good guess. */
const classroomConfig = classroomSettings.refine(({ way, answersAt }) => way.includes('ssh') || answersAt !== undefined, {
  path: ['answersAt'],
  message: 'way: ipmi and way: person without ssh need a port at which the classroom answers, and Dom0 does not',
});
export type ClassroomConfig = z.infer<typeof classroomConfig>;

const mostBytes = 64 * 1024;

type Tools = ToolsOf<'classroom'>;

function addressOf({ hosts }: Tools, host: string): string {
  const found = hosts.get(host);
  if (found === undefined) throw new Failure('refused', `classroom of ${host}: no such host in the configuration`);
  return found.address;
}

async function contentOf(file: string | undefined, what: string): Promise<Buffer> {
  if (file === undefined) throw new Failure('refused', `${what} is not in the configuration`);
  try {
    return await readFile(file);
  } catch (thrown) {
    throw new Failure('denied', `${what} cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown });
  }
}

/** Asks the workstation's own program. */
class BySsh implements Classroom {
  readonly #config: ClassroomConfig;
  readonly #tools: Tools;

  constructor(config: ClassroomConfig, tools: Tools) {
    this.#config = config;
    this.#tools = tools;
  }

  async read(host: string, signal: AbortSignal): Promise<ClassroomReading> {
    const what = `classroom of ${host}`;
    return parseLook(await ask(await this.#way(host), lookRequest(), what, signal), what);
  }

  async reboot(host: string, next: Tenant, signal: AbortSignal): Promise<void> {
    const what = `reboot of ${host}`;
    parseOrder(await ask(await this.#way(host), rebootRequest(next), what, signal), what);
  }

  async off(host: string, signal: AbortSignal): Promise<void> {
    const what = `switching ${host} off`;
    parseOrder(await ask(await this.#way(host), offRequest(), what, signal), what);
  }

  async close(): Promise<void> {
    // every connection was closed with its answer
  }

  async #way(host: string): Promise<Way> {
    const { user, port, connectLimitMs, privateKey, knownHosts, hostKeys } = this.#config;
    const address = addressOf(this.#tools, host);
    const known = knownHosts === undefined ? undefined : parseKnownHosts((await contentOf(knownHosts, 'knownHosts')).toString('utf8'));
    const written = hostKeys[host] === undefined ? [] : [hostKeys[host]];
    const keys = [...written, ...[host, address, `[${address}]:${port}`].flatMap((name) => known?.get(name) ?? [])];
    if (keys.length === 0) throw new Failure('refused', `classroom of ${host}: no host key of it is known: write it under hostKeys or into knownHosts`);
    return { address, port, user, connectLimitMs, keys, privateKey: await contentOf(privateKey, 'privateKey') };
  }
}

/** Does something answer there? */
function answers(address: string, port: number, limitMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: address, port, timeout: limitMs, signal });
    const end = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
    socket
      .once('connect', () => end(true))
      .once('timeout', () => end(false))
      .once('error', () => end(false));
  });
}

/** Nobody can ask who is logged in: such hosts are left alone until a person boots them. */
class Unasked implements Classroom {
  protected readonly config: ClassroomConfig;
  protected readonly tools: Tools;

  constructor(config: ClassroomConfig, tools: Tools) {
    this.config = config;
    this.tools = tools;
  }

  async read(host: string, signal: AbortSignal): Promise<ClassroomReading> {
    const { answersAt, connectLimitMs } = this.config;
    if (answersAt === undefined) throw new Failure('refused', `classroom of ${host}: answersAt is not in the configuration`);
    if (await answers(addressOf(this.tools, host), answersAt, connectLimitMs, signal)) return { ready: true };
    throw new Failure(signal.aborted ? 'cancelled' : 'unreachable', `classroom of ${host}: nothing answers at port ${answersAt}`);
  }

  async reboot(host: string, _next: Tenant, _signal: AbortSignal): Promise<void> {
    throw new Failure('refused', `reboot of ${host}: a person must do it`);
  }

  async off(host: string, _signal: AbortSignal): Promise<void> {
    throw new Failure('refused', `switching ${host} off: a person must do it`);
  }

  async close(): Promise<void> {
    // nothing is held open
  }
}

/** As that, and its controller boots it where a person has said so. */
class ByIpmi extends Unasked {
  override async reboot(host: string, _next: Tenant, signal: AbortSignal): Promise<void> {
    const what = `reboot of ${host}`;
    const on = parsePower(await this.#chassis(host, ['status'], what, signal), what);
    await this.#chassis(host, [on ? 'cycle' : 'on'], what, signal);
  }

  override async off(host: string, signal: AbortSignal): Promise<void> {
    await this.#chassis(host, ['soft'], `switching ${host} off`, signal);
  }

  async #chassis(host: string, words: readonly string[], what: string, signal: AbortSignal): Promise<string> {
    const { tool, interface: kind, controllerUser: user, passwordFile, address } = this.config;
    if (passwordFile === undefined) throw new Failure('refused', `${what}: passwordFile is not in the configuration`);
    const argv = chassis({ tool, interface: kind, user, passwordFile }, address.replaceAll('{host}', host), words);
    const { exit, stdout, stderr } = await this.tools.shell.run(argv, { signal, maxBytes: mostBytes });
    if (exit !== 0) throw new Failure('unreachable', `${what}: ${tool} ended with status ${exit}: ${stderr.slice(-200).trim()}`);
    return stdout.toString('utf8');
  }
}

const drivers = { ssh: BySsh, ipmi: ByIpmi, person: Unasked } as const;

export const plugin: Plugin<'classroom', ClassroomConfig> = {
  name: 'classroom',
  kind: 'classroom',
  contract: 1,
  config: classroomConfig,
  create: (config, tools) => {
    const ways = config.way.map((name) => ({ name, driver: new drivers[name](config, tools), looks: name === 'ssh' || config.answersAt !== undefined }));
    const [only, another] = ways;
    return only !== undefined && another === undefined ? only.driver : new InOrder(ways, tools.clock);
  },
};
