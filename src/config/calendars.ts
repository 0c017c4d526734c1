import { troubleOf } from '../calendar/icalendar.js';
import type { CalendarFile, CalendarSpec } from '../calendar/windows.js';
import { type DaySpan, readDay, readDays } from '../calendar/words.js';
import type { Environment } from '../model/environment.js';
import type { ClassroomPolicy } from '../model/tenancy.js';
import type { DomusFile } from './hosts.js';
import { nearest } from './nearest.js';
import { type Problems, shown } from './problem.js';

/** Texts of the files that calendars name, by what is written; a sentence in place of one that cannot be read. */
export type Attached = ReadonlyMap<string, { readonly text: string } | { readonly unreadable: string }>;

type CalendarPart = NonNullable<NonNullable<DomusFile['calendars']>[string]>;

/** Hours that could not be read are said elsewhere. */
const spansOf = (hours: unknown): readonly DaySpan[] => (Array.isArray(hours) ? (hours as readonly DaySpan[]) : []);

const week = (open: CalendarPart['open']): CalendarSpec['week'] => {
  const days: DaySpan[][] = Array.from({ length: 7 }, () => []);
  for (const [names, hours] of Object.entries(open ?? {})) {
    const read = readDays(names);
    if ('value' in read) for (const weekday of read.value) days[weekday]?.push(...spansOf(hours));
  }
  return days;
};

/** The texts of the files that it names; what is wrong with one is added to the problems. */
function filesOf(name: string, key: 'holidayFiles' | 'reservedFiles', part: CalendarPart, attached: Attached, problems: Problems): readonly CalendarFile[] {
  return ((part[key] ?? []) as readonly string[]).flatMap((file, at): readonly CalendarFile[] => {
    const read = attached.get(file) ?? { unreadable: 'no such file' };
    const trouble = 'unreadable' in read ? read.unreadable : troubleOf(read.text, part.zone ?? 'UTC');
    if (trouble !== undefined) problems.add(['calendars', name, key, at], { found: `${shown(file)}: ${trouble}`, expected: 'an iCalendar file' });
    return 'unreadable' in read || trouble !== undefined ? [] : [{ path: file, text: read.text }];
  });
}

type Booking = CalendarSpec['reserved'][number];

function reservedOf(name: string, part: CalendarPart, problems: Problems): CalendarSpec['reserved'] {
  const written = (part.reserved ?? []) as readonly { readonly from?: Booking['from']; readonly to?: Booking['to']; readonly why?: string }[];
  const minutes = ({ day, minutes: clock }: Booking['from']): number => day * 1440 + clock;
  return written.flatMap(({ from, to, why = '' }, at): readonly Booking[] => {
    if (from === undefined || to === undefined) return []; // said elsewhere
    if (minutes(to) <= minutes(from))
      problems.add(['calendars', name, 'reserved', at, 'to'], { found: 'an end that is not after the beginning', expected: 'a later time' });
    return [{ from, to, name: why }];
  });
}

/** One calendar; what is wrong with its files or with its bookings is added to the problems. */
function makeCalendar(name: string, part: CalendarPart, attached: Attached, problems: Problems): CalendarSpec {
  return {
    ...{ name, zone: part.zone ?? 'UTC', week: week(part.open), holidays: (part.holidays ?? []) as CalendarSpec['holidays'] },
    holidayFiles: filesOf(name, 'holidayFiles', part, attached, problems),
    days: Object.entries(part.days ?? {}).flatMap(([day, hours]) => {
      const read = readDay(day);
      return 'value' in read ? [{ day: read.value, hours: spansOf(hours) }] : [];
    }),
    reserved: reservedOf(name, part, problems),
    reservedFiles: filesOf(name, 'reservedFiles', part, attached, problems),
  };
}

/** The calendar of each pool that has one. */
export function makeCalendars(domus: DomusFile | undefined, attached: Attached, problems: Problems): Readonly<Record<string, CalendarSpec>> {
  const known = domus?.calendars ?? {};
  const made = new Map(Object.entries(known).map(([name, part]) => [name, makeCalendar(name, part ?? {}, attached, problems)]));
  const byPool: Record<string, CalendarSpec> = {};
  for (const [pool, part] of Object.entries(domus?.pools ?? {})) {
    const name = part?.calendar;
    if (name === undefined) {
      if (part?.classroom !== undefined)
        problems.add(['pools', pool, 'classroom'], { found: 'a classroom without hours', expected: `pools.${pool}.calendar, a name under calendars` }, 'key');
      continue;
    }
    const calendar = made.get(name);
    if (calendar !== undefined) byPool[pool] = calendar;
    else {
      const names = [...made.keys()];
      problems.add(['pools', pool, 'calendar'], {
        found: shown(name),
        expected: names.length === 0 ? 'a calendar under calendars' : `one of ${names.join(', ')}`,
        nearest: nearest(name, names),
      });
    }
  }
  return byPool;
}

/** A job of unknown length could be started at any moment: in a pool that must be given back in time there is none. */
export function checkWalltimes(environments: readonly Environment[], calendars: Readonly<Record<string, CalendarSpec>>, problems: Problems): void {
  for (const { name, pools, maxWalltimeMs } of environments) {
    const pool = pools.find((each) => calendars[each] !== undefined);
    if (pool === undefined || maxWalltimeMs !== undefined || problems.has(['environments', name, 'maxWalltime'])) continue;
    const found = `no maxWalltime, and pool ${pool}, which is given back by its calendar`;
    problems.add(['environments', name, 'maxWalltime'], { found, expected: 'the longest walltime of its jobs, such as 4h, or other pools' }, 'key');
  }
}

export function makeClassroom(written: {
  readonly margin: number;
  readonly leaveLimit: number;
  readonly comeLimit: number;
  readonly quiet: number;
  readonly shortest: number;
  readonly atOnce: number;
  readonly tries: number;
  readonly retry: number;
  readonly wake: boolean;
  readonly requeue: ClassroomPolicy['requeue'];
  readonly notice: number;
  readonly unattended: ClassroomPolicy['unattended'];
}): ClassroomPolicy {
  const { atOnce, tries, wake, requeue, unattended } = written;
  return {
    ...{ atOnce, tries, wake, requeue, unattended },
    marginMs: written.margin,
    leaveLimitMs: written.leaveLimit,
    comeLimitMs: written.comeLimit,
    quietMs: written.quiet,
    shortestMs: written.shortest,
    retryMs: written.retry,
    noticeMs: written.notice,
  };
}
