import { execa } from 'execa';
import type { Clock } from '../clock.js';
import { Failure } from './failure.js';
import type { Finished, RunOptions, Shell } from './shell.js';

/** Default bounds of what a command may say. */
const stdoutBytes = 64 * 1024 * 1024;
const stderrBytes = 256 * 1024;
/** A command that was asked to end gets this long before it is killed. */
const graceMs = 2_000;

/** Real local commands. Messages come in English (LC_ALL=C), so that they can be read. */
export const execaShell = (clock: Clock): Shell => ({
  run: async (argv, options) => {
    const started = start(clock, argv, options);
    const [stdout, { exit, stderr }] = await Promise.all([collect(started.chunks), started.end]);
    return { exit, stdout, stderr } satisfies Finished;
  },
  stream: (argv, options) => start(clock, argv, options),
});

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

interface Started {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly end: Promise<{ readonly exit: number; readonly stderr: string }>;
}

function start(clock: Clock, argv: readonly string[], options: RunOptions): Started {
  const [file, ...args] = argv;
  if (file === undefined) throw new Failure('refused', 'a command without a name was asked for');
  if (options.signal.aborted) return failed(new Failure('cancelled', `${file}: cancelled before it began`));
  const child = execa(file, args, {
    buffer: false,
    reject: false,
    encoding: 'buffer',
    stripFinalNewline: false,
    forceKillAfterDelay: false,
    env: { LC_ALL: 'C' },
    ...(options.stdin === undefined ? { stdin: 'ignore' as const } : { input: options.stdin }),
  });
  let cause: Failure | undefined;
  const stop = (failure: Failure): void => {
    if (cause !== undefined) return;
    cause = failure;
    kill(clock, child, child.stdout, child.stderr);
  };
  const aborted = (): void => stop(abortFailure(file, options.signal));
  options.signal.addEventListener('abort', aborted, { once: true });

  const said: Buffer[] = [];
  let saidBytes = 0;
  child.stderr.on('data', (chunk: Buffer) => {
    if (saidBytes < stderrBytes) said.push(chunk.subarray(0, stderrBytes - saidBytes));
    saidBytes += chunk.length;
  });
  child.stderr.on('error', () => undefined); // its end is told by the result below

  const end = child
    .then((result) => {
      const stderr = Buffer.concat(said).toString();
      if (cause !== undefined) throw cause;
      if (child.pid === undefined) throw new Failure('unreachable', `${file} cannot be started: ${result.shortMessage}`, { cause: result });
      if (result.exitCode === undefined) throw new Failure('uncertain', `${file} was ended by ${result.signal ?? 'an unknown signal'}`, { cause: result });
      return { exit: result.exitCode, stderr };
    })
    .finally(() => options.signal.removeEventListener('abort', aborted));
  end.catch(() => undefined); // whoever reads only `chunks` is told there

  const chunks = bounded(child.stdout, options.maxBytes ?? stdoutBytes, (bytes) =>
    stop(new Failure('garbled', `${file} printed more than ${bytes} bytes: stopped reading`)),
  );
  return { chunks, end };
}

/** What an ended signal means for a command under way: the caller's own cause, else uncertain. */
function abortFailure(file: string, signal: AbortSignal): Failure {
  if (signal.reason instanceof Failure) return signal.reason;
  return new Failure('uncertain', `${file}: ended by its caller while it ran`, { cause: signal.reason });
}

function failed(failure: Failure): Started {
  const end = Promise.reject(failure);
  end.catch(() => undefined);
  return { chunks: { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(failure) }) }, end };
}

interface Killable {
  readonly pid?: number | undefined;
  kill(signal: NodeJS.Signals): boolean;
  once(event: 'exit', listener: () => void): unknown;
}
interface Pipe {
  destroy(): unknown;
}

/** Asks, then kills; its pipes are let go when it is dead, so that a grandchild that holds them keeps nobody waiting. */
function kill(clock: Clock, child: Killable, ...pipes: readonly Pipe[]): void {
  if (child.pid === undefined) return;
  const exited = new AbortController();
  child.once('exit', () => {
    exited.abort();
    for (const pipe of pipes) pipe.destroy();
  });
  child.kill('SIGTERM');
  void clock.sleep(graceMs, exited.signal).then(() => {
    if (!exited.signal.aborted) child.kill('SIGKILL');
  });
}

/** The stream's pieces up to `bytes`; then `over` is called and the pieces end. A broken pipe ends them too: the cause is told by `end`. */
async function* bounded(stream: NodeJS.ReadableStream & Pipe, bytes: number, over: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  let seen = 0;
  const pieces = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await pieces.next().catch(() => undefined);
      if (next === undefined || next.done) return;
      const piece = typeof next.value === 'string' ? Buffer.from(next.value) : next.value;
      seen += piece.length;
      if (seen > bytes) return over(bytes);
      yield piece;
    }
  } finally {
    stream.destroy();
  }
}
