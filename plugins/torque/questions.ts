import type { Clock } from '../../src/clock.js';
import { Failure } from '../../src/drivers/failure.js';
import type { JobList, JobLists } from '../../src/drivers/job-lists.js';
import type { Finished, Shell } from '../../src/drivers/shell.js';
import type { BatchNode } from '../../src/model/batch.js';
import { listJobs, listNodes, type Place } from './commands.js';
import { parseNodes } from './parse.js';
import { complaints, meansNoNodes, refusal } from './refusals.js';
import { Turn } from './turn.js';

/** What every part of the driver needs. Durations ms, sizes bytes. */
export interface Site {
  /** Name of the batch server in domus.yaml. */
  readonly name: string;
  readonly place: Place;
  readonly shell: Shell;
  readonly lists: JobLists;
  readonly clock: Clock;
  readonly readBackTries: number;
  readonly readBackPauseMs: number;
  readonly maxBytes: number;
}

const command = (argv: readonly string[]): string => argv.map((word) => (word === '' ? "''" : word)).join(' ');

/**
 * Asks the batch server. At most one list query is in flight (a large `qstat` keeps the server busy for seconds);
 * changes do not wait for it.
 */
export class Questions {
  readonly site: Site;
  readonly #turn = new Turn();
  #nodes: readonly string[] = [];

  constructor(site: Site) {
    this.site = site;
  }

  /** A command as it ends; raises only the Shell's own failures. */
  run(argv: readonly string[], signal: AbortSignal, stdin?: string): Promise<Finished> {
    return this.site.shell.run(argv, { signal, maxBytes: this.site.maxBytes, ...(stdin === undefined ? {} : { stdin }) });
  }

  /** A change; raises the Failure that its exit stands for. */
  async change(argv: readonly string[], signal: AbortSignal): Promise<Finished> {
    const finished = await this.run(argv, signal);
    if (finished.exit !== 0) throw this.#failure(argv, finished.exit, finished.stderr);
    return finished;
  }

  /**
   * A change of nodes that will be looked at afterwards, whatever the command says (`pbsnodes` exits 0 when it fails,
   * `qmgr` by its last line only): what was said against each node. Raises only what proves that nothing was begun.
   */
  async attempt(argv: readonly string[], nodes: readonly string[], signal: AbortSignal, stdin?: string): Promise<ReadonlyMap<string, Failure>> {
    const { exit, stderr } = await this.run(argv, signal, stdin);
    const said = complaints(stderr);
    if (exit === 0 || said.size > 0) return said;
    const failure = this.#failure(argv, exit, stderr);
    if (failure.kind === 'unreachable') throw failure;
    return new Map(nodes.map((node) => [node, failure]));
  }

  /** A list query that must succeed: its text. */
  list(argv: readonly string[], signal: AbortSignal): Promise<string> {
    return this.#turn.take(signal, async () => {
      const { exit, stdout, stderr } = await this.run(argv, signal);
      if (exit !== 0) throw this.#failure(argv, exit, stderr);
      return stdout.toString('utf8');
    });
  }

  /** All nodes, or those named. No node in the list at all is an answer: none. */
  nodes(signal: AbortSignal, names: readonly string[] = []): Promise<readonly BatchNode[]> {
    const argv = listNodes(this.site.place, names);
    return this.#turn.take(signal, async () => {
      const { exit, stdout, stderr } = await this.run(argv, signal);
      if (meansNoNodes(exit, stderr) && stdout.length === 0) return [];
      if (exit !== 0) throw this.#failure(argv, exit, stderr);
      return parseNodes(stdout.toString('utf8'));
    });
  }

  /** Those of `names` that are listed. */
  async listed(names: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, BatchNode>> {
    const nodes = await this.nodes(signal, names).catch((thrown: unknown) => {
      if (!(thrown instanceof Failure) || thrown.kind !== 'absent') throw thrown;
      // one unknown name spoils the answer for all: then ask for everything, once
      return names.length === 1 ? [] : this.nodes(signal);
    });
    return new Map(nodes.filter((node) => names.includes(node.name)).map((node) => [node.name, node]));
  }

  /** All jobs, arrays expanded. `nodes` are the names of the listed nodes; undefined = those of the last reading. */
  jobs(nodes: readonly string[] | undefined, signal: AbortSignal): Promise<JobList> {
    const argv = listJobs(this.site.place);
    return this.#turn.take(signal, async () => {
      this.#nodes = nodes ?? this.#nodes;
      const { exit, stderr, list } = await this.site.lists.read(argv, this.#nodes, { signal, maxBytes: this.site.maxBytes });
      if (list === undefined) throw this.#failure(argv, exit, stderr);
      return list;
    });
  }

  #failure(argv: readonly string[], exit: number, stderr: string): Failure {
    return refusal(`batch server ${this.site.name}: ${command(argv)}`, exit, stderr);
  }
}
