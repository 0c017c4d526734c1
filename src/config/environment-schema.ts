import { z } from 'zod';
import { modes } from '../model/environment.js';
import * as shape from './shapes.js';

const cores = shape.whole(1, 1024);

/** One file of `environments/`. */
export const environmentSchema = z.strictObject({
  kind: z
    .string()
    .regex(/^worker$/, 'worker or service')
    .meta({ expected: 'worker or service' })
    .default('worker'),
  mode: z.enum(modes).default('act'),
  image: z.strictObject({
    name: shape.plainWord,
    version: shape.version.default('latest'),
    atOnce: shape.whole(0, 1000).default(1),
    busy: z.enum(['drain', 'wait']).default('drain'),
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
    cores: z.union([cores, z.strictObject({ min: cores, max: cores, step: cores.default(1) })]),
    memory: z.union([shape.size, z.strictObject({ min: shape.size, max: shape.size, step: shape.size.prefault('256MiB') })]),
    perCore: shape.size.optional(),
    disk: shape.size.prefault('10GiB'),
    scratch: z.strictObject({ size: shape.size, on: z.enum(['host', 'memory']).default('host') }).optional(),
    swap: shape.size.optional(),
    cpus: shape.cpuList.optional(),
  }),
  serves: z.strictObject({
    source: shape.word.optional(),
    queues: z.array(shape.plainWord).default([]),
    properties: z.array(shape.plainWord).default([]),
    accounts: z.array(shape.accountWord).default([]),
    jobs: shape.expressionText.optional(),
  }),
  pools: z.array(shape.word).optional(),
  min: shape.whole(0, 10_000).default(0),
  max: shape.whole(0, 10_000).optional(),
  spare: shape.whole(0, 10_000).default(0),
  feasibility: shape.whole(0, 10_000).default(0),
  maxWalltime: shape.interval.optional(),
  idle: shape.duration.prefault('30m'),
  priority: shape.decimal(0.1, 100).default(1),
  share: shape.decimal(0, 1).default(0),
  shareWithin: z.strictObject({ min: shape.decimal(0, 1).default(0), max: shape.decimal(0, 1) }).optional(),
  bootDeadline: shape.interval.prefault('10m'),
  keepFailed: shape.duration.prefault('1h'),
  moves: z.enum(['never', 'idle', 'busy']).default('idle'),
  lostJobs: z.enum(['leave', 'requeue']).default('leave'),
  checks: z.array(shape.checkName).default([]),
});
