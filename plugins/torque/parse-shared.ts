import { copied } from './parse-text.js';

/** Values that come again and again share one copy; at most so many are remembered. */
const mostShared = 20_000;
/** Shorter slices are copies already. */
const shortestSlice = 13;

/** Copies of the values that are kept, so that none pins the text it was cut from. */
export class SharedTexts {
  readonly #known = new Map<string, string>();

  share(text: string): string {
    if (text.length < shortestSlice) return text;
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const own = copied(text);
    if (this.#known.size < mostShared) this.#known.set(own, own);
    return own;
  }
}
