import type { Problem } from './config.js';
import type { Path, Spots } from './spots.js';

/** What is wrong somewhere, before it has a place. */
export interface Complaint {
  readonly found: string;
  readonly expected: string;
  readonly nearest?: string | undefined;
}

/** Collects everything that is wrong, each with its place. */
export class Problems {
  readonly #found: Problem[] = [];
  readonly #paths = new Set<string>();
  readonly #spots: Spots;

  constructor(spots: Spots) {
    this.#spots = spots;
  }

  /** At the value of `path` (or its key); where it is not written, at the nearest part above it that is. */
  add(path: Path, complaint: Complaint, at: 'key' | 'value' = 'value'): void {
    const place = this.#spots.place(path, at);
    this.#paths.add(path.join('\u0000'));
    this.#put({ ...place, path: this.#spots.within(path) }, complaint);
  }

  /** What was probably meant by a wrong key is not called missing as well. */
  excuse(path: Path): void {
    this.#paths.add(path.join('\u0000'));
  }

  any(): boolean {
    return this.#found.length > 0;
  }

  /** Something was said of exactly this path already. */
  has(path: Path): boolean {
    return this.#paths.has(path.join('\u0000'));
  }

  /** At a line and column of a file, where no path leads. */
  addAt(place: { readonly file: string; readonly line: number; readonly column: number }, complaint: Complaint): void {
    this.#put({ ...place, path: '' }, complaint);
  }

  #put(where: Pick<Problem, 'file' | 'line' | 'column' | 'path'>, { found, expected, nearest }: Complaint): void {
    this.#found.push({ ...where, found, expected, ...(nearest === undefined ? {} : { nearest }) });
  }

  /** All of them, in the order of files, lines and columns; what is said twice is said once. */
  all(files: readonly string[]): readonly Problem[] {
    const rank = new Map(files.map((file, at) => [file, at]));
    const sorted = [...this.#found].sort((a, b) => (rank.get(a.file) ?? -1) - (rank.get(b.file) ?? -1) || a.line - b.line || a.column - b.column);
    const seen = new Set<string>();
    return sorted.filter((problem) => {
      const text = renderProblem(problem);
      return seen.has(text) ? false : seen.add(text);
    });
  }
}

/** `file:line:column: path: found X, expected Y, did you mean Z?` */
export function renderProblem(problem: Problem): string {
  const { file, line, column, path, found, expected, nearest } = problem;
  const hint = nearest === undefined ? '' : `, did you mean ${nearest}?`;
  const text = `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}found ${found}, expected ${expected}${hint}`;
  return text.replaceAll(/\p{Cc}/gu, '?'); // a terminal obeys them
}

/** Any value as a problem shows it: short, quoted, on one line. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a group of keys';
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
}
