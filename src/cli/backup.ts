import { resolve } from 'node:path';
import type { Command } from 'commander';
import { stateFolderOf } from '../config/load.js';
import { backupJournal } from '../journal/sqlite/backup.js';
import { type Context, commonOf, ends, show } from './context.js';
import { CliError, exits } from './exits.js';

/** `domus backup`. */
export function addBackup(program: Command, context: Context): void {
  program
    .command('backup')
    .argument('<file>', 'a file that is not there yet')
    .description('a whole copy of the journal, while the daemon runs; hosts refuse a daemon on the copy until "domus run --take-over"')
    .action(
      ends(context, async (file: string, _: unknown, command: Command) => {
        const common = commonOf(command, context);
        const stateDir = await stateFolderOf(common.config);
        if (stateDir === undefined) throw new CliError(exits.no, `${common.config} cannot be read: it says where the journal lies (see --config)`);
        const backed = await backupJournal(stateDir, resolve(file));
        show(context, common, backed, () => `${backed.file}: epoch ${backed.epoch}, ${backed.rows} rows, ${backed.events} events\n`);
        return undefined;
      }),
    );
}
