import { z } from 'zod';
import { modes } from '../model/environment.js';
import { bootSchema, poolBootSchema } from './boot-schema.js';
import { calendarSchema, classroomSchema } from './calendar-schema.js';
import { noticesSchema } from './notices-schema.js';
import * as shape from './shapes.js';

/** A plugin's part: its name, and settings that its own schema checks. */
const plugin = (driver: string) => z.looseObject({ driver: shape.word.default(driver) });

/** A batch server's part, with the scheduler beside it where a site has one that Domus shall ask. */
const batchServer = z.looseObject({ driver: shape.word.default('torque'), scheduler: plugin('maui').optional() });

const oneOrMore = (line: typeof shape.namePattern) => z.union([line, z.array(line)]);
const reserve = z.strictObject({ cores: shape.whole(0, 1024).optional(), memory: shape.sizeOrNone.optional() });
const watts = z.strictObject({
  off: shape.decimal(0, 10_000).optional(),
  idle: shape.decimal(0, 10_000).optional(),
  busy: shape.decimal(0, 10_000).optional(),
});
const iron = {
  cores: shape.whole(1, 4096).optional(),
  memory: shape.size.optional(),
  reserve: reserve.optional(),
  overcommit: shape.decimal(1, 16).optional(),
  watts: watts.optional(),
  port: shape.whole(1, 65_535).optional(),
};

const limits = z.strictObject({
  startsAtOnce: shape.whole(1, 1000).default(32),
  startsAtOncePerHost: shape.whole(1, 100).default(4),
  stopsAtOnce: shape.whole(1, 1000).default(32),
  stopsAtOncePerHost: shape.whole(1, 100).default(4),
  startsPerHour: shape.whole(1, 100_000).default(60),
  machines: shape.whole(0, 10_000).default(1000),
  breakerFailures: shape.whole(1, 100).default(3),
  breakerPause: shape.interval.prefault('5m'),
  breakerPauseMax: shape.interval.prefault('2h'),
  deedTries: shape.whole(1, 100).default(3),
});

const intervals = z.strictObject({
  tick: shape.interval.prefault('30s'),
  batchPoll: shape.interval.prefault('15s'),
  hostPoll: shape.interval.prefault('15s'),
  batchLimit: shape.interval.prefault('60s'),
  lookLimit: shape.interval.prefault('20s'),
  overlayLimit: shape.interval.prefault('60s'),
  createLimit: shape.interval.prefault('2m'),
  resizeLimit: shape.interval.prefault('1m'),
  migrateLimit: shape.interval.prefault('5m'),
  shutdownLimit: shape.interval.prefault('90s'),
  destroyLimit: shape.interval.prefault('1m'),
  nodeLimit: shape.interval.prefault('30s'),
  cyclePause: shape.interval.prefault('10s'),
  joinLimit: shape.interval.prefault('5m'),
  momSilent: shape.interval.prefault('60s'),
  schedulerCycle: shape.interval.prefault('30s'),
  wideWait: shape.interval.prefault('15m'),
});

const power = z.strictObject({
  manage: z.boolean().default(false),
  idle: shape.interval.prefault('5m'),
  machineIdle: shape.interval.prefault('3m'),
  sparseIdle: shape.interval.prefault('10m'),
  minOn: shape.interval.prefault('15m'),
  minOff: shape.interval.prefault('2m'),
  leaveAlone: shape.interval.prefault('2h'),
  switchesAtOnce: shape.whole(1, 1000).default(8),
  cyclesPerDay: shape.whole(1, 100).default(2),
  warmHosts: shape.whole(0, 1000).default(0),
  headroom: shape.whole(0, 10_000).default(1),
  surviveOne: z.boolean().default(false),
  wakeLimit: shape.interval.prefault('10m'),
  sleepLimit: shape.interval.prefault('5m'),
  wakeTries: shape.whole(1, 20).default(3),
  retry: shape.interval.prefault('24h'),
  forecast: z
    .strictObject({
      use: z.boolean().default(false),
      most: shape.whole(1, 1000).default(4),
      lead: shape.interval.prefault('10m'),
      past: shape.duration.prefault('56d'),
    })
    .prefault({}),
});

