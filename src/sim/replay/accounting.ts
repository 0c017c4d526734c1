import { parseMiB, parseNodes, parseSeconds } from '../batch/resources.js';
import type { Findings, Left, LoggedJob, LoggedSite, LogReader, Place } from './logged.js';

const record = /^(\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d);([A-Za-z]);([^;]*);(.*)$/s;
const longestWord = 200;

/** Is a line a record of TORQUE's accounting (`server_priv/accounting/YYYYMMDD`)? PBS Pro and OpenPBS write the same form. */
export const looksLikeAccounting = (text: string): boolean => record.test(text);

/** Written before the account, which is free text: what comes first counts. */
const firstCounts = new Set(['user', 'group']);
/** What is read of a record; the rest of its many values is not kept. */
const read = new Set([
  ...firstCounts,
  ...['account', 'project', 'jobname', 'queue', 'ctime', 'qtime', 'etime', 'start', 'end', 'exec_host', 'total_execution_slots'],
  ...['nodes', 'neednodes', 'nodect', 'procs', 'ncpus', 'walltime', 'mem'].map((name) => `Resource_List.${name}`),
]);

/**
 * The values of a record's message. An account or a job's name is a user's text and may hold blanks and `key=value` of its own: those stand
 * before the server's values, so of each key the last counts, of user and group (written before) the first. A word without `=` belongs to the
 * value before it.
 */
export function valuesOf(message: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let last = '';
  for (const each of message.split(' ')) {
    const at = each.indexOf('=');
    const key = at > 0 ? each.slice(0, at) : '';
    if (key === '') {
      const before = values.get(last);
      if (before !== undefined && each !== '' && before.length < longestWord) values.set(last, `${before} ${each}`);
      continue;
    }
    last = key;
    if (read.has(key) && !(firstCounts.has(key) && values.has(key))) values.set(key, each.slice(at + 1));
  }
  return values;
}

/** `wn01/0+wn01/1`, `wn02/0-3,6+wn03/0`, PBS Pro's `wn01/0*4`: the slots on each node. */
export function execHost(text: string): ReadonlyMap<string, number> {
  const slots = new Map<string, number>();
  for (const part of text.split('+')) {
    const [node = '', places = '0'] = part.split('/');
    if (node === '') continue;
    slots.set(node, (slots.get(node) ?? 0) + placesOf(places));
  }
  return slots;
}

function placesOf(text: string): number {
  const times = /^\d+\*(\d{1,6})$/.exec(text)?.[1];
  if (times !== undefined) return Number(times);
  return text.split(',').reduce((sum, part) => {
    const [, low, high] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part) ?? [];
    return sum + (low === undefined || high === undefined ? 1 : Math.max(1, Number(high) - Number(low) + 1));
  }, 0);
}

type Values = ReadonlyMap<string, string>;
const whole = (values: Values, key: string): number => {
  const text = values.get(key) ?? '';
  return /^\d{1,12}$/.test(text) ? Number(text) : 0;
};

interface Asked {
  readonly slots: number;
  readonly nodes: number;
  readonly ppn: number;
  readonly properties: readonly string[];
}

/** What a job asked for: `nodes`, or `procs`, or `ncpus`, or one slot. */
function askedOf(values: Values): Asked {
  const needs = parseNodes(values.get('Resource_List.nodes') ?? values.get('Resource_List.neednodes') ?? '1') ?? [];
  const nodes = needs.reduce((sum, need) => sum + need.count, 0);
  const slots = needs.reduce((sum, need) => sum + need.count * need.ppn, 0);
  return {
    slots: Math.max(slots, whole(values, 'Resource_List.procs'), whole(values, 'Resource_List.ncpus'), whole(values, 'Resource_List.nodect'), 1),
    nodes: Math.max(nodes, 1),
    ppn: Math.max(1, ...needs.map((need) => need.ppn)),
    properties: [...new Set(needs.flatMap((need) => need.properties))].slice(0, 100),
  };
}

/** A job's end that is kept until the log is read: a later one of the same job replaces it. */
interface Ended {
  readonly endAt: number;
  readonly job: LoggedJob;
}

/**
 * TORQUE's accounting logs. A job is known by its id and the second it was created in (ids begin anew with a new server). It counts with its
 * last end (`E`); ends before that, of a job that was requeued, are dropped and counted, as are jobs deleted or aborted before they ran and
 * jobs that had not ended. It is submitted when it became eligible (`etime`), and holds the slots of `exec_host`.
 */
