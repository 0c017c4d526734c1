import { SaxesParser } from 'saxes';
import type { JobFields } from './parse-job.js';
import type { SharedTexts } from './parse-shared.js';
import { copied } from './parse-text.js';

/** Elements of a job itself that are read. */
export const wantedOwn: ReadonlySet<string> = new Set([
  'Job_Id',
  'Job_Name',
  'Job_Owner',
  'job_state',
  'queue',
  'Account_Name',
  'ctime',
  'qtime',
  'etime',
  'start_time',
  'depend',
  'exec_host',
  'Hold_Types',
  'Rerunable',
  'euser',
  'egroup',
  'exit_status',
  'comment',
  'request_version',
  'x',
]);

/**
 * The elements of one job after the other, by one XML parser over `<Data>`; a job that is not well-formed costs only
 * itself: the parser is then begun anew.
 */
export class JobElements {
  #parser: SaxesParser | undefined;
  #own = new Map<string, string>();
  #resources = new Map<string, string>();
  #path: string[] = [];
  #text = '';
  #error: string | undefined;
  readonly #shared: SharedTexts;

  constructor(shared: SharedTexts) {
    this.#shared = shared;
  }

  /** `text` is one `<Job>...</Job>`, clean of what XML forbids. */
  read(text: string): JobFields {
    this.#own = new Map();
    this.#resources = new Map();
    this.#path = [];
    this.#error = undefined;
    this.#parser ??= this.#begin();
    this.#parser.write(text);
    if (this.#error === undefined && this.#path.length > 0) this.#error = 'its elements do not close';
    const fields = { own: this.#own, resources: this.#resources };
    if (this.#error === undefined) return fields;
    this.#parser = undefined;
    return { ...scan(text), damaged: this.#error };
  }

  #begin(): SaxesParser {
    const parser = new SaxesParser({ position: false });
    parser.on('error', (error) => {
      this.#error ??= `not well-formed: ${error.message}`;
    });
    parser.on('opentag', (tag) => {
      this.#path.push(tag.name);
      this.#text = '';
      if (this.#path.length === 2 && tag.name === 'req_information') this.#own.set(tag.name, '');
    });
    parser.on('text', (text) => {
      if (this.#path.length > 1) this.#text += text;
    });
    parser.on('closetag', () => this.#close());
    parser.write('<Data>');
    this.#path = [];
    return parser;
  }

  #close(): void {
    const [, group, resource] = this.#path;
    if (this.#path.length === 2 && group !== undefined && wantedOwn.has(group)) this.#own.set(group, this.#shared.share(this.#text));
    if (this.#path.length === 3 && group === 'Resource_List' && resource !== undefined) this.#resources.set(resource, this.#shared.share(this.#text));
    this.#path.pop();
    this.#text = '';
  }
}

/** What can still be read of an ill-formed job: simple elements, first come. */
export function scan(text: string): JobFields {
  const own = new Map<string, string>();
  for (const [, name = '', value = ''] of text.matchAll(/<([A-Za-z_]{1,40})>([^<>&]{0,4096})<\/\1>/g)) {
    if (wantedOwn.has(name) && !own.has(name)) own.set(name, copied(value));
  }
  return { own, resources: new Map() };
}
