import { accessSync, constants, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { usualDraw } from '../sim/hosts/power.js';
import { baselineNames, lotsOf } from '../sim/replay/baselines.js';
import { attributes, type Making, workloadOf } from '../sim/replay/classes.js';
import { performAll, RunFailed } from '../sim/replay/crew.js';
import type { Log } from '../sim/replay/logged.js';
import { TooSmall } from '../sim/replay/partition.js';
import { LogError } from '../sim/replay/read-log.js';
import { isDomus, type Results, resultsOf } from '../sim/replay/results.js';
import { replayPolicy } from '../sim/replay/site.js';
import { usualTargets } from '../sim/replay/targets.js';
import { logOf, type Scenario, type Source } from '../sim/replay/task.js';
import type { Run, Site, Workload } from '../sim/replay/workload.js';
import { htmlReport } from '../sim/report/report.js';
import { type Context, commonOf, ends } from './context.js';
import { CliError, exits } from './exits.js';
import { policyName, type ReplayOptions, readBaselines, readList, readMemory, readRefills, scenariosOf, tasksOf, whole } from './replay-options.js';
import { Progress, readText, resultsText, taskText } from './replay-screen.js';

/** Jobs wider than this are folded where nothing else is said. Source: the measurements that the targets come from. */
const usualWidest = 32;
const most = 1_000_000;

interface Prepared {
  readonly log: Log;
  readonly source: Source;
  readonly site: Site;
  readonly workload: Workload;
}

function siteOf(log: Log, options: ReplayOptions): Site {
  const hosts = options.hosts ?? log.site.hosts;
  const cores = options.cores ?? log.site.coresPerHost;
  if (hosts !== undefined && cores !== undefined) return { hosts, cores, memoryPerCoreMiB: options.memoryPerCore };
  const missing = [...(hosts === undefined ? ['--hosts'] : []), ...(cores === undefined ? ['--cores'] : [])].join(' and ');
  throw new CliError(exits.usage, `${log.name} does not tell the machine's size: say ${missing}`);
}

async function prepare(paths: readonly string[], options: ReplayOptions): Promise<Prepared> {
  if (paths.length === 0 && options.example !== true) throw new CliError(exits.usage, 'no trace: name an SWF file or TORQUE accounting logs, or say --example');
  if (paths.length > 0 && options.example === true) throw new CliError(exits.usage, '--example is a trace of its own: name no other');
  const { classesBy: by, classes, jobs, days, coresPer } = options;
  const cut = { ...(jobs === undefined ? {} : { jobs }), ...(days === undefined ? {} : { days }) };
  const log = await logOf({ paths, coresPer, making: { by, widest: usualWidest } });
  const site = siteOf(log, options);
  const all = site.hosts * site.cores;
  const widest = options.widest ?? Math.min(usualWidest, all);
  if (widest > all) throw new CliError(exits.usage, `--widest ${widest} is more than the ${all} cores of the site`);
  const making: Making = { by, widest, ...(classes === undefined ? {} : { classes }), ...cut };
  return { log, site, source: { paths, coresPer, making }, workload: workloadOf(log, making) };
}

/** Policies through the reader of configurations, before the long work. */
function checkPolicies(scenarios: readonly Scenario[], { workload, site }: Prepared): void {
  for (const scenario of scenarios) {
    if (scenario.kind !== 'domus') continue;
    try {
      replayPolicy(workload, site, scenario.policy);
    } catch (thrown) {
      const [first, ...details] = (thrown as Error).message.split('\n');
      throw new CliError(exits.no, `scenario ${scenario.name}: ${first}`, { cause: thrown, details });
    }
  }
}

/** Files to be written, looked at before the long work: their folders are there, and they are none of the traces. */
function checkOutputs(files: readonly string[], paths: readonly string[]): void {
  for (const file of files) {
    if (paths.some((path) => resolve(path) === resolve(file))) throw new CliError(exits.usage, `${file} is the trace: it would be overwritten`);
    try {
      accessSync(dirname(resolve(file)), constants.W_OK);
    } catch (thrown) {
      throw new CliError(exits.no, `${file} cannot be written: ${(thrown as Error).message}`, { cause: thrown });
    }
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) throw new CliError(exits.usage, `${file} is a folder`);
  }
}

