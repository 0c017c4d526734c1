import type { Machine } from '../model/machine.js';
import type { Config, PluginPart } from './config.js';
import { differencesOf } from './differences.js';

/** What a new configuration would change, as sentences, and what of it must not happen now. */
export interface Comparison {
  readonly differences: readonly string[];
  /** Each names what it is about. Empty: the new configuration may be swapped in. */
  readonly unsafe: readonly string[];
}

const settingOf = (part: PluginPart, key: string): unknown =>
  typeof part.settings === 'object' && part.settings !== null ? (part.settings as Record<string, unknown>)[key] : undefined;

/** What no running daemon can change. */
function unsafeAlways(before: Config, after: Config): readonly string[] {
  const found: string[] = [];
  const { deployment } = before.policy;
  if (after.policy.deployment !== deployment)
    found.push(`the deployment id changes from ${deployment} to ${after.policy.deployment}: its machines would belong to nobody`);
  if (after.stateDir !== before.stateDir) found.push(`the state folder changes from ${before.stateDir} to ${after.stateDir}: stop the daemon and move it`);
  if (after.runDir !== before.runDir) found.push(`the run folder changes from ${before.runDir} to ${after.runDir}: restart the daemon for that`);
  return found;
}

/** What would pull the ground from under one machine. */
function unsafeFor(machine: Machine, before: Config, after: Config): readonly string[] {
  const found: string[] = [];
  const host = before.policy.hosts[machine.host];
  const newHost = after.policy.hosts[machine.host];
  if (host !== undefined && newHost === undefined) found.push(`host ${machine.host} is removed while machine ${machine.id} is on it: drain it first`);
  if (host !== undefined && newHost !== undefined && (host.address !== newHost.address || host.port !== newHost.port))
    found.push(`host ${machine.host} moves from ${host.address}:${host.port} to ${newHost.address}:${newHost.port} while machine ${machine.id} is on it`);
  return [...found, ...(machine.kind === 'service' ? unsafeService(machine, before, after) : unsafeSeat(machine, before, after))];
}

/** Who it is in the batch system. */
function unsafeSeat(machine: Machine, before: Config, after: Config): readonly string[] {
  const found: string[] = [];
  const seat = before.policy.seats[machine.seat];
  const newSeat = after.policy.seats[machine.seat];
  if (seat === undefined) return found;
  if (newSeat === undefined) found.push(`seat ${seat.name} is removed while machine ${machine.id} sits there: drain it first`);
  else {
    for (const key of ['address', 'mac', 'source', 'environment'] as const)
      if (seat[key] !== newSeat[key])
        found.push(`the ${key} of seat ${seat.name} changes from ${seat[key]} to ${newSeat[key]} while machine ${machine.id} sits there`);
  }
  if (before.batch[seat.source] !== undefined && after.batch[seat.source] === undefined)
    found.push(`batch server ${seat.source} is removed while machine ${machine.id} serves it`);
  return found;
}

/** A permanent machine that leaves the configuration stops, and may come back; who it is does not change under it. */
function unsafeService({ seat: name, id }: Machine, before: Config, after: Config): readonly string[] {
  const [old, now] = [before.policy.services?.[name], after.policy.services?.[name]];
  if (old === undefined || now === undefined) return [];
  return (['address', 'mac', 'group'] as const).flatMap((key) =>
    old[key] === now[key] ? [] : [`the ${key} of service ${name} changes from ${old[key]} to ${now[key]} while machine ${id} runs`],
  );
}

/** What every machine at once stands on. */
function unsafeForAll(before: Config, after: Config): readonly string[] {
  const found: string[] = [];
  if (before.hypervisor.driver !== after.hypervisor.driver)
    found.push(`the hypervisor driver changes from ${before.hypervisor.driver} to ${after.hypervisor.driver} while there are machines`);
  const overlays = settingOf(before.hypervisor, 'overlaysDir');
  const newOverlays = settingOf(after.hypervisor, 'overlaysDir');
  if (overlays !== newOverlays) found.push(`the folder of the overlays changes from ${String(overlays)} to ${String(newOverlays)} while there are machines`);
  return found;
}

/** Compares two checked configurations; `machines` are all that have a row. An environment whose file is gone is safe: it is drained. */
export function compareConfigs(before: Config, after: Config, machines: Iterable<Machine>): Comparison {
  const rows = [...machines];
  const unsafe = [
    ...unsafeAlways(before, after),
    ...(rows.length > 0 ? unsafeForAll(before, after) : []),
    ...rows.flatMap((machine) => unsafeFor(machine, before, after)),
  ];
  return { differences: differencesOf(before, after), unsafe };
}
