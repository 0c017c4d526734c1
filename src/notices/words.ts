import type { Condition, ConditionKind, Message, Moment, MomentKind } from '../model/notice.js';
import { span } from '../model/reason.js';
import { plainLine } from './conditions.js';

const titles: Record<ConditionKind, (count: number, first: string) => string> = {
  'batch-silent': (count, first) => (count === 1 ? `batch server ${first} is silent` : `${count} batch servers are silent`),
  'host-silent': (count, first) => (count === 1 ? `host ${first} is silent` : `${count} hosts are silent`),
  'host-fenced': (count, first) => (count === 1 ? `host ${first} refuses us` : `${count} hosts refuse us`),
  'power-failed': (count, first) => (count === 1 ? `host ${first} does not obey its switch` : `${count} hosts do not obey their switches`),
  'room-late': (count, first) => (count === 1 ? `host ${first} will not be handed over in time` : `${count} hosts will not be handed over in time`),
  'store-hung': (count, first) => (count === 1 ? `the image store does not answer on ${first}` : `the image store does not answer on ${count} hosts`),
  'environment-paused': (count, first) => (count === 1 ? `environment ${first} is paused` : `${count} environments are paused`),
  'host-paused': (count, first) => (count === 1 ? `host ${first} is paused` : `${count} hosts are paused`),
  'service-down': (count, first) => (count === 1 ? `service ${first} is not up` : `${count} services are not up`),
  'machine-failed': (count, first) => (count === 1 ? `machine ${first} failed` : `${count} machines failed`),
  'jobs-wait-long': (count, first) => (count === 1 ? `jobs of ${first} wait long` : `jobs of ${count} environments wait long`),
  'approval-wanted': (count) => `${count} decision(s) wait for approval`,
  stray: (count) => `${count} stray(s)`,
  frozen: () => 'frozen',
};

const momentTitles: Record<MomentKind, string> = {
  'right-missing': 'a right is missing',
  'config-refused': 'a configuration was refused',
  'config-reloaded': 'the configuration was reloaded',
  'daemon-started': 'started',
  'daemon-stopped': 'stopped',
};

/** Lines of one message; what is more is counted. */
const mostLines = 60;
const nameOf = (subject: string): string => subject.slice(subject.indexOf(':') + 1);

/** Kinds in the order in which they came. */
function byKind(conditions: readonly Condition[]): ReadonlyMap<ConditionKind, readonly Condition[]> {
  const kinds = new Map<ConditionKind, Condition[]>();
  for (const one of conditions) {
    const group = kinds.get(one.kind);
    if (group === undefined) kinds.set(one.kind, [one]);
    else group.push(one);
  }
  return kinds;
}

/** `20 hosts are silent; environment grid is paused`. */
export const summary = (conditions: readonly Condition[]): string =>
  [...byKind(conditions)].map(([kind, group]) => titles[kind](group.length, nameOf(group[0]?.subject ?? ''))).join('; ');

const bounded = (lines: readonly string[]): readonly string[] =>
  lines.length <= mostLines ? lines : [...lines.slice(0, mostLines), `and ${lines.length - mostLines} more`];

export type Draft = Pick<Message, 'kind' | 'title' | 'lines' | 'conditions'>;

/** Something new (or, in a reminder, nothing new) among what stands; `over`: what was told and has ended since. */
export function troubleText(kind: 'trouble' | 'reminder', standing: Message['conditions'], over: readonly Condition[], now: number): Draft {
  const line = (one: Message['conditions'][number]): string =>
    `${one.fresh && standing.some(({ fresh }) => !fresh) ? 'new: ' : ''}${one.text} (for ${span(Math.max(0, now - one.since))})`;
  const sorted = [...standing].sort((a, b) => Number(b.fresh) - Number(a.fresh));
  const told = kind === 'trouble' ? standing.filter(({ fresh }) => fresh) : standing;
  const title = plainLine(`${kind === 'reminder' ? 'still: ' : ''}${summary(told)}`);
  return { kind, title, lines: bounded([...sorted.map(line), ...over.map(({ text }) => `over: ${text}`)]), conditions: standing };
}

/** All that was told is over. */
export function wellText(over: readonly Condition[], since: number, now: number): Draft {
  const title = plainLine(`all well again: ${summary(over)} no more`);
  return { kind: 'well', title, lines: bounded([`it took ${span(now - since)}`, ...over.map(({ text }) => `over: ${text}`)]), conditions: [] };
}

/** Equal moments are told once, with their number. */
export function momentText(moments: readonly Moment[]): Draft {
  const counts = new Map<string, number>();
  for (const { text } of moments) counts.set(text, (counts.get(text) ?? 0) + 1);
  const kinds = [...new Set(moments.map(({ kind }) => momentTitles[kind]))];
  const lines = [...counts].map(([text, count]) => (count === 1 ? text : `${text} (${count} times)`));
  return { kind: 'moment', title: plainLine(kinds.join('; ')), lines: bounded(lines), conditions: [] };
}
