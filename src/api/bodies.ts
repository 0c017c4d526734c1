import { createHash } from 'node:crypto';
import type { Present } from '../model/present.js';

/** An answer as it goes out, and its strong ETag: equal bytes, equal tag. */
export interface Body {
  readonly text: string;
  readonly etag: string;
}

export const bodyOf = (answer: unknown): Body => {
  const text = JSON.stringify(answer);
  return { text, etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"` };
};

/** Does an If-None-Match header name the tag? */
export const names = (header: string | undefined, etag: string): boolean =>
  header !== undefined && (header.trim() === '*' || header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag));

/** Most of one tick's answers that are kept, characters. */
const mostKept = 33_554_432;

/** Answers that follow from the last tick alone are written once for all who ask for them until the next. */
export class Bodies {
  #of: Present | undefined;
  readonly #kept = new Map<string, Body>();
  #size = 0;

  once(present: Present, key: string, make: () => unknown): Body {
    if (this.#of !== present) {
      this.#of = present;
      this.#kept.clear();
      this.#size = 0;
    }
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const body = bodyOf(make());
    this.#size += body.text.length + key.length;
    if (this.#size <= mostKept) this.#kept.set(key, body);
    return body;
  }
}
