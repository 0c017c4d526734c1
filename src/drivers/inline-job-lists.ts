import type { Job } from '../model/job.js';
import { changedList } from './job-list-change.js';
import type { JobLists, JobReader, Listed } from './job-lists.js';
import type { RunOptions, Shell } from './shell.js';

/** Job lists read where they are asked for: in virtual time, and where no thread can be had. */
export class InlineJobLists implements JobLists {
  readonly #shell: Shell;
  readonly #reader: JobReader;
  #jobs: readonly Job[] = [];

  constructor(shell: Shell, reader: JobReader) {
    this.#shell = shell;
    this.#reader = reader;
  }

  async read(argv: readonly string[], nodes: readonly string[], options: RunOptions): Promise<Listed> {
    const fresh: Job[] = [];
    const read = await readListing(this.#shell, this.#reader, argv, nodes, options, async (jobs) => void fresh.push(...jobs));
    if (read.change === undefined) return read;
    const list = changedList(this.#jobs, read.change, fresh);
    this.#jobs = list.jobs;
    return { exit: read.exit, stderr: read.stderr, list };
  }

  async close(): Promise<void> {
    // nothing is kept open between two readings
  }
}

/** Fresh jobs are handed on when so many have come together. */
const together = 500;

/** One listing command from its start to its end; `hand` is given the fresh jobs as they come, and may slow the reading down. */
export async function readListing(
  shell: Shell,
  reader: JobReader,
  argv: readonly string[],
  nodes: readonly string[],
  options: RunOptions,
  hand: (jobs: Job[]) => Promise<void>,
): Promise<Omit<Listed, 'list'> & { readonly change?: ReturnType<JobReader['end']> }> {
  reader.begin(nodes);
  const { chunks, end } = shell.stream(argv, options);
  let waiting: Job[] = [];
  try {
    for await (const chunk of chunks) {
      reader.feed(chunk);
      waiting = waiting.concat(reader.fresh());
      if (waiting.length >= together) await hand(waiting.splice(0));
    }
  } catch (thrown) {
    end.catch(() => undefined); // the reader's own failure is the news
    throw thrown;
  }
  const { exit, stderr } = await end;
  if (exit !== 0) return { exit, stderr };
  const change = reader.end();
  waiting = waiting.concat(reader.fresh());
  if (waiting.length > 0) await hand(waiting);
  return { exit, stderr, change };
}
