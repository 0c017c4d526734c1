import type { Command } from 'commander';
import type { AuditLine } from '../api/schema/identity.js';
import { localTime } from '../clock.js';
import { readDuration } from '../config/duration.js';
import { type Context, clientOf, commonOf, ends, show } from './context.js';
import { CliError, exits } from './exits.js';
import { type Column, table } from './table.js';

const columns: readonly Column<AuditLine>[] = [
  { title: 'AT', value: (line) => localTime(line.at) },
  { title: 'WHO', value: (line) => line.who },
  { title: 'FROM', value: (line) => line.from },
  { title: 'WHAT', value: (line) => (line.times === 1 ? line.what : `${line.what} (${line.times} times)`) },
  { title: 'OUTCOME', value: (line) => line.outcome, paint: (line) => (/^2\d\d$|^304$/.test(line.outcome) ? undefined : 'yellow') },
  { title: 'WHY', value: (line) => line.why },
];

/** `domus audit`. */
export function addAudit(program: Command, context: Context): void {
  program
    .command('audit')
    .description('who asked what, from where, why, and what came of it; newest first')
    .option('--who <name>', 'only of this person or token')
    .option('--last <duration>', 'only of the last so long')
    .option('--limit <n>', 'at most so many lines', '100')
    .action(
      ends(context, async (options: { who?: string; last?: string; limit: string }, command: Command) => {
        const common = commonOf(command, context);
        const last = options.last === undefined ? undefined : readDuration(options.last);
        if (last !== undefined && 'expected' in last) throw new CliError(exits.usage, `--last ${options.last}: expected ${last.expected}`);
        const query = { who: options.who, limit: options.limit, since: last === undefined ? undefined : context.clock.wall() - last.value };
        const answer = await (await clientOf(common)).act('GET /audit', { query });
        show(context, common, answer, () => table(context.screen, columns, answer.lines, 'no line'));
        return undefined;
      }),
    );
}
