import type { Admission, Batch, NodeCheck } from '../../src/drivers/batch.js';
import { Failure } from '../../src/drivers/failure.js';
import { type BatchSnapshot, isOffline, notePrefix } from '../../src/model/batch.js';
import { holdsNodes, type Job } from '../../src/model/job.js';
import { Admissions } from './admissions.js';
import { listJob, listQueues, listScheduling, listServer, requeueJob, setNp, setOffline, swapPlaces, tidyNote, triggerCycle } from './commands.js';
import { changeable, withheld } from './nodes-change.js';
import { parseQueues, parseServer, queueCounts, readList } from './parse.js';
import { isAnywhere } from './parse-job.js';
import type { Questions } from './questions.js';
import { readBack } from './read-back.js';
import { refusal } from './refusals.js';
import { Sparing, signsOf } from './sparing.js';

/** The Batch contract over TORQUE's own commands, with operator rights. */
export class Torque implements Batch {
  readonly #questions: Questions;
  readonly #admissions: Admissions;
  readonly #sparing = new Sparing();

  constructor(questions: Questions) {
    this.#questions = questions;
    this.#admissions = new Admissions(questions);
  }

  /** The jobs come last but one: what the nodes and the queues count is from before, so a difference is never overlooked. */
  async read(signal: AbortSignal): Promise<BatchSnapshot> {
    const questions = this.#questions;
    const { place, clock } = questions.site;
    const nodes = await questions.nodes(signal);
    const cheapFrom = clock.mono();
    const queues = await questions.list(listQueues(place), signal);
    const from = clock.mono();
    const signs = signsOf(queueCounts(queues), nodes, clock.wall() - from);
    const spared = this.#sparing.spared(signs, from);
    const names = nodes.map((node) => node.name);
    const list = spared ?? (await questions.jobs(names, signal));
    const costMs = spared === undefined ? Math.max(0, clock.mono() - from - (from - cheapFrom)) : 0;
    if (spared === undefined) this.#sparing.learn(signs, list, costMs, from);
    const server = parseServer(await questions.list(listServer(place), signal));
    return { jobs: list.jobs, nodes, queues: parseQueues(queues), server, warnings: list.warnings, costMs };
  }

  /** The node first, then the jobs: a job that starts in between is seen in the second. Raises `garbled` when a job's record cannot even be named. */
  async readNode(name: string, signal: AbortSignal): Promise<NodeCheck> {
    const node = (await this.#questions.listed([name], signal)).get(name);
    if (node === undefined) throw new Failure('absent', `node ${name} is not listed in the batch server`);
    const { jobs, unreadable } = await this.#questions.jobs(undefined, signal);
    if (unreadable > 0) throw new Failure('garbled', `${unreadable} job record(s) cannot be read: nobody can say that they are not on ${name}`);
    return { node, jobsNamingIt: jobs.filter((job) => names(job, name)).map((job) => job.id) };
  }

  async admit(admission: Admission, signal: AbortSignal): Promise<void> {
    await this.#admissions.admit(admission, signal);
  }

  async withhold(node: string, note: string, np: number | undefined, signal: AbortSignal): Promise<void> {
    const questions = this.#questions;
    const { place } = questions.site;
    const tidy = tidyNote(note);
    if (!note.startsWith(notePrefix)) throw new Failure('refused', `the note ${JSON.stringify(note)} does not begin with "${notePrefix}"`);
    const npCommand = np === undefined ? undefined : setNp(place, node, np);
    const offlineCommand = setOffline(place, node, note);

    const before = changeable(node, (await questions.listed([node], signal)).get(node), np);
    let said: ReadonlyMap<string, Failure> = new Map();
    if (!isOffline(before) || before.note !== tidy) said = await questions.attempt(offlineCommand, [node], signal);
    // np only once nothing more can be put there
    if (npCommand !== undefined && before.np !== np && said.size === 0) said = await questions.attempt(npCommand, [node], signal);
    const failure = (await readBack(questions, new Map([[node, withheld(tidy, np)]]), said, signal)).get(node);
    if (failure !== undefined) throw failure;
  }

  async cycle(signal: AbortSignal): Promise<boolean> {
    const { place } = this.#questions.site;
    const { scheduling } = parseServer(await this.#questions.list(listScheduling(place), signal));
    if (!scheduling) return false;
    await this.#questions.change(triggerCycle(place), signal);
    return true;
  }

  /** Done already where the job does not run. A job started anew in the meantime was requeued, too. */
  async requeue(id: string, signal: AbortSignal): Promise<void> {
    const argv = requeueJob(this.#questions.site.place, id);
    const before = await this.#job(id, signal);
    if (!holdsNodes(before)) return;
    const { exit, stderr } = await this.#questions.run(argv, signal);
    const failure = exit === 0 ? undefined : refusal(`requeueing job ${id}`, exit, stderr);
    if (failure !== undefined && failure.kind !== 'refused' && failure.kind !== 'uncertain') throw failure;
    const after = await this.#job(id, signal);
    if (holdsNodes(after) && after.startedAt === before.startedAt)
      throw failure ?? new Failure('refused', `job ${id} is still ${after.state} after it was requeued`);
  }

  /** The order itself is shown to managers only: what was done is believed of `qorder`'s own word. Two jobs of different queues would change queues. */
  async advance(id: string, before: string, signal: AbortSignal): Promise<void> {
    const argv = swapPlaces(this.#questions.site.place, id, before);
    const job = await this.#job(id, signal);
    const other = await this.#job(before, signal);
    if (job.state !== 'queued') return;
    if (other.state !== 'queued' || other.queue !== job.queue)
      throw new Failure('refused', `job ${id} cannot change places with ${before}: that is ${other.state} in queue ${other.queue}`);
    await this.#questions.change(argv, signal);
  }

  async close(): Promise<void> {
    // nothing is kept open between two commands
  }

  async #job(id: string, signal: AbortSignal): Promise<Job> {
    const { name, place } = this.#questions.site;
    const [job] = readList(name, [], [Buffer.from(await this.#questions.list(listJob(place, id), signal))]).jobs;
    if (job === undefined) throw new Failure('absent', `job ${id} is not known to the batch server`);
    return job;
  }
}

const names = (job: Job, node: string): boolean => job.state !== 'complete' && (isAnywhere(job) || job.execHosts.some((host) => host.node === node));
