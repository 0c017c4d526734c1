import type { Answer, CommandIo } from './answer.js';
import type { Scheduler } from './scheduler.js';
import type { Server } from './server.js';

/** What a command has at hand. */
export interface Context {
  readonly server: Server;
  readonly scheduler: Scheduler;
  readonly io: CommandIo;
}
export type Command = (args: readonly string[], context: Context) => Answer;

export const said = (stdout: string): Answer => ({ stdout, stderr: '', exit: 0 });
export const failed = (exit: number, stderr: string, stdout = ''): Answer => ({
  stdout,
  stderr: stderr === '' || stderr.endsWith('\n') ? stderr : `${stderr}\n`,
  exit,
});

interface Words {
  /** Letter and value in order; a flag's value is ''. */
  readonly options: readonly (readonly [string, string])[];
  readonly operands: readonly string[];
  readonly illegal: string | undefined;
}

/** As getopt does: `letters` in its notation (`ab:c`), clustered flags, values attached or apart, `--` ends, first operand ends unless `mixed`. */
export function getopt(args: readonly string[], letters: string, mixed = true): Words {
  const options: [string, string][] = [];
  const operands: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === '--') return { options, operands: [...operands, ...args.slice(at + 1)], illegal: undefined };
    if (!arg.startsWith('-') || arg === '-') {
      operands.push(arg);
      if (!mixed) return { options, operands: args.slice(at), illegal: undefined };
      continue;
    }
    for (let i = 1; i < arg.length; i++) {
      const letter = arg[i]!;
      const known = letters.indexOf(letter);
      if (known < 0 || letter === ':') return { options, operands, illegal: letter };
      if (letters[known + 1] !== ':') {
        options.push([letter, '']);
        continue;
      }
      const attached = arg.slice(i + 1);
      const value = attached !== '' ? attached : args[++at];
      if (value === undefined) return { options, operands, illegal: letter };
      options.push([letter, value]);
      break;
    }
  }
  return { options, operands, illegal: undefined };
}

/** The last value of an option. */
export const optionOf = (words: Words, letter: string): string | undefined => words.options.findLast(([name]) => name === letter)?.[1];
export const hasOption = (words: Words, letter: string): boolean => words.options.some(([name]) => name === letter);
