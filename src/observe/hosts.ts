import type { Fence } from '../model/fence.js';
import { mayAct } from '../model/fence.js';
import type { Guest, HostSnapshot, HostSpec } from '../model/host.js';
import type { HostLoad } from '../model/load.js';
import { latelyPer } from '../model/once.js';
import { Placed } from '../model/placed.js';
import type { Policy } from '../model/policy.js';
import { type HostPower, isAsleep, type PowerReading } from '../model/power.js';
import { isHeard, type Reading, unread } from '../model/reading.js';
import { because, type Reason } from '../model/reason.js';
import type { Rows } from '../model/rows.js';
import type { Size } from '../model/size.js';
import { type ClassroomReading, isElsewhere } from '../model/tenancy.js';
import type { HostView, MachineView, World } from '../model/world.js';
import type { Inputs, Joined } from './join.js';

interface Context {
  readonly policy: Policy;
  readonly rows: Rows;
  readonly fence: Fence;
  readonly hosts: Inputs['hosts'];
  readonly loads?: ReadonlyMap<string, HostLoad>;
  /** What hosts' own controllers say, where any is asked. */
  readonly meters?: ReadonlyMap<string, Reading<PowerReading>>;
  readonly classrooms?: ReadonlyMap<string, Reading<ClassroomReading>>;
}

/** What a machine's row and guest claim together: the larger of what it has, was told to have and shall have. Released only when its guest is proved gone. */
export function claimOf(machine: MachineView, overheadMiB: number): Size {
  const { row, guest } = machine;
  if (row.guestGoneAt !== undefined) return { cores: 0, memoryMiB: 0 };
  const goal = row.goal.kind === 'serve' ? row.goal.size : row.size;
  return {
    cores: Math.max(row.size.cores, goal.cores, guest?.vcpus ?? 0),
    memoryMiB: Math.max(row.size.memoryMiB, goal.memoryMiB, guest?.memoryMiB ?? 0, guest?.targetMiB ?? 0) + overheadMiB,
  };
}

/** What a guest that is none of our machines takes. */
const foreignClaim = (guest: Guest, overheadMiB: number): Size => ({ cores: guest.vcpus, memoryMiB: Math.max(guest.memoryMiB, guest.targetMiB) + overheadMiB });

function freeOf({ spec, reading, machines: there, arriving }: Pick<HostView, 'spec' | 'reading' | 'machines' | 'arriving'>, overheadMiB: number): Size {
  const machines = arriving.length === 0 ? there : [...there, ...arriving];
  const owned = new Set(machines.map((machine) => machine.row.uuid));
  const claims = [
    ...machines.map((machine) => claimOf(machine, overheadMiB)),
    ...(reading.value?.guests ?? []).filter((guest) => !owned.has(guest.uuid)).map((guest) => foreignClaim(guest, overheadMiB)),
  ];
  const cores = Math.floor(Math.min(spec.cores, reading.value?.cores ?? spec.cores) * (spec.overcommit ?? 1)) - spec.reserve.cores;
  const memoryMiB = Math.min(spec.memoryMiB, reading.value?.memoryMiB ?? spec.memoryMiB) - spec.reserve.memoryMiB;
  return {
    cores: Math.max(0, cores - claims.reduce((sum, claim) => sum + claim.cores, 0)),
    memoryMiB: Math.max(0, memoryMiB - claims.reduce((sum, claim) => sum + claim.memoryMiB, 0)),
  };
}

/** A host that shall go off when it is empty is as good as cordoned. */
const wantedOff = ({ by, why }: { readonly by: string; readonly why: string }, refs: readonly string[]): Reason =>
  because('host-cordoned', { who: by, why: `to be switched off: ${why}` }, refs);

/** Why nothing is done on a host that we think is off, or on its way: until it answers after another boot. */
function asleep(power: HostPower, reading: Reading<HostSnapshot>): Reason | undefined {
  const ref = [`host:${power.host}`];
  const { state, since, by, wishedOff } = power;
  if (state === 'sleeping') return because('host-sleeping', { since }, ref);
  if (isHeard(reading) && reading.askedAt > since && reading.value.bootId !== power.bootId) return undefined;
  if (state === 'waking') return because('host-waking', { since }, ref);
  if (wishedOff !== undefined) return because('host-off-wished', { who: wishedOff.by, why: wishedOff.why }, ref);
  return because('host-off', { since, who: by === 'domus' ? 'Domus' : 'somebody' }, ref);
}

