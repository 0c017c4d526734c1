import { type Command, InvalidArgumentError } from 'commander';
import type { CalendarRecord, MaintenanceRecord } from '../api/schema/calendar.js';
import { civilOf, dayNear, instantOf, writeDay } from '../calendar/civil.js';
import { localTime } from '../clock.js';
import { type Context, clientOf, commonOf, ends, show } from './context.js';
import { readAhead } from './instant.js';
import { painted, type Screen } from './screen.js';
import { type Column, table } from './table.js';
import { wishAll } from './wish.js';

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

interface Row {
  readonly day: string;
  readonly pool: string;
  readonly people: string;
  readonly cluster: string;
}

type Pool = CalendarRecord['pools'][number];

/** Hours and minutes of a local day; an end at midnight is 24:00. */
function clockIn(zone: string, day: number, at: number): string {
  const minutes = Math.round((at - instantOf(zone, day, 0, 'early')) / 60_000);
  const shown = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);
  return minutes > 0 && shown === '00:00' ? '24:00' : shown;
}

/** One local day of one pool: whose it is when. */
function rowOf({ pool, zone, windows }: Pool, day: number): Row {
  const [from, to] = [instantOf(zone, day, 0, 'early'), instantOf(zone, day + 1, 0, 'early')];
  const people: string[] = [];
  const cluster: string[] = [];
  let free = from;
  const span = (since: number, until: number): string => `${clockIn(zone, day, since)}-${clockIn(zone, day, until)}`;
  for (const { kind, since, until, name } of windows) {
    if (until <= from || since >= to) continue;
    const [begins, ends_] = [Math.max(since, from), Math.min(until, to)];
    if (begins > free) cluster.push(span(free, begins));
    people.push(`${kind} ${span(begins, ends_)}${name === '' ? '' : ` (${name})`}`);
    free = Math.max(free, ends_);
  }
  if (free < to) cluster.push(span(free, to));
  return { day: `${weekdays[civilOf(day).weekday]} ${writeDay(day)}`, pool, people: people.join(', '), cluster: cluster.join(', ') };
}

const rowsOf = ({ pools, at }: CalendarRecord, days: number): readonly Row[] =>
  Array.from({ length: days }, (_, ahead) =>
    pools.map((pool) => {
      const today = [-1, 0, 1]
        .map((off) => dayNear(at) + off)
        .find((day) => instantOf(pool.zone, day, 0, 'early') <= at && at < instantOf(pool.zone, day + 1, 0, 'early'));
      return rowOf(pool, (today ?? dayNear(at)) + ahead);
    }),
  ).flat();

const columns: readonly Column<Row>[] = [
  { title: 'DAY', value: (row) => row.day },
  { title: 'POOL', value: (row) => row.pool },
  { title: 'PEOPLE', value: (row) => (row.people === '' ? 'closed' : row.people), paint: (row) => (row.people === '' ? undefined : 'yellow') },
  { title: 'CLUSTER', value: (row) => row.cluster },
];

interface Free {
  readonly maintenance: MaintenanceRecord;
  readonly of: MaintenanceRecord['hosts'][number];
}

const maintenanceColumns: readonly Column<Free>[] = [
  { title: 'MAINTENANCE', value: ({ maintenance }) => maintenance.id },
  { title: 'HOST', value: ({ of }) => of.host },
  { title: 'EMPTY FROM', value: ({ maintenance }) => localTime(maintenance.due) },
  { title: 'UNTIL', value: ({ maintenance }) => localTime(maintenance.until) },
  { title: 'BY', value: ({ maintenance }) => maintenance.who },
  {
    title: 'FREE AT',
    value: ({ of }) => (of.freeAt === undefined ? 'nobody knows' : localTime(of.freeAt)),
    paint: ({ maintenance, of }) => (of.freeAt === undefined || of.freeAt > maintenance.due ? 'red' : 'green'),
  },
  { title: 'WHY', value: ({ maintenance, of }) => `${of.why}; ${maintenance.why}` },
];

const freeRows = ({ maintenances }: CalendarRecord): readonly Free[] =>
  maintenances.flatMap((maintenance) => maintenance.hosts.map((of) => ({ maintenance, of })));

function text(screen: Screen, body: CalendarRecord, days: number): string {
  const states = body.pools.map(({ pool, zone, hosts }) => {
    const counts = Object.entries(hosts).map(([state, count]) => `${count} ${state}`);
    return `${pool} (${zone})${counts.length === 0 ? '' : `: ${counts.join(', ')}`}`;
  });
  const late = body.pools.flatMap((pool) => pool.late.map((line) => painted(screen, 'red', line)));
  const maintenances = body.maintenances.length === 0 ? '' : `\n${table(screen, maintenanceColumns, freeRows(body), '')}`;
  const calendar = table(screen, columns, rowsOf(body, days), 'no pool has a calendar: every room is the cluster’s, always');
  return `${[...states, ...late].map((line) => `${line}\n`).join('')}${calendar}${maintenances}`;
}

function readDays(word: string): number {
  const days = Number(word);
  if (!Number.isInteger(days) || days < 1 || days > 60) throw new InvalidArgumentError('expected a number of days from 1 to 60.');
  return days;
}

/** `domus calendar`, `domus maintain`. */
export function addCalendar(program: Command, context: Context): void {
  program
    .command('calendar')
    .description('who owns which room when, and which hosts are to be empty for a maintenance')
    .option('--days <n>', 'so many days from today', readDays, 14)
    .action(
      ends(context, async ({ days }: { days: number }, command: Command) => {
        const common = commonOf(command, context);
        const body = await (await clientOf(common)).read('GET /calendar', { query: { days } });
        show(context, common, body, () => text(context.screen, body, days));
      }),
    );
  const parent = program.command('maintain').description('have hosts empty from a time on, for somebody who works on them; no job is ended for it');
  const ahead = (word: string): number => readAhead(word, context.clock.wall());
  parent
    .command('add')
    .description('no job that would last beyond that time is taken there any more; says what will not be free by then')
    .argument('<host-or-pool...>', 'hosts, or pools with all their hosts')
    .requiredOption('--by <time>', 'empty from then on: 18:00, "fri 18:00", "2026-07-03 18:00", 4h', ahead)
    .requiredOption('--until <time>', 'then they are the cluster’s again; the same words', ahead)
    .option('--why <words>', 'the reason, shown wherever this has an effect')
    .action(
      ends(context, (subjects: readonly string[], { by, until, why }: { by: number; until: number; why?: string }, its: Command) =>
        wishAll(context, 'maintain', subjects, { dueAt: by, untilAt: until, ...(why === undefined ? {} : { why }) }, its),
      ),
    );
  parent
    .command('list')
    .description('which hosts are to be empty when, and when they will be')
    .action(
      ends(context, async (_: object, command: Command) => {
        const common = commonOf(command, context);
        const body = await (await clientOf(common)).read('GET /calendar', { query: {} });
        show(context, common, body.maintenances, () => table(context.screen, maintenanceColumns, freeRows(body), 'no maintenance is planned'));
      }),
    );
  parent
    .command('end')
    .description('hosts are the cluster’s again at once')
    .argument('<id...>', 'maintenances, as "domus maintain list" names them')
    .option('--why <words>', 'the reason')
    .action(ends(context, (ids: readonly string[], options: { why?: string }, its: Command) => wishAll(context, 'unmaintain', ids, options, its)));
}
