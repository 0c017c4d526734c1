import { Failure } from '../../src/drivers/failure.js';
import type { JobFindings, JobList, JobListChange, JobReader } from '../../src/drivers/job-lists.js';
import type { Job, ResourceRequest } from '../../src/model/job.js';
import { JobElements, scan } from './job-elements.js';
import { Cutter, digestOf } from './parse-digest.js';
import { type JobFields, jobIdPattern, parseJob } from './parse-job.js';
import { KnownRecords, type Shows } from './parse-known.js';
import { PlainJobs } from './parse-plain.js';
import { keptHead, Records } from './parse-records.js';
import { hostAmong, type IsHost, parseRequest } from './parse-request.js';
import { SharedTexts } from './parse-shared.js';
import { clean, copied } from './parse-text.js';

/** More unreadable records than this are no list of jobs. */
const mostUnreadable = 1000;
/** Different requests that are remembered. */
const mostRequests = 1000;

/**
 * Reads `qstat -t -x`, one list after the other. A record whose bytes are as in the list before is not looked into. One
 * job's ill-formed bytes cost at most that job, which is then reported as `damaged` (with a warning) if its id can be
 * read. A list counts only when it has ended cleanly: raises Failure `garbled` for one that is cut off or is no list.
 */
export class JobsReader implements JobReader {
  readonly #source: string;
  readonly #cutter = new Cutter();
  readonly #shared = new SharedTexts();
  readonly #elements = new JobElements(this.#shared);
  readonly #plain = new PlainJobs(this.#shared);
  readonly #known = new KnownRecords();
  readonly #requests = new Map<ReadonlyMap<string, string>, ResourceRequest>();
  #nodes: string | undefined;
  #isHost: IsHost = hostAmong(new Set());
  #records = this.#begin();
  #fresh: Job[] = [];
  #warnings: string[] = [];
  #unreadable = 0;
  #showsNeednodes: boolean | undefined;

  constructor(source: string) {
    this.#source = source;
  }

  begin(nodes: readonly string[]): void {
    const names = nodes.join('\n');
    if (names !== this.#nodes) {
      this.#nodes = names;
      this.#isHost = hostAmong(new Set(nodes));
      this.#requests.clear();
      this.#known.forget();
    }
    this.#records = this.#begin();
    this.#known.begin();
    this.#fresh = [];
    this.#warnings = [];
    this.#unreadable = 0;
    this.#showsNeednodes = undefined;
  }

  feed(piece: Uint8Array): void {
    this.#records.feed(piece);
  }

  fresh(): Job[] {
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }

  end(): JobListChange {
    this.#records.end();
    return { runs: this.#known.end(), ...this.#findings() };
  }

  forget(): void {
    this.#known.forget();
  }

  #findings(): JobFindings {
    return { warnings: this.#warnings, unreadable: this.#unreadable, showsNeednodes: this.#showsNeednodes };
  }

  #begin(): Records {
    return new Records({
      record: (bytes, cut) => this.#record(bytes, cut),
      between: (text) => this.#between(text),
      headless: (text) => this.#lost(text, 'a record ends that never began'),
    });
  }

  #record(bytes: Buffer, tooLong: boolean): void {
    const digest = digestOf(this.#cutter.telling(bytes));
    const known = this.#known.meet(digest);
    if (known !== undefined) {
      this.#saw(known);
      return;
    }
    const text = this.#cutter.readable(bytes).toString('utf8');
    const fields = tooLong
      ? { ...scan(clean(text.slice(0, keptHead))), damaged: 'its record is too long' }
      : (this.#plain.byShape(text) ?? this.#fields(clean(text)));
    const id = fields.own.get('Job_Id')?.trim() ?? '';
    if (jobIdPattern.test(id)) this.#add(copied(id), fields, digest);
    else this.#lost(text, fields.damaged ?? 'it has no readable id');
  }

  #fields(text: string): JobFields {
    return this.#plain.read(text) ?? this.#elements.read(text);
  }

  /** Text between two jobs: nothing should stand there, so jobs whose end is missing, or noise. */
  #between(text: string): void {
    const [noise = '', ...unended] = text.split('<Job>');
    if (noise.trim() !== '') this.#lost(noise, 'no job can be made of it');
    for (const part of unended) {
      const fields = scan(clean(this.#cutter.readable(Buffer.from(part.slice(0, keptHead))).toString('utf8')));
      const id = fields.own.get('Job_Id')?.trim() ?? '';
      if (jobIdPattern.test(id)) this.#add(id, { ...fields, damaged: 'its record does not end' }, undefined);
      else this.#lost(part, 'it does not end and has no readable id');
    }
  }

  /** A damaged job is read anew each time, so that it is told each time. */
  #add(id: string, fields: JobFields, digest: string | undefined): void {
    const job = parseJob(this.#source, id, fields, this.#isHost, this.#requestOf);
    const shows = fields.resources.has('neednodes') ? 1 : fields.resources.has('nodes') ? 2 : 0;
    this.#fresh.push(job);
    this.#known.add(job.damaged === undefined ? digest : undefined, shows);
    this.#saw(shows);
    if (job.damaged !== undefined) this.#warnings.push(`job ${job.id}: ${job.damaged}`);
  }

  #saw(shows: Shows): void {
    if (shows === 1) this.#showsNeednodes = true;
    else if (shows === 2) this.#showsNeednodes ??= false;
  }

  /** The same resources give the same request, which all jobs share that ask for it. */
  readonly #requestOf: typeof parseRequest = (resources, isHost, extras = []) => {
    if (extras.length > 0) return parseRequest(resources, isHost, extras);
    const known = this.#requests.get(resources);
    if (known !== undefined) return known;
    const request = parseRequest(resources, isHost);
    if (this.#requests.size >= mostRequests) this.#requests.clear();
    this.#requests.set(resources, request);
    return request;
  };

  #lost(text: string, why: string): void {
    this.#unreadable += 1;
    if (this.#unreadable > mostUnreadable) throw new Failure('garbled', 'the list of jobs has more than 1,000 unreadable records');
    this.#warnings.push(`a job's record could not be read (${why}): ${JSON.stringify(clean(text).trim().slice(0, 60))}`);
  }
}

/** One list by itself, in pieces. Raises Failure `garbled`. */
export function readList(source: string, nodes: readonly string[], pieces: Iterable<Uint8Array>): JobList {
  const reader = new JobsReader(source);
  reader.begin(nodes);
  for (const piece of pieces) reader.feed(piece);
  const { runs: _, ...findings } = reader.end();
  return { jobs: reader.fresh(), ...findings };
}
