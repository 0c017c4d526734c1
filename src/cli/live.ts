import type { Clock } from '../clock.js';
import type { Config } from '../config/config.js';
import type { Parts } from '../daemon/parts.js';
import { within } from '../deadline.js';
import type { Finding } from '../drivers/batch.js';
import { asFailure } from '../drivers/failure.js';
import type { Environment } from '../model/environment.js';
import type { HostSnapshot, HostSpec } from '../model/host.js';
import { queueWishes, seatWishes } from './wishes.js';

/** One part of the cluster and what was found there. */
export interface Examined {
  /** `batch server main`, `host post11`, `environment grid`. */
  readonly part: string;
  readonly findings: readonly Finding[];
}

/** Limit of one batch server's examination (many short questions), ms. */
const batchLimitMs = 120_000;
/** Hosts asked at once. */
const atOnce = 16;

const ok = (what: string): Finding => ({ level: 'ok', what });

/** What a look at a host says of its fitness. Pure. */
export function examineHost(spec: HostSpec, snapshot: HostSnapshot, environments: readonly Environment[], deployment: string): readonly Finding[] {
  const findings: Finding[] = [];
  const { fence } = snapshot;
  if (fence !== undefined && fence.deployment !== deployment) {
    findings.push({ level: 'error', what: `belongs to deployment ${fence.deployment}`, remedy: 'remove it from one of the two configurations' });
  }
  if (snapshot.storeHung) findings.push({ level: 'error', what: 'its image store does not answer', remedy: 'look at the mount of the store on the host' });
  if (snapshot.cores < spec.cores)
    findings.push({ level: 'warning', what: `has ${snapshot.cores} cores, the configuration says ${spec.cores}`, remedy: 'correct pools' });
  if (snapshot.memoryMiB < spec.memoryMiB * 0.97) {
    findings.push({ level: 'warning', what: `has ${snapshot.memoryMiB} MiB, the configuration says ${spec.memoryMiB} MiB`, remedy: 'correct pools' });
  }
  for (const type of new Set(environments.map((env) => env.boot.type))) {
    if (snapshot.capabilities.length === 0 || snapshot.capabilities.includes(type)) continue;
    findings.push({ level: 'warning', what: `does not say that it can run ${type} guests`, remedy: 'xl info shows what it can' });
  }
  if (!snapshot.storeHung) findings.push(...environments.flatMap((env) => missingImage(env, snapshot)));
  if (findings.length > 0) return findings;
  return [ok(`answers: ${snapshot.guests.length} guest(s), ${snapshot.freeMemoryMiB} MiB free, store has ${snapshot.storeFreeMiB} MiB free, images are there`)];
}

function missingImage({ name, image }: Environment, snapshot: HostSnapshot): readonly Finding[] {
  const versions = snapshot.images.filter((seen) => seen.name === image.name).map((seen) => seen.version);
  if (image.version === 'latest' ? versions.length > 0 : versions.includes(image.version)) return [];
  const has = versions.length === 0 ? 'no version of it' : `only ${versions.join(', ')}`;
  return [
    { level: 'error', what: `does not see image ${image.name} ${image.version} of environment ${name} (${has})`, remedy: 'publish the image in the store' },
  ];
}

async function askHost(config: Config, parts: Parts, clock: Clock, spec: HostSpec): Promise<Examined> {
  const part = `host ${spec.name}`;
  const { policy } = config;
  const environments = Object.values(policy.environments).filter((env) => env.pools.includes(spec.pool));
  try {
    const look = (signal: AbortSignal): Promise<HostSnapshot> => parts.hypervisor.look(spec.name, undefined, signal);
    const snapshot = await within(clock, policy.intervals.lookLimitMs, part, undefined, look);
    return { part, findings: examineHost(spec, snapshot, environments, policy.deployment) };
  } catch (thrown) {
    return { part, findings: [{ level: 'error', what: asFailure(thrown, part).message }] };
  }
}

async function askBatch(config: Config, parts: Parts, clock: Clock, name: string): Promise<Examined> {
  const part = `batch server ${name}`;
  const driver = parts.batch.get(name);
  if (driver === undefined) return { part, findings: [{ level: 'error', what: 'has no driver' }] };
  try {
    const examine = (signal: AbortSignal): Promise<readonly Finding[]> =>
      driver.examine(seatWishes(config.policy, name), queueWishes(config.policy, name), signal);
    return { part, findings: await within(clock, batchLimitMs, part, undefined, examine) };
  } catch (thrown) {
    return { part, findings: [{ level: 'error', what: asFailure(thrown, part).message }] };
  }
}

async function askScheduler(config: Config, parts: Parts, clock: Clock, name: string): Promise<Examined> {
  const part = `scheduler of ${name}`;
  const driver = parts.schedulers.get(name);
  if (driver === undefined) return { part, findings: [{ level: 'error', what: 'has no driver' }] };
  try {
    const limitMs = config.policy.intervals.batchLimitMs;
    return { part, findings: await within(clock, limitMs, part, undefined, (signal) => driver.examine(signal)) };
  } catch (thrown) {
    return { part, findings: [{ level: 'error', what: asFailure(thrown, part).message }] };
  }
}

/** Asks every batch server, every scheduler beside one and every host; changes nothing. `heard` is called with each part as its answer comes. */
export async function examineAll(config: Config, parts: Parts, clock: Clock, heard: (examined: Examined) => void): Promise<readonly Examined[]> {
  const all: Examined[] = [];
  const note = (examined: Examined): void => {
    all.push(examined);
    heard(examined);
  };
  for (const name of Object.keys(config.batch)) note(await askBatch(config, parts, clock, name));
  for (const name of Object.keys(config.schedulers ?? {})) note(await askScheduler(config, parts, clock, name));
  const hosts = Object.values(config.policy.hosts);
  for (let at = 0; at < hosts.length; at += atOnce) {
    const some = await Promise.all(hosts.slice(at, at + atOnce).map((spec) => askHost(config, parts, clock, spec)));
    for (const examined of some) note(examined);
  }
  return all;
}
