import type { Answer, CommandIo } from './answer.js';
import type { MauiHolds } from './maui.js';
import type { Scheduler } from './scheduler.js';
import type { Server } from './server.js';

/** What a command has at hand. */
export interface Context {
  readonly server: Server;
  readonly scheduler: Scheduler;
  readonly maui: MauiHolds | undefined;
  readonly io: CommandIo;
}
export type Command = (args: readonly string[], context: Context) => Answer;

export const said = (stdout: string): Answer => ({ stdout, stderr: '', exit: 0 });
export const failed = (exit: number, stderr: string, stdout = ''): Answer => ({
  stdout,
  stderr: stderr === '' || stderr.endsWith('\n') ? stderr : `${stderr}\n`,
  exit,
});

/** A command line taken apart. */
export interface Words {
  /** Letter and value in order; a flag's value is ''. */
  readonly options: readonly (readonly [string, string])[];
  readonly operands: readonly string[];
  readonly illegal: string | undefined;
}

/** As getopt does: `letters` in its notation (`ab:c`), clustered flags, values attached or apart, operands anywhere, `--` ends. */
export function getopt(args: readonly string[], letters: string): Words {
  const options: [string, string][] = [];
  const operands: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === '--') return { options, operands: [...operands, ...args.slice(at + 1)], illegal: undefined };
    if (!arg.startsWith('-') || arg === '-') {
      operands.push(arg);
      continue;
    }
    const cluster = clusterOf(arg.slice(1), args[at + 1], letters);
    if (typeof cluster === 'string') return { options, operands, illegal: cluster };
    options.push(...cluster.options);
    if (cluster.tookNext) at += 1;
  }
  return { options, operands, illegal: undefined };
}

/** `xtu` or `lvalue`, with the next word as value where one is wanted; the letter that is none. */
function clusterOf(text: string, next: string | undefined, letters: string): { options: [string, string][]; tookNext: boolean } | string {
  const options: [string, string][] = [];
  for (let i = 0; i < text.length; i++) {
    const letter = text[i]!;
    const known = letter === ':' ? -1 : letters.indexOf(letter);
    if (known < 0) return letter;
    if (letters[known + 1] !== ':') {
      options.push([letter, '']);
      continue;
    }
    const attached = text.slice(i + 1);
    if (attached === '' && next === undefined) return letter;
    options.push([letter, attached === '' ? (next ?? '') : attached]);
    return { options, tookNext: attached === '' };
  }
  return { options, tookNext: false };
}

/** The last value of an option. */
export const optionOf = (words: Words, letter: string): string | undefined => words.options.findLast(([name]) => name === letter)?.[1];
export const hasOption = (words: Words, letter: string): boolean => words.options.some(([name]) => name === letter);

/** The command's name without its folder. */
export const commandName = (argv: readonly string[]): string => (argv[0] ?? '').replace(/^.*\//, '');

/** An administrator's change: what a lying server may claim to have made, or made and deny. */
export function isChange(argv: readonly string[]): boolean {
  const name = commandName(argv);
  if (name === 'pbsnodes') return argv.some((word) => /^-[cor]/.test(word));
  return name === 'qrerun' || name === 'qdel' || (name === 'qmgr' && !argv.some((word) => /^\s*(list|print)\b/.test(word)));
}
