import { type Command, InvalidArgumentError, Option } from 'commander';
import type { EnvironmentRecord } from '../api/views-environments.js';
import type { JobList } from '../api/views-jobs.js';
import type { HostRecord, MachineRecord, SeatRecord } from '../api/views-machines.js';
import type { DeedRecord, ProposalRecord, StrayRecord } from '../api/views-plan.js';
import type { EventRecord } from '../api/views-why.js';
import { type Context, clientOf, commonOf, ends, show } from './context.js';
import { painted, type Screen } from './screen.js';
import { table } from './table.js';
import {
  deedColumns,
  environmentColumns,
  eventColumns,
  hostColumns,
  jobColumns,
  machineColumns,
  proposalColumns,
  seatColumns,
  strayColumns,
} from './tables.js';

interface JobOptions {
  readonly class?: string;
  readonly queue?: string;
  readonly environment?: string;
  readonly owner?: string;
  readonly limit: number;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('expected a whole number of at least 1.');
  return value;
}

function jobsText(screen: Screen, list: JobList, now: number): string {
  const cut = list.total > list.jobs.length ? `${list.jobs.length} of ${list.total} jobs are shown (see --limit)\n` : '';
  return table(screen, jobColumns(now), list.jobs, 'no job') + cut;
}

function deedsText(screen: Screen, { open, recent }: { open: readonly DeedRecord[]; recent: readonly EventRecord[] }, now: number): string {
  const title = painted(screen, 'bold', 'Recently');
  return `${table(screen, deedColumns(now), open, 'no deed is under way')}\n${title}\n${table(screen, eventColumns, recent.slice(0, 20), 'nothing')}`;
}

type Simple = { readonly [what: string]: (screen: Screen, body: never, now: number) => string };
const texts = {
  machines: (screen, body: { machines: readonly MachineRecord[] }, now) => table(screen, machineColumns(now), body.machines, 'no machine'),
  hosts: (screen, body: { hosts: readonly HostRecord[] }, now) => table(screen, hostColumns(now), body.hosts, 'no host is configured'),
  environments: (screen, body: { environments: readonly EnvironmentRecord[] }) =>
    table(screen, environmentColumns, body.environments, 'no environment is configured'),
  seats: (screen, body: { seats: readonly SeatRecord[] }) => table(screen, seatColumns, body.seats, 'no seat is configured'),
  deeds: deedsText,
  strays: (screen, body: { strays: readonly StrayRecord[] }) => table(screen, strayColumns, body.strays, 'nothing stray'),
  proposals: (screen, body: { proposals: readonly ProposalRecord[] }, now) => table(screen, proposalColumns(now), body.proposals, 'nothing waits for approval'),
} satisfies Simple;

/** `domus show WHAT`. */
export function addShow(program: Command, context: Context): void {
  const parent = program.command('show').description('list jobs, machines, hosts, environments, seats, deeds, strays or proposals');
  parent
    .command('jobs')
    .description('jobs of every batch server: what serves them, or why nothing does')
    .addOption(new Option('--class <class>', 'only these').choices(['running', 'waiting', 'unserved', 'other']))
    .option('--queue <name>', 'only of this queue')
    .option('--environment <name>', 'only of this environment')
    .option('--owner <user>', 'only of this user')
    .option('--limit <n>', 'show at most so many', positive, 200)
    .action(
      ends(context, async (options: JobOptions, command: Command) => {
        const common = commonOf(command, context);
        const filter = { class: options.class, queue: options.queue, environment: options.environment, owner: options.owner, limit: String(options.limit) };
        const query = new URLSearchParams(Object.entries(filter).filter((entry): entry is [string, string] => entry[1] !== undefined));
        const list = await (await clientOf(common)).read<JobList>(`jobs?${query}`);
        show(context, common, list, () => jobsText(context.screen, list, context.clock.wall()));
        return undefined;
      }),
    );
  for (const [what, text] of Object.entries(texts)) {
    parent
      .command(what)
      .description(`all ${what}`)
      .action(
        ends(context, async (_: unknown, command: Command) => {
          const common = commonOf(command, context);
          const body = await (await clientOf(common)).read<never>(what);
          show(context, common, body, () => text(context.screen, body, context.clock.wall()));
          return undefined;
        }),
      );
  }
}
