import { z } from 'zod';
import { Failure } from '../../src/drivers/failure.js';
import type { RunnerAnswer } from '../../src/drivers/runner.js';
import type { Guest, HostSnapshot } from '../../src/model/host.js';
import { dom0Seconds, joinGuests, parseInfo, parseList, parseStates } from './parse.js';
import { parseConsole } from './parse-console.js';
import { parseReport } from './report.js';

const look = z.object({
  list: z.string(),
  states: z.string(),
  info: z.string(),
  reports: z.record(z.string(), z.string()),
  consoles: z.record(z.string(), z.string().max(20_000)).default({}),
  overlays: z.array(z.object({ name: z.string(), bytes: z.number().nonnegative() })).default([]),
  images: z.array(z.object({ name: z.string(), version: z.string(), current: z.literal(true).exactOptional() })).default([]),
  storeFreeMiB: z.number().nonnegative().default(0),
  storeHung: z.boolean(),
  replicas: z
    .array(z.object({ name: z.string(), version: z.string(), bytes: z.number().nonnegative(), ofBytes: z.number().nonnegative(), whole: z.boolean() }))
    .max(64)
    .exactOptional(),
  replicaFreeMiB: z.number().nonnegative().exactOptional(),
  scratchFreeMiB: z.number().nonnegative().exactOptional(),
  nics: z
    .array(z.object({ mac: z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/), armed: z.boolean() }))
    .max(64)
    .exactOptional(),
  people: z.array(z.string().max(64)).max(64).exactOptional(),
  returnBy: z.number().int().nonnegative().exactOptional(),
  returnForce: z.boolean().exactOptional(),
  /** The way between hosts is set up there; absent: a runner of before it told. */
  migrates: z.boolean().default(true),
});

/** Path of an open disk as the name of the overlay, or as it is when it is none of ours. */
export function overlayOf(path: string, overlaysDir: string): string {
  const prefix = `${overlaysDir.replace(/\/+$/, '')}/`;
  if (!path.startsWith(prefix) || !path.endsWith('.qcow2')) return path;
  const name = path.slice(prefix.length, -'.qcow2'.length);
  return name.includes('/') ? path : name;
}

/** What the hypervisor could do does not help where its host has no way to others. */
const withoutWay = <T extends { readonly capabilities: readonly string[] }>(info: T, migrates: boolean): T =>
  migrates ? info : { ...info, capabilities: info.capabilities.filter((capability) => !capability.endsWith('live-migration')) };

/** A runner's answer to `look` as a snapshot. Raises Failure `garbled`. */
export function parseLook(answer: RunnerAnswer, overlaysDir: string): HostSnapshot {
  const read = look.safeParse(answer.look);
  if (!read.success) throw new Failure('garbled', `look: ${read.error.issues[0]?.path.join('.')}: ${read.error.issues[0]?.message}`);
  const { list, states, info, reports, consoles, migrates, ...store } = read.data;
  const guests = joinGuests(parseStates(states), parseList(list)).map((guest): Guest => {
    const written = consoles[String(guest.domid)];
    const own = {
      ...guest,
      disks: guest.disks.map((path) => overlayOf(path, overlaysDir)),
      ...(written === undefined ? {} : { console: parseConsole(written) }),
    };
    const said = reports[String(guest.domid)];
    return said === undefined ? own : { ...own, report: parseReport(said, guest.uuid) };
  });
  const dom0CpuSeconds = dom0Seconds(states);
  return {
    bootId: answer.bootId,
    ...(dom0CpuSeconds === undefined ? {} : { dom0CpuSeconds }),
    ...withoutWay(parseInfo(info), migrates),
    guests,
    ...store,
    ops: answer.ops ?? [],
    ...(answer.fence === undefined ? {} : { fence: answer.fence }),
  };
}
