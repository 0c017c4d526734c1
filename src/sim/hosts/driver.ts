import type { Clock } from '../../clock.js';
import { Failure } from '../../drivers/failure.js';
import type { CopyWay, Hypervisor, MovedGuest, MoveTarget, Order, SavedGuest } from '../../drivers/hypervisor.js';
import type { GuestSpec } from '../../model/action.js';
import { type Fence, mayAct } from '../../model/fence.js';
import type { HostSnapshot } from '../../model/host.js';
import type { Size } from '../../model/size.js';
import type { Random } from '../random.js';
import type { Fortune } from '../trouble.js';
import { copyImage, dropImage } from './copies.js';
import { createGuest, createOverlay, type Doing, destroyGuest, powerOff, reboot, removeOverlay, resizeGuest, returnBy, shutdownGuest } from './deeds.js';
import type { FakeHost } from './host.js';
import { migrateGuest } from './migration.js';
import type { Outcome } from './ops.js';
import { restoreGuest, saveGuest } from './saving.js';

/** Shortest and longest time, ms, of each command; `travelMs` is the way there. */
export interface Latencies {
  readonly travelMs: readonly [number, number];
  readonly lookMs: readonly [number, number];
  readonly overlayMs: readonly [number, number];
  readonly createMs: readonly [number, number];
  readonly resizeMs: readonly [number, number];
  readonly shutdownMs: readonly [number, number];
  /** A live migration, whatever its memory. */
  readonly migrateMs: readonly [number, number];
  readonly destroyMs: readonly [number, number];
  /** Until a host without power counts as unreachable. */
  readonly connectMs: readonly [number, number];
}
export const measuredLatencies: Latencies = {
  travelMs: [1, 5],
  lookMs: [300, 1_300],
  overlayMs: [100, 400],
  createMs: [5_000, 12_000],
  resizeMs: [500, 1_200],
  shutdownMs: [300, 700],
  migrateMs: [5_000, 10_000],
  destroyMs: [500, 900],
  connectMs: [3_000, 5_000],
};

/** The Hypervisor contract over fake hosts, on any clock: with latencies, op ids, fences, and each host's troubles. */
export class VirtualHypervisor implements Hypervisor {
  readonly #hosts: ReadonlyMap<string, FakeHost>;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #latencies: Latencies;
  /** One creation at a time per host. */
  readonly #creating = new Map<string, Promise<unknown>>();

  constructor(options: {
    readonly hosts: ReadonlyMap<string, FakeHost>;
    readonly clock: Clock;
    readonly random: Random;
    readonly latencies?: Partial<Latencies>;
  }) {
    this.#hosts = options.hosts;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#latencies = { ...measuredLatencies, ...options.latencies };
  }

  async look(name: string, claim: Fence | undefined, signal: AbortSignal): Promise<HostSnapshot> {
    const { host, fortune } = await this.#reach(name, 'look', signal);
    if (claim !== undefined && mayAct(host.fence, claim)) this.#hear(host, claim);
    const factor = fortune.kind === 'slow' ? fortune.factor : 1;
    await this.#pass(this.#latency('lookMs') * factor, signal, `look at ${name}`);
    if (!host.up) return never(signal, `look at ${name}`);
    return answered(fortune, name, 'look', host.snapshot(), signal);
  }

