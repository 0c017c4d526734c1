/** Words of a digest that are kept: 128 bits. */
const words = 4;
const smallest = 1024;

/** Four bytes of a digest. */
const word = (digest: string, at: number): number =>
  digest.charCodeAt(at) | (digest.charCodeAt(at + 1) << 8) | (digest.charCodeAt(at + 2) << 16) | (digest.charCodeAt(at + 3) << 24);

/** Digests and a number of at least 0 for each, in typed arrays: a hundred thousand of them are 4 MB and nothing for the garbage collector. */
export class DigestTable {
  #keys = new Int32Array(smallest * words);
  /** The number plus one; 0 where the slot is empty. */
  #values = new Int32Array(smallest);
  #size = 0;

  clear(): void {
    if (this.#size === 0) return;
    this.#values.fill(0);
    this.#size = 0;
  }

  /** The number of a digest (at least 16 bytes, one character each); -1 when it is not there. */
  find(digest: string): number {
    return (this.#values[this.#slot(word(digest, 0), word(digest, 4), word(digest, 8), word(digest, 12))] ?? 0) - 1;
  }

  put(digest: string, value: number): void {
    this.#put(word(digest, 0), word(digest, 4), word(digest, 8), word(digest, 12), value + 1);
    if (this.#size * 2 > this.#values.length) this.#grow();
  }

  #put(a: number, b: number, c: number, d: number, stored: number): void {
    const slot = this.#slot(a, b, c, d);
    if (this.#values[slot] === 0) this.#size += 1;
    this.#values[slot] = stored;
    const at = slot * words;
    this.#keys[at] = a;
    this.#keys[at + 1] = b;
    this.#keys[at + 2] = c;
    this.#keys[at + 3] = d;
  }

  /** Where the digest is, or the empty slot where it would be. */
  #slot(a: number, b: number, c: number, d: number): number {
    const keys = this.#keys;
    const mask = this.#values.length - 1;
    for (let slot = a & mask; ; slot = (slot + 1) & mask) {
      const at = slot * words;
      if (this.#values[slot] === 0 || (keys[at] === a && keys[at + 1] === b && keys[at + 2] === c && keys[at + 3] === d)) return slot;
    }
  }

  #grow(): void {
    const keys = this.#keys;
    const values = this.#values;
    this.#keys = new Int32Array(keys.length * 2);
    this.#values = new Int32Array(values.length * 2);
    this.#size = 0;
    for (const [slot, stored] of values.entries()) {
      const at = slot * words;
      if (stored !== 0) this.#put(keys[at] ?? 0, keys[at + 1] ?? 0, keys[at + 2] ?? 0, keys[at + 3] ?? 0, stored);
    }
  }
}
