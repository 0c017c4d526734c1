import type { Config } from './config.js';
import { writeDuration } from './duration.js';
import { writeMebibytes } from './memory.js';
import { canonical } from './revision.js';

/** More sentences than this are counted, not said. */
const most = 50;

type Parts = Readonly<Record<string, unknown>>;
const isParts = (value: unknown): value is Parts => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value as its key's unit is written. */
function written(key: string, value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number' && key.endsWith('Ms')) return writeDuration(value);
  if (typeof value === 'number' && key.endsWith('MiB')) return writeMebibytes(value);
  if (Array.isArray(value)) return `[${value.map((part) => written('', part)).join(', ')}]`;
  return typeof value === 'object' && value !== null ? canonical(value) : String(value);
}

/** Key by key, `name: before -> after`. */
function changesOf(name: string, before: unknown, after: unknown): readonly string[] {
  if (canonical(before) === canonical(after)) return [];
  if (!isParts(before) || !isParts(after)) {
    const key = name.split('.').at(-1) ?? name;
    return [`${name.replace(/(Ms|MiB)$/, '')}: ${written(key, before)} -> ${written(key, after)}`];
  }
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return keys.flatMap((key) => changesOf(name === '' ? key : `${name}.${key}`, before[key], after[key]));
}

/** Things by name: added, removed, or what changed in them. */
function changesByName(kind: string, before: Parts, after: Parts): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => {
    if (!(name in before)) return [`${kind} ${name} added`];
    if (!(name in after)) return [`${kind} ${name} removed`];
    return changesOf(`${kind} ${name}`, before[name], after[name]);
  });
}

/** Settings of plugins may be secrets: only that they changed is said. */
function pluginChanges(before: Config, after: Config): readonly string[] {
  const parts = (config: Config): Parts => ({
    ...Object.fromEntries(Object.entries(config.batch).map(([name, part]) => [`batch server ${name}`, part])),
    ...Object.fromEntries(Object.entries(config.schedulers ?? {}).map(([name, part]) => [`the scheduler of ${name}`, part])),
    ...Object.fromEntries(Object.entries(config.powers ?? {}).map(([name, part]) => [`the power driver of pool ${name}`, part])),
    ...Object.fromEntries(Object.entries(config.classrooms ?? {}).map(([name, part]) => [`the classroom driver of pool ${name}`, part])),
    ...Object.fromEntries(Object.entries(config.calendars ?? {}).map(([name, part]) => [`the calendar of pool ${name}`, part])),
    'the ssh part': config.runner,
    'the xen part': config.hypervisor,
    ...(config.names === undefined ? {} : { 'the names part': config.names }),
    ...(config.notices === undefined ? {} : { 'the notices': config.notices }),
  });
  const [old, now] = [parts(before), parts(after)];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((name) => {
    if (!(name in old)) return [`${name} added`];
    if (!(name in now)) return [`${name} removed`];
    return canonical(old[name]) === canonical(now[name]) ? [] : [`settings of ${name} changed`];
  });
}

/** What differs, as sentences for an event; empty when both mean the same. */
export function differencesOf(before: Config, after: Config): readonly string[] {
  const { environments, hosts, seats, pools, services = {}, revision: _, ...policy } = before.policy;
  const {
    environments: newEnvironments,
    hosts: newHosts,
    seats: newSeats,
    pools: newPools,
    services: newServices = {},
    revision: __,
    ...newPolicy
  } = after.policy;
  const rest = ({ stateDir, runDir, group, keepHistoryMs, housekeeping, hooks, metrics, api, sessionMs }: Config): Parts => ({
    ...{ stateDir, runDir, group, keepHistoryMs, housekeeping, hooks, metrics, api, sessionMs },
  });
  const all = [
    ...changesOf('', policy, newPolicy),
    ...changesByName('environment', environments, newEnvironments),
    ...changesByName('pool', pools, newPools),
    ...changesByName('host', hosts, newHosts),
    ...changesByName('seat', seats, newSeats),
    ...changesByName('service', services, newServices),
    ...pluginChanges(before, after),
    ...changesOf('', rest(before), rest(after)),
  ];
  return all.length <= most ? all : [...all.slice(0, most), `and ${all.length - most} more`];
}
