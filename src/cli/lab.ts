import { type Command, InvalidArgumentError, Option } from 'commander';
import { modes } from '../model/environment.js';
import { type LabOptions, runLab } from '../sim/lab/lab.js';
import { type Context, commonOf, ends } from './context.js';
import { CliError, exits } from './exits.js';

function number(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= least && value <= most)) throw new InvalidArgumentError(`expected a number, ${least} to ${most}.`);
    return value;
  };
}

const listed = (word: string, before: readonly string[]): readonly string[] => [...before, word];

/** `domus lab`. */
export function addLab(program: Command, context: Context): void {
  program
    .command('lab')
    .description('the embedded lab: a fake cluster on this machine, with the real daemon, drivers and host runner')
    .option('--until-done', 'submit the mixed workload, end when all is done, with a summary')
    .option('--seed <n>', 'seed of everything random', number(0, Number.MAX_SAFE_INTEGER))
    .option('--pace <n>', 'how many times faster than life guests boot and jobs run', number(0.1, 1000))
    .option('--dir <folder>', 'keep the lab in this folder')
    .option('--kills <n>', 'kill the daemon so often, at random moments', number(0, 10_000))
    .option('--trouble <words>', 'make a part ill: "batch silent 30s after 20s" (may be repeated)', listed, [])
    .option('--duration <seconds>', 'give up after so long', number(1, 86_400))
    .option('--port <n>', 'serve the page on this port of 127.0.0.1', number(1, 65_535))
    .addOption(new Option('--mode <mode>', 'mode of the daemon').choices(modes))
    .action(
      ends(context, async (options: Omit<LabOptions, 'durationMs' | 'json'> & { readonly duration?: number }, command: Command) => {
        const { duration, ...rest } = options;
        const json = commonOf(command, context).json === true;
        const { screen } = context;
        try {
          return await runLab(
            { ...rest, json, ...(duration === undefined ? {} : { durationMs: duration * 1000 }) },
            { write: screen.out, isTTY: screen.tty && !json },
          );
        } catch (thrown) {
          if (thrown instanceof Error && thrown.message.includes('expected')) throw new CliError(exits.usage, thrown.message, { cause: thrown });
          throw thrown;
        }
      }),
    );
}
