import { Failure } from '../../src/drivers/failure.js';
import type { Job } from '../../src/model/job.js';
import { JobElements, scan } from './job-elements.js';
import { jobIdPattern, parseJob } from './parse-job.js';
import type { IsHost } from './parse-request.js';
import { clean, garbled } from './parse-text.js';

const opening = '<Job>';
const closing = '</Job>';
/** Elements that hold what users typed, of no use to us: cut out before anything reads them. */
const untouched = ['Variable_List', 'submit_args'] as const;

/** A job's record longer than this (characters) is not read; only its head is kept, for its id. */
const longestJob = 8 * 1024 * 1024;
const keptHead = 64 * 1024;

export interface JobList {
  readonly jobs: readonly Job[];
  /** What could not be read whole, as sentences. */
  readonly warnings: readonly string[];
  /** Records of which not even the id could be read. */
  readonly unreadable: number;
  /** `neednodes` was seen: the server shows it to managers and operators only. Undefined where no job could have shown it. */
  readonly showsNeednodes: boolean | undefined;
}

/**
 * Reads `qstat -t -x` in pieces of any size. One job's ill-formed bytes cost at most that job, which is then reported
 * as `damaged` (with a warning) if its id can be read. Nothing is given out before the document has ended cleanly:
 * raises Failure `garbled` for one that is cut off or is no such document.
 */
export class JobsReader {
  readonly #source: string;
  readonly #isHost: IsHost;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #elements = new JobElements();
  readonly #jobs: Job[] = [];
  readonly #warnings: string[] = [];
  #pending = '';
  /** Characters dropped from the middle of a record that is too long. */
  #dropped = 0;
  #begun = false;
  #unreadable = 0;
  #showsNeednodes: boolean | undefined;

  constructor(source: string, isHost: IsHost) {
    this.#source = source;
    this.#isHost = isHost;
  }

  feed(chunk: Uint8Array): void {
    this.#take(this.#decoder.decode(chunk, { stream: true }));
  }

  /** All jobs, after the last piece. */
  end(): JobList {
    this.#take(this.#decoder.decode());
    const rest = this.#pending;
    if (!this.#begun && rest.trim() === '') return this.#list();
    if (!this.#begun && /^\s*(<\?xml[^<>]*\?>)?\s*<Data\s*\/>\s*$/.test(rest)) return this.#list();
    const tail = this.#begun ? rest : this.#begin(rest);
    const end = tail.lastIndexOf('</Data>');
    if (end < 0 || tail.slice(end + '</Data>'.length).trim() !== '') garbled('the list of jobs is cut off (it should end with </Data>)', tail.slice(-60));
    if (this.#dropped > 0 || tail.slice(0, end).trim() !== '') this.#between(tail.slice(0, end));
    return this.#list();
  }

  #list(): JobList {
    return { jobs: this.#jobs, warnings: this.#warnings, unreadable: this.#unreadable, showsNeednodes: this.#showsNeednodes };
  }

  #take(decoded: string): void {
    let from = Math.max(0, this.#pending.length - closing.length);
    this.#pending += clean(decoded);
    let done = 0;
    for (;;) {
      const end = this.#pending.indexOf(closing, from);
      if (end < 0) break;
      this.#record(this.#pending.slice(done, end + closing.length));
      done = end + closing.length;
      from = done;
    }
    if (done > 0) this.#pending = this.#pending.slice(done);
    if (this.#pending.length > longestJob) this.#shorten();
  }

  #shorten(): void {
    const tail = this.#pending.slice(-keptHead);
    this.#dropped += this.#pending.length - 2 * keptHead;
    this.#pending = this.#pending.slice(0, keptHead) + tail;
  }

  /** The text after the document's beginning. */
  #begin(text: string): string {
    const match = /^\s*(<\?xml[^<>]*\?>)?\s*<Data>/.exec(text);
    if (match === null) garbled('a list of jobs should begin with <Data>', text);
    this.#begun = true;
    return text.slice(match[0].length);
  }

  /** Everything up to and with one `</Job>`: usually exactly one job. */
  #record(text: string): void {
    const body = this.#begun ? text : this.#begin(text);
    const tooLong = this.#dropped + body.length > longestJob;
    this.#dropped = 0;
    const last = body.lastIndexOf(opening);
    if (last < 0) {
      this.#lost(body, 'a record ends that never began');
      return;
    }
    const before = body.slice(0, last);
    if (before.trim() !== '') this.#between(before);
    const job = withoutUserText(body.slice(last));
    const fields = tooLong ? { ...scan(job.slice(0, keptHead)), damaged: 'its record is too long' } : this.#elements.read(job);
    const id = fields.own.get('Job_Id')?.trim() ?? '';
    if (!jobIdPattern.test(id)) {
      this.#lost(job, fields.damaged ?? 'it has no readable id');
      return;
    }
    this.#add(parseJob(this.#source, id, fields, this.#isHost));
    if (fields.resources.has('neednodes')) this.#showsNeednodes = true;
    else if (fields.resources.has('nodes')) this.#showsNeednodes ??= false;
  }

  /** Text between two jobs: nothing should stand there, so jobs whose end is missing, or noise. */
  #between(text: string): void {
    const [noise = '', ...unended] = text.split(opening);
    if (noise.trim() !== '') this.#lost(noise, 'no job can be made of it');
    for (const part of unended) {
      const fields = scan(withoutUserText(part.slice(0, keptHead)));
      const id = fields.own.get('Job_Id')?.trim() ?? '';
      if (jobIdPattern.test(id)) this.#add(parseJob(this.#source, id, { ...fields, damaged: 'its record does not end' }, this.#isHost));
      else this.#lost(part, 'it does not end and has no readable id');
    }
  }

  #add(job: Job): void {
    this.#jobs.push(job);
    if (job.damaged !== undefined) this.#warnings.push(`job ${job.id}: ${job.damaged}`);
  }

  #lost(text: string, why: string): void {
    this.#unreadable += 1;
    if (this.#unreadable > 1000) throw new Failure('garbled', 'the list of jobs has more than 1,000 unreadable records');
    this.#warnings.push(`a job's record could not be read (${why}): ${JSON.stringify(text.trim().slice(0, 60))}`);
  }
}

function withoutUserText(job: string): string {
  let kept = job;
  for (const name of untouched) {
    const start = kept.indexOf(`<${name}>`);
    const end = start < 0 ? -1 : kept.indexOf(`</${name}>`, start);
    if (end >= 0) kept = kept.slice(0, start) + kept.slice(end + name.length + 3);
  }
  return kept;
}
