import { Failure } from '../../drivers/failure.js';
import type { Finished, RunOptions, Shell } from '../../drivers/shell.js';
import { answer } from './answer.js';
import { toBytes } from './bytes.js';
import type { BatchCore } from './core.js';

/** The batch commands answered by the core in the same process, in the agenda's time. */
export class InProcessShell implements Shell {
  readonly #core: BatchCore;
  readonly #user: string;
  readonly #latencyMs: number;
  /** Every argv it was given. */
  readonly ran: (readonly string[])[] = [];

  /** Commands run as `user`; each takes `latencyMs` (default 0: at once). */
  constructor(core: BatchCore, user: string, latencyMs = 0) {
    this.#core = core;
    this.#user = user;
    this.#latencyMs = latencyMs;
  }

  async run(argv: readonly string[], options: RunOptions): Promise<Finished> {
    if (options.signal.aborted) throw new Failure('cancelled', `${argv[0]}: cancelled before it began`);
    const command = argv[0] === 'env' ? argv.slice(argv.findIndex((word, at) => at > 0 && !word.includes('='))) : argv;
    this.ran.push(command);
    const own = this.#own(command);
    if (own !== undefined) return own;
    const io = { user: this.#user, ...(options.stdin === undefined ? {} : { stdin: options.stdin }) };
    const { exit, stdout, stderr } = await answer(this.#core, command, io, this.#core.server.agenda, options.signal, this.#latencyMs);
    const bytes = toBytes(stdout);
    if (bytes.length > (options.maxBytes ?? Number.POSITIVE_INFINITY)) throw new Failure('garbled', `${command[0]}: more than ${options.maxBytes} bytes`);
    return { exit, stdout: bytes, stderr };
  }

  stream(argv: readonly string[], options: RunOptions): ReturnType<Shell['stream']> {
    const finished = this.run(argv, options);
    finished.catch(() => undefined); // whoever reads the pieces or the end is told
    return { chunks: pieces(finished), end: finished.then(({ exit, stderr }) => ({ exit, stderr })) };
  }

  /** What the machine itself answers: who we are, and whether a name resolves there. */
  #own(command: readonly string[]): Finished | undefined {
    const say = (text: string, exit = 0): Finished => ({ exit, stdout: Buffer.from(text), stderr: '' });
    if (command[0] === 'id') return say(`${this.#user}\n`);
    if (command[0] !== 'getent') return undefined;
    const name = command[2] ?? '';
    return this.#core.server.options.resolves?.(name) === false ? say('', 2) : say(`10.77.0.99      ${name}\n`);
  }
}

/** Small pieces, so that a reader meets every seam. */
async function* pieces(finished: Promise<Finished>): AsyncGenerator<Uint8Array> {
  const { stdout } = await finished;
  for (let at = 0; at < stdout.length; at += 65_536) yield stdout.subarray(at, at + 65_536);
}
