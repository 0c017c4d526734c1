import type { Command } from 'commander';
import { type Context, clientOf, commonOf, ends, show } from './context.js';
import { harmless } from './screen.js';

/** `domus reload`. */
export function addReload(program: Command, context: Context): void {
  program
    .command('reload')
    .description('let the daemon read its configuration anew; a wrong or unsafe one is refused, and the old one stays')
    .action(
      ends(context, async (_: unknown, command: Command) => {
        const common = commonOf(command, context);
        const answer = await (await clientOf(common)).act('POST /reload', {});
        const lines = answer.differences.map((difference) => `  ${harmless(difference)}`);
        show(context, common, answer, () => `${lines.length === 0 ? 'nothing has changed' : ['reloaded:', ...lines].join('\n')}\n`);
        return undefined;
      }),
    );
}