function blockedBy(spec: HostSpec, reading: Reading<HostSnapshot>, rows: Rows, fence: Fence): Reason | undefined {
  const ref = [`host:${spec.name}`];
  const [power, cordon, tenancy] = [rows.powers.get(spec.name), rows.cordons.get(spec.name), rows.tenancies.get(spec.name)];
  const goes = tenancy?.state === 'leaving' && tenancy.orderedAt === undefined; // still Dom0's: what is on it has to be ended
  if (tenancy !== undefined && isElsewhere(tenancy) && !goes) return because('host-classroom', { state: tenancy.state }, ref);
  const sleeps = power !== undefined && isAsleep(power) ? asleep(power, reading) : undefined;
  if (sleeps !== undefined) return sleeps;
  if (reading.silentSince !== undefined) return because('host-silent', { since: reading.silentSince, cause: reading.cause ?? 'unknown' }, ref);
  if (!isHeard(reading)) return because('wait-unread', { source: spec.name }, ref);
  const holder = reading.value.fence;
  if (holder !== undefined && !mayAct(holder, fence)) {
    return because('host-fenced', { deployment: holder.deployment, epoch: holder.epoch, journal: holder.journal }, ref);
  }
  if (reading.value.storeHung) return because('host-store-hung', {}, ref);
  // last: a cordon forbids new machines only, the others forbid every deed
  if (goes) return because('host-cordoned', { who: 'its calendar', why: 'it goes back to its classroom' }, ref);
  if (power?.wishedOff !== undefined) return wantedOff(power.wishedOff, ref);
  return cordon && because('host-cordoned', { who: cordon.by, why: cordon.why }, ref);
}

function viewHost(before: HostView | undefined, spec: HostSpec, { machines, arriving }: OnHost, context: Context): HostView {
  const { policy, rows, fence, meters, classrooms, loads, hosts } = context;
  const reading = hosts.get(spec.name) ?? unread;
  const power = rows.powers.get(spec.name);
  const [meter, load] = [meters?.get(spec.name), loads?.get(spec.name)];
  const [tenancy, classroom] = [rows.tenancies.get(spec.name), classrooms?.get(spec.name)];
  const blocked = blockedBy(spec, reading, rows, fence);
  const isSame =
    before !== undefined && before.spec === spec && before.reading.value === reading.value && before.machines === machines && before.arriving === arriving;
  const free = isSame ? before.free : freeOf({ spec, reading, machines, arriving }, policy.guestOverheadMiB);
  // of thousands of hosts each is made anew at each of its looks: what there is of it is put in, in one order, so that all of them are alike
  const view: { -readonly [K in keyof HostView]: HostView[K] } = { spec, reading, machines, arriving, free };
  if (blocked !== undefined) view.blocked = blocked;
  if (power !== undefined) view.power = power;
  if (meter !== undefined) view.meter = meter;
  if (load !== undefined) view.load = load;
  if (tenancy !== undefined) view.tenancy = tenancy;
  if (classroom !== undefined) view.classroom = classroom;
  return view;
}

/** Does everything that the view is made of stand as it did? */
const stands = (before: HostView | undefined, { machines, arriving }: OnHost, spec: HostSpec, previous: Inputs, inputs: Inputs): before is HostView =>
  before?.machines === machines &&
  before.arriving === arriving &&
  before.spec === spec &&
  before.reading === inputs.hosts.get(spec.name) &&
  before.power === inputs.rows.powers.get(spec.name) &&
  before.meter === inputs.meters?.get(spec.name) &&
  before.tenancy === inputs.rows.tenancies.get(spec.name) &&
  before.classroom === inputs.classrooms?.get(spec.name) &&
  before.load === inputs.loads?.get(spec.name) &&
  previous.rows.cordons.get(spec.name) === inputs.rows.cordons.get(spec.name) &&
  previous.fence === inputs.fence;