const consolidation = z.strictObject({
  manage: z.boolean().default(false),
  window: shape.loadWindow.prefault('15m'),
  over: shape.decimal(0.1, 1).default(0.85),
  under: shape.decimal(0, 1).default(0.5),
  cooldown: shape.interval.prefault('15m'),
  worth: shape.interval.prefault('10m'),
  speed: shape.size.prefault('60MiB'),
  atOnce: shape.whole(1, 1000).default(16),
  atOncePerHost: shape.whole(1, 100).default(2),
});

/** domus.yaml. */
export const domusSchema = z.strictObject({
  deployment: shape.deploymentId,
  mode: z.enum(modes).default('watch'),
  environments: shape.path.default('environments'),
  batch: z.record(shape.word, batchServer).meta({ expected: 'batch servers by name, such as main: {driver: torque, ...}' }),
  pools: z
    .record(
      shape.word,
      z.strictObject({
        mode: z.enum(modes).default('act'),
        power: z.looseObject({ driver: shape.word.meta({ expected: 'a power driver: wol or ipmi' }) }).optional(),
        calendar: shape.word.optional(),
        classroom: z.looseObject({ driver: shape.word.default('classroom') }).optional(),
        boot: poolBootSchema.optional(),
        replicas: z
          .strictObject({ bandwidth: shape.size.prefault('50MiB'), atOnce: shape.whole(1, 1000).default(4), keep: shape.whole(0, 20).default(1) })
          .optional(),
        defaults: z.strictObject(iron).prefault({}),
        hosts: z
          .record(
            shape.namePattern,
            z.strictObject({ address: z.string().meta({ expected: 'a host name or an address' }).optional(), mac: shape.macRange.optional(), ...iron }),
          )
          .meta({ expected: 'hosts by name, such as post01: {address: 10.1.0.11}' }),
      }),
    )
    .meta({ expected: 'pools of hosts by name, such as lab: {hosts: ...}' }),
  ssh: plugin('ssh').prefault({}),
  xen: plugin('xen').prefault({}),
  store: z
    .strictObject({
      images: shape.absolutePath.default('/srv/domus/images'),
      overlays: shape.absolutePath.default('/srv/domus/overlays'),
      imagesHere: shape.absolutePath.optional(),
      overlaysHere: shape.absolutePath.optional(),
    })
    .prefault({}),
  network: z.strictObject({ bridge: shape.bridgeName.default('xenbr0'), names: plugin('dnsmasq').optional() }).prefault({}),
  boot: bootSchema.optional(),
  seats: z
    .record(
      shape.word,
      z.strictObject({
        names: oneOrMore(shape.namePattern),
        addresses: oneOrMore(shape.addressRange),
        macs: oneOrMore(shape.macRange).optional(),
        properties: z.array(shape.plainWord).default([]),
      }),
    )
    .meta({ expected: 'seats by environment, such as grid: {names: ..., addresses: ...}' }),
  limits: limits.prefault({}),
  intervals: intervals.prefault({}),
  power: power.prefault({}),
  consolidation: consolidation.prefault({}),
  calendars: z.record(shape.word, calendarSchema).prefault({}),
  classroom: classroomSchema.prefault({}),
  state: shape.path.default('/var/lib/domus'),
  run: shape.path.default('/run/domus'),
  group: shape.groupName.optional(),
  history: z
    .strictObject({
      keep: shape.duration.prefault('90d'),
      housekeeping: z.string().meta({ expected: 'a cron expression such as 30 3 * * *' }).default('30 3 * * *'),
    })
    .prefault({}),
  metrics: z.strictObject({ address: shape.ipAddress.default('127.0.0.1'), port: shape.whole(1, 65_535).optional() }).prefault({}),
  hooks: z.strictObject({ address: shape.ipAddress.default('127.0.0.1'), port: shape.whole(1, 65_535).optional() }).prefault({}),
  notices: noticesSchema.prefault({}),
  api: z
    .strictObject({
      port: shape.whole(1, 65_535).optional(),
      address: shape.ipAddress.default('127.0.0.1'),
      certificate: shape.path.optional(),
      key: shape.path.optional(),
      plain: z.boolean().meta({ expected: 'true or false' }).default(false),
      url: shape.pageUrl.optional(),
      session: shape.interval.prefault('12h'),
    })
    .prefault({}),
  strays: z.enum(['report', 'remove']).default('report'),
  guestOverhead: shape.sizeOrNone.prefault('64MiB'),
});
