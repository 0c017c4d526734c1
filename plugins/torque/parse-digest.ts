import crypto from 'node:crypto';

/** An element as bytes. Its name is looked for first: `<` is everywhere, a capital is rare and quickly found. */
const element = (name: string): { readonly open: Buffer; readonly close: Buffer; readonly name: Buffer } => ({
  open: Buffer.from(`<${name}>`),
  close: Buffer.from(`</${name}>`),
  name: Buffer.from(`${name}>`),
});
/** What users typed into environment and command line: never looked into. */
const userText = ['Variable_List', 'submit_args'].map(element);
/** What changes by itself while a job runs. */
const volatile = ['resources_used', 'Walltime', 'mtime'].map(element);
const state = Buffer.from('<job_state>');
const queued = 'Q'.charCodeAt(0);
const held = 'H'.charCodeAt(0);

/** The part of a record that is looked at, laid out in one buffer that the next record overwrites. */
export class Cutter {
  #room = Buffer.allocUnsafe(64 * 1024);
  #length = 0;

  /** The bytes that tell whether a record is as it was: all of it, but without what runs by itself. Good until the next call. */
  telling(record: Buffer): Buffer {
    if (rests(record)) return record;
    this.#lay(record);
    for (const one of volatile) this.#cut(one, 0);
    return this.#room.subarray(0, this.#length);
  }

  /** The record without what users typed and what runs by itself. Good until the next call. */
  readable(record: Buffer): Buffer {
    this.#lay(record);
    let from = 0;
    for (const one of userText) from = this.#cut(one, from);
    if (!rests(record)) for (const one of volatile) this.#cut(one, 0);
    return this.#room.subarray(0, this.#length);
  }

  #lay(record: Buffer): void {
    if (this.#room.length < record.length) this.#room = Buffer.allocUnsafe(2 * record.length);
    this.#length = record.copy(this.#room, 0);
  }

  /** Gives the place where the element was. */
  #cut({ open, close, name }: (typeof userText)[number], from: number): number {
    const kept = this.#room.subarray(0, this.#length);
    const near = kept.indexOf(name, from);
    if (near < 0) return from === 0 ? 0 : this.#cut({ open, close, name }, 0);
    const start = kept[near - 1] === open[0] ? near - 1 : kept.indexOf(open, near);
    const end = start < 0 ? -1 : kept.indexOf(close, start);
    if (end < 0) return 0;
    this.#room.copyWithin(start, end + close.length, this.#length);
    this.#length -= end + close.length - start;
    return start;
  }
}

/** Nothing of such a job runs by itself. */
function rests(record: Buffer): boolean {
  const at = record.indexOf(state);
  const letter = at < 0 ? undefined : record[at + state.length];
  return letter === queued || letter === held;
}

/** Two records of the same digest (one character a byte) are the same: nobody finds two others, however much a user may write into them. */
export const digestOf: (bytes: Uint8Array) => string =
  // the one call (since Node 20.12) leaves nothing for the garbage collector
  typeof crypto.hash === 'function' ? (bytes) => crypto.hash('sha256', bytes, 'binary') : (bytes) => crypto.createHash('sha256').update(bytes).digest('binary');
