import { createHash } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { Present } from '../model/present.js';
import type { MachineView, World } from '../model/world.js';

/** The whole answer takes no longer than this, ms: the hook hears nothing after a second. */
export const answerLimitMs = 800;
/** Least time between two looks that questions ask for, ms. */
const hurryPauseMs = 1_000;
const lookEveryMs = 50;
/** Connections at a time, of all and of one address; bytes of a question; its longest time on the way, ms. */
const most = { open: 256, ofOne: 16, bytes: 200, readMs: 1_000 } as const;
/** So many questions of one machine in ten seconds are looked at (a job of many ends with many); the others are told "keep". */
export const mostAsked = 30;
const windowMs = 10_000;

export type Word = 'keep' | 'give';

export interface AskDoorOptions {
  readonly address: string;
  readonly port: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly present: () => Present | undefined;
  /** Reads the batch server and plans now. */
  readonly hurry: () => void;
}

/**
 * A worker's epilogue asks here, while its slot is still taken, whether the worker keeps it. The line is
 * `keep-or-give TOKEN JOB`, the answer `keep` or `give`, then the door closes. The token is known by its sum, which the
 * guest wrote into its own part of xenstore with its readiness report: so it says which machine asks, and is good for
 * nothing else. "give" says what is so: the node is offline by us. Where somebody else waits, the daemon looks and plans
 * once more before it answers; nothing that the asker says is believed.
 */
export class AskDoor {
  readonly #options: AskDoorOptions;
  readonly #asked = new Map<string, { readonly since: number; readonly count: number }>();
  readonly #open = new Map<string, number>();
  readonly #server: Server;
  readonly #ended = new AbortController();
  #hurriedAt = Number.NEGATIVE_INFINITY;

  private constructor(options: AskDoorOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#enter(socket));
    this.#server.maxConnections = most.open;
  }

  /** Raises what listening raises. */
  static async open(options: AskDoorOptions): Promise<AskDoor> {
    const door = new AskDoor(options);
    await new Promise<void>((resolve, reject) => {
      door.#server.once('error', reject);
      door.#server.listen({ host: options.address, port: options.port }, resolve);
    });
    door.#server.on('error', (error) => options.log.warn({ cause: error.message }, 'the door for hooks has a trouble'));
    return door;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : this.#options.port;
  }

  close(): Promise<void> {
    this.#ended.abort();
    return new Promise((resolve) => void this.#server.close(() => resolve()));
  }

  /** What the holder of that token is told. */
  async answer(token: string): Promise<Word> {
    const sum = createHash('sha256').update(token).digest('hex');
    const machine = this.#machineOf(sum);
    if (machine === undefined || this.#tooMany(machine.row.id)) return 'keep';
    const { clock } = this.#options;
    const until = clock.mono() + answerLimitMs;
    let word = this.#word(machine.row.id);
    if (word === 'keep' && this.#othersWait(machine)) this.#hurry();
    while (word === undefined || (word === 'keep' && this.#othersWait(machine))) {
      if (clock.mono() >= until || this.#ended.signal.aborted) return 'keep';
      await clock.sleep(lookEveryMs, this.#ended.signal);
      word = this.#word(machine.row.id);
    }
    return word;
  }

  get #world(): World | undefined {
    return this.#options.present()?.world;
  }

  #machineOf(sum: string): MachineView | undefined {
    return [...(this.#world?.machines.values() ?? [])].find(({ guest }) => guest?.report?.asks === sum);
  }

  /** Offline by us, and proved so: no new job comes. */
  #word(id: string): Word | undefined {
    const machine = this.#world?.machines.get(id);
    return machine?.withheld?.confirmedAt === undefined ? 'keep' : 'give';
  }

  /** Is there anybody at all who could want the slot: another environment's waiting jobs, or a wide job of its own? */
  #othersWait({ row }: MachineView): boolean {
    const world = this.#world;
    return world !== undefined && (world.rows.assemblies.has(row.environment) || world.groups.some(({ environment }) => environment !== row.environment));
  }

  #tooMany(id: string): boolean {
    const now = this.#options.clock.mono();
    const before = this.#asked.get(id);
    const open = before !== undefined && now - before.since < windowMs ? before : { since: now, count: 0 };
    this.#asked.set(id, { ...open, count: open.count + 1 });
    if (this.#asked.size > 2 * (this.#world?.machines.size ?? 0) + 100) this.#forget(now);
    return open.count >= mostAsked;
  }

  #forget(now: number): void {
    for (const [id, { since }] of this.#asked) if (now - since >= windowMs) this.#asked.delete(id);
  }

  #hurry(): void {
    const now = this.#options.clock.mono();
    if (now - this.#hurriedAt < hurryPauseMs) return;
    this.#hurriedAt = now;
    this.#options.hurry();
  }

  #enter(socket: Socket): void {
    const from = socket.remoteAddress ?? '?';
    const open = (this.#open.get(from) ?? 0) + 1;
    socket.on('error', () => socket.destroy());
    if (open > most.ofOne) return void socket.destroy();
    this.#open.set(from, open);
    socket.once('close', () => {
      const left = (this.#open.get(from) ?? 1) - 1;
      if (left > 0) this.#open.set(from, left);
      else this.#open.delete(from);
    });
    socket.setTimeout(most.readMs + answerLimitMs, () => socket.destroy());
    let text = '';
    const read = (piece: Buffer): void => {
      text += piece.toString('latin1');
      if (text.length > most.bytes) return void socket.destroy();
      if (!text.includes('\n')) return;
      socket.off('data', read);
      const token = /^keep-or-give ([0-9a-f]{16,128}) \S*\r?\n/.exec(text)?.[1];
      if (token === undefined) return void socket.end('keep\n');
      this.answer(token).then(
        (word) => socket.end(`${word}\n`),
        () => socket.end('keep\n'), // the daemon ends
      );
    };
    socket.on('data', read);
    socket.once('end', () => (text.includes('\n') ? undefined : socket.destroy()));
  }
}

/** Workers' hooks do without it: where it cannot be opened the log says so, and every slot is kept. */
export async function openAskDoor(options: AskDoorOptions): Promise<AskDoor | undefined> {
  try {
    return await AskDoor.open(options);
  } catch (thrown) {
    options.log.error({ address: options.address, port: options.port, cause: String(thrown) }, 'could not open the door for hooks');
    return undefined;
  }
}
