import { z } from 'zod';
import { modes } from '../../model/environment.js';
import { count, durationMs, instant, list, text } from './shapes.js';

const counts = z.record(z.string(), count).readonly().meta({ description: 'by kind of decision: start, drain, resize, keep, move, wake, sleep' });

const seen = z
  .object({
    started: count,
    ended: count,
    coreHours: z.number(),
    waitMeanMs: durationMs.optional(),
    waitP95Ms: durationMs.optional(),
  })
  .readonly();

const waited = z
  .object({
    name: text,
    jobs: count.meta({ description: 'let run again' }),
    unstarted: count.meta({ description: 'that had not started an hour after the end of the week' }),
    waitMeanMs: durationMs.optional(),
    waitMedianMs: durationMs.optional(),
    waitP95Ms: durationMs.optional(),
    longWaits: count.meta({ description: 'that waited longer than ten minutes' }),
    really: z.object({ waitMeanMs: durationMs.optional(), longWaits: count }).readonly().meta({ description: 'how long the same jobs waited in truth' }),
    machinesAtMost: z.number().meta({ description: 'machines at one time, at most' }),
    machineHours: z.number(),
  })
  .readonly();

const estimate = z
  .discriminatedUnion('state', [
    z.object({ state: z.literal('none') }),
    z.object({ state: z.literal('working'), since: instant, part: z.number().min(0).max(1).meta({ description: 'how much of it is over' }) }),
    z.object({ state: z.literal('failed'), at: instant, why: text }),
    z.object({
      state: z.literal('done'),
      at: instant.meta({ description: 'of the newest job in it' }),
      tookMs: durationMs,
      since: instant,
      jobs: count,
      leftOut: count.meta({ description: 'older jobs, that would have taken too long to work out' }),
      assumed: list(text).meta({ description: 'what had to be guessed, in sentences' }),
      site: z
        .object({
          boots: count,
          hostsOnHours: z.number(),
          alwaysOnHours: z.number(),
          energyKWh: z.number(),
          alwaysOnKWh: z.number().meta({ description: 'the same work with every host always on' }),
          switchesHosts: z.boolean().meta({ description: 'false: the configuration lets no host sleep' }),
        })
        .readonly(),
      environments: list(waited),
    }),
  ])
  .readonly();
export type EstimateRecord = z.output<typeof estimate>;

export const weekSchema = z
  .object({
    since: instant,
    until: instant,
    heardMs: durationMs.meta({ description: 'time in which the batch server answered' }),
    watches: z.boolean().meta({ description: 'some environment is in mode watch' }),
    environments: list(
      z
        .object({
          name: text,
          mode: z.enum(modes),
          seen: seen.meta({ description: 'what became of its jobs in truth' }),
          decisions: counts,
          mostAtOnce: count.meta({ description: 'starts that were wanted at one time, at most' }),
        })
        .readonly(),
    ),
    hosts: counts,
    thoughts: list(
      z
        .object({
          key: text,
          kind: z.enum(['start', 'drain', 'resize', 'keep', 'move', 'wake', 'sleep', 'leave', 'take']),
          subject: text,
          environment: text.optional(),
          host: text.optional(),
          cores: count.optional(),
          why: text,
          since: instant,
          until: instant.meta({ description: 'last seen to stand' }),
        })
        .readonly(),
    ).meta({ description: 'decisions that were not carried out, newest first' }),
    thoughtsTotal: count,
    estimate,
  })
  .readonly()
  .meta({ id: 'Week', description: 'what Domus would have done in the last seven days, had it not only watched; and an estimate of what had come of it' });
export type WeekRecord = z.output<typeof weekSchema>;
