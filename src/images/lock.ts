import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../drivers/failure.js';
import { lockLeadership } from '../journal/sqlite/leader-lock.js';

/**
 * A folder that one process has at a time, empty when it gets it: what a dead one left there is removed. The lock is the
 * operating system's (also over NFS) and goes with its process. Raises Failure `busy` while another holds it.
 */
export async function lockedFolder(parent: string, name: string, what: string, now: number): Promise<{ readonly folder: string; release(): Promise<void> }> {
  await mkdir(parent, { recursive: true });
  const said = join(parent, `${name}.owner`);
  const lock = lockLeadership(join(parent, `${name}.lock`));
  if (lock === undefined) {
    const who = await readFile(said, 'utf8').catch(() => ''); // only for the sentence
    throw new Failure('busy', `${what} is under way already${who === '' ? '' : `: ${who.trim()}`}`);
  }
  const folder = join(parent, name);
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    await mkdir(folder);
    await writeFile(said, `process ${process.pid} on ${hostname()} since ${new Date(now).toISOString()}\n`);
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
  return {
    folder,
    release: async () => {
      try {
        await rm(folder, { recursive: true, force: true, maxRetries: 3 });
        await rm(said, { force: true });
      } finally {
        lock.release();
      }
    },
  };
}