  createOverlay(
    host: string,
    order: Order,
    overlay: string,
    image: { readonly name: string; readonly version: string },
    diskMiB: number,
    local?: true,
  ): Promise<void> {
    return this.#deed(host, order, 'overlay-create', 'overlayMs', (at) => createOverlay(at, overlay, image, diskMiB, local));
  }
  createGuest(host: string, order: Order, spec: GuestSpec): Promise<void> {
    return this.#deed(host, order, 'guest-create', 'createMs', (at) => createGuest(at, spec));
  }
  resizeGuest(host: string, order: Order, uuid: string, size: Size): Promise<void> {
    return this.#deed(host, order, 'guest-resize', 'resizeMs', (at) => resizeGuest(at, uuid, size));
  }
  shutdownGuest(host: string, order: Order, uuid: string): Promise<void> {
    return this.#deed(host, order, 'guest-shutdown', 'shutdownMs', (at) => shutdownGuest(at, uuid));
  }
  destroyGuest(host: string, order: Order, uuid: string): Promise<void> {
    return this.#deed(host, order, 'guest-destroy', 'destroyMs', (at) => destroyGuest(at, uuid));
  }
  async migrateGuest(host: string, order: Order, { uuid }: MovedGuest, to: MoveTarget): Promise<void> {
    const what = `guest-migrate to ${to.host}`;
    const { host: other } = await this.#reach(to.host, 'guest-expect', order.signal);
    if (!mayAct(other.fence, order.fence))
      throw new Failure('refused', `${what}: belongs to deployment ${other.fence?.deployment} epoch ${other.fence?.epoch}`);
    other.fence = order.fence;
    if (other.storeHung) throw new Failure('busy', `${what}: its store does not answer`);
    return this.#deed(host, order, 'guest-migrate', 'migrateMs', (at) => migrateGuest(at, uuid, other));
  }
  async copyImage(host: string, order: Order, image: { readonly name: string; readonly version: string }, way: CopyWay): Promise<void> {
    const source = way.from === undefined ? undefined : (await this.#reach(way.from.host, 'image-offer', order.signal)).host;
    if (source !== undefined && source.copies?.has(image) !== true)
      throw new Failure('absent', `no whole copy of ${image.name} ${image.version} is on ${source.name}`);
    return this.#deed(host, order, 'image-copy', 'overlayMs', (at) => copyImage(at, image, way, source));
  }
  dropImage(host: string, order: Order, image: { readonly name: string; readonly version: string }): Promise<void> {
    return this.#deed(host, order, 'image-drop', 'overlayMs', (at) => dropImage(at, image));
  }
  saveGuest(host: string, order: Order, guest: SavedGuest): Promise<void> {
    return this.#deed(host, order, 'guest-save', 'migrateMs', (at) => saveGuest(at, guest));
  }
  restoreGuest(host: string, order: Order, guest: SavedGuest): Promise<void> {
    return this.#deed(host, order, 'guest-restore', 'migrateMs', (at) => restoreGuest(at, guest));
  }
  removeOverlay(host: string, order: Order, overlay: string): Promise<void> {
    return this.#deed(host, order, 'overlay-remove', 'overlayMs', (at) => removeOverlay(at, overlay));
  }
  powerOff(host: string, order: Order): Promise<void> {
    return this.#deed(host, order, 'host-poweroff', 'shutdownMs', powerOff);
  }
  reboot(host: string, order: Order): Promise<void> {
    return this.#deed(host, order, 'host-reboot', 'shutdownMs', reboot);
  }
  returnBy(host: string, order: Order, at: number, force: boolean): Promise<void> {
    return this.#deed(host, order, 'return-by', 'shutdownMs', (there) => returnBy(there, this.#clock, at, force));
  }
  async close(): Promise<void> {
    // nothing is held open
  }

  #hear(host: FakeHost, claim: Fence): void {
    host.fence = claim;
    if (host.classroom !== undefined) host.classroom.heardAt = this.#clock.wall();
  }

  async #deed(name: string, order: Order, verb: string, kind: keyof Latencies, deed: (host: FakeHost) => Doing): Promise<void> {
    const { host, fortune } = await this.#reach(name, verb, order.signal);
    if (fortune.kind === 'refuse') throw new Failure('refused', `${verb} on ${name}: refused`);
    if (!mayAct(host.fence, order.fence)) {
      const holder = host.fence;
      throw new Failure('refused', `${verb} on ${name}: belongs to deployment ${holder?.deployment} epoch ${holder?.epoch}`);
    }
    this.#hear(host, order.fence);
    const run = (): Promise<Outcome> => this.#perform(host, order, verb, kind, fortune, deed);
    const outcome = host.ops.once(order.op, verb, this.#clock.wall(), () => (verb === 'guest-create' ? this.#inTurn(name, run) : run()));
    const { failure } = await awaited(outcome, order.signal, `${verb} on ${name}`);
    if (failure !== undefined) throw failure;
    await answered(fortune, name, verb, undefined, order.signal);
  }

