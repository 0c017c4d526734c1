import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { buildRoot } from '../boot/build.js';
import { builtRoots } from '../boot/roots.js';
import type { BootServer } from '../boot/server.js';
import type { Root } from '../boot/site.js';
import { localTime } from '../clock.js';
import { execaShell } from '../drivers/execa-shell.js';
import { packageFile } from '../paths.js';
import { bootServerOf } from './boot-parts.js';
import { type Context, commonOf, ends, show } from './context.js';
import { CliError, type Exit, exits } from './exits.js';
import { table } from './table.js';

interface BuildOptions {
  readonly name?: string;
  readonly packages?: string;
  readonly modules?: string;
  readonly suite: string;
  readonly mirror?: string;
  readonly date?: string;
  readonly roots?: string;
}

/** SOURCE_DATE_EPOCH's own meaning: seconds. Without it today, so that builds of one day agree. Raises CliError. */
function dateOf(text: string | undefined, now: number): number {
  const dayMs = 86_400_000;
  if (text === undefined) return Math.floor(now / dayMs) * dayMs;
  if (!/^\d{1,11}$/.test(text)) throw new CliError(exits.usage, `"${text}" is no date in seconds since 1970`);
  return Number(text) * 1000;
}

/** Hosts by the root they run from and the one they boot next. */
async function useOf(server: BootServer) {
  const [use, known] = [await server.records.roots(), await server.known()];
  const on = (version: string) => known.filter(({ host }) => host.runningRoot === version).map(({ host }) => host.name);
  const next = (version: string) => known.filter(({ host }) => host.root?.version === version).map(({ host }) => host.name);
  return { use, on, next };
}

const short = (names: readonly string[]): string => (names.length === 0 ? '-' : names.length <= 4 ? names.join(' ') : `${names.length} hosts`);

