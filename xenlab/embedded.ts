import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../src/clock.js';
import { BatchCore, commandNames } from '../src/sim/batch/core.js';
import { ClockAgenda } from '../src/sim/clock.js';
import { batchFront } from '../src/sim/lab/batch-front.js';
import type { LabFolder } from '../src/sim/lab/folder.js';
import { type Listening, listen, repository, writeWrappers } from '../src/sim/lab/wire.js';
import { Random } from '../src/sim/random.js';
import { type BatchSystem, type GuestPart, type ListedNode, submitted } from './batch.js';
import { type Ended, run } from './children.js';
import { Moms, type Seat } from './moms.js';
import { wire } from './place.js';

export interface EmbeddedOptions {
  /** Why it is not a real one. */
  readonly why: string;
  readonly folder: LabFolder;
  readonly server: string;
  readonly seats: readonly Seat[];
  /** Root's way into the guests, known when they are made. */
  readonly privateKey: () => string;
  readonly heard: (line: string) => void;
  readonly failed: (error: unknown) => void;
}

/** The batch server of `npm run lab` in real time, with its commands in the folder's `bin`, and the laboratory's moms. */
export class Embedded implements BatchSystem {
  readonly kind = 'embedded';
  readonly mark = '';
  readonly what: string;
  readonly #core: BatchCore;
  readonly #options: EmbeddedOptions;
  readonly #agenda: ClockAgenda;
  readonly #life = new AbortController();
  #socket: Listening | undefined;
  #moms: Moms | undefined;

  constructor(options: EmbeddedOptions) {
    this.#options = options;
    this.what = `the batch system is the embedded one (${options.why})`;
    this.#agenda = new ClockAgenda(systemClock, this.#life.signal);
    this.#core = new BatchCore({
      agenda: this.#agenda,
      random: new Random(1),
      server: options.server,
      managers: ['root'],
      operators: ['root'],
      iterationMs: 600_000,
      statusMs: 5_000,
      nodeCheckRateMs: 30_000,
      keepCompletedMs: 600_000,
      silentDeath: true,
    });
  }

  async open(): Promise<void> {
    const { folder, seats, privateKey, heard, failed } = this.#options;
    mkdirSync(folder.bin, { recursive: true });
    this.#socket = await listen(
      folder.batchSocket,
      batchFront(this.#core, this.#agenda, () => undefined),
      failed,
    );
    writeWrappers(folder.bin, folder.batchSocket, commandNames);
    this.#moms = new Moms({ core: this.#core, seats, privateKey: privateKey(), heard });
  }

  /** As docs/torque.md says for 4.2: the server is started anew, or jobs of several nodes hang, for moms know only sisters that were there before them. */
  afterSetup(): Promise<void> {
    this.#core.restart();
    return Promise.resolve();
  }

  /** The stand-in for pbs_mom. */
  guestPart(folder: string): Promise<GuestPart> {
    cpSync(join(repository(), 'xenlab', 'images', 'embedded'), folder, { recursive: true });
    return Promise.resolve({
      packages: [],
      settings: [`PBS_SERVER=${wire.server}`, 'PBS_MOM=/usr/local/sbin/lab-mom'],
      overlay: folder,
      commands: [],
      checks: [],
    });
  }

  type(argv: readonly string[], stdin?: string): Promise<Ended> {
    const [tool = '', ...args] = argv;
    return run([`${this.#options.folder.bin}/${tool}`, ...args], stdin === undefined ? {} : { stdin });
  }

  async submit(args: readonly string[], script: string): Promise<string> {
    return submitted(args, await this.type(['qsub', ...args], script));
  }

  state(id: string): Promise<string | undefined> {
    return Promise.resolve(this.#core.server.jobs.get(id)?.state);
  }

  exit(id: string): Promise<number | undefined> {
    return Promise.resolve(this.#core.server.jobs.get(id)?.exitStatus);
  }

  nodesOf(id: string): Promise<readonly string[]> {
    const job = this.#core.server.jobs.get(id);
    return Promise.resolve((job?.execution ?? job?.lastExecution)?.nodes ?? []);
  }

  starts(id: string): Promise<number> {
    return Promise.resolve(this.#core.server.records.get(id)?.runs.length ?? 0);
  }

  nodes(): Promise<readonly ListedNode[]> {
    return Promise.resolve([...this.#core.server.nodes.values()].map(({ name, offline }) => ({ name, isOffline: offline })));
  }

  async close(): Promise<void> {
    await this.#moms?.close();
    this.#core.close();
    this.#life.abort();
    await this.#socket?.close();
  }
}
