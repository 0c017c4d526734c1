import type { Deed } from '../model/action.js';
import { clockText, windowAt } from '../model/calendar.js';
import { isHeard } from '../model/reading.js';
import { because, type Reason, sentence } from '../model/reason.js';
import type { Tenancy } from '../model/tenancy.js';
import type { HostView } from '../model/world.js';
import type { Reasons } from './decision.js';
import type { Draft } from './draft.js';
import { mayNot } from './power-steps.js';
import { usedBy } from './power-use.js';
import type { Context } from './step.js';
import { type Due, Dues, isMaintained } from './tenancy-due.js';
import { classroomOf, wantedThere } from './tenancy-limits.js';

/** A return time is told anew when it has moved by this much, ms. */
const movedMs = 300_000;
/** The daemon itself sends a host back at its time: a Dom0 that is left alone goes a little later. */
const afterUsMs = 120_000;

/** The next deed of every host that is to boot its other system, and the return times that Dom0s carry. */
export function tenancySteps(context: Context, draft: Draft, reasons: Reasons): readonly Deed[] {
  const { world, policy, now } = context;
  if (world.rows.tenancies.size === 0) return [];
  const dues = Dues.of(policy, world.rows, now);
  const busy = new Set([...world.rows.intents.values()].flatMap(({ deed }) => ('host' in deed ? [deed.host] : [])));
  const booting = [...world.rows.tenancies.values()].filter(isBooting).length;
  const deeds: Deed[] = [];
  for (const [host, row] of world.rows.tenancies) {
    const view = world.hosts.get(host);
    if (view === undefined || busy.has(host)) continue;
    const carried = row.state === 'cluster' ? returnTime(context, view, row, dues) : undefined;
    if (carried !== undefined && mayNot(context, host) === undefined) deeds.push(carried);
    if (isTurning(row) && draft.tenancy(host) === row) step(context, row, view, booting + deeds.filter(isTurn).length, deeds, reasons);
  }
  return deeds;
}

const isTurn = ({ verb }: Deed): boolean => verb === 'boot-classroom' || verb === 'boot-dom0';
const isTurning = ({ state, orderedAt }: Tenancy): boolean => (state === 'leaving' || state === 'coming') && orderedAt === undefined;
const isBooting = ({ state, orderedAt }: Tenancy): boolean => (state === 'leaving' || state === 'coming') && orderedAt !== undefined;

function step(context: Context, row: Tenancy, view: HostView, booting: number, deeds: Deed[], reasons: Reasons): void {
  const { policy, now } = context;
  const refs = [`host:${row.host}`];
  const limit = classroomOf(policy).atOnce;
  const next = row.state === 'leaving' ? toClassroom(context, view) : toDom0(context, view);
  const paused = row.notBefore !== undefined && now < row.notBefore;
  const waits =
    mayNot(context, row.host) ??
    (paused ? because('tenancy-pause', { why: row.failing ?? 'the last try failed', inMs: (row.notBefore ?? now) - now }, refs) : undefined) ??
    ('code' in next ? next : undefined) ??
    (booting >= limit ? because('wait-boots', { limit }, refs) : undefined);
  reasons.say(refs[0] ?? '', waits ?? ('reason' in next ? next.reason : because('host-classroom', { state: row.state }, refs)));
  if (waits === undefined && 'verb' in next) deeds.push(next);
}

/** Told by its runner when it is empty; switched on when it is off. What runs there ends first: a guest is never ended by this. */
function toClassroom({ world, policy }: Context, view: HostView): Deed | Reason {
  const { spec, reading, power } = view;
  const host = spec.name;
  const refs = [`host:${host}`];
  const waitsFor = (why: Reason): Reason => because('leave-waits', { why: sentence(why) }, refs);
  if (isHeard(reading)) {
    const used = usedBy(world, world.rows)(view);
    if (used !== undefined) return waitsFor(used);
    const people = reading.value.people ?? [];
    if (people.length > 0) return waitsFor(because('awake-console', { who: people.slice(0, 3).join(', ') }, refs));
    return { verb: 'boot-classroom', host, bootId: reading.value.bootId, reason: because('step-boot-classroom', {}, refs) };
  }
  if (power?.state === 'waking' || power?.state === 'sleeping') return waitsFor(because(power.state === 'waking' ? 'host-waking' : 'host-sleeping', {}, refs));
  if (view.machines.length > 0) return waitsFor(because('wait-unread', { source: host }, refs));
  if (!classroomOf(policy).wake) return because('leave-off', { why: 'classroom.wake is false' }, refs);
  if (spec.power === undefined) return because('leave-off', { why: 'no power driver is configured for its pool' }, refs);
  const macs = (power?.nics ?? []).map(({ mac }) => mac);
  return { verb: 'power-on', host, driver: spec.power, macs, boot: 'classroom', reason: because('step-wake-classroom', {}, refs) };
}

/** Looked at once more: nobody is logged in, and the room is closed. */
function toDom0({ policy, now }: Context, { spec, classroom }: HostView): Deed | Reason {
  const refs = [`host:${spec.name}`];
  if (classroom === undefined || !isHeard(classroom) || classroom.value.people === undefined) return because('tenancy-unknown', {}, refs);
  const { people } = classroom.value;
  if (people.length > 0) return because('tenancy-people', { who: people.slice(0, 3).join(', ') }, refs);
  const hours = policy.windows?.[spec.pool];
  if (hours === undefined || windowAt(hours, now) !== undefined || spec.classroom === undefined) return because('host-classroom', { state: 'classroom' }, refs);
  return { verb: 'boot-dom0', host: spec.name, driver: spec.classroom, reason: because('step-boot-dom0', {}, refs) };
}

/** Every Dom0 carries when it must go back, so that it does whatever becomes of the daemon; none that somebody works on then. */
function returnTime(context: Context, { spec, reading }: HostView, row: Tenancy, dues: Dues | undefined): Deed | undefined {
  const { world, policy, now } = context;
  if (!isHeard(reading) || reading.value.returnBy === undefined || reading.value.fence?.life !== world.life.id) return undefined;
  const due = dues?.window(spec.name);
  const at =
    due?.kind !== 'classroom' || isWorkedOn(dues?.maintenance(spec.name), due, now)
      ? 0
      : Math.max(due.goAt, wantedThere(row, due, classroomOf(policy))) + afterUsMs;
  const force = classroomOf(policy).unattended === 'reboot';
  const { returnBy: told, returnForce: forces = force } = reading.value;
  const same = at === told || (at !== 0 && told !== 0 && Math.abs(at - told) < movedMs);
  if (same && (forces === force || at === 0)) return undefined;
  const text = due === undefined || at === 0 ? '' : clockText(at, due.offsetMs);
  const reason = because('step-return-by', { at: text }, [`host:${spec.name}`]);
  return { verb: 'return-by', host: spec.name, at, force, reason };
}

/** A maintenance goes on now, or will when the host would go back: that is seen to when it is over. */
const isWorkedOn = (maintenance: Due | undefined, due: Due, now: number): boolean =>
  maintenance !== undefined && (isMaintained(maintenance, now) || isMaintained(maintenance, due.goAt + afterUsMs));
