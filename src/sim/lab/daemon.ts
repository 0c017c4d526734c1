import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../clock.js';
import type { LabFolder } from './folder.js';
import { repository } from './wire.js';

export const program = (): string => join(repository(), 'dist', 'src', 'cli', 'main.js');

/** What a run of the command line said. */
export interface Said {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The real daemon as a child: started, killed, started again. */
export class Daemon {
  readonly #folder: LabFolder;
  readonly #clock: Clock;
  readonly #died: (why: string) => void;
  #child: ChildProcess | undefined;
  #wanted = false;
  kills = 0;
  /** Ends that nobody asked for. */
  falls = 0;

  constructor(folder: LabFolder, clock: Clock, died: (why: string) => void) {
    this.#folder = folder;
    this.#clock = clock;
    this.#died = died;
    if (!existsSync(program())) throw new Error(`${program()} is not built: npm run build`);
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    this.#wanted = true;
    const log = openSync(this.#folder.daemonLog, 'a');
    const child = spawn(process.execPath, [program(), 'run', '--config', this.#folder.config], {
      stdio: ['ignore', log, log],
      env: environmentOf(this.#folder.bin),
    });
    closeSync(log);
    this.#child = child;
    child.once('error', (error) => this.#died(error.message));
    child.once('exit', (code, signal) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      if (!this.#wanted || signal === 'SIGKILL') return;
      this.falls += 1;
      this.#died(`the daemon ended by itself (${signal ?? `status ${code}`}):\n${this.lastWords()}`);
      if (this.falls < 5) void this.#clock.sleep(1_000).then(() => (this.#wanted ? this.start() : undefined));
    });
  }

  /** SIGKILL, and a new life a moment later. */
  async kill(pauseMs: number): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGKILL');
    this.kills += 1;
    await ended;
    await this.#clock.sleep(pauseMs);
    if (this.#wanted && this.#child === undefined) this.start();
  }

  /** SIGTERM; SIGKILL after ten seconds. */
  async stop(): Promise<void> {
    this.#wanted = false;
    const child = this.#child;
    if (child === undefined) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    const patience = new AbortController();
    void this.#clock.sleep(10_000, patience.signal).then(() => (patience.signal.aborted ? false : child.kill('SIGKILL')));
    await ended;
    patience.abort();
  }

  /** The end of its log. */
  lastWords(lines = 12): string {
    if (!existsSync(this.#folder.daemonLog)) return '';
    return readFileSync(this.#folder.daemonLog, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  /** Another command of `domus`, against this daemon. */
  say(...argv: readonly string[]): Promise<Said> {
    return domus(this.#folder, argv);
  }
}

/** Runs `domus ARGV --config FILE` to its end, at most 20 s. */
export function domus(place: { readonly config: string; readonly bin: string }, argv: readonly string[]): Promise<Said> {
  const child = spawn(process.execPath, [program(), ...argv, '--config', place.config], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environmentOf(place.bin),
    timeout: 20_000,
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => out.push(piece));
  child.stderr.on('data', (piece: Buffer) => err.push(piece));
  const text = (pieces: readonly Buffer[]): string => Buffer.concat(pieces).toString('utf8');
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ exit: code ?? 1, stdout: text(out), stderr: text(err) }));
  });
}

const environmentOf = (bin: string): NodeJS.ProcessEnv => ({ ...process.env, PATH: `${bin}:${process.env['PATH'] ?? '/usr/bin:/bin'}`, NO_COLOR: '1' });
