import type { LabWorld } from './world.js';

/** Where the lab speaks: `process.stdout` fits. */
export interface LabOut {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

const keptLines = 10;
const lineEveryMs = 10_000;
const clear = '\u001b[H\u001b[2J';

/** Says what happens: as a live table on a terminal, as lines elsewhere. */
export class Screen {
  readonly #out: LabOut;
  readonly #live: boolean;
  readonly #began: number;
  readonly #now: () => number;
  readonly #recent: string[] = [];
  readonly #notes: string[] = [];
  #head = '';
  #drawnAt = 0;

  constructor(out: LabOut, now: () => number) {
    this.#out = out;
    this.#live = out.isTTY === true;
    this.#now = now;
    this.#began = now();
  }

  /** Seconds since the lab began. */
  seconds(): number {
    return Math.round((this.#now() - this.#began) / 100) / 10;
  }

  /** Stands above the table. */
  head(text: string): void {
    this.#head = text;
    if (!this.#live) this.#out.write(`${text}\n`);
  }

  say(text: string): void {
    const line = `${this.seconds().toFixed(1).padStart(6)} s  ${text}`;
    this.#recent.push(line);
    if (this.#recent.length > keptLines) this.#recent.shift();
    if (!this.#live) this.#out.write(`${line}\n`);
  }

  /** Said at length; stays on the table. */
  note(text: string): void {
    this.#notes.push(text);
    if (!this.#live) this.#out.write(`\n${text}\n\n`);
  }

  /** Printed as it is, once the table is no longer drawn. */
  print(text: string): void {
    this.#out.write(`${text}\n`);
  }

  /** The table anew (on a terminal), or now and then one line of it. */
  draw(world: LabWorld): void {
    if (this.#live) this.#out.write(`${clear}${this.#head}\n\n${tableOf(world)}\n\n${[...this.#recent, '', ...this.#notes].join('\n')}\n`);
    else if (this.#now() - this.#drawnAt >= lineEveryMs) {
      this.#drawnAt = this.#now();
      this.say(lineOf(world));
    }
  }
}

interface QueueCounts {
  readonly queue: string;
  waiting: number;
  running: number;
  done: number;
}

function queuesOf(world: LabWorld): readonly QueueCounts[] {
  const counts = new Map<string, QueueCounts>();
  for (const job of world.core.facts().jobs) {
    const count = counts.get(job.queue) ?? { queue: job.queue, waiting: 0, running: 0, done: 0 };
    counts.set(job.queue, count);
    const last = job.runs.at(-1);
    if (job.ended !== undefined) count.done += 1;
    else if (last !== undefined && last.endedAt === undefined) count.running += 1;
    else count.waiting += 1;
  }
  return [...counts.values()];
}

function lineOf(world: LabWorld): string {
  const queues = queuesOf(world).map(({ queue, waiting, running, done }) => `${queue} ${waiting} waiting ${running} running ${done} done`);
  const guests = [...world.centre.hosts.values()].map((host) => `${host.name} ${host.guests.size}`);
  return `--- ${queues.join('; ')} | guests: ${guests.join(', ')}`;
}

function tableOf(world: LabWorld): string {
  const { nodes } = world.core.server;
  const lines = ['QUEUE      WAITING  RUNNING  DONE'];
  for (const { queue, waiting, running, done } of queuesOf(world)) {
    lines.push(`${queue.padEnd(10)} ${String(waiting).padStart(7)}  ${String(running).padStart(7)}  ${String(done).padStart(4)}`);
  }
  lines.push('', 'HOST    FREE MiB  GUEST                        CORES  MiB    STATE     NODE');
  for (const host of world.centre.hosts.values()) {
    const head = `${host.name.padEnd(7)} ${(host.up ? String(host.freeMiB()) : 'no power').padStart(8)}`;
    const guests = [...host.guests.values()].map((guest) => {
      const seen = guest.seen(world.agenda.now());
      const node = nodes.get(guest.plan.node ?? '');
      const slots = node === undefined ? 'not listed' : `${node.offline ? 'offline' : 'online'}, ${node.slots.size} of ${node.np} slots used`;
      return `${guest.plan.name.padEnd(28)} ${String(seen.vcpus).padStart(5)}  ${String(seen.memoryMiB).padStart(5)}  ${(guest.up ? 'up' : guest.stopping ? 'stopping' : 'booting').padEnd(9)} ${slots}`;
    });
    lines.push(...(guests.length === 0 ? [`${head}  -`] : guests.map((guest, at) => `${at === 0 ? head : ' '.repeat(head.length)}  ${guest}`)));
  }
  return lines.join('\n');
}
