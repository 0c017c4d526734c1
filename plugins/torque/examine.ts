import type { BatchCheck, Finding, QueueWish, SeatWish } from '../../src/drivers/batch.js';
import { Failure } from '../../src/drivers/failure.js';
import { listQueues, listServer } from './commands.js';
import { examineQueues, examineSeats } from './examine-wishes.js';
import { listedServer, parseQueues, serverOf } from './parse.js';
import type { Questions } from './questions.js';
import { examineRights } from './rights.js';
import { unresolved } from './setup.js';

const longIterationMs = 600_000;

/** Asks everything, changes nothing. */
export class TorqueCheck implements BatchCheck {
  readonly #questions: Questions;

  constructor(questions: Questions) {
    this.#questions = questions;
  }

  async examine(seats: readonly SeatWish[], queues: readonly QueueWish[], signal: AbortSignal): Promise<readonly Finding[]> {
    try {
      return await this.#examine(seats, queues, signal);
    } catch (thrown) {
      if (!(thrown instanceof Failure)) throw thrown;
      return [{ level: 'error', what: `${thrown.message} (${thrown.kind})`, remedy: remedyOf(thrown) }];
    }
  }

  async #examine(seats: readonly SeatWish[], queues: readonly QueueWish[], signal: AbortSignal): Promise<readonly Finding[]> {
    const questions = this.#questions;
    const { place, name } = questions.site;
    const listed = listedServer(await questions.list(listServer(place), signal));
    const server = serverOf(listed);
    const nodes = await questions.nodes(signal);
    const jobs = await questions.jobs(
      nodes.map((node) => node.name),
      signal,
    );
    const known = parseQueues(await questions.list(listQueues(place), signal));
    const names = await unresolved(
      questions,
      seats.map((seat) => seat.node),
      signal,
    );
    return [
      { level: 'ok', what: `batch server ${name} answers: ${server.name}, TORQUE ${server.version}` },
      await examineRights(questions, listed, jobs, signal),
      server.scheduling
        ? { level: 'ok', what: 'scheduling is on' }
        : { level: 'warning', what: 'scheduling is off: no job starts, and Domus never switches it on', remedy: "qmgr -c 'set server scheduling = True'" },
      server.iterationMs > longIterationMs
        ? { level: 'warning', what: `the scheduler cycles only every ${server.iterationMs / 1000} s (scheduler_iteration)`, remedy: 'set it to 600 or less' }
        : { level: 'ok', what: `the scheduler cycles at least every ${server.iterationMs / 1000} s` },
      server.autoNodeNp
        ? { level: 'error', what: 'auto_node_np is on: it overwrites the np that Domus sets', remedy: "qmgr -c 'set server auto_node_np = False'" }
        : { level: 'ok', what: 'auto_node_np is off' },
      ...jobs.warnings.map((warning): Finding => ({ level: 'warning', what: warning })),
      ...examineSeats(seats, nodes, names),
      ...examineQueues(queues, known, server),
    ];
  }
}

function remedyOf(failure: Failure): string {
  if (failure.kind === 'unreachable') return 'look at the batch server (and trqauthd on this machine), and at the PATH or "bin" of its commands';
  if (failure.kind === 'denied') return 'let this user ask the batch server (acl_hosts, query_other_jobs)';
  return 'type the command yourself and look at what it prints';
}
