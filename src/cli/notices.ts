import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import Database from 'better-sqlite3';
import type { Command } from 'commander';
import { localTime } from '../clock.js';
import { stateFolderOf } from '../config/load.js';
import { within } from '../deadline.js';
import { execaShell } from '../drivers/execa-shell.js';
import type { Message } from '../model/notice.js';
import { limitOf, sender } from '../notices/channels.js';
import { noticesFile, Outbox, type Parcel } from '../notices/outbox.js';
import { type Context, commonOf, ends, show } from './context.js';
import { CliError, exits } from './exits.js';
import { wholeConfig } from './loaded.js';
import { type Paint, painted } from './screen.js';
import { table } from './table.js';

const paints = { waiting: 'yellow', sent: 'green', 'given-up': 'red' } as const satisfies Record<Parcel['outcome'], Paint>;

/** The newest parcels; none where the daemon has not told anything yet. */
function recent(file: string, limit: number): readonly Parcel[] {
  if (!existsSync(file)) return [];
  const db = new Database(file, { readonly: true, fileMustExist: true, timeout: 2000 });
  try {
    return Outbox.reading(db).recent(limit);
  } finally {
    db.close();
  }
}

async function test(context: Context, config: string, names: readonly string[]): Promise<number> {
  const whole = await wholeConfig(config);
  const channels = whole.config.notices?.channels ?? {};
  const unknown = names.filter((name) => channels[name] === undefined);
  if (unknown.length > 0)
    throw new CliError(exits.usage, `there is no channel ${unknown.join(', ')} (there are: ${Object.keys(channels).join(', ') || 'none'})`);
  const chosen = names.length > 0 ? names : Object.keys(channels);
  if (chosen.length === 0) throw new CliError(exits.no, 'the configuration names no channel: see docs/notices.md');
  const { clock, screen } = context;
  const { deployment } = whole.config.policy;
  let exit: number = exits.ok;
  for (const name of chosen) {
    const channel = channels[name]!;
    const lines = [`a test, typed on ${hostname()}`, 'nothing is wrong'];
    const message: Message = { id: randomUUID(), deployment, rule: 'test', kind: 'test', at: clock.wall(), title: `test of ${name}`, lines, conditions: [] };
    try {
      await within(clock, limitOf(channel), `notice by ${name}`, undefined, (signal) => sender(channel, execaShell(clock))(message, signal));
      screen.out(`${name}: ${painted(screen, 'green', 'sent')}\n`);
    } catch (thrown) {
      screen.err(`${name}: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
      exit = exits.no;
    }
  }
  return exit;
}

/** `domus notices` and `domus notices test`. */
export function addNotices(program: Command, context: Context): void {
  const notices = program
    .command('notices')
    .description('what was told to whom, what waits and why')
    .option('--limit <count>', 'so many, the newest first', '20')
    .action(
      ends(context, async ({ limit }: { limit: string }, command: Command) => {
        if (!/^[1-9]\d{0,3}$/.test(limit)) throw new CliError(exits.usage, `--limit ${limit}: expected a number from 1 to 9999`);
        const common = commonOf(command, context);
        const stateDir = await stateFolderOf(common.config);
        if (stateDir === undefined) throw new CliError(exits.no, `${common.config} cannot be read: it says where the notices lie (see --config)`);
        const parcels = recent(noticesFile(stateDir), Number(limit));
        const columns = [
          { title: 'MADE', value: ({ message }: Parcel) => localTime(message.at) },
          { title: 'CHANNEL', value: ({ channel }: Parcel) => channel },
          {
            title: 'OUTCOME',
            value: ({ outcome, tries }: Parcel) => (tries > 0 && outcome === 'waiting' ? `waiting, ${tries} tries` : outcome),
            paint: ({ outcome }: Parcel) => paints[outcome],
          },
          {
            title: 'TITLE',
            value: ({ message, why, outcome }: Parcel) => (why === undefined || outcome === 'sent' ? message.title : `${message.title} (${why})`),
          },
        ];
        show(context, common, { notices: parcels }, () => table(context.screen, columns, parcels, 'nobody was told anything yet'));
        return undefined;
      }),
    );
  notices
    .command('test')
    .argument('[channels...]', 'which; all of them when none is named')
    .description('send one message through channels of the configuration, now')
    .action(ends(context, async (names: readonly string[], _: unknown, command: Command) => test(context, commonOf(command, context).config, names)));
}
