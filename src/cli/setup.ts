import type { Command } from 'commander';
import type { Clock } from '../clock.js';
import type { Parts } from '../daemon/parts.js';
import { within } from '../deadline.js';
import type { SetupStep } from '../drivers/batch.js';
import { asFailure } from '../drivers/failure.js';
import type { Policy } from '../model/policy.js';
import { type Context, commonOf, ends } from './context.js';
import { CliError, exits } from './exits.js';
import { wholeConfig, withParts } from './loaded.js';
import { harmless } from './screen.js';
import { queueWishes, seatWishes } from './wishes.js';
import { commandLine } from './words.js';

/** Limit of comparing, and of carrying all steps out, ms. */
const diffMs = 300_000;
const applyMs = 3_600_000;

const stepText = ({ argv, why }: SetupStep): string => `${commandLine(argv)}   # ${harmless(why)}\n`;

interface Differences {
  readonly server: string;
  readonly steps: readonly SetupStep[];
}

interface Work {
  readonly policy: Policy;
  readonly parts: Parts;
  readonly clock: Clock;
  readonly apply: boolean;
  readonly say: (text: string) => void;
}

/** Compares one batch server, and says or does what is missing. Raises CliError. */
async function setUp(server: string, { policy, parts, clock, apply, say }: Work): Promise<Differences> {
  const driver = parts.batch.get(server);
  if (driver === undefined) throw new CliError(exits.no, `batch server ${server} has no driver`);
  const diff = (signal: AbortSignal): Promise<readonly SetupStep[]> => driver.diff(seatWishes(policy, server), queueWishes(policy, server), signal);
  try {
    const steps = await within(clock, diffMs, `comparing ${server}`, undefined, diff);
    if (steps.length === 0) say(`# ${server}: everything agrees\n`);
    else if (!apply) say(`# ${server}: ${steps.length} command(s)\n${steps.map(stepText).join('')}`);
    else await within(clock, applyMs, `setting up ${server}`, undefined, (signal) => driver.apply(steps, (line) => say(`${harmless(line)}\n`), signal));
    return { server, steps };
  } catch (thrown) {
    const failure = asFailure(thrown, `batch server ${server}`);
    throw new CliError(failure.kind === 'denied' ? exits.refused : exits.no, failure.message, { cause: thrown });
  }
}

/** `domus torque setup [--apply]`: what a manager types once, so that Domus needs no more than an operator's rights. */
export function addSetup(program: Command, context: Context): void {
  const torque = program.command('torque').description('the batch servers themselves');
  torque
    .command('setup')
    .description('print the commands that make queues, properties and seats agree with the environments')
    .option('--apply', 'carry them out, one by one (needs a manager of the batch server)')
    .option('--server <name>', 'only this batch server')
    .action(
      ends(context, async (options: { apply?: boolean; server?: string }, command: Command) => {
        const { screen, clock } = context;
        const common = commonOf(command, context);
        const whole = await wholeConfig(common.config);
        const { policy, batch } = whole.config;
        const servers = Object.keys(batch).filter((name) => options.server === undefined || options.server === name);
        if (servers.length === 0) throw new CliError(exits.usage, `there is no batch server "${options.server}" in the configuration`);
        const say = (text: string): void => (common.json ? undefined : screen.out(text));
        const apply = options.apply === true;
        const all: Differences[] = [];
        await withParts(whole, clock, async (parts) => {
          for (const server of servers) all.push(await setUp(server, { policy, parts, clock, apply, say }));
        });
        if (common.json) screen.out(`${JSON.stringify({ applied: apply, servers: all }, undefined, 2)}\n`);
        return exits.ok;
      }),
    );
}
