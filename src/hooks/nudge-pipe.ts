import { constants, openSync } from 'node:fs';
import { chmod, lstat, unlink } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import { within } from '../deadline.js';
import { Failure } from '../drivers/failure.js';
import type { Shell } from '../drivers/shell.js';
import type { Log } from '../log.js';

/** Longest time to make the FIFO, and least time between two readings, ms. */
const makeLimitMs = 5_000;
const pauseMs = 1_000;

export const nudgePath = (runDir: string): string => join(runDir, 'nudge');

export interface NudgePipeOptions {
  readonly runDir: string;
  readonly shell: Shell;
  readonly clock: Clock;
  readonly log: Log;
  readonly nudge: () => void;
}

/** A FIFO of before is used again; anything else in its place is ours to remove: the folder is the daemon's. */
async function prepare(path: string, shell: Shell, clock: Clock): Promise<void> {
  const there = await lstat(path).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return undefined;
    throw thrown;
  });
  if (there !== undefined && !there.isFIFO()) await unlink(path);
  if (there?.isFIFO() !== true) {
    const made = await within(clock, makeLimitMs, 'mkfifo', undefined, (signal) => shell.run(['mkfifo', '-m', '666', path], { signal }));
    if (made.exit !== 0) throw new Failure('refused', `mkfifo ${path}: ${made.stderr.trim()}`);
  }
  await chmod(path, 0o666);
}

/**
 * RUN/nudge, a FIFO that every local user may write to: any byte means "look now". Nothing that comes is read as anything
 * else, one piece a second is taken, so a flood costs its sender and not the daemon. It is opened for both, so that neither
 * side waits for the other. Where it cannot be made the log says so, and the polls do without.
 */
export async function openNudgePipe({ runDir, shell, clock, log, nudge }: NudgePipeOptions): Promise<{ close(): Promise<void> }> {
  const path = nudgePath(runDir);
  try {
    await prepare(path, shell, clock);
  } catch (thrown) {
    log.warn({ path, cause: String(thrown) }, 'could not make the FIFO for nudges');
    return { close: async () => undefined };
  }
  const pipe = new Socket({ fd: openSync(path, constants.O_RDWR | constants.O_NONBLOCK), readable: true, writable: false });
  const ended = new AbortController();
  const pause = async (): Promise<void> => {
    pipe.pause();
    nudge();
    await clock.sleep(pauseMs, ended.signal);
    if (!ended.signal.aborted) pipe.resume();
  };
  pipe.on('data', () => void pause());
  pipe.on('error', () => pipe.destroy()); // polls go on without it
  pipe.unref();
  const close = async (): Promise<void> => {
    ended.abort();
    await new Promise<void>((resolve) => {
      if (pipe.closed) resolve();
      else pipe.once('close', () => resolve()).destroy();
    });
    await unlink(path).catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code !== 'ENOENT') throw thrown;
    });
  };
  return { close };
}
