import type { Clock } from '../../clock.js';
import type { Admission, Batch, NodeCheck } from '../../drivers/batch.js';
import { Failure } from '../../drivers/failure.js';
import { type BatchNode, type BatchSnapshot, isOffline, notePrefix, slotsUsed } from '../../model/batch.js';
import type { Job } from '../../model/job.js';
import type { Random } from '../random.js';
import type { Fortune, Trouble } from '../trouble.js';
import { passing } from './answer.js';
import type { BatchCore } from './core.js';
import { jobRecord, nodeRecord, queueRecord, serverRecord } from './driver-records.js';
import type { BatchJob } from './job.js';
import { requeueBlocksMs, requeueLater } from './job-commands.js';
import { requeue } from './lifecycle.js';
import { clearNode, overwriteNp } from './moms.js';
import type { WorkerNode } from './node.js';

export interface VirtualBatchOptions {
  readonly core: BatchCore;
  /** Lives by the core's agenda; only for callers that have a clock at hand. */
  readonly clock?: Clock;
  readonly random: Random;
  /** Name of the batch server in domus.yaml. */
  readonly source: string;
  /** Whose rights it has: an operator's. */
  readonly user: string;
  /** One call takes about so long; default 200. */
  readonly latencyMs?: number;
  /** Default: the core's own ailments. */
  readonly trouble?: Trouble;
}

type Call = 'read' | 'readNode' | 'admit' | 'withhold' | 'cycle' | 'requeue' | 'advance';

/** The Batch contract on the emulated server without text in between, for runs in virtual time. */
export class VirtualBatch implements Batch {
  readonly #options: VirtualBatchOptions;
  readonly #records = new WeakMap<BatchJob, { readonly revision: number; readonly listed: number; readonly record: Job }>();

  constructor(options: VirtualBatchOptions) {
    this.#options = options;
  }

  /** All nodes as they stand, without asking. */
  nodes(): readonly BatchNode[] {
    const { server } = this.#options.core;
    return [...server.nodes.values()].map((node) => nodeRecord(server, node));
  }

  async read(signal: AbortSignal): Promise<BatchSnapshot> {
    return this.#call('read', signal, () => {
      const { server } = this.#options.core;
      return {
        jobs: this.#jobs(),
        nodes: this.nodes(),
        queues: [...server.queues.values()].map((queue) => queueRecord(queue, server.isManager(this.#options.user))),
        server: serverRecord(server),
        warnings: [],
      };
    });
  }

  async readNode(name: string, signal: AbortSignal): Promise<NodeCheck> {
    return this.#call('readNode', signal, () => {
      const node = nodeRecord(this.#options.core.server, this.#listed(name));
      const naming = this.#jobs().filter((job) => job.state !== 'complete' && job.execHosts.some((host) => host.node === name));
      return { node, jobsNamingIt: naming.map((job) => job.id) };
    });
  }

