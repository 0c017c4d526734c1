import { z } from 'zod';
import type { Clock } from '../../src/clock.js';
import { asFailure, Failure } from '../../src/drivers/failure.js';
import type { CopyWay, Hypervisor, MovedGuest, MoveTarget, Order, SavedGuest } from '../../src/drivers/hypervisor.js';
import type { Plugin } from '../../src/drivers/plugin.js';
import type { Runner, RunnerAnswer, RunnerVerb } from '../../src/drivers/runner.js';
import type { Log } from '../../src/log.js';
import type { GuestSpec } from '../../src/model/action.js';
import type { Fence } from '../../src/model/fence.js';
import type { HostSnapshot } from '../../src/model/host.js';
import type { Size } from '../../src/model/size.js';
import { failureOf } from './answers.js';
import { alreadyHere, checkedAddress, checkedTicket, guestConfig } from './commands.js';
import { parseLook } from './snapshot.js';

const folder = z
  .string()
  .regex(/^\/[A-Za-z0-9_./+-]{1,250}$/, 'an absolute path of plain characters')
  .transform((path) => path.replace(/\/+$/, ''));

const xenConfig = z.strictObject({
  /** Folders of the store as the hosts see them; the runners' configuration names the same. */
  imagesDir: folder,
  overlaysDir: folder,
  /** On the hosts' own disks, for scratch space and swap of guests. */
  scratchDir: folder.default('/var/lib/domus/scratch'),
  /** A look that takes longer is given up on the host. */
  lookLimitMs: z.number().int().min(500).max(120_000).default(10_000),
});
export type XenConfig = z.infer<typeof xenConfig>;

const firstPollMs = 200;
const longestPollMs = 2000;
/** What the way to the host and its answer may take beyond the deed itself. */
const graceMs = 10_000;

type Image = { readonly name: string; readonly version: string };

/** In one line, as it goes through xenstore. */
const hostKeyOf = ({ hostKey }: GuestSpec): { readonly hostKey?: string } => (hostKey === undefined ? {} : { hostKey: hostKey.trim().replaceAll('\n', '|') });

