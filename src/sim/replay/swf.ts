import type { Findings, Left, LoggedJob, LoggedSite, LogReader, Place } from './logged.js';

/** Fields of a job line, counted from 0; times in seconds, -1 = not known. Source: Standard Workload Format 2.2. */
const field = { id: 0, submit: 1, run: 3, allocated: 4, asked: 7, estimate: 8, memoryKiB: 9, status: 10, user: 11, group: 12, queue: 14 } as const;
const fields = 18;
const number = /^[+-]?\d{1,15}(\.\d*)?$/;
const comment = /^;\s*([A-Za-z][A-Za-z0-9]{0,40}):\s*(.*)$/;

/** Does a line belong to the Standard Workload Format: a comment, or eighteen numbers? */
export const looksLikeSwf = (text: string): boolean => text.trimStart().startsWith(';') || numbersOf(text) !== undefined;

function numbersOf(text: string): readonly string[] | undefined {
  const words = text.trim().split(/\s+/);
  return words.length === fields && words.every((word) => number.test(word)) ? words : undefined;
}

const word = (text: string): string => (text.startsWith('-') ? '' : text);

function complaint(text: string): string {
  const words = text.trim().split(/\s+/);
  const odd = words.find((each) => !number.test(each));
  if (odd !== undefined) return `${JSON.stringify(odd.slice(0, 40))} is no number`;
  return `${words.length} fields where the format has ${fields}`;
}

/**
 * The Standard Workload Format of the Parallel Workloads Archive. A job ends by its run time (field 4); its estimate (field 9) is all that a
 * scheduler may know. Dropped and counted: jobs that never ran, jobs without processors (where the allocated ones are not known, those asked for
 * count), and the separate bursts of a job that was checkpointed (status 2 to 4; its summary line counts).
 */
export class SwfReader implements LogReader {
  readonly #jobs: LoggedJob[] = [];
  readonly #header: Record<string, string> = {};
  readonly #findings: Findings;
  readonly #coresPer: number;
  #startAt = 0;

  /** `coresPer`: how many of the log's processors make one core of the site (a log that counts processors where whole nodes are handed out). */
  constructor(findings: Findings, coresPer = 1) {
    this.#findings = findings;
    this.#coresPer = coresPer;
  }

  take(text: string, place: Place): void {
    if (text.trim() === '') return;
    if (text.trimStart().startsWith(';')) this.#comment(text.trim());
    else this.#line(text, place);
  }

  #comment(text: string): void {
    const [, name, value] = comment.exec(text) ?? [];
    if (name === undefined || value === undefined) return;
    const before = Object.hasOwn(this.#header, name) ? `${this.#header[name]}\n` : '';
    this.#header[name] = `${before}${value.trim()}`.slice(0, 4000);
    if (name === 'UnixStartTime' && /^\d{1,12}\b/.test(value.trim())) this.#startAt = Number.parseInt(value, 10) * 1000;
  }

  #line(text: string, place: Place): void {
    const words = numbersOf(text);
    const found = words === undefined ? { bad: complaint(text) } : jobOf(words, this.#startAt, this.#coresPer);
    if ('id' in found) this.#jobs.push(found);
    else this.#findings.leave(found, place);
  }

  end(): ReturnType<LogReader['end']> {
    return { format: 'swf', jobs: this.#jobs, header: this.#header, site: siteOf(this.#header, this.#coresPer) };
  }
}

function jobOf(words: readonly string[], startAt: number, coresPer: number): LoggedJob | Left {
  const at = (index: number): number => Number(words[index]);
  const status = at(field.status);
  if (status >= 2 && status <= 4) return { drop: 'part of a job, its summary counts' };
  if (at(field.run) <= 0) return { drop: 'cancelled before it ran' };
  const processors = at(field.allocated) > 0 ? at(field.allocated) : at(field.asked);
  if (processors <= 0) return { drop: 'no processors' };
  if (at(field.submit) < 0) return { bad: 'submitted before the log begins' };
  return {
    id: words[field.id] as string,
    queue: word(words[field.queue] as string),
    group: word(words[field.group] as string),
    account: '',
    user: word(words[field.user] as string),
    name: '',
    submitAt: startAt + at(field.submit) * 1000,
    runMs: at(field.run) * 1000,
    walltimeMs: Math.max(0, at(field.estimate)) * 1000,
    slots: Math.ceil(processors / coresPer),
    nodes: 0,
    ppn: 0,
    memoryMiB: Math.ceil((Math.max(0, at(field.memoryKiB)) * processors) / 1024),
    properties: [],
    array: false,
  };
}

/** Hosts and cores as the header tells them (`MaxNodes`, `MaxProcs`). */
function siteOf(header: Readonly<Record<string, string>>, coresPer: number): LoggedSite {
  const told = (name: string): number => Number.parseInt(header[name] ?? '', 10);
  const hosts = told('MaxNodes');
  const processors = told('MaxProcs');
  if (!(hosts > 0)) return {};
  return { hosts, ...(processors >= hosts ? { coresPerHost: Math.max(1, Math.floor(processors / hosts / coresPer)) } : {}) };
}
