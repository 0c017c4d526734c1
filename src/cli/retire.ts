import type { Command } from 'commander';
import { textSetting } from '../daemon/boot.js';
import { peekRows } from '../journal/sqlite/peek.js';
import { type Context, commonOf, ends, show } from './context.js';
import { CliError, type Exit, exits } from './exits.js';
import { wholeConfig } from './loaded.js';
import { type Part, retirement } from './retirement.js';
import { harmless } from './screen.js';

const plainWord = /^[A-Za-z0-9_@%+=:,./-]+$/;
const quoted = (word: string): string => (plainWord.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** A shell script: titles and remarks are comments, the rest command lines. */
export function script(parts: readonly Part[]): string {
  const line = (each: Part['lines'][number]): string => (typeof each === 'string' ? `# ${harmless(each)}` : each.map(quoted).join(' '));
  return parts.map(({ title, lines }, at) => `# ${at + 1}. ${harmless(title)}\n${lines.map((each) => `${line(each)}\n`).join('')}`).join('\n');
}

/** `domus retire`. */
export function addRetire(program: Command, context: Context): void {
  const retire = async (_: object, command: Command): Promise<Exit> => {
    const common = commonOf(command, context);
    const { config } = await wholeConfig(common.config);
    const rows = peekRows(config.stateDir);
    if (rows === undefined) throw new CliError(exits.no, `there is no journal in ${config.stateDir}: there is nothing to retire`);
    if (rows.freeze.size === 0) throw new CliError(exits.refused, 'the daemon may still start and stop machines: domus freeze --why "retiring" first');
    const boots = new Map(
      Object.values(config.policy.hosts).flatMap((host) =>
        host.mac === undefined || config.boot === undefined ? [] : [[host.name, config.boot.pools[host.pool]?.usual ?? 'dom0'] as const],
      ),
    );
    const [images, overlays] = [textSetting(config.hypervisor.settings, 'imagesDir') ?? '', textSetting(config.hypervisor.settings, 'overlaysDir') ?? ''];
    const parts = retirement(config.policy, rows, { boots, images, overlays });
    show(context, common, parts, () => `# The way out of Domus: nothing of this was done. Read it, then type it, part by part.\n\n${script(parts)}`);
    return exits.ok;
  };
  program.command('retire').description('the way out: print what leaves a plain static cluster behind; nothing is done').action(ends(context, retire));
}
