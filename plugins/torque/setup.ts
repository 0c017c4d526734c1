import type { BatchSetup, QueueWish, SeatWish, SetupStep } from '../../src/drivers/batch.js';
import { Failure } from '../../src/drivers/failure.js';
import { listQueues, listServer, resolveName, restartServer } from './commands.js';
import { parseQueues, parseServer } from './parse.js';
import type { Questions } from './questions.js';
import { complaints, lastWords, refusal } from './refusals.js';
import { type Standing, stepsFor } from './setup-diff.js';

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
      said(`${shown}   # ${why}`);
      const { exit, stderr } = await this.#questions.run(argv, signal);
      const complaint = [...complaints(stderr).values()][0];
      if (complaint !== undefined) throw complaint;
      if (argv[0] === 'getent' && exit !== 0) throw new Failure('absent', `${argv.at(-1)} does not resolve here`);
      if (exit !== 0) throw refusal(shown, exit, stderr);
      if (stderr.trim() !== '') said(`  ${lastWords(stderr)}`);
    }
  }
}
