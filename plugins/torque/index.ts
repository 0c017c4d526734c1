import { z } from 'zod';
import type { Batch, BatchCheck, BatchSetup } from '../../src/drivers/batch.js';
import { InlineJobLists } from '../../src/drivers/inline-job-lists.js';
import type { Plugin } from '../../src/drivers/plugin.js';
import { TorqueCheck } from './examine.js';
import { Questions } from './questions.js';
import { reader } from './reader.js';
import { TorqueSetup } from './setup.js';
import { Torque } from './torque.js';

const mebibyte = 1024 * 1024;

/** This plugin's part of domus.yaml: everything has a default. */
const config = z.strictObject({
  /** Name of the batch server (with `:port` where needed); absent = the one this machine's TORQUE is set to. */
  server: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9.-]*(:\d{1,5})?$/, 'a host name, with :port where needed')
    .optional(),
  /** Folder of qstat, pbsnodes, qmgr and qrerun; absent = PATH. */
  bin: z.string().regex(/^\//, 'an absolute path').optional(),
  /** How often, and after what pause, a change is looked at before it counts as refused. */
  readBackTries: z.int().min(1).max(20).default(4),
  readBackPauseMs: z.int().min(10).max(60_000).default(500),
  /** More output than this is not read (100,000 jobs are about 170 MiB). */
  maxOutputMiB: z.int().min(1).max(4096).default(1024),
});
export type TorqueConfig = z.output<typeof config>;

/** TORQUE 4.2 and 6.1 by their own commands, which run on this machine. */
export const plugin: Plugin<'batch', TorqueConfig> = {
  name: 'torque',
  kind: 'batch',
  contract: 1,
  config,
  create: ({ server, bin, readBackTries, readBackPauseMs, maxOutputMiB }, { shell, clock, name, lists = new InlineJobLists(shell, reader.create(name)) }) => {
    const questions = new Questions({ name, place: { server, bin }, shell, lists, clock, readBackTries, readBackPauseMs, maxBytes: maxOutputMiB * mebibyte });
    const batch = new Torque(questions);
    const setup = new TorqueSetup(questions);
    const check = new TorqueCheck(questions);
    return {
      read: (signal) => batch.read(signal),
      readNode: (node, signal) => batch.readNode(node, signal),
      admit: (admission, signal) => batch.admit(admission, signal),
      withhold: (node, note, np, signal) => batch.withhold(node, note, np, signal),
      cycle: (signal) => batch.cycle(signal),
      requeue: (job, signal) => batch.requeue(job, signal),
      advance: (job, before, signal) => batch.advance(job, before, signal),
      close: () => lists.close(),
      diff: (seats, queues, signal) => setup.diff(seats, queues, signal),
      apply: (steps, said, signal) => setup.apply(steps, said, signal),
      examine: (seats, queues, signal) => check.examine(seats, queues, signal),
    } satisfies Batch & BatchSetup & BatchCheck;
  },
};
