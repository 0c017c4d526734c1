import { writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { columns, csvOf, remarks } from '../account/figures.js';
import { htmlOf } from '../account/html.js';
import { type Report, type ReportKind, type ReportRow, reportKinds, reportOf } from '../account/report.js';
import { localTime } from '../clock.js';
import { stateFolderOf } from '../config/load.js';
import { openHistoryReader } from '../history/reader.js';
import { historyFile } from '../history/store.js';
import { type Context, commonOf, ends } from './context.js';
import { CliError, exits } from './exits.js';
import { periodOf } from './period.js';
import { painted, type Screen } from './screen.js';
import { table } from './table.js';

const formats = ['table', 'csv', 'json', 'html'] as const;
interface Options {
  readonly from?: string;
  readonly to?: string;
  readonly by: ReportKind;
  readonly format: (typeof formats)[number];
  readonly output?: string;
}

/** The report as people read it on a terminal. */
export function reportText(screen: Screen, report: Report): string {
  const title = `${localTime(report.since).slice(0, 16)} to ${localTime(report.until).slice(0, 16)}`;
  const cells = [
    { title: report.by.toUpperCase(), value: (row: ReportRow) => row.name },
    ...columns.map(({ title: name, text }) => ({ title: name, value: text, align: 'right' as const })),
  ];
  const body = table(screen, cells, report.rows.length === 0 ? [] : [...report.rows, report.total], 'no job ran, and no machine was there');
  return `${painted(screen, 'bold', title)}\n${body}${remarks(report)
    .map((line) => `${line}\n`)
    .join('')}`;
}

/** The history, read. Raises CliError where there is none. */
function recorded(file: string, since: number, until: number, now: number) {
  const reader = openHistoryReader(file, () => now);
  try {
    return { accounts: reader.accounts(since, until), ...reader.hours(since, until) };
  } finally {
    reader.close();
  }
}

/** `domus report`. */
export function addReport(program: Command, context: Context): void {
  program
    .command('report')
    .description('what was delivered to whom: jobs, core hours, waiting times, utilisation, energy (reads the history, the daemon need not run)')
    .option('--from <when>', 'a day, a month, an hour, or how long ago (default: 30 days before the end)')
    .option('--to <when>', 'the last day or month that is in it (default: now)')
    .addOption(new Option('--by <what>', 'one line for each').choices(reportKinds).default('environment'))
    .addOption(new Option('--format <format>', 'how to print it').choices(formats).default('table'))
    .option('--output <file>', 'write it there instead of printing it')
    .action(
      ends(context, async (options: Options, command: Command) => {
        const common = commonOf(command, context);
        const { clock, screen } = context;
        const stateDir = await stateFolderOf(common.config);
        if (stateDir === undefined) throw new CliError(exits.no, `${common.config} cannot be read: it says where the history lies (see --config)`);
        const period = periodOf(options.from, options.to, clock.wall());
        const report = reportOf(recorded(historyFile(stateDir), period.since, period.until, clock.wall()), { ...period, by: options.by, now: clock.wall() });
        const format = common.json === true ? 'json' : options.format;
        const text = {
          table: () => reportText(screen, report),
          csv: () => csvOf(report),
          json: () => `${JSON.stringify(report, undefined, 2)}\n`,
          html: () => htmlOf(report, 'Domus', localTime),
        }[format]();
        if (options.output === undefined) screen.out(text);
        else await writeFile(options.output, text);
        return undefined;
      }),
    );
}
