/** Keys and list positions from the top: `['pools', 'lab', 'mode']`; environment files hang below `environments`, NAME. */
export type Path = readonly (string | number)[];

/** Where something is written; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

interface Spot {
  readonly key: Place;
  readonly value: Place;
  /** How many parts of the path lead to the top of its file. */
  readonly depth: number;
}

const keyOf = (path: Path): string => path.join('\u0000');

/** Remembers where every key and value of the configuration is written. */
export class Spots {
  readonly #spots = new Map<string, Spot>();

  record(path: Path, spot: Spot): void {
    this.#spots.set(keyOf(path), spot);
  }

  #nearest(path: Path): { readonly spot: Spot | undefined; readonly exact: boolean } {
    for (let length = path.length; length >= 0; length--) {
      const spot = this.#spots.get(keyOf(path.slice(0, length)));
      if (spot !== undefined) return { spot, exact: length === path.length };
    }
    return { spot: undefined, exact: false };
  }

  /** The place of a value (or of its key); of the nearest written part above it when it is not written. */
  place(path: Path, at: 'key' | 'value' = 'value'): Place {
    const { spot, exact } = this.#nearest(path);
    if (spot === undefined) return { file: '', line: 1, column: 1 };
    return exact && at === 'value' ? spot.value : spot.key;
  }

  /** The path inside its own file, as problems show it: `pools.lab.hosts.post01.memory`. */
  within(path: Path): string {
    const depth = this.#nearest(path).spot?.depth ?? 0;
    return path.slice(depth).join('.');
  }
}
