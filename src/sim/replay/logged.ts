/** One job as a log tells it, before classes are made of it. Words it does not have are empty, numbers 0. */
export interface LoggedJob {
  readonly id: string;
  readonly queue: string;
  readonly group: string;
  readonly account: string;
  readonly user: string;
  readonly name: string;
  /** Epoch ms: when it became eligible. */
  readonly submitAt: number;
  /** > 0. */
  readonly runMs: number;
  /** 0 = its user asked for none. */
  readonly walltimeMs: number;
  /** > 0. */
  readonly slots: number;
  readonly nodes: number;
  readonly ppn: number;
  /** Of the whole job. */
  readonly memoryMiB: number;
  readonly properties: readonly string[];
  /** One element of an array. */
  readonly array: boolean;
}

/** The iron a log speaks of, as far as it does. */
export interface LoggedSite {
  readonly hosts?: number;
  readonly coresPerHost?: number;
}

/** What a log holds. */
export interface Log {
  readonly name: string;
  readonly format: 'swf' | 'torque';
  /** Not sorted. */
  readonly jobs: readonly LoggedJob[];
  /** Records that are no jobs that ran, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly bad: BadLines;
  /** Comments at its head by name (`UnixStartTime`, `Computer`, ...); several of one name are joined by line breaks. */
  readonly header: Readonly<Record<string, string>>;
  readonly site: LoggedSite;
}

/** Lines that could not be read. */
export interface BadLines {
  readonly count: number;
  /** The first of them, each as `FILE:LINE: why`. */
  readonly first: readonly string[];
}

/** Why a line is no job: it is of a known kind that does not count, or it cannot be read. */
export type Left = { readonly drop: string } | { readonly bad: string };

/** Where a line stands: `file:line`. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

const mostNamed = 10;

/** Counts what is left out, and names the first bad lines. */
export class Findings {
  readonly #dropped: Record<string, number> = {};
  readonly #first: string[] = [];
  #bad = 0;
  drop(reason: string, times = 1): void {
    if (times > 0) this.#dropped[reason] = (this.#dropped[reason] ?? 0) + times;
  }
  bad(place: Place, why: string): void {
    this.#bad++;
    if (this.#first.length < mostNamed) this.#first.push(`${place.file}:${place.line}: ${why}`);
  }
  leave(left: Left, place: Place): void {
    if ('bad' in left) this.bad(place, left.bad);
    else this.drop(left.drop);
  }
  get dropped(): Readonly<Record<string, number>> {
    return this.#dropped;
  }
  get badLines(): BadLines {
    return { count: this.#bad, first: this.#first };
  }
}

/** Reads one format line by line. */
export interface LogReader {
  take(text: string, place: Place): void;
  /** What the lines hold, all but name and bad lines. */
  end(): Pick<Log, 'format' | 'jobs' | 'header' | 'site'>;
}
