import { type Command, Option } from 'commander';
import type { EnvironmentRecord } from '../api/schema/environments.js';
import type { EventRecord } from '../api/schema/events.js';
import type { WhyRecord } from '../api/schema/why.js';
import { localTime } from '../clock.js';
import { type Context, clientOf, commonOf, ends, show } from './context.js';
import { harmless, painted, type Screen } from './screen.js';
import { ago, memoryText, subjectText } from './words.js';

/** Facts worth a line, in this order; instants become spans. */
const instants = ['submittedAt', 'eligibleAt', 'startedAt', 'wantedAt', 'readyAt', 'idleSince', 'silentSince', 'answeredAt', 'since'];
const left = new Set(['why', 'console', 'source', 'id', 'name', 'uuid', 'text', 'key', 'reason', 'memoryPerSlotMiB', 'subject', 'class']);
const names: Readonly<Record<string, string>> = {
  heard: 'answers',
  submittedAt: 'submitted',
  eligibleAt: 'eligible',
  startedAt: 'started',
  wantedAt: 'wanted',
  readyAt: 'ready',
  idleSince: 'idle since',
  silentSince: 'silent since',
  answeredAt: 'last answer',
  slotsFree: 'free slots',
  memoryMiB: 'memory',
  freeMemoryMiB: 'free memory',
  storeFreeMiB: 'free store',
  freeCores: 'free cores',
  largestNp: 'largest np',
  guestName: 'guest name',
  shareWithin: 'share may be',
  shareSet: 'share is set',
  foreignGuests: 'foreign guests',
  walltimeMs: 'walltime',
  idleMs: 'idle limit',
};

const isRange = (value: object): value is { readonly min: number; readonly max: number } => 'min' in value && 'max' in value;

const isSetting = (value: object): value is NonNullable<EnvironmentRecord['shareSet']> => 'by' in value && 'configured' in value;
const settingText = ({ by, configured, until }: NonNullable<EnvironmentRecord['shareSet']>): string =>
  `by ${by}${until === undefined ? '' : `, until ${localTime(until).slice(0, 16)}`} (configured ${configured})`;

const objectText = (key: string, value: object): string =>
  isSetting(value)
    ? settingText(value)
    : isRange(value)
      ? `${key.endsWith('MiB') ? memoryText(value.min) : value.min} to ${key.endsWith('MiB') ? memoryText(value.max) : value.max}`
      : Object.entries(value)
          .map(([name, count]) => `${String(count)} ${name}`)
          .join(', ');

function factText(key: string, value: unknown, now: number): string | undefined {
  if (value === undefined || value === null || left.has(key)) return undefined;
  if (typeof value === 'number' && instants.includes(key)) return `${ago(value, now)} ago`;
  if (typeof value === 'number' && key.endsWith('Ms')) return ago(0, value);
  if (typeof value === 'number' && key.endsWith('MiB')) return memoryText(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.join(', ');
  if (typeof value === 'object') return objectText(key, value);
  return String(value);
}

const eventLine = (event: EventRecord): string => `  ${localTime(event.at)}  ${harmless(event.text)}`;

/** What a guest that was never ready said last. */
function consoleText(screen: Screen, facts: WhyRecord['facts']): readonly string[] {
  const lines = facts !== undefined && 'console' in facts ? (facts.console ?? []) : [];
  return lines.length === 0 ? [] : ['', painted(screen, 'bold', 'The end of its console'), ...lines.map((line) => `  ${harmless(line)}`)];
}

/** The chain of reasons for people: facts, why, and what happened before. */
export function whyText(screen: Screen, why: WhyRecord, now: number): string {
  const lines = [painted(screen, 'bold', subjectText(why.subject))];
  for (const [key, value] of Object.entries(why.facts ?? {})) {
    const text = factText(key, value, now);
    if (text !== undefined) lines.push(`  ${(names[key] ?? key).padEnd(14)} ${harmless(text)}`);
  }
  lines.push('', painted(screen, 'bold', 'Why'));
  if (why.chain.length === 0) lines.push(why.facts === undefined ? '  it is not here any more' : '  nothing is to be said of it now');
  for (const link of why.chain) {
    lines.push(`  ${painted(screen, 'cyan', link.title === undefined ? subjectText(link.subject) : harmless(link.title))}`);
    for (const { text } of link.said) lines.push(`    ${harmless(text)}`);
  }
  lines.push(...consoleText(screen, why.facts));
  if (why.history.length > 0) lines.push('', painted(screen, 'bold', 'Before (newest first)'), ...why.history.map(eventLine));
  return `${lines.join('\n')}\n`;
}

/** `domus why NAME`. */
export function addWhy(program: Command, context: Context): void {
  program
    .command('why')
    .description('why a job, machine, host, environment, seat, stray or proposal is as it is, and why something is not done')
    .argument('<name>', 'short names do: 12, 12.server, grid-07, a host, an environment')
    .addOption(
      new Option('--kind <kind>', 'what the name is of, where several things share it').choices([
        'job',
        'machine',
        'host',
        'environment',
        'seat',
        'source',
        'stray',
        'proposal',
      ]),
    )
    .option('--history <n>', 'show at most so many past events', '20')
    .action(
      ends(context, async (name: string, options: { kind?: WhyRecord['kind']; history: string }, command: Command) => {
        const common = commonOf(command, context);
        const why = await (await clientOf(common)).read('GET /why/:kind/:id', {
          params: { kind: options.kind ?? 'any', id: name },
          query: { history: options.history },
        });
        show(context, common, why, () => whyText(context.screen, why, context.clock.wall()));
        return undefined;
      }),
    );
}