/** Without the partitions that the site is too small for: these are told, unless it was them who were asked for. */
function possible(scenarios: readonly Scenario[], { workload, site }: Prepared, context: Context): readonly Scenario[] {
  return scenarios.filter((scenario) => {
    if (scenario.kind !== 'baseline') return true;
    try {
      lotsOf(scenario.name, workload, site);
      return true;
    } catch (thrown) {
      if (!(thrown instanceof TooSmall)) throw thrown;
      context.screen.err(`not compared with ${scenario.name}: ${thrown.message}\n`);
      return false;
    }
  });
}

/** Where the figures for programs go: a file (what is named `*.json` is no trace), standard output, or nowhere. */
interface Json {
  readonly wanted: boolean;
  readonly file?: string;
}

/** Who makes a report, and how. */
interface Maker {
  readonly version: string;
  readonly command: readonly string[];
}

async function replay(paths: readonly string[], options: ReplayOptions, json: Json, made: Maker, context: Context): Promise<number> {
  const { screen } = context;
  const scenarios = scenariosOf(options);
  checkOutputs(
    [json.file, options.report].filter((file) => file !== undefined),
    paths,
  );
  const prepared = await prepare(paths, options);
  const { log, workload, site, source } = prepared;
  checkPolicies(scenarios, prepared);
  const tasks = tasksOf(possible(scenarios, prepared, context), options);
  const listener = new Progress(screen, tasks.length);
  let runs: readonly Run[];
  try {
    runs = await performAll(tasks, workload, { source, site }, { processes: options.processes, signal: screen.ended, listener });
  } finally {
    listener.end();
  }
  const results = resultsOf({ log, workload, site, runs, baselines: baselineNames, ...(options.targets ? { targets: usualTargets } : {}) });
  print(results, json, context);
  if (options.report !== undefined) writeFileSync(options.report, pageOf(runs, options, made, context));
  if (options.report !== undefined && !(json.wanted && json.file === undefined)) screen.out(`wrote ${options.report}\n`);
  const failed = results.targets?.some((verdict) => !verdict.holds) === true;
  return failed || runs.some((run) => run.violations.length > 0) ? exits.no : exits.ok;
}

const { offWatts, idleWatts, busyWatts, risingWatts, fallingWatts, onMs, offMs } = usualDraw;
const powerAssumed = {
  what: 'A host draws',
  value: `off ${offWatts} W, idle ${idleWatts} W, all cores busy ${busyWatts.toFixed(1)} W; ${onMs / 1000} s at ${risingWatts.toFixed(0)} W to switch on, ${offMs / 1000} s at ${fallingWatts.toFixed(0)} W to switch off`,
  source: "Batsim's energy tests",
};

const pageOf = (runs: readonly Run[], { policy }: ReplayOptions, made: Maker, { clock }: Context): string =>
  htmlReport(runs, {
    ...made,
    madeAt: clock.wall(),
    assumptions: [
      { what: 'Start of a machine', value: '90 s, give or take a fifth', source: 'as the targets were measured with' },
      powerAssumed,
      { what: 'Without Domus', value: 'nothing boots for a job, and a host that was switched off is there at once: the comparison favours the partition' },
      { what: 'Cores', value: 'a job takes single cores anywhere; memory is not looked at' },
      ...policy.map((file) => ({ what: 'Other settings', value: `${policyName(file)}: ${file}` })),
    ],
  });

function print(results: Results, json: Json, { screen }: Context): void {
  const document = `${JSON.stringify(results, undefined, 2)}\n`;
  if (json.wanted && json.file === undefined) {
    screen.out(document);
    return;
  }
  screen.out(`${readText(results)}\n${resultsText(screen, results, (scenario) => isDomus(scenario, baselineNames))}`);
  if (json.file !== undefined) write(json.file, document, screen);
}

function write(file: string, text: string, screen: Context['screen']): void {
  writeFileSync(file, text);
  screen.out(`wrote ${file}\n`);
}

