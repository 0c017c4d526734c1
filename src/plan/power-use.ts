import type { Verb } from '../model/action.js';
import { altered } from '../model/altered.js';
import type { Machine } from '../model/machine.js';
import { latelyPer, oncePer } from '../model/once.js';
import type { HostPower, PowerPolicy } from '../model/power.js';
import { isHeard } from '../model/reading.js';
import { because, type Reason } from '../model/reason.js';
import type { Rows } from '../model/rows.js';
import type { HostView, World } from '../model/world.js';
import type { HostRoom, Sheet } from './capacity.js';

/**
 * What stands against switching a host off, whoever wants it: its silence, a machine, a guest of anybody's, a stray, a
 * deed under way, a clock that jumped. Undefined where a current answer shows that nothing is on it.
 */
export function usedBy(world: World, rows: Rows): UsedBy {
  if (last?.world !== world || last.rows !== rows) last = { world, rows, used: remembered(useOf(world, rows)) };
  return last.used;
}

type UsedBy = (view: HostView) => Reason | undefined;

/** The same where only whether is asked, as of every host at every look: most have a machine of ours, and nothing more is looked for. */
export function isUsed(world: World, rows: Rows): (view: HostView) => boolean {
  const used = usedBy(world, rows);
  const owned = lastOnHost(rows.machines);
  return (view) => owned.has(view.spec.name) || used(view) !== undefined;
}

/** Several steps of one plan ask the same: what was last asked is remembered. */
let last: { readonly world: World; readonly rows: Rows; readonly used: UsedBy } | undefined;

function remembered(uses: UsedBy): UsedBy {
  const known = new Map<HostView, Reason | undefined>();
  return (view) => {
    if (!known.has(view)) known.set(view, uses(view));
    return known.get(view);
  };
}

/** By host, the last of its machines; one that is moved is on both. */
const lastOnHost = latelyPer((machines: Rows['machines']): ReadonlyMap<string, Machine> => {
  const found = new Map<string, Machine>();
  for (const machine of machines.values()) {
    found.set(machine.host, machine);
    const { moving } = machine;
    if (moving !== undefined) found.set(moving.to, machine).set(moving.from, machine);
  }
  return found;
});

const machineIsOn = oncePer(({ id, host }: Machine): Reason => because('awake-used', { what: `machine ${id} is on it` }, [`host:${host}`]));
const isUsedBy = (machine: Machine, host: string): Reason =>
  machine.moving === undefined ? machineIsOn(machine) : because('awake-used', { what: `machine ${machine.id} is being moved` }, [`host:${host}`]);

function useOf(world: World, rows: Rows): UsedBy {
  const strays = new Map(world.strays.map((stray) => [stray.host, stray]));
  const intents = new Map<string, Verb>();
  for (const { deed } of rows.intents.values()) if ('host' in deed) intents.set(deed.host, deed.verb);
  const owned = lastOnHost(rows.machines);
  return (view) => {
    const { name } = view.spec;
    const uses = (what: string): Reason => because('awake-used', { what }, [`host:${name}`]);
    const { reading } = view;
    if (!isHeard(reading) || reading.askedAt <= (world.clockJumpAt ?? 0)) return because('wait-unread', { source: name }, [`host:${name}`]);
    const machine = owned.get(name);
    if (machine !== undefined) return isUsedBy(machine, name);
    const [guest] = reading.value.guests;
    if (guest !== undefined) return uses(`guest ${guest.name} is on it`);
    const stray = strays.get(name);
    if (stray !== undefined) return uses(`${stray.kind} ${stray.name} belongs to nobody`);
    const verb = intents.get(name) ?? reading.value.ops.find((op) => op.state === 'running')?.verb;
    return verb === undefined ? undefined : uses(`${verb} is under way`);
  };
}

/** The same while a plan is made: what it has just decided or promised counts. */
export function whatIsOn({ world, rows, power }: Sheet): (host: HostRoom) => Reason | undefined {
  const used = usedBy(world, rows);
  return (host) => {
    const { free, spec } = host.view;
    const taken = power.promised.has(host.name) || host.cores !== free.cores || host.memoryMiB !== free.memoryMiB;
    return taken ? because('awake-used', { what: 'a machine is to start on it' }, [`host:${spec.name}`]) : used(host.view);
  };
}

/** The row with what an answering host shows: its boot, its cards, and since when nothing is on it. */
export function noted(power: HostPower, view: HostView, inUse: boolean, now: number): HostPower {
  const { reading } = view;
  if (power.state !== 'on' || !isHeard(reading)) return power;
  const { bootId, nics = power.nics } = reading.value;
  const sameNics = isSameCards(nics, power.nics);
  const seen = power.bootId === bootId && sameNics ? power : altered(power, { bootId, nics });
  if (!inUse) return seen.emptySince === undefined ? altered(seen, { emptySince: now }) : seen;
  if (seen.emptySince === undefined) return seen;
  const { emptySince: _, ...busy } = seen;
  return busy;
}

const isSameCards = (a: HostPower['nics'], b: HostPower['nics']): boolean =>
  a === b || (a.length === b.length && a.every((nic, at) => nic.mac === b[at]?.mac && nic.armed === b[at]?.armed));

export const isManaged = (policy: PowerPolicy | undefined, view: HostView): boolean => policy?.manage === true && view.spec.power !== undefined;
