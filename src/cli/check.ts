import type { Command } from 'commander';
import type { Config } from '../config/config.js';
import { renderProblem } from '../config/problem.js';
import { type Context, commonOf, ends } from './context.js';
import { type Exit, exits } from './exits.js';
import { type Examined, examineAll } from './live.js';
import { checkedConfig, pluginProblems, type Whole, withParts } from './loaded.js';
import { harmless, type Paint, painted, type Screen } from './screen.js';

const paints = { ok: 'green', warning: 'yellow', error: 'red' } as const satisfies Readonly<Record<string, Paint>>;

/** What was found at one part, for people. */
export function examinedText(screen: Screen, { part, findings }: Examined): string {
  const lines = findings.map(({ level, what, remedy }) => {
    const hint = remedy === undefined ? '' : ` (${remedy})`;
    return `  ${painted(screen, paints[level], level.padEnd(7))} ${harmless(`${what}${hint}`)}`;
  });
  return `${painted(screen, 'bold', part)}\n${lines.join('\n')}\n`;
}

const summaryText = ({ policy, batch }: Config): string => {
  const counts = [
    `${Object.keys(batch).length} batch server(s)`,
    `${Object.keys(policy.environments).length} environment(s)`,
    `${Object.keys(policy.hosts).length} host(s)`,
    `${Object.keys(policy.seats).length} seat(s)`,
    ...(policy.services === undefined ? [] : [`${Object.keys(policy.services).length} permanent machine(s)`]),
  ];
  return `the configuration is fine: ${counts.join(', ')}, mode ${policy.mode}\n`;
};

async function live(context: Context, whole: Whole, json: boolean): Promise<Exit> {
  const { screen, clock } = context;
  const examined = await withParts(whole, clock, (parts) =>
    examineAll(whole.config, parts, clock, (each) => (json ? undefined : screen.out(examinedText(screen, each)))),
  );
  const good = examined.every(({ findings }) => findings.every(({ level }) => level !== 'error'));
  if (json) screen.out(`${JSON.stringify({ ok: good, problems: [], examined }, undefined, 2)}\n`);
  return good ? exits.ok : exits.no;
}

/** `domus check [--live]`. */
export function addCheck(program: Command, context: Context): void {
  program
    .command('check')
    .description('check domus.yaml and every environment: all problems at once')
    .option('--live', 'also ask every batch server and host, changing nothing')
    .action(
      ends(context, async (options: { live?: boolean }, command: Command) => {
        const common = commonOf(command, context);
        const checked = await checkedConfig(common.config);
        const problems = checked.ok ? await pluginProblems(checked, context.clock) : checked.problems;
        if (!checked.ok || problems.length > 0) {
          const count = `${problems.length} problem(s) in the configuration`;
          const text = common.json
            ? JSON.stringify({ ok: false, problems }, undefined, 2)
            : [...problems.map((problem) => harmless(renderProblem(problem))), count].join('\n');
          context.screen.out(`${text}\n`);
          return exits.no;
        }
        if (!common.json) context.screen.out(summaryText(checked.config));
        if (options.live) return live(context, checked, common.json === true);
        if (common.json) context.screen.out(`${JSON.stringify({ ok: true, problems: [] }, undefined, 2)}\n`);
        return exits.ok;
      }),
    );
}
