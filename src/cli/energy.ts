import { type Command, Option } from 'commander';
import { type EnergyKind, type EnergyReport, type EnergyRow, energyKinds, energyOf } from '../account/energy.js';
import { energyColumns, energyCsv, energyRemarks } from '../account/energy-figures.js';
import { localTime } from '../clock.js';
import { stateFolderOf } from '../config/load.js';
import { openHistoryReader } from '../history/reader.js';
import { historyFile } from '../history/store.js';
import { type Context, commonOf, ends } from './context.js';
import { CliError, exits } from './exits.js';
import { periodOf } from './period.js';
import { painted, type Screen } from './screen.js';
import { table } from './table.js';

const formats = ['table', 'csv', 'json'] as const;
interface Options {
  readonly from?: string;
  readonly to?: string;
  readonly by: EnergyKind;
  readonly format: (typeof formats)[number];
}

/** The account as people read it on a terminal. */
export function energyText(screen: Screen, report: EnergyReport): string {
  const title = `${localTime(report.since).slice(0, 16)} to ${localTime(report.until).slice(0, 16)}`;
  const cells = [
    { title: report.by.toUpperCase(), value: (row: EnergyRow) => row.name },
    ...energyColumns.map(({ title: name, text }) => ({ title: name, value: text, ...(name === 'WATTS' ? {} : { align: 'right' as const }) })),
  ];
  const rows = report.rows.length === 0 ? [] : report.rows.length === 1 ? report.rows : [...report.rows, report.total];
  const lines = energyRemarks(report).map((line) => `${line}\n`);
  return `${painted(screen, 'bold', title)}\n${table(screen, cells, rows, 'nothing was recorded')}${lines.join('')}`;
}

/** `domus energy`. */
export function addEnergy(program: Command, context: Context): void {
  program
    .command('energy')
    .description('what hosts used, what switching them off saved, and what that cost in waiting (reads the history, the daemon need not run)')
    .option('--from <when>', 'a day, a month, an hour, or how long ago (default: 30 days before the end)')
    .option('--to <when>', 'the last day or month that is in it (default: now)')
    .addOption(new Option('--by <what>', 'one line for each').choices(energyKinds).default('pool'))
    .addOption(new Option('--format <format>', 'how to print it').choices(formats).default('table'))
    .action(
      ends(context, async (options: Options, command: Command) => {
        const common = commonOf(command, context);
        const { clock, screen } = context;
        const stateDir = await stateFolderOf(common.config);
        if (stateDir === undefined) throw new CliError(exits.no, `${common.config} cannot be read: it says where the history lies (see --config)`);
        const now = clock.wall();
        const { since, until } = periodOf(options.from, options.to, now);
        const reader = openHistoryReader(historyFile(stateDir), () => now);
        try {
          const recorded = { ...reader.hours(since, until), hosts: options.by === 'host' ? reader.hosts(since, until) : [] };
          const report = energyOf(recorded, { since, until, by: options.by, now, dayOf: (at) => localTime(at).slice(0, 10) });
          const format = common.json === true ? 'json' : options.format;
          screen.out(format === 'json' ? `${JSON.stringify(report, undefined, 2)}\n` : format === 'csv' ? energyCsv(report) : energyText(screen, report));
        } finally {
          reader.close();
        }
        return undefined;
      }),
    );
}
