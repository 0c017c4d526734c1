import { createInterface, type Interface } from 'node:readline/promises';
import type { Command } from 'commander';
import { parseArgsStringToArgv } from 'string-argv';
import { type Word, wordsOf } from './completion.js';
import { type Context, clientOf, commonOf, ends } from './context.js';
import { CliError, type Exit, exits } from './exits.js';
import { lists, type NameKind } from './names.js';
import { painted } from './screen.js';
import type { Common } from './where.js';

/** Words of the shell itself, some of which clusters of virtual machines had before; the line that each stands for. */
const short: readonly { readonly typed: RegExp; readonly line: readonly string[]; readonly help: string }[] = [
  { typed: /^list$/i, line: ['show', 'hosts'], help: 'list              all hosts' },
  { typed: /^list vms?$/i, line: ['show', 'machines'], help: 'list VM           all machines' },
  { typed: /^list off$/i, line: ['hosts', 'list', '--power', 'off'], help: 'list Off          hosts that are switched off' },
  { typed: /^list on$/i, line: ['hosts', 'list', '--power', 'on'], help: 'list On           hosts that are on' },
  { typed: /^list services$/i, line: ['show', 'services'], help: 'list services     permanent machines' },
  { typed: /^list jobs$/i, line: ['show', 'jobs'], help: 'list jobs         all jobs' },
  { typed: /^findvm (\S+)$/i, line: ['find'], help: 'findVM NAME       on which host a machine is' },
];
const leaves = /^(exit|quit|bye|logout)$/i;
const asks = /^(help|\?)$/i;
/** Commands that run until they are ended, or would ask for a shell in the shell. */
const notHere = new Set(['run', 'lab', 'shell']);

/** What a line of the shell means as arguments of `domus`. Raises CliError with what is wrong and what to do. */
export function meant(line: string): readonly string[] {
  const text = line.trim().replaceAll(/\s+/g, ' ');
  for (const { typed, line: argv } of short) {
    const found = typed.exec(text);
    if (found !== null) return found[1] === undefined ? argv : [...argv, found[1]];
  }
  if (/["']/.test(line.replaceAll(/"[^"]*"|'[^']*'/g, ''))) throw new CliError(exits.usage, 'a quotation mark is not closed');
  const argv = parseArgsStringToArgv(line);
  const plain = argv[0] === 'domus' ? argv.slice(1) : argv;
  if (notHere.has(plain[0] ?? '')) throw new CliError(exits.usage, `"${plain[0]}" does not run inside the shell: leave it with "exit" first`);
  return plain;
}

/** What may stand next in a line: commands and words of the shell, then what the command takes; names are asked of the daemon. */
export async function offersFor(line: string, words: readonly Word[], namesOf: (kind: NameKind) => Promise<readonly string[]>): Promise<readonly string[]> {
  const before = line.split(/\s+/);
  const typed = before.pop() ?? '';
  const [first] = before.filter((word) => word !== '');
  const starting = (offers: readonly string[]): readonly string[] => [...new Set(offers)].filter((offer) => offer.startsWith(typed)).sort();
  if (first === undefined) return starting([...words.map(({ name }) => name).filter((name) => !notHere.has(name)), 'list', 'findVM', 'help', 'exit']);
  if (first === 'list') return starting(['VM', 'Off', 'On', 'jobs', 'services']);
  const command = words.find(({ name }) => name === first);
  if (typed.startsWith('-')) return starting(command?.options ?? []);
  const kinds = first === 'findVM' ? (['machines'] as const) : (command?.names ?? []);
  const names = await Promise.all(kinds.map(namesOf));
  return starting([...(command?.words ?? []), ...names.flat()]);
}

/** `domus shell`: one command a line, with completion; the same exit code as the last command's where lines come from a file. */
export function addShell(program: Command, context: Context): void {
  program
    .command('shell')
    .description('type commands one after the other, with completion and help (list, list VM, list Off, findVM)')
    .action(
      ends(context, async (_: object, command: Command) => {
        const common = commonOf(command, context);
        const shell = new Shell(context, common, wordsOf(program));
        return await shell.run();
      }),
    );
}

class Shell {
  readonly #context: Context;
  readonly #common: Common;
  readonly #words: readonly Word[];
  #last: Exit | number = exits.ok;

  constructor(context: Context, common: Common, words: readonly Word[]) {
    this.#context = context;
    this.#common = common;
    this.#words = words;
  }

  async run(): Promise<Exit | number> {
    const { screen } = this.#context;
    const lines = createInterface({
      ...{ input: process.stdin, output: process.stdout, terminal: screen.tty && process.stdin.isTTY === true, historySize: 500 },
      completer: (line: string) => this.#complete(line),
    });
    if (lines.terminal) screen.out('domus shell: "help" tells the commands, Tab completes, "exit" or Ctrl-D leaves.\n');
    lines.on('SIGINT', () => lines.write(null, { ctrl: true, name: 'u' })); // Ctrl-C clears the line
    lines.setPrompt(lines.terminal ? painted(screen, 'bold', 'domus> ') : '');
    lines.prompt();
    for await (const line of lines) {
      if (leaves.test(line.trim()) || screen.ended.aborted) break;
      await this.#obey(line, lines);
      lines.prompt();
    }
    lines.close();
    if (lines.terminal) screen.out('\n');
    return lines.terminal ? exits.ok : this.#last;
  }

  async #obey(line: string, lines: Interface): Promise<void> {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) return;
    const { screen, again } = this.#context;
    if (asks.test(text)) {
      screen.out(
        `Words of the shell:\n${short.map(({ help }) => `  ${help}`).join('\n')}\n  exit              leave (Ctrl-D)\n\nCommands, as after "domus":\n`,
      );
      screen.out(this.#words.flatMap(({ name, description }) => (notHere.has(name) ? [] : [`  ${name.padEnd(17)} ${description}\n`])).join(''));
      screen.out('\n"help COMMAND" tells more of one.\n');
      return;
    }
    // a command that runs on (watch) is ended by Ctrl-C as anywhere
    lines.pause();
    if (lines.terminal) process.stdin.setRawMode(false);
    try {
      this.#last = await again([...this.#globals(), ...meant(line)]);
    } catch (thrown) {
      if (!(thrown instanceof CliError)) throw thrown;
      this.#last = thrown.exit;
      screen.err(`domus: ${thrown.message}\n`);
    } finally {
      if (lines.terminal) process.stdin.setRawMode(true);
      lines.resume();
    }
  }

  /** The options the shell was called with hold for every line. */
  #globals(): readonly string[] {
    const { config, socket, runDir, json, color } = this.#common;
    const given: readonly (readonly [string, string | undefined])[] = [
      ['--config', config],
      ['--socket', socket],
      ['--run-dir', runDir],
    ];
    return [...given.flatMap(([name, value]) => (value === undefined ? [] : [name, value])), ...(json ? ['--json'] : []), ...(color ? [] : ['--no-color'])];
  }

  async #complete(line: string): Promise<[string[], string]> {
    const typed = line.split(/\s+/).at(-1) ?? '';
    const namesOf = async (kind: NameKind): Promise<readonly string[]> => {
      try {
        return await lists[kind](await clientOf(this.#common));
      } catch (thrown) {
        if (thrown instanceof CliError) return []; // the line that is typed will say what is wrong
        throw thrown;
      }
    };
    return [[...(await offersFor(line, this.#words, namesOf))], typed];
  }
}
