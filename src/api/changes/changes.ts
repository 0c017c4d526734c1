import type { Clock } from '../../clock.js';
import type { Present } from '../../model/present.js';
import { ApiError } from '../errors.js';
import { changeBetween, type Picture, pictureOf } from './picture.js';

/** Where messages go: a response, or a test. */
export interface Sink {
  write(text: string): void;
  /** Bytes written and not yet taken by the reader. */
  waiting(): number;
  end(): void;
}

export interface ChangesLimits {
  readonly readers: number;
  readonly readersOfOne: number;
  /** A reader that leaves more than this unread is let go; it comes back and reads the lists anew. */
  readonly mostWaitingBytes: number;
  /** Messages kept for those who come back. */
  readonly keptMessages: number;
  readonly keptBytes: number;
  /** Messages go on being kept this long without any reader. */
  readonly graceMs: number;
  readonly heartbeatMs: number;
}
export const usualLimits: ChangesLimits = {
  readers: 200,
  readersOfOne: 20,
  mostWaitingBytes: 1_048_576,
  keptMessages: 256,
  keptBytes: 8_388_608,
  graceMs: 120_000,
  heartbeatMs: 15_000,
};

interface Reader {
  readonly who: string;
  readonly sink: Sink;
  /** May it still read? Asked at every heartbeat. */
  readonly welcome: () => boolean;
}
interface Message {
  readonly id: string;
  readonly text: string;
}

const written = (event: string, id: string, data: unknown): string => `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;

/**
 * Tells readers what each tick changes. Nothing is worked out while nobody reads; each message is made once for all.
 * A reader that comes back with the id of its last message gets what it missed, or `reset` when that is no longer kept.
 */
export class Changes {
  readonly #clock: Clock;
  readonly #version: string;
  readonly #limits: ChangesLimits;
  readonly #readers = new Set<Reader>();
  readonly #kept: Message[] = [];
  #keptBytes = 0;
  #picture: Picture | undefined;
  #present: Present | undefined;
  #leftAt = Number.NEGATIVE_INFINITY;
  readonly #ended = new AbortController();
  #beating = false;

  constructor(clock: Clock, version: string, limits: ChangesLimits = usualLimits) {
    this.#clock = clock;
    this.#version = version;
    this.#limits = limits;
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** After each tick. */
  publish(present: Present): void {
    this.#present = present;
    const before = this.#picture;
    if (before === undefined) return;
    if (this.#readers.size === 0 && this.#clock.mono() - this.#leftAt > this.#limits.graceMs) {
      this.#forget();
      return;
    }
    if (present.world.life.id !== before.present.world.life.id) this.#forget();
    this.#picture = pictureOf(present, this.#version, before);
    this.#tell(written('change', idOf(present), changeBetween(before, this.#picture)), idOf(present));
  }

  /** Begins to tell what `open` opens; the function returned ends it. Raises ApiError `not-ready`, `too-often` before it opens anything. */
  follow(who: string, lastId: string | undefined, open: () => Sink, welcome: () => boolean): () => void {
    const present = this.#present;
    if (present === undefined) throw new ApiError('not-ready', 'the daemon has not finished its first look yet; try again in a moment');
    const { readers, readersOfOne } = this.#limits;
    if (this.#readers.size >= readers || [...this.#readers].filter((reader) => reader.who === who).length >= readersOfOne)
      throw new ApiError('too-often', 'too many readers follow the changes', { remedy: 'close some of your pages', retryAfterMs: 10_000 });
    this.#picture ??= pictureOf(present, this.#version);
    const missed = this.#missed(lastId);
    const sink = open();
    const reader: Reader = { who, sink, welcome };
    this.#readers.add(reader);
    const greeting = { revision: present.revision, at: present.at };
    if (lastId === undefined) sink.write(written('hello', idOf(present), greeting));
    else if (missed === undefined) sink.write(written('reset', idOf(present), greeting));
    else for (const { text } of missed) sink.write(text);
    void this.#beat();
    return () => this.#drop(reader, false);
  }

  close(): void {
    this.#ended.abort();
    for (const reader of this.#readers) this.#drop(reader, true);
  }

  #missed(lastId: string | undefined): readonly Message[] | undefined {
    if (lastId === undefined) return undefined;
    if (this.#picture !== undefined && lastId === idOf(this.#picture.present)) return [];
    const at = this.#kept.findIndex(({ id }) => id === lastId);
    return at < 0 ? undefined : this.#kept.slice(at + 1);
  }

  #tell(text: string, id: string): void {
    this.#kept.push({ id, text });
    this.#keptBytes += text.length;
    while (this.#kept.length > this.#limits.keptMessages || this.#keptBytes > this.#limits.keptBytes) this.#keptBytes -= this.#kept.shift()?.text.length ?? 0;
    for (const reader of this.#readers) this.#write(reader, text);
  }

  #write(reader: Reader, text: string): void {
    if (reader.sink.waiting() > this.#limits.mostWaitingBytes) this.#drop(reader, true);
    else reader.sink.write(text);
  }

  #drop(reader: Reader, end: boolean): void {
    if (!this.#readers.delete(reader)) return;
    if (this.#readers.size === 0) this.#leftAt = this.#clock.mono();
    if (end) reader.sink.end();
  }

  #forget(): void {
    this.#picture = undefined;
    this.#kept.length = 0;
    this.#keptBytes = 0;
  }

  /** A sign of life for each reader (proxies cut what is silent), and a look whether it may still read. */
  async #beat(): Promise<void> {
    if (this.#beating) return;
    this.#beating = true;
    while (this.#readers.size > 0 && !this.#ended.signal.aborted) {
      await this.#clock.sleep(this.#limits.heartbeatMs, this.#ended.signal);
      for (const reader of this.#readers) {
        if (reader.welcome()) this.#write(reader, ': still here\n\n');
        else this.#drop(reader, true);
      }
    }
    this.#beating = false;
  }
}

const idOf = (present: Present): string => `${present.world.life.id}-${present.revision}`;
