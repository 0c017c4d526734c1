import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../clock.js';
import { ApiError } from '../errors.js';
import type { Challenge } from '../schema/identity.js';

/** A user of this machine. */
export interface LocalUser {
  readonly name: string;
  /** Root, or the user that the daemon runs as. */
  readonly master: boolean;
}

export const identityHeader = 'x-domus-identity';

const challengeMs = 10_000;
const mostChallenges = 1000;
/** File systems stamp with a clock that ticks behind by up to this much. */
const stampSlackMs = 50;

/**
 * Proves who calls, without a password and without native code: Node cannot ask a socket for its peer, but a file has an
 * owner. Only the caller learns the nonce, nobody can list the folder (mode 1733), and a file that existed before the
 * challenge, a link or a file with contents proves nothing.
 */
export class FileOwners {
  readonly #dir: string;
  readonly #clock: Clock;
  readonly #nameOf: (uid: number) => Promise<string | undefined>;
  /** Nonce -> epoch ms of the challenge. */
  readonly #open = new Map<string, number>();

  constructor(runDir: string, clock: Clock, nameOf: (uid: number) => Promise<string | undefined>) {
    this.#dir = join(runDir, 'whoami');
    this.#clock = clock;
    this.#nameOf = nameOf;
  }

  /** Makes the folder, or empties the one of a former life. */
  async prepare(): Promise<void> {
    await mkdir(this.#dir, { recursive: true });
    await chmod(this.#dir, 0o1733);
    for (const name of await readdir(this.#dir)) await this.#remove(name);
  }

  /** Raises ApiError `too-often` when too many are open. */
  async challenge(): Promise<Challenge> {
    const now = this.#clock.wall();
    for (const [nonce, at] of this.#open) {
      if (now - at <= challengeMs && now >= at) break; // insertion order is age
      this.#open.delete(nonce);
      await this.#remove(nonce);
    }
    if (this.#open.size >= mostChallenges) throw new ApiError('too-often', 'too many callers are proving who they are; try again in a few seconds');
    const nonce = randomBytes(18).toString('base64url');
    this.#open.set(nonce, now);
    return { nonce, path: join(this.#dir, nonce) };
  }

  /** Who answered the challenge, once. Raises ApiError `identity-failed`. */
  async prove(nonce: string): Promise<LocalUser> {
    const at = this.#open.get(nonce);
    this.#open.delete(nonce);
    if (at === undefined || this.#clock.wall() - at > challengeMs) throw new ApiError('identity-failed', 'the identity challenge is unknown, used or too old');
    const uid = await this.#owner(nonce, at);
    const name = await this.#nameOf(uid);
    return { name: name ?? `uid ${uid}`, master: uid === 0 || uid === process.getuid?.() };
  }

  async #owner(nonce: string, at: number): Promise<number> {
    const path = join(this.#dir, nonce);
    const file = await lstat(path).catch((thrown: unknown) => {
      throw new ApiError('identity-failed', 'the identity file is not there', { cause: thrown });
    });
    await this.#remove(nonce);
    const born = file.birthtimeMs > 0 ? Math.min(file.birthtimeMs, file.ctimeMs) : file.ctimeMs;
    const proves = file.isFile() && file.nlink === 1 && file.size === 0 && born >= at - stampSlackMs;
    if (!proves) throw new ApiError('identity-failed', 'the identity file is not a new, empty, plain file');
    return file.uid;
  }

  async #remove(name: string): Promise<void> {
    await unlink(join(this.#dir, name)).catch((thrown: unknown) => {
      const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
      if (code !== 'ENOENT' && code !== 'EISDIR' && code !== 'EPERM') throw thrown; // gone already, or somebody's folder: neither can prove anything
    });
  }
}