/** A sentence for what a user can mend; everything else as it is. */
function said(thrown: unknown): unknown {
  if (thrown instanceof LogError) return new CliError(exits.no, thrown.message, { cause: thrown });
  if (thrown instanceof RunFailed) return new CliError(exits.no, `the run ${taskText(thrown.task)} failed: ${thrown.message}`, { cause: thrown });
  return thrown;
}

const makerOf = (program: Command): Maker => ({
  version: program.version() ?? '',
  command: ['domus', ...(program as Command & { readonly rawArgs: readonly string[] }).rawArgs],
});

/** `domus replay`. */
export function addReplay(program: Command, context: Context): void {
  program
    .command('replay')
    .description(
      'what Domus would do for a site: its own logs (or any trace) through the real loop in virtual time, against the ideal pool and fixed partitions',
    )
    .argument('[trace...]', "an SWF file, TORQUE's accounting logs or their folder (server_priv/accounting), plain or gzip")
    .option('--example', 'a week of a made-up site instead of a trace')
    .option('--classes-by <what>', `what makes jobs incompatible: ${attributes.join(', ')}, or a CEL expression that gives text`, 'queue')
    .option('--classes <names>', 'the classes of their own, such as 2,6,3; the rest is "other" (default: up to eight, by their work)', readList)
    .option('--hosts <n>', 'hosts of the site (default: as the trace tells)', whole(1, 10_000))
    .option('--cores <n>', 'cores of each host (default: as the trace tells)', whole(1, 1024))
    .addOption(new Option('--memory-per-core <size>', 'memory of guests').argParser(readMemory).default(1024, '1GiB'))
    .option('--cores-per <n>', 'so many processors of the trace count as one core', whole(1, 1024), 1)
    .option('--widest <n>', `wider jobs are made so wide and as much longer (default: ${usualWidest}, or all cores)`, whole(1, most))
    .option('--jobs <n>', 'only the first n jobs', whole(1, Number.MAX_SAFE_INTEGER))
    .option('--days <n>', 'only the first n days', whole(1, 100_000))
    .addOption(
      new Option('--baselines <names>', `what to compare with: some of ${baselineNames.join(', ')}; all or none`)
        .argParser(readBaselines)
        .default(baselineNames, 'all'),
    )
    .option('--always-on', 'Domus once more, with every host always on: what comes of machines alone, without switching off')
    .option('--no-domus', 'only the baselines, and the policies named')
    .addOption(
      new Option('--policy <file>', 'Domus with other settings, too (may be repeated)')
        .argParser((file: string, before: readonly string[]) => [...before, file])
        .default([], 'none'),
    )
    .option('--shake <n>', 'n runs, submissions moved by 0 to 600 s by the seed (default: one run, nothing moved)', whole(0, 1000))
    .option('--seed <n>', 'the first seed', whole(0, most), 1)
    .addOption(
      new Option('--refill <kinds>', 'when the batch scheduler looks: immediate (at every event), 30s (every 30 s), or both: immediate,30s')
        .argParser(readRefills)
        .default([{ cycleMs: 30_000 }], '30s'),
    )
    .option('--targets', 'hold Domus against its targets (5 runs, unless --shake says otherwise); exit code 1 where one fails')
    .option('--report <file>', 'write a page with plots (HTML, one file)')
    .addOption(
      new Option('--processes <n>', 'processes that share the runs')
        .argParser(whole(1, 256))
        .default(availableParallelism(), 'one for each core of this machine'),
    )
    .addHelpText('after', '\nWith --json all figures go to standard output, or to a file: --json FIGURES.json. docs/replay.md tells more.\n')
    .action(
      ends(context, async (words: readonly string[], options: ReplayOptions, command: Command) => {
        const wanted = commonOf(command, context).json === true;
        const file = wanted ? words.find((word) => word.endsWith('.json')) : undefined;
        const paths = words.filter((word) => word !== file);
        try {
          return await replay(paths, options, { wanted, ...(file === undefined ? {} : { file }) }, makerOf(program), context);
        } catch (thrown) {
          throw said(thrown);
        }
      }),
    );
}
