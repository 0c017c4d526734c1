import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** Longest line that is read, characters; of a longer one only the beginning is handed on. */
export const longestLine = 1_000_000;

/** Takes one line, without its end. `number` counts from 1. */
export type TakeLine = (text: string, number: number) => void;

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

/** Cuts text that comes in pieces into lines. */
class Cutter {
  readonly #take: TakeLine;
  #rest = '';
  #number = 0;
  constructor(take: TakeLine) {
    this.#take = take;
  }
  add(piece: string): void {
    const lines = (this.#rest + piece).split('\n');
    this.#rest = (lines.pop() ?? '').slice(0, longestLine);
    for (const line of lines) this.#line(line);
  }
  end(): void {
    if (this.#rest !== '') this.#line(this.#rest);
  }
  #line(text: string): void {
    this.#number++;
    const whole = text.endsWith('\r') ? text.slice(0, -1) : text;
    this.#take(whole.slice(0, longestLine), this.#number);
  }
}

/**
 * Hands on every line of a file, plain or gzip (known by its bytes, not by its name), in constant memory. Bytes that are no UTF-8
 * become replacement characters. Resolves to undefined, or, where the compressed data ends too early or is damaged, to a sentence: what
 * came before has been handed on. Rejects where the file cannot be opened or read.
 */
export async function eachLine(file: string, take: TakeLine): Promise<string | undefined> {
  const packed = await isGzip(file);
  const source = createReadStream(file);
  const stream: Readable = packed ? source.pipe(createGunzip()) : source;
  source.on('error', (thrown) => stream.destroy(thrown));
  stream.setEncoding('utf8');
  const cutter = new Cutter(take);
  try {
    for await (const piece of stream) cutter.add(piece as string);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (!packed || code === undefined || !code.startsWith('Z_')) throw thrown;
    return `the compressed data is damaged or ends too early (${(thrown as Error).message})`;
  } finally {
    source.destroy();
  }
  cutter.end();
  return undefined;
}