/** `domus boot root build|list|use|rollback|remove`. */
export function addRoots(boot: Command, context: Context): void {
  const root = boot.command('root').description('the Dom0 root that hosts mount: build, hand out one by one, take back');
  const open = (command: Command) => bootServerOf(commonOf(command, context).config, context.clock);

  const build = async (options: BuildOptions, command: Command): Promise<Exit> => {
    const roots = options.roots === undefined ? (await open(command)).server.parts.settings.roots : resolve(options.roots);
    if (process.getuid?.() !== 0) throw new CliError(exits.refused, 'a root is built by root: its files belong to root');
    const ended = new AbortController();
    const stop = (): void => ended.abort();
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, stop);
    const { packages, modules, suite, mirror, name } = options;
    const made = await buildRoot(execaShell(context.clock), {
      roots,
      script: packageFile('host', 'dom0', 'build'),
      ...(name === undefined ? {} : { version: name }),
      ...(packages === undefined ? {} : { packages: resolve(packages) }),
      ...(modules === undefined ? {} : { modules: resolve(modules) }),
      suite,
      ...(mirror === undefined ? {} : { mirror }),
      date: dateOf(options.date ?? context.env['SOURCE_DATE_EPOCH'], context.clock.wall()),
      signal: ended.signal,
    }).finally(() => {
      for (const name of ['SIGTERM', 'SIGINT'] as const) process.off(name, stop);
    });
    show(
      context,
      commonOf(command, context),
      made,
      () =>
        `root ${made.version}: ${made.sizeMB} MB, ${made.files} files, kernel ${made.kernel}, ${made.xen}\nhand it out: domus boot root use ${made.version}\n`,
    );
    return exits.ok;
  };
  const list = async (_: object, command: Command): Promise<Exit> => {
    const { server } = await open(command);
    const [built, { use, on, next }] = [await builtRoots(server.parts.settings.roots), await useOf(server)];
    const state = (version: string): string =>
      version === use.wanted ? (use.failed.length > 0 ? `wanted; failed on ${short(use.failed)}` : 'wanted') : version === use.before ? 'before' : '-';
    const rows = built.map((made) => ({ ...made, on: on(made.version), next: next(made.version), state: state(made.version) }));
    show(context, commonOf(command, context), rows, () =>
      table(
        context.screen,
        [
          { title: 'root', value: (row) => row.version },
          { title: 'built', value: (row) => localTime(row.builtAt) },
          { title: 'MB', value: (row) => row.sizeMB, align: 'right' },
          { title: 'kernel', value: (row) => row.kernel },
          { title: 'runs on', value: (row) => short(row.on) },
          { title: 'boots next on', value: (row) => short(row.next) },
          { title: 'state', value: (row) => row.state },
        ],
        rows,
        'no root was built yet: domus boot root build',
      ),
    );
    return exits.ok;
  };
  const say = async (server: BootServer, command: Command): Promise<Exit> => {
    const { changed } = await server.publish();
    const use = await server.records.roots();
    show(
      context,
      commonOf(command, context),
      { ...use, changed },
      () => `hosts are to run ${use.wanted}; they move when they boot, at most ${server.parts.settings.movesAtOnce} at a time until they came up\n`,
    );
    return exits.ok;
  };
  const use = async (version: string, _: object, command: Command): Promise<Exit> => {
    const { server } = await open(command);
    const built: readonly Root[] = await builtRoots(server.parts.settings.roots);
    if (!built.some((each) => each.version === version))
      throw new CliError(exits.no, `there is no root ${version}`, { details: built.map((each) => each.version) });
    await server.records.prepare();
    const now = await server.records.roots();
    const before = now.wanted === undefined || now.wanted === version ? now.before : now.wanted;
    await server.records.putRoots({ hosts: now.hosts, failed: [], wanted: version, ...(before === undefined ? {} : { before }) });
    return say(server, command);
  };
  const rollback = async (_: object, command: Command): Promise<Exit> => {
    const { server } = await open(command);
    const { wanted, before, hosts } = await server.records.roots();
    if (before === undefined || wanted === undefined) throw new CliError(exits.no, 'there is no root to go back to');
    const back = Object.fromEntries(Object.keys(hosts).map((name) => [name, before]));
    await server.records.putRoots({ hosts: back, failed: [], wanted: before, before: wanted });
    return say(server, command);
  };
  const remove = async (version: string, _: object, command: Command): Promise<Exit> => {
    const { server } = await open(command);
    const { use: now, on, next } = await useOf(server);
    const held = [...new Set([...on(version), ...next(version)])];
    if (now.wanted === version || now.before === version || held.length > 0)
      throw new CliError(exits.refused, `root ${version} is in use${held.length > 0 ? `: ${short(held)}` : ': it is the wanted one, or the way back'}`);
    if (!(await builtRoots(server.parts.settings.roots)).some((each) => each.version === version)) throw new CliError(exits.no, `there is no root ${version}`);
    await rm(join(server.parts.settings.roots, version), { recursive: true });
    return exits.ok;
  };

  root
    .command('build')
    .description('build a Dom0 root with mmdebstrap from a list of packages; the same list, sources and date give the same bytes')
    .option('--name <version>', 'its name (default: date and content)')
    .option('--packages <file>', 'list of packages (default: host/dom0/packages)')
    .option('--modules <file>', 'list of kernel modules (default: host/dom0/modules)')
    .option('--suite <name>', "Debian's release", 'bookworm')
    .option('--mirror <url>', "mirror (default: this machine's own sources)")
    .option('--date <seconds>', 'the only date in it, seconds since 1970 (default: $SOURCE_DATE_EPOCH, or today)')
    .option('--roots <folder>', 'folder to put it in (default: boot.roots)')
    .action(ends(context, build));
  root.command('list').description('the built roots, and which hosts run them and boot them next').action(ends(context, list));
  root.command('use').argument('<version>').description('move the hosts to a root, one by one').action(ends(context, use));
  root.command('rollback').description('back to the root before: every host, at its next boot').action(ends(context, rollback));
  root.command('remove').argument('<version>').description('remove a root that nobody runs').action(ends(context, remove));
}
