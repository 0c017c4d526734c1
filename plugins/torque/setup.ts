import type { BatchSetup, QueueWish, SeatWish, SetupStep } from '../../src/drivers/batch.js';
import { Failure } from '../../src/drivers/failure.js';
import { listQueues, listServer, pauseForList, resolveName, restartServer } from './commands.js';
import { parseQueues, parseServer } from './parse.js';
import type { Questions } from './questions.js';
import { complaints, lastWords, refusal } from './refusals.js';
import { type Standing, stepsFor } from './setup-diff.js';

/** The server tells its workers of new nodes within ten seconds (measured on 6.1.3); longer than this it is not waited for. */
const listSentMs = 120_000;
const lookEveryMs = 2_000;

/** Names that this machine's resolver does not know; `undefined` when it cannot be asked. */
export async function unresolved(questions: Questions, names: readonly string[], signal: AbortSignal): Promise<ReadonlySet<string> | undefined> {
  const unknown = new Set<string>();
  for (const name of names) {
    const argv = resolveName(name, questions.site.place);
    try {
      const { exit } = await questions.run(argv, signal);
      if (exit === 2) unknown.add(name);
      else if (exit !== 0) return undefined;
    } catch (thrown) {
      if (thrown instanceof Failure && thrown.kind === 'unreachable') return undefined;
      throw thrown;
    }
  }
  return unknown;
}

/** Everything the wishes are compared with. */
export async function standing(
  questions: Questions,
  seats: readonly SeatWish[],
  signal: AbortSignal,
): Promise<Standing & { readonly resolverAnswers: boolean }> {
  const { place } = questions.site;
  const nodes = await questions.nodes(signal);
  const queues = parseQueues(await questions.list(listQueues(place), signal));
  const server = parseServer(await questions.list(listServer(place), signal));
  const unknown = await unresolved(
    questions,
    seats.map((seat) => seat.node),
    signal,
  );
  return {
    nodes: new Map(nodes.map((node) => [node.name, node])),
    queues: new Map(queues.map((queue) => [queue.name, queue])),
    server,
    unresolved: unknown ?? new Set(),
    resolverAnswers: unknown !== undefined,
  };
}

/** What a manager does once; needs his rights. */
export class TorqueSetup implements BatchSetup {
  readonly #questions: Questions;

  constructor(questions: Questions) {
    this.#questions = questions;
  }

  async diff(seats: readonly SeatWish[], queues: readonly QueueWish[], signal: AbortSignal): Promise<readonly SetupStep[]> {
    return stepsFor(this.#questions.site.place, seats, queues, await standing(this.#questions, seats, signal));
  }

  async apply(steps: readonly SetupStep[], said: (line: string) => void, signal: AbortSignal): Promise<void> {
    for (const { argv, why } of steps) {
      const shown = argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`)).join(' ');
      if (argv === restartServer || argv.join(' ') === restartServer.join(' ')) {
        said(`left to you: ${shown}   # ${why}`);
        continue;
      }
      if (argv.join(' ') === pauseForList.join(' ')) {
        said(`# waiting: ${why}`);
        await this.#listSent(signal);
        continue;
      }
      said(`${shown}   # ${why}`);
      const { exit, stderr } = await this.#questions.run(argv, signal);
      const complaint = [...complaints(stderr).values()][0];
      if (complaint !== undefined) throw complaint;
      if (argv[0] === 'getent' && exit !== 0) throw new Failure('absent', `${argv.at(-1)} does not resolve here`);
      if (exit !== 0) throw refusal(shown, exit, stderr);
      if (stderr.trim() !== '') said(`  ${lastWords(stderr)}`);
    }
  }

  /** Until the server has told its workers of every node, or does not for so long that the next run of setup has to mend it. */
  async #listSent(signal: AbortSignal): Promise<void> {
    const { clock } = this.#questions.site;
    const end = clock.mono() + listSentMs;
    while ((await this.#questions.nodes(signal)).some(({ states }) => states.includes('MOM-list-not-sent')) && clock.mono() < end) {
      await clock.sleep(lookEveryMs, signal);
      signal.throwIfAborted();
    }
  }
}
