import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { asFailure } from '../drivers/failure.js';
import { packageFile } from '../paths.js';
import { addAudit } from './audit.js';
import { addBackup } from './backup.js';
import { addBoot } from './boot.js';
import { addCalendar } from './calendar.js';
import { addCheck } from './check.js';
import { addCompletion } from './completion.js';
import type { Context } from './context.js';
import { addDebug } from './debug.js';
import { addEnergy } from './energy.js';
import { CliError, exits } from './exits.js';
import { addFind } from './find.js';
import { addHooks } from './hooks.js';
import { addHosts } from './hosts.js';
import { addImage } from './image.js';
import { addLab } from './lab.js';
import { addNames } from './names.js';
import { addNotices } from './notices.js';
import { addPlan } from './plan.js';
import { addReload } from './reload.js';
import { addReplay } from './replay.js';
import { addReport } from './report.js';
import { addRetire } from './retire.js';
import { addRun } from './run.js';
import { harmless, type Screen } from './screen.js';
import { addSetup } from './setup.js';
import { addShare } from './share.js';
import { addShell } from './shell.js';
import { addShow } from './show.js';
import { addToken } from './token.js';
import { addUser } from './user.js';
import { addWatch } from './watch.js';
import { addWeek } from './week.js';
import { addWhy } from './why.js';
import { addWishes } from './wish.js';

const version = (): string => (JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string }).version;

const exitText = `
Exit codes: 0 fine; 1 the answer is no, or problems were found; 2 the command line is wrong; 3 the daemon cannot be reached; 4 refused.
`;

/** The whole command line. */
export function buildProgram(context: Context): Command {
  const program = new Command('domus')
    .description('virtual worker nodes that follow the queues of a TORQUE/PBS cluster')
    .version(version())
    .option('--config <file>', 'domus.yaml (default: $DOMUS_CONFIG or /etc/domus/domus.yaml)')
    .option('--socket <file>', "one of the daemon's sockets, by itself")
    .option('--run-dir <folder>', "folder of the daemon's sockets (default: as the configuration says, or /run/domus)")
    .option('--json', 'print one JSON document for programs')
    .option('--no-color', 'print no colours')
    .addHelpText('after', exitText)
    .exitOverride()
    .configureOutput({ writeOut: context.screen.out, writeErr: context.screen.err })
    .showHelpAfterError('(domus --help tells more)')
    .configureHelp({ showGlobalOptions: true });
  for (const add of [
    addRun,
    addCheck,
    addReload,
    addPlan,
    addShow,
    addWatch,
    addWhy,
    addFind,
    addWishes,
    addShare,
    addHosts,
    addCalendar,
    addImage,
    addBoot,
    addWeek,
    addReport,
    addEnergy,
    addNotices,
    addBackup,
    addRetire,
    addDebug,
    addSetup,
    addUser,
    addToken,
    addAudit,
    addHooks,
    addLab,
    addReplay,
    addShell,
    addCompletion,
    addNames,
  ])
    add(program, context);
  for (const command of everyCommand(program)) command.copyInheritedSettings(program);
  return program;
}

const everyCommand = (command: Command): readonly Command[] => command.commands.flatMap((inner) => [inner, ...everyCommand(inner)]);

function complain(screen: Screen, thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exits.ok : exits.usage;
  if (thrown instanceof CliError) {
    screen.err(`domus: ${harmless(thrown.message)}\n`);
    for (const detail of thrown.details) screen.err(`  ${harmless(detail)}\n`);
    return thrown.exit;
  }
  const failure = asFailure(thrown, 'domus');
  screen.err(`domus: ${harmless(failure.message)}\n`);
  return failure.kind === 'refused' || failure.kind === 'denied' ? exits.refused : exits.no;
}

/** Runs one command line and resolves to its exit code; never raises. */
export async function runCli(argv: readonly string[], surroundings: Omit<Context, 'exit' | 'again'>): Promise<number> {
  const colour = surroundings.screen.colour && !argv.includes('--no-color');
  const context: Context = { ...surroundings, screen: { ...surroundings.screen, colour }, exit: exits.ok, again: (line) => runCli(line, surroundings) };
  try {
    await buildProgram(context).parseAsync(argv, { from: 'user' });
    return context.exit;
  } catch (thrown) {
    return complain(context.screen, thrown);
  }
}
