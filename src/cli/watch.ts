import type { Command } from 'commander';
import type { EnvironmentRecord } from '../api/schema/environments.js';
import type { HostRecord } from '../api/schema/hosts.js';
import type { MachineRecord } from '../api/schema/machines.js';
import type { StatusRecord } from '../api/schema/status.js';
import type { Client } from './client.js';
import { type Context, clientOf, commonOf, ends } from './context.js';
import { CliError, exits } from './exits.js';
import { harmless, painted, type Screen } from './screen.js';
import { table } from './table.js';
import { environmentColumns, hostColumns, machineColumns } from './tables.js';
import { ago } from './words.js';

/** Everything that one screen of `domus watch` shows. */
export interface Watched {
  readonly status: StatusRecord;
  readonly environments: readonly EnvironmentRecord[];
  readonly hosts: readonly HostRecord[];
  readonly machines: readonly MachineRecord[];
}

export async function lookAround(client: Client): Promise<Watched> {
  const status = await client.read('GET /status', {});
  const { environments } = await client.all('GET /environments', 'environments', {});
  const { hosts } = await client.all('GET /hosts', 'hosts', {});
  const { machines } = await client.all('GET /machines', 'machines', {});
  return { status, environments, hosts, machines };
}

function alarms(screen: Screen, { status }: Watched, now: number): readonly string[] {
  const lines: string[] = [];
  if (status.frozen !== undefined) lines.push(painted(screen, 'yellow', harmless(`frozen by ${status.frozen.by}: ${status.frozen.why}`)));
  for (const source of status.silent) {
    const since = source.silentSince === undefined ? 'has not answered yet' : `has been silent for ${ago(source.silentSince, now)}`;
    lines.push(
      painted(
        screen,
        'red',
        harmless(`${source.kind === 'batch' ? 'batch server' : 'host'} ${source.name} ${since}${source.cause === undefined ? '' : `: ${source.cause}`}`),
      ),
    );
  }
  if (status.strays > 0) lines.push(painted(screen, 'yellow', `${status.strays} stray(s): domus show strays`));
  if (status.proposals > 0) lines.push(painted(screen, 'yellow', `${status.proposals} proposal(s) wait for approval: domus show proposals`));
  return lines;
}

/** The first lines: who, in which mode, how it goes. */
export function headText(screen: Screen, watched: Watched, now: number): string {
  const { status } = watched;
  const { jobs, machines, hosts } = status;
  const took = status.tickTookMs === undefined ? '' : ` in ${Math.round(status.tickTookMs)} ms`;
  const lines = [
    `${painted(screen, 'bold', harmless(`domus ${status.deployment}`))}  mode ${status.mode}, epoch ${status.epoch}, tick ${status.revision} ${ago(status.at, now)} ago${took}`,
    `jobs: ${jobs.running} running, ${jobs.waiting} waiting, ${jobs.unserved} unserved, ${jobs.other} other   machines: ${machines.total}   hosts: ${hosts.heard} of ${hosts.total} answer   deeds under way: ${status.deeds}`,
    ...alarms(screen, watched, now),
  ];
  return `${lines.join('\n')}\n`;
}

/** One whole screen. */
export function watchText(screen: Screen, watched: Watched, now: number): string {
  return [
    headText(screen, watched, now),
    table(screen, environmentColumns, watched.environments, 'no environment is configured'),
    table(screen, machineColumns(now), watched.machines, 'no machine'),
    table(screen, hostColumns(now), watched.hosts, 'no host is configured'),
  ].join('\n');
}

/** A screen of its own without cursor, where long lines are clipped rather than wrapped; and back. */
const enter = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const leave = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const fromTop = '\u001b[H';
const eraseLine = '\u001b[K';
const eraseBelow = '\u001b[J';

/** The text over what the screen shows, cut to its height, without flicker. */
function frame(screen: Screen, text: string): string {
  const lines = text.trimEnd().split('\n');
  const rows = screen.height();
  const shown = lines.length <= rows - 1 ? lines : [...lines.slice(0, rows - 2), `... ${lines.length - rows + 2} more lines`];
  return `${fromTop}${shown.map((line) => `${line}${eraseLine}`).join('\n')}${eraseBelow}`;
}

async function refresh(context: Context, client: Client, everyMs: number): Promise<void> {
  const { screen, clock } = context;
  const stopped = new AbortController();
  const stop = (): void => stopped.abort();
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const ended = AbortSignal.any([stopped.signal, screen.ended]);
  screen.out(enter);
  try {
    while (!ended.aborted) {
      const text = await lookAround(client).then(
        (watched) => watchText(screen, watched, clock.wall()),
        (thrown: unknown) => {
          if (thrown instanceof CliError && thrown.exit === exits.unreachable) return painted(screen, 'red', harmless(thrown.message));
          throw thrown;
        },
      );
      screen.out(frame(screen, text));
      await clock.sleep(everyMs, ended);
    }
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    screen.out(leave);
  }
}

/** `domus watch`. */
export function addWatch(program: Command, context: Context): void {
  program
    .command('watch')
    .description('a live table of environments, machines and hosts (printed once where output is no terminal)')
    .option('-n, --interval <seconds>', 'refresh so often', '2')
    .action(
      ends(context, async (options: { interval: string }, command: Command) => {
        const seconds = Number(options.interval);
        if (!(seconds >= 0.2 && seconds <= 3600)) throw new CliError(exits.usage, `--interval ${options.interval}: expected seconds, 0.2 to 3600`);
        const common = commonOf(command, context);
        const client = await clientOf(common);
        if (context.screen.tty && !common.json) {
          await refresh(context, client, seconds * 1000);
          return undefined;
        }
        const watched = await lookAround(client);
        context.screen.out(common.json ? `${JSON.stringify(watched, undefined, 2)}\n` : watchText(context.screen, watched, context.clock.wall()));
        return undefined;
      }),
    );
}
