import type { TraceJob } from './workload.js';

/** Slots of one job on one node. */
export interface Share {
  readonly node: string;
  readonly slots: number;
}

/** A job that the scheduler has started. */
export interface Started {
  readonly job: TraceJob;
  readonly at: number;
  readonly shares: readonly Share[];
}

interface Node {
  readonly name: string;
  np: number;
  used: number;
  /** The scheduler may start jobs there. */
  open: boolean;
}

/**
 * One class's nodes and queue under first come first served with EASY backfill: the oldest job that does not fit gets a
 * reservation at the instant when, by what the users asked for, enough slots will be free; a younger job starts only if it
 * fits now and either asks to be done by then or leaves that many slots free. It knows nothing of Domus: slots that are
 * not there yet do not exist for it. A job takes single slots anywhere (`-l procs=N`), nodes in the order of listing.
 * Source: D. Lifka, "The ANL/IBM SP scheduling system" (1995), as the Parallel Workloads Archive's studies use it.
 */
export class Lane {
  readonly #nodes = new Map<string, Node>();
  readonly #running = new Map<number, Started>();
  #queue: TraceJob[] = [];
  #waitingSlots = 0;
  #free = 0;
  #capacity = 0;
  /** Something changed since the last cycle. */
  #news = false;

  get waiting(): readonly TraceJob[] {
    return this.#queue;
  }
  get waitingSlots(): number {
    return this.#waitingSlots;
  }
  get running(): ReadonlyMap<number, Started> {
    return this.#running;
  }
  /** Slots free on open nodes. */
  get free(): number {
    return this.#free;
  }
  /** A cycle now could start something: without news only where backfill hangs on the time. */
  get hopeful(): boolean {
    return this.#queue.length > 0 && this.#free > 0 && (this.#news || this.#queue.length > 1);
  }

  /** Lists a node, or changes it. Slots in use stay in use. */
  setNode(name: string, np: number, open: boolean): void {
    const known = this.#nodes.get(name);
    const node = known ?? { name, np, used: 0, open: false };
    if (known === undefined) this.#nodes.set(name, node);
    this.#free -= freeOf(node);
    this.#capacity -= node.open ? node.np : 0;
    node.np = np;
    node.open = open;
    this.#free += freeOf(node);
    this.#capacity += node.open ? node.np : 0;
    this.#news = true;
  }

  /** Queues a job at its place by number: a job that was put back is as old as it was. */
  submit(job: TraceJob): void {
    const queue = this.#queue;
    let at = queue.length;
    while (at > 0 && (queue[at - 1] as TraceJob).number > job.number) at--;
    queue.splice(at, 0, job);
    this.#waitingSlots += job.slots;
    this.#news = true;
  }

  /** A running job is over, or its node is gone: its slots are free where the node is open. False when it does not run. */
  end(number: number): boolean {
    const started = this.#running.get(number);
    if (started === undefined) return false;
    this.#running.delete(number);
    for (const { node: name, slots } of started.shares) {
      const node = this.#nodes.get(name) as Node;
      this.#free -= freeOf(node);
      node.used -= slots;
      this.#free += freeOf(node);
    }
    this.#news = true;
    return true;
  }

  /** One look at the queue: what starts now, oldest first. */
  cycle(now: number): readonly Started[] {
    this.#news = false;
    const started: Started[] = [];
    const queue = this.#queue;
    let at = 0;
    for (; at < queue.length && (queue[at] as TraceJob).slots <= this.#free; at++) started.push(this.#start(queue[at] as TraceJob, now));
    if (at > 0) queue.splice(0, at);
    if (this.#free > 0 && this.#queue.length > 1) this.#backfill(now, started);
    return started;
  }

  #backfill(now: number, started: Started[]): void {
    const head = this.#queue[0] as TraceJob;
    const { at, spare: spareThen } = this.#reservation(head, now);
    let spare = spareThen;
    const kept: TraceJob[] = [head];
    for (let place = 1; place < this.#queue.length; place++) {
      const job = this.#queue[place] as TraceJob;
      const early = now + job.walltimeMs <= at;
      if (job.slots > this.#free || !(early || job.slots <= spare)) {
        kept.push(job);
        continue;
      }
      if (!early) spare -= job.slots;
      started.push(this.#start(job, now));
      if (this.#free === 0) {
        for (place++; place < this.#queue.length; place++) kept.push(this.#queue[place] as TraceJob);
      }
    }
    this.#queue = kept;
  }

  /** When the head could start by what was asked for, and how many slots it leaves then; never, where it is wider than what is there. */
  #reservation(head: TraceJob, now: number): { readonly at: number; readonly spare: number } {
    const ends: { readonly at: number; readonly slots: number }[] = [];
    for (const { job, at, shares } of this.#running.values()) {
      const slots = shares.reduce((sum, share) => sum + (this.#nodes.get(share.node)?.open === true ? share.slots : 0), 0);
      if (slots > 0) ends.push({ at: Math.max(at + job.walltimeMs, now + 1), slots });
    }
    ends.sort((a, b) => a.at - b.at);
    let free = this.#free;
    for (const end of ends) {
      free += end.slots;
      if (free >= head.slots) return { at: end.at, spare: free - head.slots };
    }
    return { at: Number.POSITIVE_INFINITY, spare: Number.POSITIVE_INFINITY };
  }

  #start(job: TraceJob, now: number): Started {
    const shares: Share[] = [];
    let left = job.slots;
    for (const node of this.#nodes.values()) {
      const slots = Math.min(left, freeOf(node));
      if (slots === 0) continue;
      node.used += slots;
      left -= slots;
      shares.push({ node: node.name, slots });
      if (left === 0) break;
    }
    this.#free -= job.slots;
    this.#waitingSlots -= job.slots;
    const started = { job, at: now, shares };
    this.#running.set(job.number, started);
    return started;
  }
}

const freeOf = (node: Node): number => (node.open ? Math.max(0, node.np - node.used) : 0);
