import { useEffect, useState } from 'preact/hooks';
import type { CalendarRecord, MaintenanceRecord } from '../src/api/schema/calendar.js';

import { client } from './session.js';
import { told } from './wish.js';
import { count } from './words.js';

/** Also of days ahead. */
const moment = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });

type Pool = CalendarRecord['pools'][number];

const dayMs = 86_400_000;
const days = 14;

/** Clocks in the zone are ahead of UTC by so much then, ms. */
function offsetOf(zone: string, at: number): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, hourCycle: 'h23' as const, year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  } as Intl.DateTimeFormatOptions).formatToParts(at);
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) - Math.floor(at / 1000) * 1000;
}

/** When the day (counted from 1970 on) begins in the zone. */
function midnight(zone: string, day: number): number {
  const near = day * dayMs - offsetOf(zone, day * dayMs);
  return day * dayMs - offsetOf(zone, near);
}

const clock = (zone: string, at: number): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);
const dayName = (day: number): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'short' }).format(day * dayMs);

/** One day of a room: what is people's, as bars over the hours. */
function Day({ pool, day, at }: { pool: Pool; day: number; at: number }) {
  const { zone, windows } = pool;
  const [from, to] = [midnight(zone, day), midnight(zone, day + 1)];
  const part = (instantAt: number): string => `${(100 * (instantAt - from)) / (to - from)}%`;
  const there = windows.filter(({ since, until }) => until > from && since < to);
  const text = there.map(
    ({ kind, since, until, name }) => `${kind === 'open' ? 'open' : `reserved${name === '' ? '' : ` (${name})`}`} ${clock(zone, since)}–${clock(zone, until)}`,
  );
  return (
    <li>
      <span class="day">{dayName(day)}</span>
      <span class="hours" aria-hidden="true">
        {there.map(({ kind, since, until }) => (
          <i key={since} class={kind} style={{ left: part(Math.max(since, from)), right: `calc(100% - ${part(Math.min(until, to))})` }} />
        ))}
        {at >= from && at < to && <b style={{ left: part(at) }} />}
      </span>
      <span class="quiet what">{text.length === 0 ? 'closed' : text.join(', ')}</span>
    </li>
  );
}

const whose: Readonly<Record<string, string>> = {
  cluster: 'the cluster’s',
  leaving: 'going back',
  classroom: 'the classroom’s',
  coming: 'being taken',
  unknown: 'not heard of yet',
};

function Room({ pool, at }: { pool: Pool; at: number }) {
  const first = Math.floor((at + offsetOf(pool.zone, at)) / dayMs);
  const now = Object.entries(pool.hosts).map(([state, number]) => `${number} ${whose[state] ?? state}`);
  return (
    <article class="card room">
      <header>
        <h2>{pool.pool}</h2>
        <span class="quiet">{pool.zone}</span>
      </header>
      {now.length > 0 && <p class="why">Hosts now: {now.join(', ')}.</p>}
      {pool.late.map((line) => (
        <p key={line} class="bad-line">
          {line}
        </p>
      ))}
      <ol class="calendar">
        {Array.from({ length: days }, (_, ahead) => (
          <Day key={first + ahead} pool={pool} day={first + ahead} at={at} />
        ))}
      </ol>
    </article>
  );
}

function Empty({ maintenance }: { maintenance: MaintenanceRecord }) {
  const { id, of, who, why, due, until, hosts } = maintenance;
  const late = hosts.filter(({ freeAt }) => freeAt === undefined || freeAt > due);
  return (
    <article class="card room">
      <header>
        <h2>{of}</h2>
        <span class="quiet">{id}</span>
      </header>
      <p class="why">
        Empty from {moment.format(due)} until {moment.format(until)} for {who}: {why}. {count(hosts.length, 'host')},{' '}
        {late.length === 0 ? 'all free by then' : `${late.length} not free by then`}.
      </p>
      {late.map(({ host, freeAt, why: waits }) => (
        <p key={host} class="bad-line">
          {host}: {freeAt === undefined ? 'nobody knows when' : moment.format(freeAt)} ({waits})
        </p>
      ))}
    </article>
  );
}

/** Who owns which room in the next two weeks. */
export function Calendar() {
  const [calendar, setCalendar] = useState<CalendarRecord>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const over = new AbortController();
    const read = async (): Promise<void> => {
      try {
        if (!document.hidden) setCalendar(await client.ask('GET /calendar', { query: { days } }, over.signal));
        setProblem(undefined);
      } catch (thrown) {
        if (over.signal.aborted) return;
        setProblem(told(thrown));
      }
      timer = setTimeout(() => void read(), 60_000);
    };
    void read();
    return () => {
      over.abort();
      clearTimeout(timer);
    };
  }, []);
  if (problem !== undefined) return <p class="bad-line">{problem}</p>;
  if (calendar === undefined) return <p class="quiet">…</p>;
  if (calendar.pools.length + calendar.maintenances.length === 0) return <p class="quiet">No pool has a calendar: every room is the cluster’s, always.</p>;
  return (
    <div class="rooms">
      {calendar.maintenances.map((maintenance) => (
        <Empty key={maintenance.id} maintenance={maintenance} />
      ))}
      {calendar.pools.map((pool) => (
        <Room key={pool.pool} pool={pool} at={calendar.at} />
      ))}
    </div>
  );
}
