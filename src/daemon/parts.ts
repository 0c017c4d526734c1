import { join } from 'node:path';
import { Chooser } from '../boot/chooser.js';
import type { Clock } from '../clock.js';
import type { Checked } from '../config/check.js';
import type { Config, PluginPart, Problem } from '../config/config.js';
import { checkPluginPart, plainSettings } from '../config/plugin-part.js';
import type { Path } from '../config/spots.js';
import type { Batch } from '../drivers/batch.js';
import type { Boot } from '../drivers/boot.js';
import type { Classroom } from '../drivers/classroom.js';
import { execaShell } from '../drivers/execa-shell.js';
import { Failure } from '../drivers/failure.js';
import { guarded } from '../drivers/guarded.js';
import type { Hypervisor } from '../drivers/hypervisor.js';
import type { JobLists } from '../drivers/job-lists.js';
import { canThread, ListingThread } from '../drivers/listing-thread.js';
import type { Names } from '../drivers/names.js';
import { type DriverOf, loadPlugin, type Plugin, type PluginKind, type ToolsOf } from '../drivers/plugin.js';
import type { Power } from '../drivers/power.js';
import type { Runner } from '../drivers/runner.js';
import type { Log } from '../log.js';
import type { HostSpec } from '../model/host.js';
import { makeBootServer } from './boot.js';
import { SeatKeys, withSeatKeys } from './seat-keys.js';

/** The drivers that the configuration names, loaded, checked by their own schemas, created. */
export interface Parts {
  readonly batch: ReadonlyMap<string, DriverOf<'batch'>>;
  /** By the batch server's name. */
  readonly schedulers: ReadonlyMap<string, DriverOf<'scheduler'>>;
  readonly runner: Runner;
  readonly hypervisor: Hypervisor;
  readonly names?: Names;
  /** What switches hosts, by the pool's name. */
  readonly powers: ReadonlyMap<string, Power>;
  /** What speaks to hosts in their classrooms, by the pool's name. */
  readonly classrooms: ReadonlyMap<string, Classroom>;
  /** The boot server, where hosts boot from one. */
  readonly boots?: Boot;
  /** Takes in the hosts of a reloaded configuration. */
  follow(config: Config): void;
  close(): Promise<void>;
}

type Whole = Extract<Checked, { ok: true }>;
type Made<T> = { readonly ok: true; readonly parts: T } | { readonly ok: false; readonly problems: readonly Problem[] };

/** Longest that any call of a driver may take when nobody gave it a nearer limit, ms. */
const longestCallMs = 900_000;

/** Loads and creates every part, or says what is wrong with any of them. Raises Failure `absent` for an unknown plugin. */
export async function makeParts(whole: Whole, clock: Clock, log: Log): Promise<Made<Parts>> {
  const { config } = whole;
  const tools = { shell: execaShell(clock), clock, log };
  const problems: Problem[] = [];
  const load = async <K extends PluginKind>(
    kind: K,
    part: { driver: string; settings: unknown },
    where: Path,
  ): Promise<((more: Omit<ToolsOf<K>, keyof typeof tools>) => DriverOf<K>) | undefined> => {
    const plugin: Plugin<K> = await loadPlugin(kind, part.driver);
    problems.push(...checkPluginPart(plugin.config, part.settings, where, whole.locate));
    const parsed = plugin.config.safeParse(plainSettings(plugin.config, part.settings));
    return parsed.success ? (more) => plugin.create(parsed.data, { ...tools, ...more } as unknown as ToolsOf<K>) : undefined;
  };
  const runner = await load('runner', config.runner, ['ssh']);
  const hypervisor = await load('hypervisor', config.hypervisor, ['xen']);
  const names = config.names === undefined ? undefined : await load('names', config.names, ['network', 'names']);
  const each = async <K extends PluginKind>(kind: K, parts: Readonly<Record<string, PluginPart>> | undefined, where: (name: string) => Path) =>
    Promise.all(Object.entries(parts ?? {}).map(async ([name, part]) => [name, await load(kind, part, where(name))] as const));
  const batch = await each('batch', config.batch, (name) => ['batch', name]);
  const schedulers = await each('scheduler', config.schedulers, (name) => ['batch', name, 'scheduler']);
  const powers = await each('power', config.powers, (name) => ['pools', name, 'power']);
  const classrooms = await each('classroom', config.classrooms, (name) => ['pools', name, 'classroom']);
  if (problems.length > 0 || runner === undefined || hypervisor === undefined) return { ok: false, problems };
  const server = makeBootServer(config, clock);
  const guard = <D extends object>(driver: D, what: string): D =>
    guarded(driver, { clock, log: log.child({}, { level: log.level === 'silent' ? 'silent' : 'error' }), limits: { default: longestCallMs }, what });
  const hosts = addressesOf(config);
  const way = guard(runner({ hosts }), 'runner');
  const guests = guard(hypervisor({ runner: way }), 'hypervisor');
  const listsOf = (name: string): { readonly lists?: JobLists } =>
    canThread() ? { lists: new ListingThread({ plugin: config.batch[name]?.driver ?? '', source: name }, clock) } : {};
  const servers = made(batch, (make, name) => guard(make({ name, ...listsOf(name) }), `batch server ${name}`));
  const beside = made(schedulers, (make, name) => guard(make({ name }), `scheduler of ${name}`));
  const switches = made(powers, (make, name) => guard(make({ name }), `power of pool ${name}`));
  const rooms = made(classrooms, (make, name) => guard(make({ name, hosts }), `classroom of pool ${name}`));
  const close = async (): Promise<void> => {
    await Promise.all([
      guests.close(),
      way.close(),
      ...[...servers.values(), ...beside.values(), ...switches.values(), ...rooms.values()].map((each) => each.close()),
    ]);
  };
  const follow = (next: Config): void => {
    hosts.clear();
    for (const [name, address] of addressesOf(next)) hosts.set(name, address);
  };
  return {
    ok: true,
    parts: {
      batch: servers,
      schedulers: beside,
      powers: switches,
      classrooms: rooms,
      ...(server === undefined ? {} : { boots: guard(new Chooser(server, clock, 'Domus'), 'boot server') }),
      runner: way,
      hypervisor: withSeatKeys(guests, new SeatKeys(join(config.stateDir, 'seat-keys'), execaShell(clock))),
      ...(names === undefined ? {} : { names: names({}) }),
      follow,
      close,
    },
  };
}

/** Of what could be loaded, one driver for each name. */
const made = <M, D>(loaded: readonly (readonly [name: string, make: M | undefined])[], create: (make: M, name: string) => D): ReadonlyMap<string, D> =>
  new Map(loaded.flatMap(([name, make]) => (make === undefined ? [] : [[name, create(make, name)] as const])));

function addressesOf(config: Config): Map<string, { address: string; port: number }> {
  return new Map(Object.values(config.policy.hosts).map((host: HostSpec) => [host.name, { address: host.address, port: host.port }]));
}

/** The batch drivers as the loop needs them. Raises Failure `absent` without any. */
export function batchDrivers(parts: Parts): ReadonlyMap<string, Batch> {
  if (parts.batch.size === 0) throw new Failure('absent', 'the configuration names no batch server');
  return parts.batch;
}
