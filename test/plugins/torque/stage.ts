import { plugin } from '../../../plugins/torque/index.js';
import type { Shell } from '../../../src/drivers/shell.js';
import { silentLog } from '../../../src/log.js';
import { answer } from '../../../src/sim/batch/answer.js';
import { toBytes } from '../../../src/sim/batch/bytes.js';
import { BatchCore } from '../../../src/sim/batch/core.js';
import { VirtualClock } from '../../../src/sim/clock.js';
import { Random } from '../../../src/sim/random.js';

export interface StageOptions {
  readonly version?: '4.2.10' | '6.1.3';
  /** Who the daemon is; default `domus`, an operator. */
  readonly user?: string;
  readonly operators?: readonly string[];
  /** Names the batch server's machine does not know. */
  readonly unresolved?: readonly string[];
  /** No getent, no id. */
  readonly bare?: boolean;
}

/** The driver over an emulated server in virtual time, with a record of every command. */
export function stage(options: StageOptions = {}) {
  const { user = 'domus', operators = ['domus@*'], version = '4.2.10', unresolved = [], bare = false } = options;
  const clock = new VirtualClock();
  const resolves = (name: string): boolean => !unresolved.includes(name);
  const core = new BatchCore({ agenda: clock, random: new Random(1), managers: ['root@*'], operators, version, resolves });
  const said: string[] = [];
  const stdins: string[] = [];
  let inFlight = 0;
  let mostInFlight = 0;

  const local = (argv: readonly string[]): { exit: number; stdout: string; stderr: string } | undefined => {
    if (bare || (argv[0] !== 'getent' && argv[0] !== 'id')) return undefined;
    if (argv[0] === 'id') return { exit: 0, stdout: `${user}\n`, stderr: '' };
    const name = argv[2] ?? '';
    return resolves(name) ? { exit: 0, stdout: `10.0.0.1 ${name}\n`, stderr: '' } : { exit: 2, stdout: '', stderr: '' };
  };
  const run = async (argv: readonly string[], stdin: string | undefined, signal: AbortSignal) => {
    said.push(argv.join(' '));
    if (stdin !== undefined) stdins.push(stdin);
    const isList = argv[0] === 'qstat' || argv[1] === '-x' || argv[2]?.startsWith('list');
    if (isList) mostInFlight = Math.max(mostInFlight, ++inFlight);
    try {
      await clock.sleep(200, signal);
      return local(argv) ?? (await answer(core, argv, { user, ...(stdin === undefined ? {} : { stdin }) }, clock, signal));
    } finally {
      if (isList) inFlight -= 1;
    }
  };
  const shell: Shell = {
    run: async (argv, { stdin, signal }) => {
      const { exit, stdout, stderr } = await run(argv, stdin, signal);
      return { exit, stdout: toBytes(stdout), stderr };
    },
    stream: (argv, { signal }) => {
      const whole = run(argv, undefined, signal);
      const end = whole.then(({ exit, stderr }) => ({ exit, stderr }));
      end.catch(() => undefined);
      async function* chunks() {
        const bytes = toBytes((await whole.catch(() => ({ stdout: '' }))).stdout);
        for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
      }
      return { chunks: chunks(), end };
    },
  };
  const checked = plugin.config.safeParse({});
  if (!checked.success) throw new Error('the default configuration should be valid');
  const driver = plugin.create(checked.data, { shell, clock, log: silentLog, name: 'main' });

  return {
    driver,
    core,
    clock,
    /** Every command so far, and what qmgr was fed. */
    said,
    stdins,
    mostInFlight: () => mostInFlight,
    /** As the manager. */
    root: (...argv: readonly string[]) => core.run(argv, { user: 'root' }),
    advance: (ms: number) => clock.run(clock.now() + ms),
    /** Lets time pass until the work is over. */
    until: async <T>(work: Promise<T>): Promise<T> => {
      let over = false;
      const watched = work.finally(() => {
        over = true;
      });
      watched.catch(() => undefined);
      for (let step = 0; step < 10_000 && !over; step++) await clock.run(clock.now() + 50);
      return watched;
    },
  };
}
export const never = new AbortController().signal;

/** What a call raises, and nothing when it raises nothing. */
export const raised = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
