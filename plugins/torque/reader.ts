import type { ReaderPart } from '../../src/drivers/job-lists.js';
import { JobsReader } from './parse.js';

/** What a thread loads to read the lists of `qstat -t -x`. */
export const reader: ReaderPart = { create: (source) => new JobsReader(source) };
