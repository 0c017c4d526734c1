import { createSocket, type Socket } from 'node:dgram';
import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { z } from 'zod';
import { Failure, type FailureKind } from '../../src/drivers/failure.js';
import type { Plugin } from '../../src/drivers/plugin.js';
import type { Power } from '../../src/drivers/power.js';
import { broadcastOf, magicPacket } from './commands.js';

const mac = z
  .string()
  .regex(/^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$/, 'a MAC such as 52:54:00:12:34:56')
  .transform((text) => text.toLowerCase().replaceAll('-', ':'));
const address = z.string().refine(isIPv4, 'an IPv4 address');

const wolConfig = z.strictObject({
  /** Cards by host, for those whose runner does not tell. */
  macs: z.record(z.string(), z.union([mac, z.array(mac).min(1)])).default({}),
  /** Own addresses to send from, one for each network. Absent: every network of this machine. */
  from: z.array(address).min(1).optional(),
  /** Where to: directed broadcasts of networks behind a router, or single hosts. Absent: the broadcast of each of our networks. */
  to: z.array(address).min(1).optional(),
  port: z.number().int().min(1).max(65_535).default(9),
  /** A packet is no promise: so many are sent. */
  times: z.number().int().min(1).max(20).default(3),
});
export type WolConfig = z.infer<typeof wolConfig>;

/** From an address of ours to where all of that network hear it. */
interface Way {
  readonly from: string;
  readonly to: string;
}

const own = (): readonly Way[] =>
  Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address: from, netmask }) => ({ from, to: broadcastOf(from, netmask) }));

/** Sends from every address that was named (or every one of ours) to every place that was named (or that network's own broadcast). */
export function waysOf({ from, to }: WolConfig, ours: readonly Way[] = own()): readonly Way[] {
  const senders = from ?? ours.map((way) => way.from);
  if (to !== undefined) return (senders.length === 0 ? ['0.0.0.0'] : senders).flatMap((sender) => to.map((target) => ({ from: sender, to: target })));
  return senders.map((sender) => ours.find((way) => way.from === sender) ?? { from: sender, to: '255.255.255.255' });
}

const codes: Readonly<Record<string, FailureKind>> = { EACCES: 'denied', EPERM: 'denied' };
const codeOf = (thrown: unknown): string => (thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '');

/** Wakes hosts by magic packets. Nobody acknowledges one: whether it woke anybody is seen when the host answers. */
class WakeOnLan implements Power {
  readonly hasControllers = false;
  readonly #config: WolConfig;

  constructor(config: WolConfig) {
    this.#config = config;
  }

  async read(host: string): Promise<never> {
    throw new Failure('refused', `power of ${host}: wake-on-LAN cannot tell whether a host is on`);
  }

  async cut(host: string): Promise<never> {
    throw new Failure('refused', `power of ${host}: wake-on-LAN switches nothing off`);
  }

  async on(host: string, macs: readonly string[], signal: AbortSignal): Promise<void> {
    const written = this.#config.macs[host];
    const cards = written === undefined ? macs : [written].flat();
    if (cards.length === 0) throw new Failure('refused', `power-on of ${host}: no card of it is known: write it under macs, or let the host answer once`);
    const ways = waysOf(this.#config);
    if (ways.length === 0) throw new Failure('unreachable', `power-on of ${host}: this machine has no network to send it to`);
    if (signal.aborted) throw new Failure('cancelled', `power-on of ${host}: cancelled before it was sent`);
    const failures: unknown[] = [];
    let sent = 0;
    for (const way of ways) {
      try {
        await this.#send(way, cards);
        sent++;
      } catch (thrown) {
        failures.push(thrown);
      }
    }
    if (sent > 0) return; // one network that hears it is enough; the others say nothing of the host
    const [first] = failures;
    const why = first instanceof Error ? first.message : String(first);
    throw new Failure(codes[codeOf(first)] ?? 'unreachable', `power-on of ${host}: no magic packet could be sent: ${why}`, { cause: first });
  }

  async close(): Promise<void> {
    // every socket was closed when it had sent
  }

  async #send({ from, to }: Way, cards: readonly string[]): Promise<void> {
    const socket = createSocket('udp4');
    try {
      await bound(socket, from);
      socket.setBroadcast(true);
      for (let time = 0; time < this.#config.times; time++) for (const card of cards) await sent(socket, magicPacket(card), this.#config.port, to);
    } finally {
      socket.close();
    }
  }
}

const bound = (socket: Socket, from: string): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, from, () => {
      socket.off('error', reject);
      resolve();
    });
  });

const sent = (socket: Socket, packet: Uint8Array, port: number, to: string): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.send(packet, port, to, (error) => (error === null ? resolve() : reject(error)));
  });

export const plugin: Plugin<'power', WolConfig> = {
  name: 'wol',
  kind: 'power',
  contract: 1,
  config: wolConfig,
  create: (config) => new WakeOnLan(config),
};
