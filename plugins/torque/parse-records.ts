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
  /** Begins with the bytes that are not yet judged. One buffer for all pieces: nothing is left for the garbage collector. */
  #room = Buffer.allocUnsafe(256 * 1024);
  #length = 0;
  /** Bytes dropped from the middle of a record that is too long. */
  #dropped = 0;
  /** Where in the pending bytes the last record begins; -1 when none does. */
  #opened = -1;
  #begun = false;

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  feed(piece: Uint8Array): void {
    const all = this.#append(piece);
    let from = Math.max(0, all.length - piece.length - seam.length);
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
    this.#room.copyWithin(0, done, this.#length);
    this.#length -= done;
    if (this.#length > longestRecord) this.#shorten();
  }

  /** Everything not yet judged, with the piece at its end. */
  #append(piece: Uint8Array): Buffer {
    const length = this.#length + piece.length;
    if (length > this.#room.length) {
      const larger = Buffer.allocUnsafe(2 * length);
      this.#room.copy(larger, 0, 0, this.#length);
      this.#room = larger;
    }
    this.#room.set(piece, this.#length);
    this.#length = length;
    return this.#room.subarray(0, length);
  }

  /** Raises Failure `garbled` when the list did not end. */
  end(): void {
    const rest = this.#room.toString('utf8', 0, this.#length);
    if (!this.#begun && (rest.trim() === '' || /^\s*(<\?xml[^<>]*\?>)?\s*<Data\s*\/>\s*$/.test(rest))) return;
    const tail = this.#begun ? rest : rest.slice(headOf(rest));
    const end = tail.lastIndexOf('</Data>');
    if (end < 0 || tail.slice(end + '</Data>'.length).trim() !== '') garbled('the list of jobs is cut off (it should end with </Data>)', tail.slice(-60));
    if (this.#dropped > 0 || tail.slice(0, end).trim() !== '') this.#sink.between(tail.slice(0, end));
  }

  #shorten(): void {
    this.#dropped += this.#length - 2 * keptHead;
    this.#room.copyWithin(keptHead, this.#length - keptHead, this.#length);
    this.#length = 2 * keptHead;
    this.#opened = this.#room.subarray(0, this.#length).lastIndexOf(opening);
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
