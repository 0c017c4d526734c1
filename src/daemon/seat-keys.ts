import { chmod, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../drivers/failure.js';
import type { Hypervisor, Order } from '../drivers/hypervisor.js';
import type { Shell } from '../drivers/shell.js';
import type { GuestSpec } from '../model/action.js';

const nodeName = /^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/;

/** The ssh host key of every seat, made once and kept below the daemon's own state: a node is known by it in each of its lives. */
export class SeatKeys {
  readonly #folder: string;
  readonly #shell: Shell;
  /** One at a time for each node. */
  readonly #making = new Map<string, Promise<void>>();

  constructor(folder: string, shell: Shell) {
    this.#folder = folder;
    this.#shell = shell;
  }

  /** The private key, in OpenSSH's form; undefined where this machine has no ssh-keygen (the guest then makes one in each of its lives). Raises Failure. */
  async of(node: string, signal: AbortSignal): Promise<string | undefined> {
    if (!nodeName.test(node)) throw new Failure('refused', `${JSON.stringify(node.slice(0, 80))} is no name of a node`);
    const file = join(this.#folder, node);
    const kept = await read(file);
    if (kept !== undefined) return kept;
    const making = this.#making.get(node) ?? this.#make(node, file, signal).finally(() => this.#making.delete(node));
    this.#making.set(node, making);
    await making;
    return read(file);
  }

  async #make(node: string, file: string, signal: AbortSignal): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const fresh = `${file}.new`;
    for (const left of [fresh, `${fresh}.pub`]) await rm(left, { force: true });
    const argv = ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', node, '-f', fresh];
    const made = await this.#shell.run(argv, { signal }).catch((thrown: unknown) => {
      if (thrown instanceof Failure && thrown.kind === 'unreachable') return undefined; // not installed here
      throw thrown;
    });
    if (made === undefined) return;
    const { exit, stderr } = made;
    if (exit !== 0) throw new Failure('refused', `no host key could be made for ${node}: ssh-keygen: ${stderr.trim().slice(0, 200)}`);
    await chmod(fresh, 0o600);
    await rename(`${fresh}.pub`, `${file}.pub`);
    await rename(fresh, file);
  }
}

const read = (file: string): Promise<string | undefined> =>
  readFile(file, 'utf8').catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return undefined;
    throw thrown;
  });

/** The same driver, whose guests are given their seat's host key on the way: it is in no row, no deed and no event. */
export const withSeatKeys = (driver: Hypervisor, keys: SeatKeys): Hypervisor =>
  new Proxy(driver, {
    get: (target, key) => {
      if (key !== 'createGuest') {
        const member: unknown = Reflect.get(target, key, target);
        return typeof member === 'function' ? (...args: unknown[]) => Reflect.apply(member, target, args) as unknown : member;
      }
      return async (host: string, order: Order, spec: GuestSpec): Promise<void> => {
        const hostKey = await keys.of(spec.node, order.signal);
        return target.createGuest(host, order, hostKey === undefined ? spec : { ...spec, hostKey });
      };
    },
  });