class Xen implements Hypervisor {
  readonly #config: XenConfig;
  readonly #runner: Runner;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(config: XenConfig, runner: Runner, clock: Clock, log: Log) {
    this.#config = config;
    this.#runner = runner;
    this.#clock = clock;
    this.#log = log;
  }

  async look(host: string, claim: Fence | undefined, signal: AbortSignal): Promise<HostSnapshot> {
    const limitMs = this.#config.lookLimitMs;
    const answer = await this.#runner.ask(host, { v: 1, verb: 'look', args: {}, limitMs, ...(claim === undefined ? {} : { fence: claim }) }, signal);
    const failure = failureOf(answer, `look at ${host}`);
    if (failure !== undefined) throw failure;
    return parseLook(answer, this.#config.overlaysDir);
  }

  createOverlay(
    host: string,
    order: Order,
    overlay: string,
    image: { readonly name: string; readonly version: string },
    diskMiB: number,
    local?: true,
  ): Promise<void> {
    const more = local === undefined ? {} : { local };
    return this.#done(host, order, 'overlay-create', overlay, { overlay, image: { name: image.name, version: image.version }, diskMiB, ...more });
  }

  async createGuest(host: string, order: Order, spec: GuestSpec): Promise<void> {
    const config = guestConfig(spec, this.#config);
    const { scratch, swapMiB } = spec;
    const own = { ...(scratch?.on === 'host' ? { scratchMiB: scratch.sizeMiB } : {}), ...(swapMiB === undefined ? {} : { swapMiB }), ...hostKeyOf(spec) };
    return this.#done(host, order, 'guest-create', spec.name, { name: spec.name, uuid: spec.uuid, overlay: spec.overlay, config, ...own });
  }

  resizeGuest(host: string, order: Order, uuid: string, size: Size): Promise<void> {
    return this.#done(host, order, 'guest-resize', uuid, { uuid, vcpus: size.cores, memoryMiB: size.memoryMiB });
  }

  shutdownGuest(host: string, order: Order, uuid: string): Promise<void> {
    return this.#done(host, order, 'guest-shutdown', uuid, { uuid });
  }

  destroyGuest(host: string, order: Order, uuid: string): Promise<void> {
    return this.#done(host, order, 'guest-destroy', uuid, { uuid });
  }

  /** The other host says whom it expects, with a ticket that only this deed knows; then this one sends the guest there. */
  async migrateGuest(host: string, order: Order, guest: MovedGuest, to: MoveTarget): Promise<void> {
    const { uuid, name, overlay, memoryMiB } = guest;
    const ticket = await this.#deed(to.host, order, 'guest-expect', name, { uuid, name, overlay, memoryMiB });
    if (ticket === alreadyHere) return;
    const address = checkedAddress(to.address);
    await this.#deed(host, order, 'guest-migrate', name, { uuid, address, port: to.port, ticket: checkedTicket(ticket, to.host) });
  }

  /** The other host gives out a ticket, with which this one may read its copy for the time of the deed. */
  async copyImage(host: string, order: Order, { name, version }: Image, { from, bytesPerSecond, sliceMs }: CopyWay): Promise<void> {
    const image = { name, version };
    const subject = `${name} ${version}`;
    let source: unknown = 'store';
    if (from !== undefined) {
      const ticket = await this.#deed(from.host, order, 'image-offer', subject, { image });
      source = { address: checkedAddress(from.address), port: from.port, ticket: checkedTicket(ticket, from.host) };
    }
    await this.#deed(host, order, 'image-copy', subject, { image, from: source, bytesPerSecond, sliceMs });
  }

  dropImage(host: string, order: Order, { name, version }: Image): Promise<void> {
    return this.#done(host, order, 'image-drop', `${name} ${version}`, { image: { name, version } });
  }

  saveGuest(host: string, order: Order, { uuid, name, overlay }: SavedGuest): Promise<void> {
    return this.#done(host, order, 'guest-save', name, { uuid, overlay });
  }

  restoreGuest(host: string, order: Order, { uuid, name, overlay }: SavedGuest): Promise<void> {
    return this.#done(host, order, 'guest-restore', name, { uuid, name, overlay });
  }

  removeOverlay(host: string, order: Order, overlay: string): Promise<void> {
    return this.#done(host, order, 'overlay-remove', overlay, { overlay });
  }

  powerOff(host: string, order: Order): Promise<void> {
    return this.#done(host, order, 'host-poweroff', host, {});
  }

  reboot(host: string, order: Order): Promise<void> {
    return this.#done(host, order, 'host-reboot', host, {});
  }

  returnBy(host: string, order: Order, at: number, force: boolean): Promise<void> {
    const inMs = at === 0 ? 0 : Math.max(0, Math.round(at - this.#clock.wall()));
    return this.#done(host, order, 'return-by', host, { at, inMs, force });
  }

  /** The way to the hosts belongs to whoever made it. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  async #done(host: string, order: Order, verb: RunnerVerb, subject: string, args: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#deed(host, order, verb, subject, args);
  }

  /** What the deed said on its standard output. */
  async #deed(host: string, order: Order, verb: RunnerVerb, subject: string, args: Readonly<Record<string, unknown>>): Promise<string> {
    const what = `${verb} ${subject} on ${host}`;
    const began = this.#clock.mono();
    let answer: RunnerAnswer | undefined;
    try {
      answer = await this.#runner.ask(host, { v: 1, verb, fence: order.fence, op: order.op, args, limitMs: order.limitMs }, order.signal);
    } catch (thrown) {
      const failure = asFailure(thrown, what);
      // Sent, and the answer lost: the deed goes on without us, and its outcome is filed there.
      if (failure.kind !== 'uncertain') throw failure;
    }
    if (answer === undefined || answer.status === 'running') answer = await this.#outcome(host, order, what, began);
    const failure = failureOf(answer, what);
    if (failure !== undefined) throw failure;
    if (answer.warning !== undefined) this.#log.warn({ host, verb, subject, op: order.op, why: answer.warning }, 'a deed is done, but not all of it');
    return answer.stdout ?? '';
  }

  /** Asks until the deed has ended. Its limit counts from its real start on the host, and it may wait one limit long for its turn there. */
  async #outcome(host: string, order: Order, what: string, began: number): Promise<RunnerAnswer> {
    const until = began + 2 * order.limitMs + graceMs;
    let cause: unknown;
    for (let pauseMs = firstPollMs; this.#clock.mono() < until && !order.signal.aborted; pauseMs = Math.min(longestPollMs, pauseMs * 2)) {
      await this.#clock.sleep(pauseMs, order.signal);
      if (order.signal.aborted) break;
      try {
        const answer = await this.#runner.ask(host, { v: 1, verb: 'outcome', op: order.op, args: {}, limitMs: graceMs }, order.signal);
        if (answer.status !== 'running') return answer;
      } catch (thrown) {
        cause = thrown; // the host may come back within the limit
      }
    }
    const why = cause instanceof Error ? ` (${cause.message})` : '';
    throw new Failure('uncertain', `${what}: sent, and its outcome is not known${why}`, { cause });
  }
}

export const plugin: Plugin<'hypervisor', XenConfig> = {
  name: 'xen',
  kind: 'hypervisor',
  contract: 1,
  config: xenConfig,
  create: (config, { runner, clock, log }) => new Xen(config, runner, clock, log),
};
