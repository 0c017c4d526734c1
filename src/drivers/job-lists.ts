import type { Job } from '../model/job.js';
import type { RunOptions } from './shell.js';

/** What a reader of a list noticed besides its jobs. */
export interface JobFindings {
  /** What could not be read whole, as sentences. */
  readonly warnings: readonly string[];
  /** Records of which not even the id could be read. */
  readonly unreadable: number;
  /** `neednodes` was seen: the server shows it to managers and operators only. Undefined where no job could have shown it. */
  readonly showsNeednodes: boolean | undefined;
}

/** All jobs of a batch server. A job that did not change since the list before is the same record. */
export interface JobList extends JobFindings {
  readonly jobs: readonly Job[];
}

/** How a list comes from the one before. Pairs of (from, count): so many jobs of the list before, or, where from is -1, the next so many fresh ones. */
export interface JobListChange extends JobFindings {
  readonly runs: Int32Array;
}

/** Reads one list after the other in pieces of any size, and gives out only what is not as in the list before. Pure. */
export interface JobReader {
  /** Begins a list. `nodes` are the names of the listed nodes: when they change, nothing counts as known. */
  begin(nodes: readonly string[]): void;
  /** Raises Failure `garbled` for what is no list of jobs. */
  feed(piece: Uint8Array): void;
  /** The fresh jobs since the last call, in order. */
  fresh(): Job[];
  /** The end: only now is the list the one to compare with. Raises Failure `garbled` when it was cut off. */
  end(): JobListChange;
  /** The next list is compared with nothing. */
  forget(): void;
}

/** Export `reader` of `plugins/NAME/reader.ts`: what a thread loads to read that product's lists. */
export interface ReaderPart {
  create(source: string): JobReader;
}

/** The end of a listing command; `list` only with exit 0. */
export interface Listed {
  readonly exit: number;
  readonly stderr: string;
  readonly list?: JobList;
}

/** Runs the command that lists jobs and reads what it prints. One at a time. */
export interface JobLists {
  /** Raises what the Shell raises, Failure `garbled` for a list that cannot be read, `uncertain` when the reading itself broke. Then the list before still stands. */
  read(argv: readonly string[], nodes: readonly string[], options: RunOptions): Promise<Listed>;
  close(): Promise<void>;
}