export class AccountingReader implements LogReader {
  readonly #ended = new Map<string, Ended>();
  readonly #endedIds = new Set<string>();
  readonly #deleted = new Set<string>();
  readonly #seen = new Set<string>();
  readonly #hosts = new Map<string, number>();
  readonly #findings: Findings;
  constructor(findings: Findings) {
    this.#findings = findings;
  }

  take(text: string, place: Place): void {
    if (text.trim() === '') return;
    const [, , kind = '', id = '', message = ''] = record.exec(text) ?? [];
    if (kind === '') this.#findings.bad(place, 'no accounting record (MM/DD/YYYY HH:MM:SS;KIND;JOB;...)');
    else if (/^\d/.test(id)) this.#record(kind, id, message, place);
  }

  #record(kind: string, id: string, message: string, place: Place): void {
    if (kind === 'E') this.#end(id, message, place);
    else if (kind === 'D' || kind === 'A') this.#deleted.add(id);
    else if ((kind === 'Q' || kind === 'S') && !id.includes('[]')) this.#seen.add(id);
  }

  #end(id: string, message: string, place: Place): void {
    this.#endedIds.add(id);
    const values = valuesOf(message);
    const ended = endedOf(id, values);
    if (!('job' in ended)) {
      this.#findings.leave(ended, place);
      return;
    }
    const key = `${id} ${whole(values, 'ctime')}`;
    const before = this.#ended.get(key);
    if (before !== undefined) this.#findings.drop('requeued, its last run counts');
    if (before !== undefined && before.endAt > ended.endAt) return;
    this.#learn(execHost(values.get('exec_host') ?? ''));
    this.#ended.set(key, ended);
  }

  #learn(hosts: ReadonlyMap<string, number>): void {
    for (const [host, slots] of hosts) if (slots > (this.#hosts.get(host) ?? 0)) this.#hosts.set(host, slots);
  }

  end(): ReturnType<LogReader['end']> {
    const unended = [...this.#seen].filter((id) => !this.#endedIds.has(id));
    this.#findings.drop('cancelled before it ran', unended.filter((id) => this.#deleted.has(id)).length);
    this.#findings.drop('had not ended', unended.filter((id) => !this.#deleted.has(id)).length);
    return { format: 'torque', jobs: [...this.#ended.values()].map((ended) => ended.job), header: {}, site: siteOf(this.#hosts) };
  }
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, each) => total + each, 0);

/** Hosts that jobs ran on. How many cores they have is known only from whole-node jobs: the most that one job held on one. */
const siteOf = (hosts: ReadonlyMap<string, number>): LoggedSite =>
  hosts.size === 0 ? {} : { hosts: hosts.size, coresPerHost: [...hosts.values()].reduce((most, each) => Math.max(most, each), 1) };

function endedOf(id: string, values: Values): Ended | Left {
  const start = whole(values, 'start');
  const end = whole(values, 'end');
  if (end === 0) return { bad: 'an end without its time (end=)' };
  if (start === 0 || end <= start) return { drop: 'cancelled before it ran' };
  const submit = ['etime', 'qtime', 'ctime'].map((key) => whole(values, key)).find((at) => at > 0 && at <= start) ?? start;
  return { endAt: end, job: jobOf(id, values, submit, end - start) };
}

function jobOf(id: string, values: Values, submit: number, run: number): LoggedJob {
  const text = (key: string): string => (values.get(key) ?? '').slice(0, longestWord);
  const asked = askedOf(values);
  const held = Math.max(whole(values, 'total_execution_slots'), sum(execHost(values.get('exec_host') ?? '').values()));
  return {
    id: id.slice(0, longestWord),
    queue: text('queue'),
    group: text('group'),
    account: text(values.has('account') ? 'account' : 'project'),
    user: text('user'),
    name: text('jobname'),
    submitAt: submit * 1000,
    runMs: run * 1000,
    walltimeMs: (parseSeconds(text('Resource_List.walltime')) ?? 0) * 1000,
    ...asked,
    slots: held > 0 ? held : asked.slots,
    memoryMiB: parseMiB(text('Resource_List.mem')) ?? 0,
    array: id.includes('['),
  };
}