  /** The deed itself, detached from whoever asked. */
  async #perform(host: FakeHost, order: Order, verb: string, kind: keyof Latencies, fortune: Fortune, deed: (host: FakeHost) => Doing): Promise<Outcome> {
    const boot = host.bootId;
    const what = `${verb} on ${host.name}`;
    const gone = (): Outcome => ({ failure: new Failure('uncertain', `${what}: the host went away`) });
    const doing: Doing = fortune.kind === 'pretend' ? { finish: () => undefined } : deed(host);
    let takesMs = this.#latency(kind) * (fortune.kind === 'slow' ? fortune.factor : 1) + (doing.extraMs ?? 0);
    if (fortune.kind === 'late') takesMs = order.limitMs * 1.25;
    const inTimeMs = Math.min(takesMs, order.limitMs);
    await this.#clock.sleep(inTimeMs);
    if (takesMs > order.limitMs) {
      void this.#clock.sleep(takesMs - inTimeMs).then(() => {
        if (host.bootId === boot) doing.finish();
      });
      return { failure: new Failure('uncertain', `${what}: not finished within ${order.limitMs / 1000} s`) };
    }
    if (host.bootId !== boot) {
      doing.abandoned?.();
      return gone();
    }
    const failure = doing.finish();
    return failure === undefined ? {} : { failure };
  }

  #inTurn<T>(host: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#creating.get(host) ?? Promise.resolve()).then(work);
    this.#creating.set(host, turn);
    return turn;
  }

  /** Connects; what fails here has surely not begun. */
  async #reach(name: string, verb: string, signal: AbortSignal): Promise<{ readonly host: FakeHost; readonly fortune: Fortune }> {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Failure('unreachable', `${verb} on ${name}: no such host`);
    if (signal.aborted) throw new Failure('cancelled', `${verb} on ${name}: cancelled before it was sent`);
    await this.#clock.sleep(this.#latency(host.up ? 'travelMs' : 'connectMs'), signal);
    if (signal.aborted) throw new Failure('cancelled', `${verb} on ${name}: cancelled before it was sent`);
    if (!host.up) throw withoutStack(() => new Failure('unreachable', `${verb} on ${name}: no connection`));
    const fortune = host.trouble.meet(verb);
    if (fortune.kind === 'fail' && fortune.moment === 'before') throw new Failure(fortune.failure, `${verb} on ${name}: fails as told`);
    if (fortune.kind === 'silent') await never(signal, `${verb} on ${name}`);
    return { host, fortune };
  }

  async #pass(ms: number, signal: AbortSignal, what: string): Promise<void> {
    await this.#clock.sleep(ms, signal);
    if (signal.aborted) throw new Failure('uncertain', `${what}: no answer`);
  }

  #latency(kind: keyof Latencies): number {
    const [least, most] = this.#latencies[kind];
    return least === most ? least : this.#random.between(least, most); // no chance, no draw: what is never asked must not change what is
  }
}

/** Of hosts that are off each look fails, and where that was said is nobody's question: to write it down takes longer than the look. */
function withoutStack<T>(make: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The work's end, or `uncertain` when the signal comes first. */
function awaited<T>(work: Promise<T>, signal: AbortSignal, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const give = (): void => reject(new Failure('uncertain', `${what}: sent, no answer`));
    if (signal.aborted) return give();
    signal.addEventListener('abort', give, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', give));
  });
}
const never = (signal: AbortSignal, what: string): Promise<never> => awaited(new Promise<never>(() => undefined), signal, what);

/** The answer, as far as it gets back. */
async function answered<T>(fortune: Fortune, host: string, verb: string, value: T, signal: AbortSignal): Promise<T> {
  const what = `${verb} on ${host}`;
  if (fortune.kind === 'fail') throw new Failure(fortune.failure, `${what}: fails as told, after it was done`);
  if (fortune.kind === 'garbled') throw new Failure('garbled', `${what}: the answer cannot be read`);
  if (fortune.kind === 'lie') throw new Failure('refused', `${what}: it says it was not done`);
  if (fortune.kind === 'late' && verb === 'look') return never(signal, what);
  return value;
}
