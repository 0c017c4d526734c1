import { DigestTable } from './parse-digest-table.js';

/** What a job tells of our rights: 1 the server shows its `neednodes`, 2 it hides it, 0 nothing. */
export type Shows = 0 | 1 | 2;

/** Which records of a list stood in the list before, found by their digests; and the list as runs of known and fresh records. */
export class KnownRecords {
  /** Digest -> place in the list before, and what it shows: four times the place, plus that. */
  #before = new DigestTable();
  #now = new DigestTable();
  #runs: number[] = [];
  #length = 0;

  begin(): void {
    this.#now.clear();
    this.#runs = [];
    this.#length = 0;
  }

  /** The next list is compared with nothing. */
  forget(): void {
    this.#before.clear();
  }

  /** The next record, if it was there before: what it shows. */
  meet(digest: string): Shows | undefined {
    const known = this.#before.find(digest);
    if (known < 0) return undefined;
    const shows = (known & 3) as Shows;
    this.#append(known >> 2);
    this.#now.put(digest, this.#length * 4 + shows);
    this.#length += 1;
    return shows;
  }

  /** The next record is a fresh one; without a digest it will be fresh again next time. */
  add(digest: string | undefined, shows: Shows): void {
    this.#append(-1);
    if (digest !== undefined) this.#now.put(digest, this.#length * 4 + shows);
    this.#length += 1;
  }

  /** Ends the list: it is the one to compare with now. Its runs as in `JobListChange`. */
  end(): Int32Array {
    [this.#before, this.#now] = [this.#now, this.#before];
    const runs = Int32Array.from(this.#runs);
    this.begin();
    return runs;
  }

  #append(from: number): void {
    const runs = this.#runs;
    const start = runs[runs.length - 2];
    const count = runs[runs.length - 1];
    if (start !== undefined && count !== undefined && (from < 0 ? start < 0 : start >= 0 && start + count === from)) runs[runs.length - 1] = count + 1;
    else runs.push(from, 1);
  }
}
