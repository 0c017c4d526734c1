import { garbled } from './parse-text.js';

const opening = Buffer.from('<Job>');
/** Both seams end so; its first letter is rare, which makes it quick to find. */
const seam = Buffer.from('Job>');
const less = '<'.charCodeAt(0);
const slash = '/'.charCodeAt(0);
/** A job's record longer than this (bytes) is not read; only its head is kept, for its id. */
const longestRecord = 8 * 1024 * 1024;
export const keptHead = 64 * 1024;

/** What is found in a list of jobs, in its order. The bytes are only good until the call returns. */
export interface RecordSink {
  /** One `<Job>...</Job>`; `cut` when its middle was too long to be kept. */
  record(bytes: Buffer, cut: boolean): void;
  /** Bytes outside any whole record that should not be there. */
  between(text: string): void;
  /** A `</Job>` without its beginning. */
  headless(text: string): void;
}

/** Cuts `<Data><Job>...</Job>...</Data>` at its seams, in pieces of any size, without looking into the jobs. */
export class Records {
  readonly #sink: RecordSink;
  #pending: Buffer = Buffer.alloc(0);
  /** Bytes dropped from the middle of a record that is too long. */
  #dropped = 0;
  /** Where in the pending bytes the last record begins; -1 when none does. */
  #opened = -1;
  #begun = false;

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  feed(piece: Uint8Array): void {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const before = this.#pending.length;
    const all = before === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    let from = Math.max(0, before - seam.length);
    let done = 0;
    for (;;) {
      const at = all.indexOf(seam, from);
      if (at < 0) break;
      from = at + seam.length;
      if (all[at - 1] === less) this.#opened = at - 1;
      else if (all[at - 1] === slash && all[at - 2] === less) {
        this.#ended(all.subarray(done, from), this.#opened - done);
        this.#opened = -1;
        done = from;
      }
    }
    if (this.#opened >= 0) this.#opened -= done;
    // a copy: the rest must not keep the whole piece alive
    this.#pending = Buffer.from(all.subarray(done));
    if (this.#pending.length > longestRecord) this.#shorten();
  }

  /** Raises Failure `garbled` when the list did not end. */
  end(): void {
    const rest = this.#pending.toString('utf8');
    if (!this.#begun && (rest.trim() === '' || /^\s*(<\?xml[^<>]*\?>)?\s*<Data\s*\/>\s*$/.test(rest))) return;
    const tail = this.#begun ? rest : rest.slice(headOf(rest));
    const end = tail.lastIndexOf('</Data>');
    if (end < 0 || tail.slice(end + '</Data>'.length).trim() !== '') garbled('the list of jobs is cut off (it should end with </Data>)', tail.slice(-60));
    if (this.#dropped > 0 || tail.slice(0, end).trim() !== '') this.#sink.between(tail.slice(0, end));
  }

  #shorten(): void {
    this.#dropped += this.#pending.length - 2 * keptHead;
    this.#pending = Buffer.concat([this.#pending.subarray(0, keptHead), this.#pending.subarray(-keptHead)]);
    this.#opened = this.#pending.lastIndexOf(opening);
  }

  /** Everything up to and with one `</Job>`, usually exactly one job; its last `<Job>` is at `start`. */
  #ended(bytes: Buffer, start: number): void {
    const head = this.#begun ? 0 : this.#begin(bytes);
    const cut = this.#dropped + bytes.length - head > longestRecord;
    this.#dropped = 0;
    if (start < head) {
      this.#sink.headless(bytes.toString('utf8', head));
      return;
    }
    if (start > head) {
      const before = bytes.toString('utf8', head, start);
      if (before.trim() !== '') this.#sink.between(before);
    }
    this.#sink.record(bytes.subarray(start), cut);
  }

  /** Length of the list's beginning. Raises Failure `garbled`. */
  #begin(bytes: Buffer): number {
    const first = bytes.indexOf(opening);
    const text = bytes.toString('utf8', 0, first < 0 ? bytes.length : first);
    const head = Buffer.byteLength(text.slice(0, headOf(text)));
    this.#begun = true;
    return head;
  }
}

/** Length of a list's beginning. Raises Failure `garbled`. */
function headOf(text: string): number {
  const match = /^\s*(<\?xml[^<>]*\?>)?\s*<Data>/.exec(text);
  if (match === null) garbled('a list of jobs should begin with <Data>', text);
  return match[0].length;
}
