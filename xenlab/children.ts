import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { systemClock } from '../src/clock.js';

export interface Ended {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  /** Killed after this; default two minutes. */
  readonly limitMs?: number;
}

const graceMs = 5_000;
const niceness = process.env['DOMUS_XENLAB_NICE'] ?? '5';
const latin = (pieces: readonly Buffer[]): string => Buffer.concat(pieces).toString('utf8');

/** Runs a command to its end. Raises an Error when it cannot be started; 124 = killed at its limit. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const [command = '', ...args] = argv;
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...options.env } });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => out.push(piece));
  child.stderr.on('data', (piece: Buffer) => err.push(piece));
  child.stdin.on('error', () => undefined); // a command that reads nothing has closed it
  child.stdin.end(options.stdin ?? '');
  const over = new AbortController();
  let late = false;
  void systemClock.sleep(options.limitMs ?? 120_000, over.signal).then(() => {
    if (over.signal.aborted) return;
    late = true;
    child.kill('SIGKILL');
  });
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      over.abort();
      reject(error);
    });
    child.once('close', (code) => {
      over.abort();
      resolve({ exit: late ? 124 : (code ?? 128), stdout: latin(out), stderr: latin(err) });
    });
  });
}

/** As `run`; any status but 0 raises an Error with what was said. The answer is its standard output. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const { exit, stdout, stderr } = await run(argv, options);
  if (exit !== 0) throw new Error(`${argv.join(' ').slice(0, 300)}: status ${exit}: ${`${stderr}${stdout}`.trim().slice(-1500)}`);
  return stdout;
}

/** A process of the laboratory that lives until it is stopped. */
export class Child {
  readonly name: string;
  readonly pid: number;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  #over = false;

  /** Starts it, niced: the machine belongs to others too. Its output goes to `log`, or to `stdout` when that is asked for. */
  constructor(name: string, argv: readonly string[], log: string, piped = false) {
    const file = openSync(log, 'a');
    const child = spawn('nice', ['-n', niceness, ...argv], { stdio: ['ignore', piped ? 'pipe' : file, file] });
    closeSync(file);
    if (child.pid === undefined) throw new Error(`${name} cannot be started: is ${argv[0]} installed?`);
    this.name = name;
    this.pid = child.pid;
    this.#child = child;
    this.ended = new Promise((resolve) =>
      child.once('exit', () => {
        this.#over = true;
        resolve();
      }),
    );
  }

  get lives(): boolean {
    return !this.#over;
  }

  get stdout(): Readable | null {
    return this.#child.stdout;
  }

  kill(signal: NodeJS.Signals): void {
    if (this.lives) this.#child.kill(signal);
  }

  /** Asked, and killed when it does not listen. */
  async stop(): Promise<void> {
    if (!this.lives) return;
    this.kill('SIGTERM');
    const over = new AbortController();
    void systemClock.sleep(graceMs, over.signal).then(() => {
      if (!over.signal.aborted) this.kill('SIGKILL');
    });
    await this.ended;
    over.abort();
  }
}

/** Looks every `everyMs` until `so` answers with something; undefined after `limitMs`. What `so` raises is taken for "not yet" till then. */
export async function until<T>(so: () => T | undefined | false | Promise<T | undefined | false>, limitMs: number, everyMs = 500): Promise<T | undefined> {
  const end = systemClock.mono() + limitMs;
  for (;;) {
    const found = await so();
    if (found !== undefined && found !== false) return found;
    if (systemClock.mono() >= end) return undefined;
    await systemClock.sleep(everyMs);
  }
}
