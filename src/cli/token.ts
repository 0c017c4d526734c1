import type { Command } from 'commander';
import type { TokenRecord } from '../api/schema/identity.js';
import { localTime } from '../clock.js';
import { readDuration } from '../config/duration.js';
import { type Context, clientOf, commonOf, ends, show } from './context.js';
import { CliError, exits } from './exits.js';
import { environmentOption, type GrantOptions, grantsOf, grantsText, poolOption, roleOption } from './grants.js';
import { type Column, table } from './table.js';

const columns: readonly Column<TokenRecord>[] = [
  { title: 'ID', value: (token) => token.id },
  { title: 'LABEL', value: (token) => token.label },
  { title: 'OF', value: (token) => token.owner },
  { title: 'MAY', value: (token) => grantsText(token.grants) },
  { title: 'EXPIRES', value: (token) => localTime(token.expiresAt) },
  { title: 'USED', value: (token) => (token.usedAt === undefined ? 'never' : localTime(token.usedAt)) },
];

function durationOf(text: string): number {
  const read = readDuration(text);
  if ('value' in read) return read.value;
  throw new CliError(exits.usage, `--expires ${text}: expected ${read.expected}`);
}

/** `domus token create|list|revoke`. */
export function addToken(program: Command, context: Context): void {
  const parent = program.command('token').description('tokens for programs: scoped, expiring, shown once');
  parent
    .command('list')
    .description('tokens, and when they were last used')
    .action(
      ends(context, async (_: unknown, command: Command) => {
        const common = commonOf(command, context);
        const answer = await (await clientOf(common)).act('GET /tokens', {});
        show(context, common, answer, () => table(context.screen, columns, answer.tokens, 'no token'));
        return undefined;
      }),
    );
  parent
    .command('create')
    .description('make a token and print it, this once')
    .argument('<label>', 'what it is for')
    .addOption(roleOption().makeOptionMandatory())
    .addOption(poolOption())
    .addOption(environmentOption())
    .option('--expires <duration>', 'it holds for this long, a year at most', '90d')
    .action(
      ends(context, async (label: string, options: GrantOptions & { expires: string }, command: Command) => {
        const common = commonOf(command, context);
        const body = { label, grants: [...grantsOf(options)], expiresInMs: durationOf(options.expires) };
        const made = await (await clientOf(common)).act('POST /tokens', { body });
        show(context, common, made, () => `${made.token}\n`);
        return undefined;
      }),
    );
  parent
    .command('revoke')
    .description('end a token at once')
    .argument('<id>', 'as "domus token list" names it')
    .action(
      ends(context, async (id: string, _: unknown, command: Command) => {
        const common = commonOf(command, context);
        show(context, common, await (await clientOf(common)).act('DELETE /tokens/:id', { params: { id } }), () => `${id} is revoked\n`);
        return undefined;
      }),
    );
}