/** Machines of a host, and those of others that a migration brings there or has taken away: they claim room on both until that is seen. */
interface OnHost {
  readonly machines: readonly MachineView[];
  readonly arriving: readonly MachineView[];
}

let last: readonly [World['machines'], ReadonlyMap<string, OnHost>] | undefined;

/** Made of that of the look before, where few of thousands of machines have changed since. */
function machinesByHost(machines: World['machines']): ReadonlyMap<string, OnHost> {
  if (last?.[0] !== machines) last = [machines, (last && followed(last, machines)) ?? listsOf(machines)];
  return last[1];
}

/** Undefined where other machines are there, or one goes to another host. */
function followed([before, lists]: NonNullable<typeof last>, machines: World['machines']): ReadonlyMap<string, OnHost> | undefined {
  const names = machines instanceof Placed ? machines.differing(before) : undefined;
  if (names === undefined) return undefined;
  const fresh = new Map<string, MachineView[]>();
  for (const name of names) {
    const [old, view] = [before.get(name), machines.get(name)];
    if (old === undefined || view === undefined || view.row.host !== old.row.host || view.row.moving !== undefined || old.row.moving !== undefined)
      return undefined;
    const list = fresh.get(view.row.host) ?? [...(lists.get(view.row.host)?.machines ?? [])];
    fresh.set(view.row.host, list);
    list[list.indexOf(old)] = view;
  }
  if (fresh.size === 0) return lists;
  const next = new Map(lists);
  for (const [host, list] of fresh) next.set(host, { machines: list, arriving: lists.get(host)?.arriving ?? none });
  return next;
}

function listsOf(machines: World['machines']): ReadonlyMap<string, OnHost> {
  const byHost = new Map<string, { readonly machines: MachineView[]; arriving: readonly MachineView[] }>();
  const on = (host: string) => {
    const found = byHost.get(host) ?? { machines: [], arriving: none };
    byHost.set(host, found);
    return found;
  };
  for (const view of machines.values()) {
    const { host, moving } = view.row;
    on(host).machines.push(view);
    if (moving === undefined) continue;
    const other = on(moving.to === host ? moving.from : moving.to);
    other.arriving = [...other.arriving, view];
  }
  return byHost;
}

const none: readonly MachineView[] = [];
const nobody: OnHost = { machines: none, arriving: none };

/** Every host with its machines and the room that is left; one where nothing changed keeps its view. */
export function viewHosts(previous: Joined | undefined, inputs: Inputs, machines: World['machines']): World['hosts'] {
  const byHost = machinesByHost(machines);
  const old = previous !== undefined && previous.inputs.policy.guestOverheadMiB === inputs.policy.guestOverheadMiB ? previous : undefined;
  const found: HostView[] = [];
  let same = 0;
  for (const spec of hostList(inputs.policy.hosts)) {
    const before = old?.world.hosts.get(spec.name);
    const lists = kept(before, byHost.get(spec.name) ?? nobody);
    const view = old !== undefined && stands(before, lists, spec, old.inputs, inputs) ? before : viewHost(before, spec, lists, inputs);
    if (view === before) same++;
    found.push(view);
  }
  if (old !== undefined && same === found.length && same === old.world.hosts.size) return old.world.hosts;
  return new Map(found.map((view) => [view.spec.name, view]));
}

/** The lists of last time where they say the same. */
const kept = (before: HostView | undefined, { machines, arriving }: OnHost): OnHost => ({
  machines: before !== undefined && isSameList(before.machines, machines) ? before.machines : machines,
  arriving: before !== undefined && isSameList(before.arriving, arriving) ? before.arriving : arriving,
});

const hostList = latelyPer((hosts: Policy['hosts']): readonly HostSpec[] => Object.values(hosts));

function isSameList(before: readonly MachineView[], now: readonly MachineView[]): boolean {
  if (before === now) return true;
  if (before.length !== now.length) return false;
  for (let at = 0; at < now.length; at++) if (before[at] !== now[at]) return false;
  return true;
}
