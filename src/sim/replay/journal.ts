import { randomUUID } from 'node:crypto';
import type { Clock } from '../../clock.js';
import { Failure } from '../../drivers/failure.js';
import type { Commit, HistoryQuery, Journal, Lease, StoredEvent } from '../../journal/contract.js';
import type { Event } from '../../model/event.js';
import type { Fence } from '../../model/fence.js';
import { type Change, noRows, type Request, type Rows, withChanges } from '../../model/rows.js';

/** Answered requests stay in the live state this long, ms: as in the daemon's own journal. */
const keepAnsweredMs = 3_600_000;
/** So many events are kept at least, the newest: a replay of three months has a million, and nobody pages through them. */
const keptEvents = 5_000;

const never = Number.POSITIVE_INFINITY;

/** What outlives a life: the rows, the newest events, and whose reign it is. */
export class Remembered {
  readonly journal = randomUUID();
  deployment: string | undefined;
  fence: Fence | undefined;
  rows: Rows = noRows();
  /** Tables that nobody else has: changed in place. */
  readonly own = new Set<ReadonlyMap<string, unknown>>();
  /** Request -> when it was answered. */
  readonly answeredAt = new Map<string, number>();
  events: StoredEvent[] = [];
  counted = 0;
}

/**
 * The journal contract in memory, for replays: what is committed is kept as it is, and not written as text into a
 * database that nobody opens again. The fence is checked at every commit, as the daemon's journal does.
 */
export class MemoryJournal implements Journal {
  readonly #kept: Remembered;
  readonly #clock: Clock;
  #closed = false;

  constructor(clock: Clock, kept = new Remembered()) {
    this.#clock = clock;
    this.#kept = kept;
  }

  async lease(deployment: string, life: string): Promise<Lease> {
    const kept = this.#open();
    if (kept.deployment !== undefined && kept.deployment !== deployment)
      throw new Failure('refused', `it belongs to deployment ${kept.deployment}, not ${deployment}`);
    kept.deployment = deployment;
    kept.fence = { deployment, journal: kept.journal, epoch: (kept.fence?.epoch ?? 0) + 1, life };
    return { fence: kept.fence, until: Number.POSITIVE_INFINITY };
  }

  async load(): Promise<Rows> {
    const { rows } = this.#open();
    const copies = Object.entries(rows).map(([name, table]) => [name, new Map<string, unknown>(table)] as const);
    const requests = new Map(this.#recent(this.#clock.wall() - keepAnsweredMs).map((request) => [request.id, request]));
    return { ...(Object.fromEntries(copies) as unknown as Rows), requests };
  }

  async commit({ changes, events }: Commit, fence: Fence): Promise<void> {
    const kept = this.#open();
    const reign = kept.fence;
    if (reign?.epoch !== fence.epoch || reign.life !== fence.life || reign.journal !== fence.journal)
      throw new Failure('refused', `epoch ${fence.epoch} no longer reigns: epoch ${reign?.epoch ?? 0} does`);
    for (const change of changes) storable(change);
    kept.rows = withChanges(kept.rows, changes, kept.own);
    for (const { table, key, row } of changes) if (table === 'requests') this.#answered(key, row);
    for (const event of events) this.#tell(event);
  }

  async ask(request: Request): Promise<void> {
    const kept = this.#open();
    if (kept.rows.requests.has(request.id)) throw new Failure('exists', `request ${request.id} was made before`);
    kept.rows = withChanges(kept.rows, [{ table: 'requests', key: request.id, row: { ...request, state: 'open' } }], kept.own);
  }

  async requests(since: number): Promise<readonly Request[]> {
    this.#open();
    return this.#recent(since);
  }

  /** Newest first by instant, then by number. */
  async history({ subject, since = 0, until = never, kind, limit, before }: HistoryQuery): Promise<readonly StoredEvent[]> {
    const { events } = this.#open();
    const anchor = before === undefined ? undefined : events.findLast(({ number }) => number <= before);
    const isAsked = (event: StoredEvent): boolean =>
      (subject === undefined || event.subject === subject) && (kind === undefined || event.kind === kind) && event.at >= since && event.at <= until;
    const isAfter = ({ at, number }: StoredEvent): boolean =>
      before === undefined || (anchor !== undefined && (at < anchor.at || (at === anchor.at && number < before)));
    const found = events.filter((event) => isAsked(event) && isAfter(event));
    return found.sort((a, b) => b.at - a.at || b.number - a.number).slice(0, limit);
  }

  async trim(before: number): Promise<number> {
    const kept = this.#open();
    const left = kept.events.filter(({ at }) => at >= before);
    const removed = kept.events.length - left.length;
    kept.events = left;
    return removed;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #open(): Remembered {
    if (this.#closed) throw new Failure('cancelled', 'the journal in memory is closed');
    return this.#kept;
  }

  #recent(since: number): readonly Request[] {
    const { rows, answeredAt } = this.#kept;
    if (rows.requests.size === 0) return noRequests;
    return [...rows.requests.values()].filter(({ id, state }) => state === 'open' || (answeredAt.get(id) ?? 0) >= since);
  }

  #answered(id: string, row: Request | null): void {
    const { answeredAt } = this.#kept;
    if (row === null || row.state === 'open') answeredAt.delete(id);
    else answeredAt.set(id, this.#clock.wall());
  }

  #tell(event: Event): void {
    const kept = this.#kept;
    const { at, subject, kind, reason } = event;
    kept.events.push({ number: ++kept.counted, at, subject, kind, reason });
    if (kept.events.length >= 2 * keptEvents) kept.events = kept.events.slice(-keptEvents);
  }
}

const noRequests: readonly Request[] = [];

/** What the daemon's journal could not write down is refused here, too. */
function storable({ table, key, row }: Change): void {
  if (typeof row !== 'object' || row === null) return;
  for (const name in row) {
    const kind = typeof row[name as keyof typeof row];
    if (kind === 'bigint' || kind === 'function' || kind === 'symbol') throw new TypeError(`row ${table}/${key}: its ${name} is a ${kind}`);
  }
}
