import { Failure, type FailureKind } from '../../src/drivers/failure.js';
import type { RunnerAnswer } from '../../src/drivers/runner.js';

/** What `xl` and `qemu-img` say, as measured; the first that matches counts. */
const said: readonly (readonly [RegExp, FailureKind])[] = [
  [/out of memory|cannot allocate memory|not enough free memory|no space left|disk quota exceeded/i, 'full'],
  [/memory_dynamic_max must be|overcomm+itting|invalid memory size|could not find bridge device/i, 'refused'],
  [/already exists/i, 'exists'],
  [/permission denied|operation not permitted/i, 'denied'],
  [/invalid domain identifier|maybe this domain does not exist|no such file or directory/i, 'absent'],
  [/resource temporarily unavailable|device or resource busy/i, 'busy'],
];
/** The runner names the kind where it found the cause itself. */
const named = /^(absent|exists|busy|full|refused|uncertain): (.*)$/s;

/** What `xl` tells of its progress before it fails (recorded: create, save, restore, migrate). */
const chatter = /^(Parsing config from|Saving to |Loading new save file| Savefile contains|xc: (info|progress):|migration target: Ready)/;

const firstLines = (text: string): string =>
  text
    .split('\n')
    .filter((l) => l !== '' && !chatter.test(l))
    .slice(0, 2)
    .join(' / ')
    .slice(0, 400);

/** Why a command that ended with a status other than 0 failed. A failure nobody knows is `refused`: it ended, and said no. */
export function kindOf(stderr: string): FailureKind {
  return said.find(([pattern]) => pattern.test(stderr))?.[1] ?? 'refused';
}

/** The Failure that an answer to a deed means; undefined when it is done. `running` is not an end: ask `outcome`. */
export function failureOf(answer: RunnerAnswer, what: string): Failure | undefined {
  const message = answer.message ?? '';
  if (answer.status === 'refused') {
    const by = answer.fence === undefined ? '' : ` (epoch ${answer.fence.epoch}, journal ${answer.fence.journal})`;
    return new Failure('refused', `${what}: ${message}${by}`);
  }
  if (answer.status === 'hung') return new Failure('uncertain', `${what}: ${message}`);
  if (answer.status === 'unknown') return new Failure('uncertain', `${what}: the host does not know this deed (never arrived, or the host has rebooted)`);
  if (answer.status === 'running') return new Failure('uncertain', `${what}: still running on the host`);
  if (answer.exit === 0) return undefined;
  const [, kind, why] = named.exec(message) ?? [];
  if (kind !== undefined) return new Failure(kind as FailureKind, `${what}: ${why}`);
  const stderr = answer.stderr ?? '';
  return new Failure(kindOf(stderr), `${what}: status ${answer.exit ?? '?'}: ${firstLines(stderr) || message || 'no word why'}`);
}
