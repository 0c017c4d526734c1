import { checkConfig } from '../../config/check.js';
import { renderProblem } from '../../config/problem.js';
import type { Policy } from '../../model/policy.js';
import type { Site, Workload } from './workload.js';

/** What a policy file may say: parts of domus.yaml and of environment files, over what Domus does by itself. */
export interface PolicyWish {
  /** `limits`, `intervals` and other keys of domus.yaml. */
  readonly domus?: Readonly<Record<string, unknown>>;
  /** Keys of an environment file, for every environment. */
  readonly environment?: Readonly<Record<string, unknown>>;
  /** The same, by class. */
  readonly environments?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Names of the image that every environment boots, and its version. */
export const image = { name: 'replay', version: '1' };

const hostNames = (count: number): string => `post[${String(1).padStart(4, '0')}-${String(count).padStart(4, '0')}]`;

/** `count` addresses from 10.16.0.0 + `first` on. */
function addresses(first: number, count: number): string {
  const dotted = (at: number): string => `10.${16 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}`;
  return `${dotted(first)}-${dotted(first + count - 1)}`;
}

/** Lower-case letters, digits and hyphens: what an environment may be called. Two classes that would get one name get numbers. */
export function environmentNames(classes: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const each of classes) {
    const plain = `c-${each.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`.slice(0, 24).replace(/-$/, '');
    let name = plain;
    for (let number = 2; taken.has(name); number++) name = `${plain}-${number}`;
    taken.add(name);
    names.set(each, name);
  }
  return names;
}

/**
 * The configuration of the replayed site, through the same reader and with the same defaults as an administrator's own
 * files: one environment per class, machines from one core to a whole host, a seat for every core. Raises Error with every
 * problem that the wish has.
 */
export function replayPolicy(workload: Workload, site: Site, wish: PolicyWish = {}): Policy {
  const names = environmentNames(workload.classes);
  const overheadMiB = 64;
  const seats = site.hosts * site.cores;
  const domus = {
    deployment: 'replay',
    mode: 'act',
    batch: { main: { driver: 'torque' } },
    pools: {
      lab: {
        defaults: { cores: site.cores, memory: `${site.cores * (site.memoryPerCoreMiB + overheadMiB) + 1024}MiB`, reserve: { cores: 0, memory: '1024MiB' } },
        hosts: { [hostNames(site.hosts)]: {} },
      },
    },
    seats: Object.fromEntries(
      [...names.values()].map((name, at) => [
        name,
        { names: `${name}-[0001-${String(seats).padStart(4, '0')}].replay.example`, addresses: addresses(at * seats, seats), properties: [name] },
      ]),
    ),
    guestOverhead: `${overheadMiB}MiB`,
    ...wish.domus,
    intervals: { tick: '1d', ...(wish.domus?.['intervals'] as object | undefined) }, // only what is due is looked at: no ordinary tick comes between
  };
  const environment = (of: string, name: string) => ({
    image,
    machine: {
      cores: { min: 1, max: site.cores },
      memory: { min: `${site.memoryPerCoreMiB}MiB`, max: `${site.cores * site.memoryPerCoreMiB}MiB`, step: `${site.memoryPerCoreMiB}MiB` },
      perCore: `${site.memoryPerCoreMiB}MiB`,
      disk: '1GiB',
    },
    serves: { queues: [name], properties: [name] },
    ...wish.environment,
    ...wish.environments?.[of],
  });
  const files = [...names].map(([of, name]) => ({ path: `environments/${name}.yaml`, text: JSON.stringify(environment(of, name), undefined, 1) }));
  const checked = checkConfig([{ path: 'domus.yaml', text: JSON.stringify(domus, undefined, 1) }, ...files]);
  if (!checked.ok) throw new Error(`the replayed site is not possible:\n${checked.problems.map(renderProblem).join('\n')}`);
  return checked.config.policy;
}

/** The power driver of every host of a replay. */
export const powerName = 'replay';

/** Hosts that are not needed are switched off, with the defaults of the configuration, unless they are to stay on. */
export function powered(policy: Policy, alwaysOn: boolean): Policy {
  const hosts = Object.fromEntries(Object.entries(policy.hosts).map(([name, host]) => [name, { ...host, power: powerName }]));
  return { ...policy, hosts, ...(alwaysOn || policy.power === undefined ? {} : { power: { ...policy.power, manage: true, trusted: true as const } }) };
}
