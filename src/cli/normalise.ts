import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import type { NormalRecord } from '../api/schema/normal.js';
import { type Context, clientOf, commonOf, ends, show } from './context.js';
import { CliError, type Exit, exits } from './exits.js';
import { harmless, painted, type Screen } from './screen.js';
import { type Column, table } from './table.js';
import { wishAll } from './wish.js';

const columns: readonly Column<NormalRecord['steps'][number]>[] = [
  { title: 'HOST', value: ({ host }) => host },
  { title: 'NOW', value: ({ now }) => now },
  { title: 'WOULD', value: ({ will }) => will },
];

/** What would be done, and what would not. */
function normalText(screen: Screen, { steps, rest }: NormalRecord): string {
  const left = rest.map(({ subject, why }) => `  ${harmless(subject.replace(/^(host|machine):/, ''))} ${harmless(why)}\n`).join('');
  const title = painted(screen, 'bold', 'Left as it is');
  return `${table(screen, columns, steps, 'every host is as the configuration has it')}${left === '' ? '' : `\n${title}\n${left}`}`;
}

/** Asked on a terminal only: a script says `--yes`. */
async function agreed(screen: Screen, count: number): Promise<boolean> {
  if (!screen.tty || process.stdin.isTTY !== true) return false;
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await lines.question(`Do this to ${count} host(s)? [y/N] `)).trim());
  } finally {
    lines.close();
  }
}

interface Options {
  readonly pool?: string;
  readonly yes?: true;
  readonly why?: string;
}

/** `domus hosts normalise`. */
export function addNormalise(parent: Command, context: Context): void {
  parent
    .command('normalise')
    .description('bring hosts back to how the configuration has them: says what it would do, then does it with your yes')
    .argument('[host...]', 'hosts (default: all)')
    .option('--pool <name>', 'only the hosts of this pool')
    .option('--yes', 'do it without asking')
    .option('--why <words>', 'the reason, shown wherever this has an effect')
    .action(
      ends(context, async (hosts: readonly string[], options: Options, its: Command): Promise<Exit> => {
        const common = commonOf(its, context);
        const client = await clientOf(common);
        const { pool, yes, why = 'back to normal' } = options;
        const whole = await client.read('GET /hosts/normal', { query: pool === undefined ? {} : { pool } });
        if (hosts.length > 0) await knownHosts(hosts, client);
        const isMeant = (host: string): boolean => hosts.length === 0 || hosts.includes(host);
        const normal = { ...whole, steps: whole.steps.filter(({ host }) => isMeant(host)) };
        show(context, common, normal, () => normalText(context.screen, normal));
        if (normal.steps.length === 0) return exits.ok;
        const count = new Set(normal.steps.map(({ host }) => host)).size;
        if (yes !== true && !(await agreed(context.screen, count))) {
          context.screen.err('domus: nothing was done; --yes does it without asking\n');
          return exits.no;
        }
        let worst: Exit = exits.ok;
        for (const { kind, subject } of normal.steps) {
          const exit = await wishAll(context, kind, subject, { why }, its);
          if (exit !== exits.ok) worst = exit;
        }
        return worst;
      }),
    );
}

/** A name that is none is a mistake, not a host that is as it should be. */
async function knownHosts(hosts: readonly string[], client: Awaited<ReturnType<typeof clientOf>>): Promise<void> {
  const names = new Set((await client.all('GET /hosts', 'hosts', {})).hosts.map(({ name }) => name));
  const unknown = hosts.find((host) => !names.has(host));
  if (unknown !== undefined) throw new CliError(exits.no, `there is no host "${unknown}" ("domus hosts list" shows them all)`);
}
