import { chmod, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../log.js';
import type { Present } from '../model/present.js';
import { environmentsFile } from './environments-file.js';

/** Keeps RUN/environments.txt as the newest Present has it: written whole, renamed into place, readable by everybody. */
export class Publication {
  readonly #file: string;
  readonly #log: Log;
  #standing: string | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(runDir: string, log: Log) {
    this.#file = join(runDir, 'environments.txt');
    this.#log = log;
  }

  /** Nothing is said before every batch server was heard once: nodes that are not ours may serve what we cannot. */
  follow({ policy, world }: Present): void {
    if ([...world.sources.values()].some(({ reading }) => reading.value === undefined)) return;
    const text = environmentsFile(
      policy,
      world.foreign.map(({ node }) => node),
    );
    if (text === this.#standing) return;
    this.#standing = text;
    this.#writing = this.#writing.then(() => this.#write(text));
  }

  /** Settles when what was said so far is written. */
  settled(): Promise<void> {
    return this.#writing;
  }

  async #write(text: string): Promise<void> {
    try {
      const fresh = `${this.#file}.new`;
      await writeFile(fresh, text);
      await chmod(fresh, 0o644);
      await rename(fresh, this.#file);
    } catch (thrown) {
      this.#standing = undefined; // tried again with the next Present; without it the hooks let every job pass
      this.#log.warn({ file: this.#file, cause: String(thrown) }, 'could not publish the environments for the hooks');
    }
  }
}
