import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Argument, type Command } from 'commander';
import { environmentsFile } from '../hooks/environments-file.js';
import { type Place, places, type Sources, type Step, stepFor, wantedOn } from '../hooks/installation.js';
import { lineDiff } from '../hooks/line-diff.js';
import { look, write } from '../hooks/write.js';
import { packageFile } from '../paths.js';
import { type Context, commonOf, ends } from './context.js';
import { CliError, type Exit, exits } from './exits.js';
import { wholeConfig } from './loaded.js';
import { harmless } from './screen.js';

interface Options {
  readonly apply?: boolean;
  readonly root: string;
  readonly spool?: string;
}

/** Where TORQUE keeps its files, the first that is there. */
const spools = ['/var/spool/torque', '/var/lib/torque', '/etc/torque'] as const;

const hook = (name: string): string => readFileSync(packageFile('hooks', name), 'utf8');

/** What the hooks are made from; a machine without a domus.yaml gets the usual folders and no list of environments. */
async function sourcesOf(configFile: string, options: Options): Promise<Sources> {
  const spool = options.spool ?? spools.find((folder) => existsSync(join(options.root, folder))) ?? spools[0];
  if (!existsSync(configFile)) return { hook, spool, runDir: '/run/domus', environments: undefined };
  const { policy, runDir, hooks } = (await wholeConfig(configFile)).config;
  return { hook, spool, runDir, environments: environmentsFile(policy, []), ...(hooks === undefined ? {} : { ask: hooks }) };
}

async function stepsFor(chosen: readonly Place[], root: string, sources: Sources): Promise<readonly Step[]> {
  const steps: Step[] = [];
  for (const wanted of chosen.flatMap((place) => wantedOn(place, sources))) {
    const { found, folderThere } = await look(root, wanted.path);
    steps.push(stepFor(wanted, found, folderThere));
  }
  return steps;
}

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

/** One file: what is to become of it, whose it is then, and how it differs. */
export function stepText(step: Step, diff: boolean): string {
  const notes = step.notes.map((note) => `    ${note}\n`).join('');
  if (step.kind !== 'write') return `${step.kind === 'agrees' ? 'agrees ' : 'left   '}                 ${step.path}\n${notes}`;
  const { before, mode, text, path } = step;
  const verb = before === undefined ? 'new    ' : 'change ';
  const owner = before !== undefined && step.backup ? `uid ${before.uid}` : 'root:root';
  const was = before !== undefined && before.mode !== mode ? ` (mode was ${octal(before.mode)})` : '';
  const lines = before === undefined && text.split('\n').length > 12 ? [`(${text.split('\n').length - 1} lines)`] : lineDiff(before?.text ?? '', text);
  const shown = diff ? lines.map((line) => `    ${line}\n`).join('') : '';
  return `${verb} ${owner.padEnd(10)} ${octal(mode)}  ${path}${was}${step.backup ? ', keeping a copy' : ''}\n${shown}${notes}`;
}

function plainly(step: Step): object {
  if (step.kind !== 'write') return step;
  const { kind, path, mode, text, before, notes } = step;
  return { kind, path, owner: 'root', mode: octal(mode), diff: lineDiff(before?.text ?? '', text), notes };
}

type Writes = readonly Extract<Step, { kind: 'write' }>[];

/** Writes them one by one. Raises CliError where only root could. */
async function writeAll(root: string, writes: Writes, say: (text: string) => void): Promise<void> {
  if (root === '/' && process.getuid?.() !== 0) throw new CliError(exits.refused, 'these files belong to root: only root can write them');
  for (const step of writes) {
    const copy = await write(root, step);
    say(`wrote ${join(root, step.path)}${copy === undefined ? '' : ` (before: ${copy})`}\n`);
  }
}

const countText = (writes: Writes, verb: string): string => (writes.length === 0 ? 'nothing is to be written\n' : `${writes.length} file(s) ${verb}\n`);

/** `domus hooks install|show [submit] [worker]`. */
export function addHooks(program: Command, context: Context): void {
  const hooks = program.command('hooks').description('what the batch system runs for Domus: submit filter, prologue, epilogue, node check');
  const survey = async (where: readonly Place[], options: Options, command: Command, diff: boolean) => {
    const common = commonOf(command, context);
    const root = resolve(options.root);
    if (!existsSync(root)) throw new CliError(exits.no, `there is no folder ${root}`);
    const steps = await stepsFor(where.length === 0 ? places : where, root, await sourcesOf(common.config, { ...options, root }));
    const say = (text: string): void => (common.json ? undefined : context.screen.out(text.split('\n').map(harmless).join('\n')));
    for (const step of steps) say(stepText(step, diff));
    if (common.json) context.screen.out(`${JSON.stringify({ root, applied: options.apply === true, steps: steps.map(plainly) }, undefined, 2)}\n`);
    return { root, say, writes: steps.flatMap((step) => (step.kind === 'write' ? [step] : [])) };
  };
  const install = async (where: readonly Place[], options: Options, command: Command): Promise<Exit> => {
    const { root, say, writes } = await survey(where, options, command, true);
    if (options.apply === true) await writeAll(root, writes, say);
    else say(countText(writes, 'to write: add --apply'));
    return exits.ok;
  };
  const show = async (where: readonly Place[], options: Options, command: Command): Promise<Exit> => {
    const { say, writes } = await survey(where, options, command, false);
    say(countText(writes, 'missing or different: domus hooks install'));
    return writes.length === 0 ? exits.ok : exits.no;
  };
  const common = (command: Command): Command =>
    command
      .addArgument(new Argument('[where...]', 'the kind of machine (default: both)').choices(places))
      .option('--root <folder>', 'the root of another system, such as an image', '/')
      .option('--spool <folder>', `TORQUE's home there (default: the first of ${spools.join(', ')})`);
  common(hooks.command('install').description('say what would be written where, with owner, mode and difference'))
    .option('--apply', 'then write it')
    .action(ends(context, (where: readonly Place[], options: Options, command: Command) => install(where, options, command)));
  common(hooks.command('show').description('say which hooks are in place; status 1 when one is missing or differs')).action(
    ends(context, (where: readonly Place[], options: Options, command: Command) => show(where, options, command)),
  );
}
