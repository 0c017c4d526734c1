import { Failure } from '../../drivers/failure.js';
import type { Agenda } from '../clock.js';
import type { BatchCore } from './core.js';

/** What a command printed. Bytes that are no UTF-8 stand as lone surrogates (`bytes.ts`). */
export interface Answer {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
  /** The command kept its caller waiting so long (`qrerun` of a dead worker's job). */
  readonly blocksMs?: number;
}

/** Who calls, and what comes with it. */
export interface CommandIo {
  readonly user: string;
  /** Standard input; for qsub the content of the script. */
  readonly stdin?: string;
}

/** Resolves after `ms` on the agenda; never when `ms` is infinite. Raises Failure `uncertain` when the signal is aborted. */
export function passing(agenda: Agenda, ms: number, signal: AbortSignal | undefined, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const ended = (): void => {
      cancel();
      reject(new Failure('uncertain', `${what}: ended by its caller before it answered`));
    };
    const cancel = Number.isFinite(ms)
      ? agenda.at(agenda.now() + ms, () => {
          signal?.removeEventListener('abort', ended);
          resolve();
        })
      : () => undefined;
    if (signal?.aborted) return ended();
    signal?.addEventListener('abort', ended, { once: true });
  });
}

/** `core.run` with time and troubles on top: slow, late, silent, cut in half. Raises Failure `uncertain` when the signal ends it. */
export async function answer(core: BatchCore, argv: readonly string[], io: CommandIo, agenda: Agenda, signal?: AbortSignal): Promise<Answer> {
  const { trouble } = core;
  const what = argv[0] ?? 'command';
  if (trouble.hang) await passing(agenda, Number.POSITIVE_INFINITY, signal, what);
  if (trouble.slowMs > 0) await passing(agenda, trouble.slowMs, signal, what);
  const said = core.run(argv, io);
  if (trouble.mute) await passing(agenda, Number.POSITIVE_INFINITY, signal, what);
  const waitMs = (said.blocksMs ?? 0) + trouble.lateMs;
  if (waitMs > 0) await passing(agenda, waitMs, signal, what);
  return trouble.garble ? { ...said, stdout: said.stdout.slice(0, Math.floor(said.stdout.length / 2)) } : said;
}
