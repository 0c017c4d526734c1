import { begin } from './execution.js';
import { type BatchJob, shapeKey } from './job.js';
import { MauiHolds } from './maui.js';
import { freeSlots, isUsable } from './node.js';
import { place } from './placement.js';
import { first, isTrue } from './queue.js';
import type { Server } from './server.js';

/** Key of a user beside the queues, whose names have no @. */
const ofUser = (job: BatchJob): string => `@${job.owner}`;

/** One more runs, in its queue and of its user. */
function count(running: Map<string, number>, job: BatchJob): void {
  for (const key of [job.queue, ofUser(job)]) running.set(key, (running.get(key) ?? 0) + 1);
}

/** From a cause to the cycle. */
const cycleDelayMs = 300;

/** pbs_sched (or Maui, which puts aside what no node could run): the queue in order of submission, first fit. A node that was cleared wakes nobody. */
export class Scheduler {
  readonly #server: Server;
  #pending = false;
  #stop: () => void = () => undefined;
  /** What Maui puts aside, where it schedules. */
  readonly maui: MauiHolds | undefined;
  /** Cycles run so far. */
  cycles = 0;

  constructor(server: Server) {
    this.#server = server;
    this.maui = server.options.maui === undefined ? undefined : new MauiHolds(server, server.options.maui);
    server.wake = () => this.wake();
    this.reschedule();
  }

  /** Starts the periodic cycle anew (its interval may have changed). */
  reschedule(): void {
    this.#stop();
    const server = this.#server;
    const refill = server.options.refill ?? 'immediate';
    const everyMs = Math.min(server.ms('scheduler_iteration', 600_000), refill === 'immediate' ? Number.POSITIVE_INFINITY : refill.cycleMs);
    this.#stop = server.agenda.at(server.now + Math.max(1_000, everyMs), () => {
      this.cycle();
      this.reschedule();
    });
  }

  stop(): void {
    this.#stop();
    this.#server.wake = () => undefined;
  }

  /** One cycle soon; several causes at once make one. */
  wake(): void {
    if (this.#pending) return;
    this.#pending = true;
    this.#server.agenda.at(this.#server.now + cycleDelayMs, () => {
      this.#pending = false;
      this.cycle();
    });
  }

  /** Jobs alike fail alike within one cycle, so a long queue costs little. */
  cycle(): void {
    const server = this.#server;
    if (!server.up || !server.scheduling) return;
    this.cycles += 1;
    let free = this.#free();
    const running = this.#running();
    const failed = new Set<string>();
    // Maui looks at every job, for it puts aside those that no node could run
    const enough = (): boolean => free === 0 && this.maui === undefined;
    for (const job of this.maui?.inOrder(server.waiting).slice() ?? server.waiting.slice()) {
      if (enough()) return;
      if (!this.#mayRun(job, running)) continue;
      const slots = failed.has(shapeKey(job)) ? undefined : place(server, job);
      if (slots !== undefined) {
        begin(server, job, slots);
        count(running, job);
        free -= slots.length;
      } else if (server.options.strictFifo === true) return;
      else this.#passOver(job, failed);
    }
  }

  /** pbs_sched of 6.1.3 asks pbs_server to run such a job, and is told `Unknown node` (neednodes without nodes) or `Unknown node-attribute` (procs), for ever. */
  #unheard(job: BatchJob): boolean {
    if (this.#server.version !== '6.1.3' || this.maui !== undefined || job.nodes !== undefined) return false;
    return job.procs !== undefined || job.neednodes !== undefined;
  }

  #passOver(job: BatchJob, failed: Set<string>): void {
    failed.add(shapeKey(job));
    this.maui?.consider(job);
  }

  /** Free slots of usable nodes. */
  #free(): number {
    let free = 0;
    for (const node of this.#server.nodes.values()) if (isUsable(node, this.#server.now)) free += freeSlots(node);
    return free;
  }

  #running(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const job of this.#server.byState.R) count(counts, job);
    return counts;
  }

  #mayRun(job: BatchJob, running: ReadonlyMap<string, number>): boolean {
    const queue = this.#server.queues.get(job.queue);
    if (queue === undefined || !isTrue(queue.attributes, 'started') || this.#unheard(job)) return false;
    if (this.maui !== undefined && this.maui.stateOf(job) !== 'Idle') return false;
    if ((running.get(ofUser(job)) ?? 0) >= (this.#server.options.maxJobsOfUser ?? Number.POSITIVE_INFINITY)) return false;
    const limit = first(queue.attributes, 'max_running');
    return limit === undefined || (running.get(job.queue) ?? 0) < Number(limit);
  }
}
