import type { Clock } from '../clock.js';
import { within } from '../deadline.js';
import { Failure } from '../drivers/failure.js';
import type { Finished, Shell } from '../drivers/shell.js';

/** Where Debian has the programs that are needed. */
const packageOf: Readonly<Record<string, string>> = {
  mmdebstrap: 'mmdebstrap',
  'qemu-img': 'qemu-utils',
  'mkfs.ext4': 'e2fsprogs',
  debugfs: 'e2fsprogs',
  e2fsck: 'e2fsprogs',
  sfdisk: 'fdisk',
  unshare: 'util-linux',
};
const lines = (text: string, most: number): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-most)
    .join(' / ')
    .slice(-800);

/** The tools of one piece of work, with its limit and its way to say how far it is. */
export class Workshop {
  readonly #shell: Shell;
  readonly #clock: Clock;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;

  constructor(options: { readonly shell: Shell; readonly clock: Clock; readonly signal: AbortSignal; readonly say: (text: string) => void }) {
    this.#shell = options.shell;
    this.#clock = options.clock;
    this.signal = options.signal;
    this.say = options.say;
  }

  /** A command that has to end with one of these statuses. Raises Failure: `full` where space ran out, `refused` where it said no, `absent` where the program is missing. */
  async run(argv: readonly string[], limitMs: number, fine: readonly number[] = [0]): Promise<Finished> {
    const program = argv.find((word) => word in packageOf && word !== 'unshare') ?? argv[0] ?? '';
    const ended = await within(this.#clock, limitMs, program, this.signal, (signal) => this.#shell.run(argv, { signal })).catch((thrown: unknown) => {
      if (thrown instanceof Failure && thrown.kind === 'unreachable') throw missing(program, thrown);
      throw thrown;
    });
    if (fine.includes(ended.exit)) return ended;
    if (ended.exit === 127 || /failed to execute|No such file or directory\s*$/.test(ended.stderr.slice(0, 300))) {
      if (new RegExp(`${program.replace('.', '\\.')}: (No such file|not found)|failed to execute ${program}`).test(ended.stderr))
        throw missing(program, ended.stderr);
    }
    const full = /no space left|disk quota exceeded|could not write|not enough space|could not allocate block/i.test(ended.stderr);
    throw new Failure(
      full ? 'full' : 'refused',
      `${program} ended with status ${ended.exit}: ${lines(ended.stderr, 6) || lines(ended.stdout.toString(), 6) || 'no word why'}`,
    );
  }
}

function missing(program: string, cause: unknown): Failure {
  const from = packageOf[program];
  return new Failure('absent', `${program} is not on this machine${from === undefined ? '' : `: apt-get install ${from}`}`, { cause });
}
