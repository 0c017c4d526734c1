import { asFailure, Failure } from '../../src/drivers/failure.js';
import type { BatchNode } from '../../src/model/batch.js';
import type { Expectation } from './nodes-change.js';
import type { Questions } from './questions.js';

/**
 * Looks at changed nodes until each is as expected, a few times: the server may need a moment. Gives the Failure for
 * each node that is not: what its command complained of, else `refused` with what is seen instead.
 */
export async function readBack(
  questions: Questions,
  expected: ReadonlyMap<string, Expectation>,
  complaints: ReadonlyMap<string, Failure>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Failure>> {
  const { clock, readBackTries, readBackPauseMs } = questions.site;
  for (let attempt = 1; ; attempt++) {
    const nodes = await unlessSilent(questions, [...expected.keys()], signal);
    const failures = new Map<string, Failure>();
    for (const [name, expectation] of expected) {
      const failure = differs(name, nodes.get(name), expectation);
      if (failure !== undefined) failures.set(name, complaints.get(name) ?? failure);
    }
    if (failures.size === 0 || attempt >= readBackTries || signal.aborted) return failures;
    await clock.sleep(readBackPauseMs, signal);
  }
}

function differs(name: string, node: BatchNode | undefined, expectation: Expectation): Failure | undefined {
  if (node === undefined) return new Failure('absent', `node ${name} is no longer listed after the change`);
  const difference = expectation(node);
  return difference === undefined ? undefined : new Failure('refused', `node ${name} ${difference} after the change`);
}

/** The command was given, so an unanswered question leaves its outcome open. */
async function unlessSilent(questions: Questions, names: readonly string[], signal: AbortSignal): ReturnType<Questions['listed']> {
  try {
    return await questions.listed(names, signal);
  } catch (thrown) {
    const failure = asFailure(thrown, `reading back ${names.join(', ')}`);
    throw new Failure('uncertain', `changed, but not seen: ${failure.message}`, { cause: failure });
  }
}
