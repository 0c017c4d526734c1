import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Estimated, Estimator } from '../../api/week.js';
import type { Clock } from '../../clock.js';

export type WeekAnswer = { readonly part: number } | { readonly ok: true; readonly estimated: Estimated } | { readonly ok: false; readonly why: string };

export type WeekEnd = Exclude<WeekAnswer, { readonly part: number }>;

export interface EstimatorOptions {
  readonly clock: Clock;
  /** Longest time, ms, and most memory, MiB. */
  readonly limitMs?: number;
  readonly memoryMiB?: number;
  /** The compiled worker. */
  readonly file?: string;
}

const beside = fileURLToPath(new URL('./worker.js', import.meta.url));

/** Works weeks out in a process of its own, that gives way to everybody else and has limits. */
export const createEstimator =
  ({ clock, limitMs = 1_800_000, memoryMiB = 768, file = beside }: EstimatorOptions): Estimator =>
  async (work, progress) => {
    const child = fork(file, [], { serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [`--max-old-space-size=${memoryMiB}`] });
    const over = new AbortController();
    try {
      const answered = new Promise<WeekEnd>((resolve, reject) => {
        child.on('message', (answer: WeekAnswer) => ('part' in answer ? progress(answer.part) : resolve(answer)));
        child.once('error', reject);
        child.once('exit', (code, signal) =>
          reject(new Error(`the simulation ended with ${signal ?? `exit code ${code}`}, maybe because ${memoryMiB} MiB were too little`)),
        );
      });
      const late = clock.sleep(limitMs, over.signal).then((): WeekEnd => ({ ok: false, why: `the simulation took longer than ${limitMs / 1000} s` }));
      child.send(work, (thrown) => thrown !== null && child.kill('SIGKILL'));
      const answer = await Promise.race([answered, late]);
      if (!answer.ok) throw new Error(answer.why);
      return answer.estimated;
    } finally {
      over.abort();
      child.kill('SIGKILL');
    }
  };
