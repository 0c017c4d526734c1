import { spawn, spawnSync } from 'node:child_process';
import type { Mom } from '../../src/sim/batch/mom.js';
import type { BatchSide } from '../../src/sim/datacentre.js';

type Ran = { readonly ran: readonly { readonly job: string; readonly until: number }[] };

/**
 * The batch side of a fake data centre whose moms are real: a guest that comes up raises its `pbs_mom` through the
 * site's command, one that goes fells it. What runs on a mom is asked of the mom's own folder, where the command can say it.
 */
export class RealMoms implements BatchSide {
  readonly server: BatchSide['server'];
  /** What the command could not do, as sentences. */
  readonly troubles: string[] = [];
  /** Moms raised so far. */
  raised = 0;
  readonly #command: string;
  readonly #last = new Map<string, Promise<void>>();

  constructor(command: string) {
    this.#command = command;
    this.server = { moms: new MomsOf((node) => this.jobsOn(node)), nodes: new Map() };
  }

  momUp(node: string, { cores, usersResolve }: Mom): void {
    this.raised += 1;
    this.#queue(node, ['up', node, String(cores), ...(usersResolve ? [] : ['nousers'])]);
  }

  momDown(node: string): void {
    this.#queue(node, ['down', node]);
  }

  /** Only its pbs_mom dies; the guest and the jobs' processes live on. */
  momKilled(node: string): void {
    this.#queue(node, ['kill', node]);
  }

  /** Ids of the jobs that the mom has on its disk; none where the command does not know. */
  jobsOn(node: string): readonly string[] {
    const { status, stdout } = spawnSync(this.#command, ['jobs', node], { encoding: 'utf8', timeout: 10_000 });
    return status === 0 ? stdout.split('\n').filter((line) => line !== '') : [];
  }

  /** The jobs' own words are the witness, not this. */
  facts(): ReturnType<BatchSide['facts']> {
    return { jobs: [] };
  }

  /** Until everything asked of the moms so far is done. */
  async settled(): Promise<void> {
    await Promise.all(this.#last.values());
  }

  /** One thing at a time with each worker, in order. */
  #queue(node: string, words: readonly string[]): void {
    const before = this.#last.get(node) ?? Promise.resolve();
    this.#last.set(
      node,
      before.then(() => this.#run(words)),
    );
  }

  #run(words: readonly string[]): Promise<void> {
    return new Promise((resolve) => {
      const child = spawn(this.#command, words, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 60_000 });
      const said: Buffer[] = [];
      child.stderr.on('data', (piece: Buffer) => said.push(piece));
      child.once('error', (error) => {
        this.troubles.push(`${words.join(' ')}: ${error.message}`);
        resolve();
      });
      child.once('exit', (code) => {
        if (code !== 0) this.troubles.push(`${words.join(' ')}: status ${code}, ${Buffer.concat(said).toString('utf8').trim().slice(0, 200)}`);
        resolve();
      });
    });
  }
}

/** Looks when it is asked. */
class MomsOf extends Map<string, Ran> {
  readonly #jobs: (node: string) => readonly string[];

  constructor(jobs: (node: string) => readonly string[]) {
    super();
    this.#jobs = jobs;
  }

  override get(node: string): Ran {
    return { ran: this.#jobs(node).map((job) => ({ job, until: Number.POSITIVE_INFINITY })) };
  }
}
