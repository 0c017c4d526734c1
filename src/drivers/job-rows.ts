import { type ExecSlots, type Job, jobStates, type ResourceRequest } from '../model/job.js';

/** Jobs packed to cross between threads: every text and request once, and a row of numbers for each job. Ten times cheaper to send than the records. */
export interface JobRows {
  readonly texts: readonly string[];
  readonly requests: readonly ResourceRequest[];
  readonly hosts: readonly (readonly ExecSlots[])[];
  /** `width` numbers a job: places in the lists above, or values; -1 where a text is absent, NaN where a number is. */
  readonly rows: Float64Array;
}

const width = 17;
/** Place of a job without hosts. */
const nowhere: readonly ExecSlots[] = [];

class Column<T> {
  readonly items: T[] = [];
  readonly #places = new Map<T, number>();

  /** The place of an item; -1 for none. */
  place(item: T | undefined): number {
    if (item === undefined) return -1;
    const known = this.#places.get(item);
    if (known !== undefined) return known;
    this.#places.set(item, this.items.length);
    return this.items.push(item) - 1;
  }
}

export function packJobs(jobs: readonly Job[]): JobRows {
  const texts = new Column<string>();
  const requests = new Column<ResourceRequest>();
  const hosts: (readonly ExecSlots[])[] = [];
  const rows = new Float64Array(jobs.length * width);
  let at = 0;
  for (const job of jobs) {
    rows[at] = texts.place(job.source);
    rows[at + 1] = texts.items.push(job.id) - 1; // no two share it
    rows[at + 2] = texts.place(job.name);
    rows[at + 3] = texts.place(job.owner);
    rows[at + 4] = texts.place(job.queue);
    rows[at + 5] = texts.place(job.holds);
    rows[at + 6] = texts.place(job.group);
    rows[at + 7] = texts.place(job.account);
    rows[at + 8] = texts.place(job.comment);
    rows[at + 9] = texts.place(job.damaged);
    rows[at + 10] = requests.place(job.request);
    rows[at + 11] = job.execHosts.length === 0 ? -1 : hosts.push(job.execHosts) - 1;
    rows[at + 12] = jobStates.indexOf(job.state) * 4 + (job.dependent ? 2 : 0) + (job.rerunnable ? 1 : 0);
    rows[at + 13] = job.submittedAt;
    rows[at + 14] = job.eligibleAt ?? Number.NaN;
    rows[at + 15] = job.startedAt ?? Number.NaN;
    rows[at + 16] = job.exitStatus ?? Number.NaN;
    at += width;
  }
  return { texts: texts.items, requests: requests.items, hosts, rows };
}

/** The records again; those of one pack share their requests. */
export function unpackJobs({ texts, requests, hosts, rows }: JobRows): Job[] {
  const jobs: Job[] = [];
  const text = (at: number): string => texts[rows[at] ?? -1] ?? '';
  for (let at = 0; at < rows.length; at += width) {
    const request = requests[rows[at + 10] ?? -1];
    if (request === undefined) throw new RangeError('a packed job has no request');
    const bits = rows[at + 12] ?? 0;
    const job: { -readonly [K in keyof Job]: Job[K] } = {
      source: text(at),
      id: text(at + 1),
      name: text(at + 2),
      owner: text(at + 3),
      queue: text(at + 4),
      state: jobStates[bits >> 2] ?? 'running',
      request,
      submittedAt: rows[at + 13] ?? 0,
      execHosts: hosts[rows[at + 11] ?? -1] ?? nowhere,
      dependent: (bits & 2) !== 0,
      holds: text(at + 5),
      rerunnable: (bits & 1) !== 0,
    };
    addOptional(job, texts, rows, at);
    jobs.push(job);
  }
  return jobs;
}

function addOptional(job: { -readonly [K in keyof Job]: Job[K] }, texts: readonly string[], rows: Float64Array, at: number): void {
  const [group, account, comment, damaged] = [texts[rows[at + 6] ?? -1], texts[rows[at + 7] ?? -1], texts[rows[at + 8] ?? -1], texts[rows[at + 9] ?? -1]];
  const [eligibleAt = Number.NaN, startedAt = Number.NaN, exitStatus = Number.NaN] = [rows[at + 14], rows[at + 15], rows[at + 16]];
  if (group !== undefined) job.group = group;
  if (account !== undefined) job.account = account;
  if (comment !== undefined) job.comment = comment;
  if (!Number.isNaN(startedAt)) job.startedAt = startedAt;
  if (!Number.isNaN(eligibleAt)) job.eligibleAt = eligibleAt;
  if (!Number.isNaN(exitStatus)) job.exitStatus = exitStatus;
  if (damaged !== undefined) job.damaged = damaged;
}