  async admit({ node: name, np }: Admission, signal: AbortSignal): Promise<void> {
    await this.#call('admit', signal, (lied) => {
      const node = this.#changeable(name, np);
      if (lied) throw new Failure('refused', `node ${name} is still offline after the change`);
      const { server } = this.#options.core;
      node.np = np;
      overwriteNp(server, node);
      if (node.offline || node.note.startsWith(notePrefix)) {
        clearNode(server, node);
        node.note = '';
      }
    });
  }

  async withhold(name: string, note: string, np: number | undefined, signal: AbortSignal): Promise<void> {
    await this.#call('withhold', signal, (lied) => {
      if (!note.startsWith(notePrefix)) throw new Failure('refused', `the note ${JSON.stringify(note)} does not begin with "${notePrefix}"`);
      const node = this.#changeable(name, np);
      if (lied) throw new Failure('refused', `node ${name} is not offline after the change`);
      if (!node.offline) node.offlineUnsaved = false;
      node.offline = true;
      node.note = note.trim().slice(0, 200);
      if (np === undefined) return;
      node.np = np;
      overwriteNp(this.#options.core.server, node);
    });
  }

  async cycle(signal: AbortSignal): Promise<boolean> {
    return this.#call('cycle', signal, (lied) => {
      const { server } = this.#options.core;
      if (!server.scheduling) return false;
      this.#mustOperate();
      if (!lied) server.wake();
      return true;
    });
  }

  async requeue(id: string, signal: AbortSignal): Promise<void> {
    await this.#call('requeue', signal, (lied) => {
      const { server } = this.#options.core;
      const job = server.jobs.get(id);
      if (job === undefined) throw new Failure('absent', `job ${id} is not known to the batch server`);
      if (job.state !== 'R') return;
      this.#mustOperate();
      if (!job.rerunnable) throw new Failure('refused', `requeueing job ${id}: Job is not rerunnable`);
      if (lied) throw new Failure('refused', `job ${id} is still running after it was requeued`);
      const blocksMs = requeueBlocksMs(server, job);
      if (blocksMs === 0) return requeue(server, job, undefined);
      requeueLater(server, job, blocksMs);
      throw new Failure('uncertain', `requeueing job ${id}: no answer while the server waits for its worker`);
    });
  }

  async advance(id: string, before: string, signal: AbortSignal): Promise<void> {
    await this.#call('advance', signal, (lied) => {
      const { server } = this.#options.core;
      const [job, other] = [id, before].map((each) => {
        const found = server.jobs.get(each);
        if (found === undefined) throw new Failure('absent', `job ${each} is not known to the batch server`);
        return found;
      }) as [BatchJob, BatchJob];
      if (job.state !== 'Q') return;
      if (other.state !== 'Q' || other.queue !== job.queue) throw new Failure('refused', `job ${id} cannot change places with ${before}`);
      this.#mustOperate();
      if (!lied) server.swap(job, other);
    });
  }

  async close(): Promise<void> {
    // nothing is kept open between two calls
  }

  /** Arrays by their elements. A job that did not change keeps its record. */
  #jobs(): Job[] {
    const { core, source } = this.#options;
    const { server } = core;
    const listed = server.nodes.size;
    const found: Job[] = [];
    for (const job of server.jobs.values()) {
      if (job.kind === 'array') continue;
      let known = this.#records.get(job);
      if (known?.revision !== job.revision || known.listed !== listed) {
        known = { revision: job.revision, listed, record: jobRecord(server, source, job) };
        this.#records.set(job, known);
      }
      found.push(known.record);
    }
    return found;
  }

  #listed(name: string): WorkerNode {
    const node = this.#options.core.server.nodes.get(name);
    if (node === undefined) throw new Failure('absent', `node ${name} is not listed in the batch server`);
    return node;
  }

  #changeable(name: string, np: number | undefined): WorkerNode {
    const node = this.#listed(name);
    const record = nodeRecord(this.#options.core.server, node);
    if (isOffline(record) && !record.note.startsWith(notePrefix)) throw new Failure('refused', `node ${name} was set offline by a person: left alone`);
    if (np !== undefined && np < slotsUsed(record))
      throw new Failure('busy', `node ${name} has jobs on ${slotsUsed(record)} slots: np ${np} would be below that`);
    this.#mustOperate();
    return node;
  }

  #mustOperate(): void {
    if (!this.#options.core.server.isOperator(this.#options.user)) throw new Failure('denied', 'Unauthorized Request  MSG=error in permissions (PERM_OPorMGR)');
  }

  /** Half of the time before, half after; what is wrong with the server in between. `lied`: it says done and does nothing. */
  async #call<T>(what: Call, signal: AbortSignal, act: (lied: boolean) => T): Promise<T> {
    const { core, random } = this.#options;
    const { trouble } = core;
    if (signal.aborted) throw new Failure('cancelled', `${what}: cancelled before it began`);
    const fortune = (this.#options.trouble ?? core.ailments).meet(what);
    const latencyMs = random.around(this.#options.latencyMs ?? 200, 0.5) * (fortune.kind === 'slow' ? fortune.factor : 1) + trouble.slowMs;
    const wait = (ms: number): Promise<void> => passing(core.server.agenda, ms, signal, what);
    await wait(fortune.kind === 'silent' || trouble.hang ? Number.POSITIVE_INFINITY : latencyMs / 2);
    refuses(what, core, fortune);
    const result = act(fortune.kind === 'lie' || trouble.lie === 'offline-ignored');
    await wait(fortune.kind === 'late' || trouble.mute ? Number.POSITIVE_INFINITY : latencyMs / 2 + trouble.lateMs);
    if (fortune.kind === 'garbled' || trouble.garble) throw new Failure('garbled', `${what}: half of an answer came`);
    if (fortune.kind === 'fail') throw new Failure(fortune.failure, `${what}: failed after it was done`);
    if (trouble.lie === 'done-but-failed' && what !== 'read' && what !== 'readNode') throw new Failure('uncertain', `${what}: End of File`);
    return result;
  }
}

/** Raises the Failure of a server that does nothing. */
function refuses(what: Call, core: BatchCore, fortune: Fortune): void {
  const { server, trouble } = core;
  if (fortune.kind === 'fail' && fortune.moment === 'before') throw new Failure(fortune.failure, `${what}: failed before it was done`);
  if (trouble.refuse || trouble.trqauthdDown || !server.up || fortune.kind === 'refuse') {
    throw new Failure('unreachable', `${what}: cannot connect to server ${server.name} (errno=111) Connection refused`);
  }
}
