import { Failure } from '../../src/drivers/failure.js';
import type { HeldState, SchedulerHold } from '../../src/model/scheduler.js';

/** What `showq` says. */
export interface Queue {
  readonly active: readonly string[];
  /** In the order of priority. */
  readonly idle: readonly string[];
  readonly blocked: ReadonlyMap<string, HeldState>;
}

const sections = ['active', 'idle', 'blocked'] as const;
type Section = (typeof sections)[number];

/** Maui's words for a blocked job's state. With no node online every job stands there as `Idle`. */
const heldBy: Readonly<Record<string, HeldState>> = {
  Deferred: 'deferred',
  BatchHold: 'batch-hold',
  UserHold: 'held',
  SystemHold: 'held',
  Hold: 'held',
};

const heading = /^(ACTIVE|IDLE|BLOCKED) JOBS-+$/;
const columns = /^JOBNAME\s+USERNAME\s+STATE\s+PROC\s/;
const total = /^Total Jobs:\s+(\d+)\s+Active Jobs:\s+(\d+)\s+Idle Jobs:\s+(\d+)\s+Blocked Jobs:\s+(\d+)$/;
/** The sums that stand between the sections. */
const sums = /^\d+ (Active|Idle) Jobs?\b|\bNodes? Active\s+\([-\d.na]+%\)$/;
/** A job's name may carry a `*` (it has a reservation). */
const row = /^(\d{1,15}(?:\[\d*\])?)\*?\s+\S+\s+([A-Za-z]+)\s+\d+\s+-?[\d:]+\s+\S/;

const shown = (line: string): string => JSON.stringify(line.slice(0, 80));

/** `showq`, whole. Raises Failure `garbled` for anything that is not the full answer: its own sums must hold. */
export function parseQueue(text: string): Queue {
  const jobs: Readonly<Record<Section, [string, string][]>> = { active: [], idle: [], blocked: [] };
  let section: Section | undefined;
  let counts: readonly number[] | undefined;
  for (const line of text.split('\n').map((each) => each.trim())) {
    const title = heading.exec(line)?.[1]?.toLowerCase();
    const end = total.exec(line);
    if (title !== undefined) section = title as Section;
    else if (end !== null) counts = end.slice(1).map(Number);
    else if (line !== '' && !columns.test(line) && !sums.test(line)) jobs[sectionOf(section, line)].push(jobOf(line));
  }
  const found = sections.map((each) => jobs[each].length);
  if (counts === undefined || counts.slice(1).join() !== found.join()) {
    throw new Failure('garbled', `showq: its sums (${counts?.slice(1).join(', ') ?? 'missing'}) are not those of its ${found.join(', ')} job(s)`);
  }
  return {
    active: jobs.active.map(([name]) => name),
    idle: jobs.idle.map(([name]) => name),
    blocked: new Map(jobs.blocked.map(([name, state]) => [name, heldBy[state] ?? 'blocked'])),
  };
}

function sectionOf(section: Section | undefined, line: string): Section {
  if (section === undefined) throw new Failure('garbled', `showq: ${shown(line)} stands before any section`);
  return section;
}

function jobOf(line: string): [string, string] {
  const [, name, state] = row.exec(line) ?? [];
  if (name === undefined || state === undefined) throw new Failure('garbled', `showq: ${shown(line)} is no job`);
  return [name, state];
}

const longestWhy = 200;

/** One line without control characters, of bounded length. */
export const tidy = (text: string): string =>
  text
    .slice(0, 10 * longestWhy)
    .replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim()
    .slice(0, longestWhy)
    .trimEnd();

/** The last line of that kind: what a job's owner may write (its folder, its executable) stands above Maui's own words. */
const lastOf = (text: string, pattern: RegExp): string | undefined => [...text.matchAll(pattern)].at(-1)?.[1];

/** Maui breaks the line before its last bracket, or does not. */
const closed = (text: string | undefined): string | undefined =>
  text !== undefined && text.split(')').length > text.split('(').length ? text.replace(/\)$/, '') : text;

const waits = [
  /^cannot select job \S+ for partition \S+ \((.*)\)$/gm,
  /^job cannot run in partition \S+ \((.*)\)$/gm,
  /^Rejection Reasons: (\[.*\])$/gm,
] as const;

/**
 * Why a job does not run, in Maui's words, from `checkjob NAME`; undefined where it names no reason. Raises Failure
 * `garbled` when the answer speaks of another job.
 */
export function parseReason(text: string, name: string): SchedulerHold['why'] {
  const about = /^checking job (\S+)/m.exec(text)?.[1];
  if (about !== name) throw new Failure('garbled', `checkjob ${name}: the answer speaks of ${about === undefined ? 'no job' : shown(about)}`);
  const held = lastOf(text, /^Holds:.*\(hold reason:\s*(\S+)\)$/gm);
  const said = lastOf(text, /^Messages:\s+(.+)$/gm) ?? closed(lastOf(text, /^job is deferred\.\s+Reason:\s+\S+\s+\((.+)$/gm));
  const parts = held === undefined ? waits.map((pattern) => lastOf(text, pattern)) : [held, said];
  const why = tidy(parts.filter((part) => part !== undefined && part !== 'job hold active').join(': '));
  return why === '' ? undefined : why;
}

/** Settings that matter to machines that come and go. */
export const settingNames = [
  'DEFERTIME',
  'DEFERCOUNT',
  'RMPOLLINTERVAL',
  'JOBAGGREGATIONTIME',
  'NODEALLOCATIONPOLICY',
  'JOBNODEMATCHPOLICY',
  'RESERVATIONPOLICY',
  'BACKFILLPOLICY',
  'NODEPURGETIME',
] as const;
export type SettingName = (typeof settingNames)[number];
export type Settings = { readonly [N in SettingName]?: string };

/** `showconfig`: lines of `NAME  value`, a partition's index in brackets. Raises Failure `garbled` when none of the settings is there. */
export function parseSettings(text: string): Settings {
  const found: { [N in SettingName]?: string } = {};
  for (const line of text.split('\n')) {
    const [, name, value] = /^([A-Z]+)(?:\[\d*\])?\s+(\S.*)$/.exec(line.trim()) ?? [];
    const known = settingNames.find((each) => each === name);
    if (known !== undefined && value !== undefined) found[known] ??= tidy(value);
  }
  if (Object.keys(found).length === 0) throw new Failure('garbled', `showconfig: no setting in ${shown(text)}`);
  return found;
}

/** `1:00:00`, `00:00:30`, `2:00:00:00`, `90`: ms; Infinity for INFINITY; undefined for anything else. */
export function parseSpan(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^INFINITY$/i.test(text)) return Number.POSITIVE_INFINITY;
  if (!/^\d{1,9}(:\d{1,2}){0,3}$/.test(text)) return undefined;
  const factors = [1, 60, 3600, 86_400];
  const seconds = text
    .split(':')
    .reverse()
    .reduce((sum, part, at) => sum + Number(part) * (factors[at] ?? 0), 0);
  return seconds * 1000;
}
