import { mkdirSync } from 'node:fs';
import { systemClock } from '../src/clock.js';
import { BatchCore, commandNames } from '../src/sim/batch/core.js';
import { ClockAgenda } from '../src/sim/clock.js';
import { batchFront } from '../src/sim/lab/batch-front.js';
import type { LabFolder } from '../src/sim/lab/folder.js';
import { type Listening, listen, writeWrappers } from '../src/sim/lab/wire.js';
import { Random } from '../src/sim/random.js';
import { type Ended, run } from './children.js';

/** The laboratory's TORQUE server in real time, with its commands in the folder's `bin`. */
export class Batch {
  readonly core: BatchCore;
  readonly #folder: LabFolder;
  readonly #agenda: ClockAgenda;
  readonly #life = new AbortController();
  #socket: Listening | undefined;

  constructor(folder: LabFolder, server: string) {
    this.#folder = folder;
    this.#agenda = new ClockAgenda(systemClock, this.#life.signal);
    this.core = new BatchCore({
      agenda: this.#agenda,
      random: new Random(1),
      server,
      managers: ['root'],
      operators: ['root'],
      iterationMs: 600_000,
      statusMs: 5_000,
      nodeCheckRateMs: 30_000,
      keepCompletedMs: 600_000,
      silentDeath: true,
    });
  }

  async open(failed: (error: unknown) => void): Promise<void> {
    mkdirSync(this.#folder.bin, { recursive: true });
    this.#socket = await listen(
      this.#folder.batchSocket,
      batchFront(this.core, this.#agenda, () => undefined),
      failed,
    );
    writeWrappers(this.#folder.bin, this.#folder.batchSocket, commandNames);
  }

  /** A queue that leads to nodes of that property. */
  async queue(name: string, property: string): Promise<void> {
    for (const words of [
      `create queue ${name} queue_type=Execution`,
      `set queue ${name} resources_default.neednodes = ${property}`,
      `set queue ${name} enabled = True`,
      `set queue ${name} started = True`,
      'set server scheduling = True',
    ]) {
      const { exit, stderr } = await this.type(['qmgr', '-c', words]);
      if (exit !== 0) throw new Error(`qmgr -c '${words}': ${stderr}`);
    }
  }

  /** One command as a person types it on the batch server. */
  type(argv: readonly string[], stdin?: string): Promise<Ended> {
    const [tool = '', ...args] = argv;
    return run([`${this.#folder.bin}/${tool}`, ...args], stdin === undefined ? {} : { stdin });
  }

  /** Hands a script in; the job's id. Raises an Error when qsub refuses. */
  async submit(args: readonly string[], script: string): Promise<string> {
    const { exit, stdout, stderr } = await this.type(['qsub', ...args], script);
    if (exit !== 0) throw new Error(`qsub ${args.join(' ')}: ${stderr}`);
    return stdout.trim();
  }

  /** Q, R, C ...; undefined for a job that is forgotten. */
  state(id: string): string | undefined {
    return this.core.server.jobs.get(id)?.state;
  }

  exit(id: string): number | undefined {
    return this.core.server.jobs.get(id)?.exitStatus;
  }

  /** Where it runs. */
  nodesOf(id: string): readonly string[] {
    const job = this.core.server.jobs.get(id);
    return (job?.execution ?? job?.lastExecution)?.nodes ?? [];
  }

  async close(): Promise<void> {
    this.core.close();
    this.#life.abort();
    await this.#socket?.close();
  }
}
