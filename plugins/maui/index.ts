import { z } from 'zod';
import type { Finding } from '../../src/drivers/batch.js';
import { Failure } from '../../src/drivers/failure.js';
import type { Plugin } from '../../src/drivers/plugin.js';
import type { Scheduler, SchedulerCheck } from '../../src/drivers/scheduler.js';
import { examineSettings } from './examine.js';
import { Maui } from './maui.js';

const mebibyte = 1024 * 1024;

/** This plugin's part of domus.yaml: everything has a default. */
const config = z.strictObject({
  /** Folder of showq, checkjob, showconfig and releasehold; absent = PATH. */
  bin: z.string().regex(/^\//, 'an absolute path').optional(),
  /** So many held jobs are asked for their reason at each reading: one command each. */
  reasonsAtOnce: z.int().min(0).max(100).default(5),
  /** More output than this is not read. */
  maxOutputMiB: z.int().min(1).max(256).default(16),
});
export type MauiConfig = z.output<typeof config>;

/** Maui 3.3 by its own commands, which run on this machine. */
export const plugin: Plugin<'scheduler', MauiConfig> = {
  name: 'maui',
  kind: 'scheduler',
  contract: 1,
  config,
  create: ({ bin, reasonsAtOnce, maxOutputMiB }, { shell, log, name }) => {
    const maui = new Maui({ name, place: { bin }, shell, log, reasonsAtOnce, maxBytes: maxOutputMiB * mebibyte });
    return {
      read: (signal) => maui.read(signal),
      release: (job, signal) => maui.release(job, signal),
      prefer: (job, signal) => maui.prefer(job, signal),
      close: () => maui.close(),
      examine: (signal) => examine(maui, signal),
    } satisfies Scheduler & SchedulerCheck;
  },
};

/** Asks, changes nothing. Whether this user may release holds cannot be asked without doing it. */
async function examine(maui: Maui, signal: AbortSignal): Promise<readonly Finding[]> {
  try {
    const { order, held, settings } = await maui.read(signal);
    const forGood = [...held].filter(([, hold]) => hold.state === 'batch-hold').map(([job]) => job);
    return [
      { level: 'ok', what: `the scheduler answers: ${order.length} job(s) in its order, ${held.size} held back` },
      ...examineSettings(settings),
      ...(forGood.length === 0
        ? []
        : [
            {
              level: 'warning',
              what: `${forGood.length} job(s) are held for good (BatchHold), the first ${forGood[0]}`,
              remedy: `releasehold -a ${forGood[0]}, once its cause is gone`,
            } as const,
          ]),
    ];
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    const remedy = 'look at Maui, and at the PATH or "bin" of its commands; this user must be in ADMIN1 or ADMIN2 of maui.cfg to release jobs';
    return [{ level: 'error', what: `${thrown.message} (${thrown.kind})`, remedy }];
  }
}
