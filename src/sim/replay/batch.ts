import type { Admission, Batch, NodeCheck } from '../../drivers/batch.js';
import { Failure } from '../../drivers/failure.js';
import { altered } from '../../model/altered.js';
import { type BatchNode, type BatchSnapshot, notePrefix } from '../../model/batch.js';
import type { Job } from '../../model/job.js';
import type { Agenda } from '../clock.js';
import { idOf, type ListedNode, type Node, queued, recordOf, source } from './records.js';
import { Lane, type Started } from './scheduler.js';
import type { Refill, TraceJob } from './workload.js';

/** What happens to jobs, told as it happens. */
export interface JobListener {
  submitted(job: TraceJob): void;
  started(started: Started): void;
  ended(started: Started): void;
  /** Its node went away under it. */
  killed(started: Started, node: string): void;
}

/** One class: a queue of that name, served by the nodes of that class. */
interface Hall {
  readonly lane: Lane;
  readonly nodes: Node[];
}

const warnings: BatchSnapshot['warnings'] = [];

/**
 * A lean batch server for long replays: the Batch contract over one `Lane` per class, where a job is a number and a record
 * is made again only when it changed. What it leaves out of TORQUE (holds, arrays, dependencies, moms that lie) is
 * the emulated server's business (`src/sim/batch`).
 */
export class ReplayBatch implements Batch {
  readonly #agenda: Agenda;
  readonly #refill: Refill;
  readonly #listener: JobListener;
  readonly #halls = new Map<string, Hall>();
  readonly #nodes = new Map<string, Node>();
  /** Jobs not ended, by number, in the order of their submission. */
  readonly #records = new Map<number, Job>();
  readonly #running = new Map<number, { readonly started: Started; readonly cancel: () => void }>();
  /** What every node's record is, and which are to be made again. */
  #list: readonly BatchNode[] = [];
  readonly #stale = new Set<Node>();
  #queues: BatchSnapshot['queues'] = [];
  readonly #server: BatchSnapshot['server'];
  #snapshot: BatchSnapshot | undefined;
  #cycleBooked = false;
  /** Called when what `read` answers has changed. */
  changed: () => void = () => undefined;

  /** The moms that the data centre's guests bring: what they run, whatever the server believes. */
  readonly server = { moms: this.#momsView(), nodes: this.#nodesView() };

  constructor(options: { readonly agenda: Agenda; readonly refill: Refill; readonly listener: JobListener; readonly nodes: readonly ListedNode[] }) {
    this.#agenda = options.agenda;
    this.#refill = options.refill;
    this.#listener = options.listener;
    const iterationMs = options.refill === 'immediate' ? 1 : options.refill.cycleMs;
    this.#server = { name: source, version: 'replay', scheduling: true, iterationMs, autoNodeNp: false };
    for (const [place, listed] of options.nodes.entries()) {
      const hall = this.#hall(listed.class);
      const node: Node = { ...listed, npNow: listed.np, offline: true, note: `${notePrefix}at rest`, up: false, jobs: new Map(), place };
      hall.nodes.push(node);
      this.#nodes.set(node.name, node);
      this.#stale.add(node);
      hall.lane.setNode(node.name, node.np, false);
    }
  }

  /** Queues a job. */
  submit(job: TraceJob): void {
    this.#hall(job.class).lane.submit(job);
    this.#records.set(job.number, queued(job, this.#agenda.now()));
    this.#listener.submitted(job);
    this.#news(job.class);
  }

  /** Jobs of that class that wait or run. */
  lane(name: string): Lane {
    return this.#hall(name).lane;
  }

  get unfinished(): number {
    return this.#records.size;
  }

  momUp(name: string): void {
    const node = this.#nodes.get(name);
    if (node === undefined) return;
    node.up = true;
    this.#renew(node);
  }

  momDown(name: string): void {
    const node = this.#nodes.get(name);
    if (node === undefined) return;
    node.up = false;
    for (const { started } of [...node.jobs.values()]) {
      this.#running.get(started.job.number)?.cancel();
      this.#listener.killed(started, name);
      this.#over(started);
    }
    this.#renew(node);
  }

  async read(): Promise<BatchSnapshot> {
    this.#snapshot ??= {
      jobs: [...this.#records.values()],
      nodes: this.#listed(),
      queues: this.#queues,
      server: this.#server,
      warnings,
    };
    return this.#snapshot;
  }

  /** Records of all nodes; of those that did not change the same as before. */
  #listed(): readonly BatchNode[] {
    if (this.#stale.size === 0) return this.#list;
    const list = [...this.#list];
    for (const node of this.#stale) list[node.place] = recordOf(node);
    this.#stale.clear();
    this.#list = list;
    return list;
  }

  async readNode(name: string): Promise<NodeCheck> {
    const node = this.#find(name);
    return { node: recordOf(node), jobsNamingIt: [...node.jobs.keys()].map(idOf) };
  }

  async admit({ node: name, np }: Admission): Promise<void> {
    const node = this.#find(name);
    if (node.offline && !node.note.startsWith(notePrefix)) throw new Failure('refused', `node ${name} is offline by a person`);
    node.npNow = np;
    node.offline = false;
    node.note = '';
    this.#renew(node);
  }

  async withhold(name: string, note: string, np: number | undefined): Promise<void> {
    const node = this.#find(name);
    if (node.offline && !node.note.startsWith(notePrefix)) throw new Failure('refused', `node ${name} is offline by a person`);
    node.offline = true;
    node.note = note;
    if (np !== undefined) node.npNow = np;
    this.#renew(node);
  }

  async cycle(): Promise<boolean> {
    this.#cycle();
    return true;
  }

  async requeue(id: string): Promise<void> {
    throw new Failure('refused', `requeueing job ${id}: no job of a replay is ever put back`);
  }

  /** Machines gather for jobs that ask for nodes; those of a replay ask for slots anywhere. */
  async advance(id: string): Promise<void> {
    throw new Failure('refused', `bringing job ${id} forward: no job of a replay leaves its place`);
  }

  async close(): Promise<void> {
    // nothing is kept open
  }

  /** For the witness of the data centre; a job of this server runs once or is killed, which its listener hears. */
  facts(): { readonly jobs: readonly { readonly id: string; readonly runs: readonly { readonly why?: string }[] }[] } {
    return { jobs: [] };
  }

  #hall(name: string): Hall {
    const known = this.#halls.get(name);
    if (known !== undefined) return known;
    const hall = { lane: new Lane(), nodes: [] };
    this.#halls.set(name, hall);
    this.#queues = [...this.#queues, { name, kind: 'execution', enabled: true, started: true, neednodes: name }];
    return hall;
  }

  #find(name: string): Node {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new Failure('absent', `node ${name} is not listed`);
    return node;
  }

  /** The node changed: its record, and what the scheduler sees of it. */
  #renew(node: Node): void {
    this.#stale.add(node);
    this.#hall(node.class).lane.setNode(node.name, node.npNow, node.up && !node.offline);
    this.#news(node.class);
  }

