import { Argument, type Command } from 'commander';
import { type Context, ends } from './context.js';
import type { NameKind } from './names.js';
import { quoted } from './words.js';

/** What a command's argument may be, as `domus names` lists it. */
const offered: Readonly<Record<string, readonly NameKind[]>> = {
  why: ['machines', 'hosts', 'environments'],
  drain: ['machines'],
  bury: ['machines'],
  hold: ['machines'],
  release: ['machines'],
  move: ['machines', 'hosts'],
  stay: ['machines'],
  find: ['machines'],
  cordon: ['hosts'],
  uncordon: ['hosts'],
  hosts: ['hosts'],
  forget: ['strays'],
  approve: ['proposals'],
};

/** One command as completion sees it. */
export interface Word {
  readonly name: string;
  readonly description: string;
  readonly words: readonly string[];
  readonly options: readonly string[];
  readonly names: readonly NameKind[];
}

const visible = (command: Command): readonly Command[] => command.createHelp().visibleCommands(command);
const optionsOf = (command: Command): string[] => command.options.flatMap((option) => (option.long === undefined || option.hidden ? [] : [option.long]));

export function wordsOf(program: Command): readonly Word[] {
  const common = [...optionsOf(program), '--help'];
  return visible(program).map((command) => {
    const inner = visible(command).filter((each) => each.name() !== 'help');
    const choices = command.registeredArguments.flatMap((argument) => argument.argChoices ?? []);
    return {
      name: command.name(),
      description: command.description(),
      words: [...inner.map((each) => each.name()), ...choices],
      options: [...new Set([...optionsOf(command), ...inner.flatMap(optionsOf), ...common])],
      names: offered[command.name()] ?? [],
    };
  });
}

function bash(words: readonly Word[]): string {
  const cases = words.map(({ name, words: own, options, names }) => {
    const live = names.length === 0 ? '' : ` $(domus names ${names.join(' ')} 2>/dev/null)`;
    return `    ${name}) offers="${own.join(' ')}${live}"; options="${options.join(' ')}" ;;`;
  });
  return `# domus completion for bash: . <(domus completion bash)
_domus() {
  local word=\${COMP_WORDS[COMP_CWORD]} command="" offers="" options="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in --config|--socket|--run-dir) ((i++)) ;; -*) ;; *) command=\${COMP_WORDS[i]}; break ;; esac
  done
  case \${COMP_WORDS[COMP_CWORD-1]} in --config|--socket|--run-dir|--dir) COMPREPLY=($(compgen -f -- "$word")); return ;; esac
  case $command in
    "") offers="${words.map((word) => word.name).join(' ')} help"; options="--config --socket --run-dir --json --no-color --help --version" ;;
${cases.join('\n')}
  esac
  if [[ $word == -* ]]; then offers=$options; fi
  COMPREPLY=($(compgen -W "$offers" -- "$word"))
}
complete -F _domus domus
`;
}

function zsh(words: readonly Word[]): string {
  const commands = words.map(({ name, description }) => `    ${quoted(`${name}:${description.replaceAll(':', ' -')}`)}`);
  const cases = words.map(({ name, words: own, options, names }) => {
    const live = names.length === 0 ? '' : ` \${(f)"$(domus names ${names.join(' ')} 2>/dev/null)"}`;
    return `    ${name}) if [[ $PREFIX == -* ]]; then compadd -- ${options.join(' ')}; else compadd -- ${own.join(' ')}${live}; fi ;;`;
  });
  return `#compdef domus
# domus completion for zsh: . <(domus completion zsh)
_domus() {
  local -a commands
  commands=(
${commands.join('\n')}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  case $words[2] in
${cases.join('\n')}
  esac
}
compdef _domus domus
`;
}

function fish(words: readonly Word[]): string {
  const lines = words.flatMap(({ name, description, words: own, options, names }) => {
    const seen = `-n '__fish_seen_subcommand_from ${name}'`;
    const live = names.length === 0 ? [] : [`complete -c domus -f ${seen} -a '(domus names ${names.join(' ')} 2>/dev/null)'`];
    return [
      `complete -c domus -f -n __fish_use_subcommand -a ${name} -d ${quoted(description)}`,
      ...(own.length === 0 ? [] : [`complete -c domus -f ${seen} -a '${own.join(' ')}'`]),
      ...live,
      ...options.map((option) => `complete -c domus ${seen} -l ${option.slice(2)}`),
    ];
  });
  return `# domus completion for fish: domus completion fish | source\n${lines.join('\n')}\n`;
}

const shells = { bash, zsh, fish };

/** `domus completion SHELL`. */
export function addCompletion(program: Command, context: Context): void {
  program
    .command('completion')
    .description('print a script that lets a shell complete commands, options and names')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(shells)))
    .action(
      ends(context, async (shell: keyof typeof shells) => {
        context.screen.out(shells[shell](wordsOf(program)));
        return undefined;
      }),
    );
}
