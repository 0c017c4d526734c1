import type { Admission } from '../../src/drivers/batch.js';
import { asFailure, Failure } from '../../src/drivers/failure.js';
import { type BatchNode, isOffline, notePrefix } from '../../src/model/batch.js';
import { clearOffline, listNodes, manyDirectives, npDirective } from './commands.js';
import { admitted, changeable } from './nodes-change.js';
import type { Questions } from './questions.js';
import { readBack } from './read-back.js';

interface Waiting {
  readonly admission: Admission;
  readonly signal: AbortSignal;
  done(): void;
  failed(failure: Failure): void;
}

/** Collects the admissions of one turn of the event loop and serves them with one `qmgr` and one `pbsnodes -c`. */
export class Admissions {
  readonly #questions: Questions;
  #waiting: Waiting[] = [];

  constructor(questions: Questions) {
    this.#questions = questions;
  }

  admit(admission: Admission, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ admission, signal, done: resolve, failed: reject });
      if (this.#waiting.length === 1) void this.#soon();
    });
  }

  async #soon(): Promise<void> {
    await this.#questions.site.clock.sleep(0);
    const together = this.#waiting;
    this.#waiting = [];
    for (const round of rounds(together)) await this.#serve(round);
  }

  /** One round: every node once. Never rejects: each caller is told its own end. */
  async #serve(round: readonly Waiting[]): Promise<void> {
    const live = round.filter((one) => {
      if (one.signal.aborted) one.failed(new Failure('cancelled', `admission of ${one.admission.node}: cancelled before it began`));
      return !one.signal.aborted;
    });
    if (live.length === 0) return;
    const { signal, release } = untilAllGiveUp(live);
    try {
      const failures = await this.#change(live, signal);
      for (const one of live) {
        const failure = failures.get(one.admission.node);
        if (failure === undefined) one.done();
        else one.failed(failure);
      }
    } catch (thrown) {
      for (const one of live) one.failed(asFailure(thrown, `admission of ${one.admission.node}`));
    } finally {
      release();
    }
  }

  async #change(live: readonly Waiting[], signal: AbortSignal): Promise<ReadonlyMap<string, Failure>> {
    const questions = this.#questions;
    const failures = new Map<string, Failure>();
    const valid = live.filter(({ admission }) => attempt(failures, admission.node, () => checkWords(questions, admission)));
    const nodes =
      valid.length === 0
        ? new Map<string, BatchNode>()
        : await questions.listed(
            valid.map((one) => one.admission.node),
            signal,
          );
    const agreed = valid.filter(({ admission: { node, np } }) => attempt(failures, node, () => changeable(node, nodes.get(node), np)));
    const wanted = new Map(agreed.map(({ admission: { node, np } }) => [node, np]));
    if (wanted.size === 0) return failures;

    const said = new Map<string, Failure>();
    const narrower = [...wanted].filter(([node, np]) => nodes.get(node)?.np !== np);
    if (narrower.length > 0) for (const [node, failure] of await this.#setNps(narrower, signal)) said.set(node, failure);
    const closed = [...wanted.keys()].filter((node) => !said.has(node) && isClosed(nodes.get(node)));
    if (closed.length > 0) for (const [node, failure] of await this.#clear(closed, signal)) said.set(node, failure);

    const expected = new Map([...wanted].map(([node, np]) => [node, admitted(np)]));
    for (const [node, failure] of await readBack(questions, expected, said, signal)) failures.set(node, failure);
    return failures;
  }

  /** All in one qmgr: its exit status is that of the last line only, so what each line came to is read from stderr. */
  #setNps(nps: readonly (readonly [string, number])[], signal: AbortSignal): Promise<ReadonlyMap<string, Failure>> {
    const lines = nps.map(([node, np]) => `${npDirective(node, np)}\n`).join('');
    return this.#questions.attempt(
      manyDirectives(this.#questions.site.place),
      nps.map(([node]) => node),
      signal,
      lines,
    );
  }

  #clear(nodes: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Failure>> {
    return this.#questions.attempt(clearOffline(this.#questions.site.place, nodes), nodes, signal);
  }
}

const isClosed = (node: BatchNode | undefined): boolean => node !== undefined && (isOffline(node) || node.note.startsWith(notePrefix));

/** Raises Failure `refused` for a name or a number that must not reach a command. */
function checkWords(questions: Questions, { node, np }: Admission): void {
  listNodes(questions.site.place, [node]);
  npDirective(node, np);
}

function attempt(failures: Map<string, Failure>, node: string, check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch (thrown) {
    failures.set(node, asFailure(thrown, `admission of ${node}`));
    return false;
  }
}

/** A node asked for twice is served twice, in order. */
function rounds(all: readonly Waiting[]): readonly (readonly Waiting[])[] {
  const served: Waiting[][] = [];
  for (const one of all) {
    const free = served.find((round) => round.every((other) => other.admission.node !== one.admission.node));
    if (free === undefined) served.push([one]);
    else free.push(one);
  }
  return served;
}

/** Aborted when every caller has given up, with the last one's cause. */
function untilAllGiveUp(live: readonly Waiting[]): { readonly signal: AbortSignal; release(): void } {
  const all = new AbortController();
  const check = (event: Event): void => {
    const { target } = event;
    if (live.every((one) => one.signal.aborted)) all.abort(target instanceof AbortSignal ? target.reason : undefined);
  };
  for (const one of live) one.signal.addEventListener('abort', check, { once: true });
  return {
    signal: all.signal,
    release: () => {
      for (const one of live) one.signal.removeEventListener('abort', check);
    },
  };
}