  #news(name: string): void {
    this.#touched();
    if (this.#refill === 'immediate') this.#serve(this.#hall(name).lane);
    else this.#book(this.#refill.cycleMs);
  }

  #touched(): void {
    this.#snapshot = undefined;
    this.changed();
  }

  /** The next look on the scheduler's own clock, while there is anything to hope for. */
  #book(cycleMs: number): void {
    if (this.#cycleBooked || ![...this.#halls.values()].some(({ lane }) => lane.hopeful)) return;
    this.#cycleBooked = true;
    const next = (Math.floor(this.#agenda.now() / cycleMs) + 1) * cycleMs;
    this.#agenda.at(next, () => {
      this.#cycleBooked = false;
      this.#cycle();
      this.#book(cycleMs);
    });
  }

  #cycle(): void {
    for (const { lane } of this.#halls.values()) this.#serve(lane);
  }

  #serve(lane: Lane): void {
    if (lane.waiting.length === 0 || lane.free === 0) return;
    const begun = lane.cycle(this.#agenda.now());
    if (begun.length === 0) return;
    for (const started of begun) this.#start(started);
    this.#touched();
  }

  #start(started: Started): void {
    const { job, shares, at } = started;
    for (const { node: name, slots } of shares) {
      const node = this.#find(name);
      node.jobs.set(job.number, { started, slots });
      this.#stale.add(node);
    }
    const record = this.#records.get(job.number) as Job;
    this.#records.set(job.number, altered(record, { state: 'running', startedAt: at, execHosts: shares }));
    const cancel = this.#agenda.at(at + job.runMs, () => {
      this.#over(started);
      this.#listener.ended(started);
      this.#news(job.class);
    });
    this.#running.set(job.number, { started, cancel });
    this.#listener.started(started);
  }

  #over({ job, shares }: Started): void {
    for (const { node: name } of shares) {
      const node = this.#find(name);
      node.jobs.delete(job.number);
      this.#stale.add(node);
    }
    this.#hall(job.class).lane.end(job.number);
    this.#running.delete(job.number);
    this.#records.delete(job.number);
  }

  #momsView() {
    const ranOn = (name: string) => {
      const node = this.#nodes.get(name);
      if (node?.up !== true) return undefined;
      return { ran: [...node.jobs.keys()].map((number) => ({ job: idOf(number), until: Number.POSITIVE_INFINITY })) };
    };
    return { get: ranOn };
  }

  #nodesView() {
    const slotsOn = (name: string) => {
      const node = this.#nodes.get(name);
      return node && { slots: { size: [...node.jobs.values()].reduce((sum, { slots }) => sum + slots, 0) } };
    };
    return { get: slotsOn };
  }
}
