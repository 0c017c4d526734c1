import type { Command } from 'commander';
import type { WeekRecord } from '../api/schema/week.js';
import { localTime } from '../clock.js';
import { span } from '../model/reason.js';
import type { Client } from './client.js';
import { type Context, clientOf, commonOf, ends, show } from './context.js';
import { waitText } from './replay-screen.js';
import { painted, type Screen } from './screen.js';
import { type Column, table } from './table.js';

/** How long the command waits for the simulator, and how often it looks, ms. */
const patienceMs = 2_100_000;
const lookMs = 1000;

type Environment = WeekRecord['environments'][number];
type Done = Extract<WeekRecord['estimate'], { state: 'done' }>;
type Estimated = Done['environments'][number];
type Thought = WeekRecord['thoughts'][number];

const wait = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : waitText(ms / 1000));
const hours = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en')} h`;

const decided: readonly Column<Environment>[] = [
  { title: 'ENVIRONMENT', value: (row) => row.name },
  { title: 'MODE', value: (row) => row.mode, paint: (row) => (row.mode === 'watch' ? 'yellow' : undefined) },
  { title: 'JOBS STARTED', value: (row) => row.seen.started, align: 'right' },
  { title: 'WAITED', value: (row) => wait(row.seen.waitMeanMs), align: 'right' },
  { title: 'P95', value: (row) => wait(row.seen.waitP95Ms), align: 'right' },
  { title: 'WOULD START', value: (row) => row.decisions['start'] ?? 0, align: 'right' },
  { title: 'AT ONCE', value: (row) => row.mostAtOnce, align: 'right' },
  { title: 'WOULD STOP', value: (row) => row.decisions['drain'] ?? 0, align: 'right' },
  { title: 'RESIZE', value: (row) => row.decisions['resize'] ?? 0, align: 'right' },
];

const estimated: readonly Column<Estimated>[] = [
  { title: 'ENVIRONMENT', value: (row) => row.name },
  { title: 'JOBS', value: (row) => row.jobs, align: 'right' },
  { title: 'WOULD WAIT', value: (row) => wait(row.waitMeanMs), align: 'right' },
  { title: 'MEDIAN', value: (row) => wait(row.waitMedianMs), align: 'right' },
  { title: 'P95', value: (row) => wait(row.waitP95Ms), align: 'right' },
  { title: 'OVER 10 MIN', value: (row) => row.longWaits, align: 'right' },
  { title: 'IN TRUTH', value: (row) => wait(row.really.waitMeanMs), align: 'right' },
  { title: 'OVER 10 MIN', value: (row) => row.really.longWaits, align: 'right' },
  { title: 'NOT STARTED', value: (row) => row.unstarted, align: 'right' },
  { title: 'MACHINES', value: (row) => row.machinesAtMost, align: 'right' },
  { title: 'MACHINE TIME', value: (row) => hours(row.machineHours), align: 'right' },
];

const thought: readonly Column<Thought>[] = [
  { title: 'SINCE', value: (row) => localTime(row.since).slice(0, 16) },
  { title: 'STOOD', value: (row) => span(row.until - row.since), align: 'right' },
  { title: 'WOULD', value: (row) => row.kind },
  { title: 'WHAT', value: (row) => row.subject.slice(row.subject.indexOf(':') + 1) },
  { title: 'ON', value: (row) => row.host },
  { title: 'WHY', value: (row) => row.why },
];

function doneText(screen: Screen, done: Done): string {
  const { site } = done;
  const energy = site.switchesHosts
    ? `hosts on for ${hours(site.hostsOnHours)} of ${hours(site.alwaysOnHours)}, about ${Math.round(site.energyKWh)} kWh (always on: ${Math.round(site.alwaysOnKWh)} kWh)`
    : `hosts always on, about ${Math.round(site.energyKWh)} kWh`;
  return [
    table(screen, estimated, done.environments, 'no environment'),
    `${site.boots} machine(s) started; ${energy}. Estimated for:\n`,
    ...done.assumed.map((each) => `  ${each}\n`),
  ].join('');
}

/** The week as people read it on a terminal. */
export function weekText(screen: Screen, week: WeekRecord): string {
  const { estimate } = week;
  const head = (text: string): string => `${painted(screen, 'bold', text)}\n`;
  const rest = week.thoughtsTotal > 20 ? `the newest 20 of ${week.thoughtsTotal}\n` : '';
  const guess = {
    done: () => doneText(screen, estimate as Done),
    failed: () => `none: ${(estimate as Extract<typeof estimate, { state: 'failed' }>).why}\n`,
    working: () =>
      `is being worked out, ${Math.round(100 * (estimate as Extract<typeof estimate, { state: 'working' }>).part)} % is over: ask again in a while\n`,
    none: () => 'none is made here\n',
  }[estimate.state]();
  return [
    head(`${localTime(week.since).slice(0, 16)} to ${localTime(week.until).slice(0, 16)}, the batch server was heard for ${span(week.heardMs)}`),
    week.watches ? '' : 'No environment is in mode watch: what is decided is done.\n',
    table(screen, decided, week.environments, 'no environment is configured'),
    head('\nWhat had come of it, by the simulator'),
    guess,
    head('\nDecisions that were only recorded'),
    table(screen, thought, week.thoughts.slice(0, 20), 'none'),
    rest,
  ].join('');
}

/** Asks until the simulator has ended, if it is at work. */
async function weekOf(client: Client, { clock, screen }: Context, waits: boolean): Promise<WeekRecord> {
  const until = clock.mono() + patienceMs;
  for (;;) {
    const week = await client.read('GET /week', {});
    if (week.estimate.state !== 'working' || !waits || clock.mono() >= until || screen.ended.aborted) return week;
    await clock.sleep(lookMs, screen.ended);
  }
}

/** `domus week`. */
export function addWeek(program: Command, context: Context): void {
  program
    .command('week')
    .description('what Domus would have done in the last seven days, had it not only watched, and how long jobs would have waited (an estimate)')
    .option('--no-wait', 'do not wait for the estimate')
    .action(
      ends(context, async ({ wait: waits }: { wait: boolean }, command: Command) => {
        const common = commonOf(command, context);
        const week = await weekOf(await clientOf(common), context, waits);
        show(context, common, week, () => weekText(context.screen, week));
        return undefined;
      }),
    );
}
