import { Failure } from '../../drivers/failure.js';
import type { Agenda } from '../clock.js';
import type { Fortune } from '../trouble.js';
import { isChange } from './command.js';
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

/** Resolves after `ms` on the agenda (at once for 0, never when infinite). Raises Failure `uncertain` when the signal is aborted. */
export function passing(agenda: Agenda, ms: number, signal: AbortSignal | undefined, what: string): Promise<void> {
  const aborted = (): Failure => new Failure('uncertain', `${what}: ended by its caller before it answered`);
  if (signal?.aborted) return Promise.reject(aborted());
  if (ms <= 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      signal?.removeEventListener('abort', ended);
      resolve();
    };
    const cancel = Number.isFinite(ms) ? agenda.at(agenda.now() + ms, settle) : () => undefined;
    const ended = (): void => {
      cancel();
      reject(aborted());
    };
    signal?.addEventListener('abort', ended, { once: true });
  });
}

/** A slow server takes its factor of so long. */
const usualMs = 300;
const forEver = Number.POSITIVE_INFINITY;

/** Milliseconds before and after the deed, by what is wrong with the server. */
function delays(core: BatchCore, fortune: Fortune, latencyMs: number): { readonly before: number; readonly after: number } {
  const { hang, mute, slowMs, lateMs } = core.trouble;
  const slow = fortune.kind === 'slow' ? Math.max(latencyMs, usualMs) * fortune.factor : latencyMs;
  return { before: hang || fortune.kind === 'silent' ? forEver : slowMs + slow, after: mute || fortune.kind === 'late' ? forEver : lateMs };
}

/** `core.run` with time and troubles on top: slow, late, silent, cut in half. Raises Failure `uncertain` when the signal ends it. */
export async function answer(core: BatchCore, argv: readonly string[], io: CommandIo, agenda: Agenda, signal?: AbortSignal, latencyMs = 0): Promise<Answer> {
  const what = (argv[0] ?? 'command').replace(/^.*\//, '');
  const fortune = core.ailments.meet(what);
  const { before, after } = delays(core, fortune, latencyMs);
  await passing(agenda, before, signal, what);
  const said = deed(core, argv, io, fortune);
  await passing(agenda, (said.blocksMs ?? 0) + after, signal, what);
  const cut = core.trouble.garble || fortune.kind === 'garbled';
  return cut ? { ...said, stdout: said.stdout.slice(0, Math.floor(said.stdout.length / 2)) } : said;
}

function deed(core: BatchCore, argv: readonly string[], io: CommandIo, fortune: Fortune): Answer {
  if (fortune.kind === 'lie' && isChange(argv)) return { stdout: '', stderr: '', exit: 0 };
  const before = fortune.kind === 'refuse' || (fortune.kind === 'fail' && fortune.moment === 'before');
  if (!before && fortune.kind !== 'fail') return core.run(argv, io);
  if (!before) core.run(argv, io);
  return core.unreachable(argv[0] ?? '');
}
