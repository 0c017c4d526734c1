import { type Command, Option } from 'commander';
import type { RequestKind } from '../model/rows.js';
import { type Context, clientOf, commonOf, ends, show } from './context.js';
import { addNormalise } from './normalise.js';
import { table } from './table.js';
import { powerColumns, powerText } from './tables.js';
import { wishAll } from './wish.js';

const wishes: readonly { readonly name: string; readonly kind: RequestKind; readonly description: string; readonly drain?: true }[] = [
  { name: 'on', kind: 'wake', description: 'switch hosts on, and leave them on for a while' },
  { name: 'off', kind: 'sleep', description: 'switch hosts off when their machines have gone; they stay off until "on"' },
  { name: 'cordon', kind: 'cordon', description: 'place no new machines on hosts', drain: true },
  { name: 'uncordon', kind: 'uncordon', description: 'take cordons back' },
  { name: 'prove', kind: 'prove', description: 'take empty hosts through one supervised off and on: they are known to come back' },
];

/** `domus hosts list|on|off|cordon|uncordon|prove|normalise`. */
export function addHosts(program: Command, context: Context): void {
  const parent = program
    .command('hosts')
    .description('switch hosts on and off, cordon them, prove that they come back, bring them back to normal, list their power')
    .addHelpText('after', '\nTo move a machine from one host to another: domus move MACHINE [HOST]');
  parent
    .command('list')
    .description('who switched which host, since when, and why it is as it is')
    .addOption(new Option('--power <state>', 'only those that are').choices(['on', 'off', 'waking', 'sleeping', 'unknown']))
    .action(
      ends(context, async ({ power }: { power?: string }, command: Command) => {
        const common = commonOf(command, context);
        const all = await (await clientOf(common)).all('GET /hosts', 'hosts', {});
        const body = power === undefined ? all : { ...all, hosts: all.hosts.filter((host) => powerText(host) === power) };
        show(context, common, body, () =>
          table(context.screen, powerColumns(context.clock.wall()), body.hosts, power === undefined ? 'no host is configured' : `no host is ${power}`),
        );
      }),
    );
  addNormalise(parent, context);
  for (const { name, kind, description, drain } of wishes) {
    const command = parent
      .command(name)
      .description(description)
      .argument('<host...>', 'hosts')
      .option('--why <words>', 'the reason, shown wherever this has an effect');
    if (drain === true) command.option('--drain', 'let the machines on them finish their jobs and go, too');
    command.action(
      ends(context, (hosts: readonly string[], options: { why?: string; drain?: boolean }, its: Command) => wishAll(context, kind, hosts, options, its)),
    );
  }
}
