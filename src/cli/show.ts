import { type Command, InvalidArgumentError, Option } from 'commander';
import type { DeedRecord } from '../api/schema/actions.js';
import type { EventRecord } from '../api/schema/events.js';
import type { JobList, JobRecord } from '../api/schema/jobs.js';
import type { Client } from './client.js';
import { type Context, clientOf, commonOf, ends, show } from './context.js';
import { painted, type Screen } from './screen.js';
import { table } from './table.js';
import {
  deedColumns,
  environmentColumns,
  eventColumns,
  hostColumns,
  imageColumns,
  jobColumns,
  machineColumns,
  proposalColumns,
  seatColumns,
  serviceColumns,
  strayColumns,
} from './tables.js';
import type { Common } from './where.js';

interface JobOptions {
  readonly class?: JobRecord['class'];
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

/** A list that is shown whole: how it is read, and as what. */
const what =
  <B>(read: (client: Client) => Promise<B>, text: (screen: Screen, body: B, now: number) => string) =>
  async (context: Context, common: Common): Promise<undefined> => {
    const body = await read(await clientOf(common));
    show(context, common, body, () => text(context.screen, body, context.clock.wall()));
  };

const whats = {
  machines: what(
    (client) => client.all('GET /machines', 'machines', {}),
    (screen, body, now) => table(screen, machineColumns(now), body.machines, 'no machine'),
  ),
  hosts: what(
    (client) => client.all('GET /hosts', 'hosts', {}),
    (screen, body, now) => table(screen, hostColumns(now), body.hosts, 'no host is configured'),
  ),
  environments: what(
    (client) => client.all('GET /environments', 'environments', {}),
    (screen, body) => table(screen, environmentColumns, body.environments, 'no environment is configured'),
  ),
  images: what(
    (client) => client.all('GET /images', 'images', {}),
    (screen, body) => table(screen, imageColumns, body.images, 'no host shows an image'),
  ),
  seats: what(
    (client) => client.all('GET /seats', 'seats', {}),
    (screen, body) => table(screen, seatColumns, body.seats, 'no seat is configured'),
  ),
  deeds: what((client) => client.read('GET /actions', {}), deedsText),
  services: what(
    (client) => client.all('GET /services', 'services', {}),
    (screen, body, now) => table(screen, serviceColumns(now), body.services, 'no permanent machine is configured'),
  ),
  strays: what(
    (client) => client.all('GET /strays', 'strays', {}),
    (screen, body) => table(screen, strayColumns, body.strays, 'nothing stray'),
  ),
  proposals: what(
    (client) => client.all('GET /proposals', 'proposals', {}),
    (screen, body, now) => table(screen, proposalColumns(now), body.proposals, 'nothing waits for approval'),
  ),
};

/** `domus show WHAT`. */
export function addShow(program: Command, context: Context): void {
  const parent = program.command('show').description('list jobs, machines, hosts, environments, images, seats, services, deeds, strays or proposals');
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
        const { limit, ...query } = options;
        const list = await (await clientOf(common)).all('GET /jobs', 'jobs', { query }, limit);
        show(context, common, list, () => jobsText(context.screen, list, context.clock.wall()));
        return undefined;
      }),
    );
  for (const [name, shown] of Object.entries(whats)) {
    parent
      .command(name)
      .description(`all ${name}`)
      .action(ends(context, (_: unknown, command: Command) => shown(context, commonOf(command, context))));
  }
}
