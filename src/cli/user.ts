import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Command } from 'commander';
import type { Answer } from '../api/routes/table.js';
import type { UserRecord } from '../api/schema/identity.js';
import { localTime } from '../clock.js';
import { type Context, clientOf, commonOf, ends, show } from './context.js';
import { CliError, exits } from './exits.js';
import { environmentOption, type GrantOptions, grantsOf, grantsText, poolOption, roleOption } from './grants.js';
import { type Column, table } from './table.js';

const columns: readonly Column<UserRecord>[] = [
  { title: 'USER', value: (user) => user.name },
  { title: 'MAY', value: (user) => grantsText(user.grants) },
  { title: 'PASSWORD', value: (user) => (user.hasPassword ? 'set' : 'not chosen yet'), paint: (user) => (user.hasPassword ? undefined : 'yellow') },
  { title: 'SINCE', value: (user) => localTime(user.createdAt) },
];

/** A password, asked for twice on a terminal without showing it, or one line of standard input. */
async function askPassword(context: Context): Promise<string> {
  const terminal = process.stdin.isTTY === true;
  const mute = new Writable({ write: (_, __, done) => done() });
  const lines = createInterface({ input: process.stdin, output: mute, terminal });
  const ask = async (what: string): Promise<string> => {
    if (terminal) context.screen.err(what);
    const line = await lines.question('', { signal: context.screen.ended });
    if (terminal) context.screen.err('\n');
    return line;
  };
  try {
    const password = await ask('New password: ');
    if (terminal && (await ask('Again: ')) !== password) throw new CliError(exits.usage, 'the two are not the same');
    return password;
  } finally {
    lines.close();
  }
}

const linkText = ({ url, code, expiresAt }: Answer<'POST /users/:name/link'>): string =>
  url === undefined
    ? `one-time code, good until ${localTime(expiresAt)}: ${code}\n(there is no port to open a page at: see api.port)\n`
    : `open this once, until ${localTime(expiresAt)}, to choose a password:\n  ${url}\n`;

/** `domus user add|list|remove|passwd|link`. */
export function addUser(program: Command, context: Context): void {
  const parent = program.command('user').description('people who sign in at the page, and what they may do');
  parent
    .command('list')
    .description('users and their roles')
    .action(
      ends(context, async (_: unknown, command: Command) => {
        const common = commonOf(command, context);
        const answer = await (await clientOf(common)).act('GET /users', {});
        show(context, common, answer, () => table(context.screen, columns, answer.users, 'no user'));
        return undefined;
      }),
    );
  parent
    .command('add')
    .description('add a user (or, with --replace, give other roles) and print the link by which he chooses his password')
    .argument('<name>', 'his name in the batch system, where he shall see his own jobs')
    .addOption(roleOption())
    .addOption(poolOption())
    .addOption(environmentOption())
    .option('--replace', 'the user is there already: only his roles change')
    .action(
      ends(context, async (name: string, options: GrantOptions & { replace?: boolean }, command: Command) => {
        const common = commonOf(command, context);
        const client = await clientOf(common);
        const grants = grantsOf(options);
        if (options.replace === true) {
          const user = await client.act('PUT /users/:name', { params: { name }, body: { grants } });
          show(context, common, user, () => `${user.name}: ${grantsText(user.grants)}\n`);
          return undefined;
        }
        const user = await client.act('POST /users', { body: { name, grants: [...grants] } });
        const link = await client.act('POST /users/:name/link', { params: { name } });
        show(context, common, { ...user, link }, () => `${user.name}: ${grantsText(user.grants)}\n${linkText(link)}`);
        return undefined;
      }),
    );
  parent
    .command('remove')
    .description('remove a user, his sessions and his tokens')
    .argument('<name>')
    .action(
      ends(context, async (name: string, _: unknown, command: Command) => {
        const common = commonOf(command, context);
        show(context, common, await (await clientOf(common)).act('DELETE /users/:name', { params: { name } }), () => `${name} is removed\n`);
        return undefined;
      }),
    );
  parent
    .command('passwd')
    .description('set a password (asked for, or one line of standard input); the sessions of the user end')
    .argument('<name>')
    .action(
      ends(context, async (name: string, _: unknown, command: Command) => {
        const common = commonOf(command, context);
        const password = await askPassword(context);
        const answer = await (await clientOf(common)).act('PUT /users/:name/password', { params: { name }, body: { password } });
        show(context, common, answer, () => `${name} has a new password\n`);
        return undefined;
      }),
    );
  parent
    .command('link')
    .description('a one-time link by which a user chooses his password')
    .argument('<name>')
    .action(
      ends(context, async (name: string, _: unknown, command: Command) => {
        const common = commonOf(command, context);
        const link = await (await clientOf(common)).act('POST /users/:name/link', { params: { name } });
        show(context, common, link, () => linkText(link));
        return undefined;
      }),
    );
}
