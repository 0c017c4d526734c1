import { z } from 'zod';
import { modes } from '../model/environment.js';
import * as shape from './shapes.js';

/** One file of `environments/` that says `kind: service`: permanent machines, each with a home and a disk of its own. */
export const serviceSchema = z.strictObject({
  kind: z.enum(['service']),
  mode: z.enum(modes).default('act'),
  image: z.strictObject({
    name: shape.plainWord,
    version: shape.version.default('latest'),
  }),
  boot: z
    .strictObject({
      type: z.enum(['pvh', 'pv', 'hvm']).default('pvh'),
      kernel: shape.relativeFile.default('vmlinuz'),
      ramdisk: shape.relativeFile.optional(),
      args: z.array(shape.argument).default([]),
    })
    .prefault({}),
  machine: z.strictObject({
    cores: shape.whole(1, 1024).default(1),
    memory: shape.size,
    disk: shape.size.prefault('10GiB'),
  }),
  homes: z.union([shape.namePattern, z.array(shape.namePattern)]),
  pools: z.array(shape.word).optional(),
  restartWithin: shape.interval.prefault('10m'),
  checks: z.array(shape.checkName).default([]),
});
