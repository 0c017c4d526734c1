import { isOffline } from '../model/batch.js';
import { usualReimage } from '../model/environment.js';
import type { HostSnapshot } from '../model/host.js';
import { latelyPer, oncePer } from '../model/once.js';
import type { Policy } from '../model/policy.js';
import { because, type Reason } from '../model/reason.js';
import { versionOn } from '../model/versions.js';
import type { HostView, MachineView } from '../model/world.js';
import { clockWaits, stopWaits } from './budget.js';
import { type EnvironmentRoom, isBroken, isStarting, type Sheet } from './capacity.js';
import { isIdle, isOurs } from './idle.js';
import { countLeaving } from './leaving.js';
import { modeOf } from './modes.js';
import { machineRef } from './step.js';
import type { Supply } from './supply.js';

/** A machine that serves from another version than its host would start now. */
interface Outdated {
  readonly view: MachineView;
  readonly want: string;
}

/** The machines of each environment, and those of them that are outdated. */
interface Turnover {
  readonly all: readonly MachineView[];
  readonly old: readonly Outdated[];
}

export type Turnovers = ReadonlyMap<string, Turnover>;

type Wanted = { readonly name: string; readonly version: string } | undefined;

/** What a host that has these images would start now, by environment: another host may have heard of a new version sooner. */
const wantedWith = latelyPer((policy: Policy) =>
  oncePer((images: HostSnapshot['images']): ReadonlyMap<string, Wanted> => {
    const versions = Object.entries(policy.environments).map(([name, { image }]) => [name, image, versionOn(images, image)] as const);
    return new Map(versions.map(([name, image, version]) => [name, version === undefined ? undefined : { name: image.name, version }]));
  }),
);

const isAnother = (want: Wanted, { image }: MachineView['row']): want is NonNullable<Wanted> =>
  want !== undefined && (want.version !== image.version || want.name !== image.name);

/** Is a machine there, whatever becomes of it, of another version than its host would start now? So it seldom is: asked of hosts, most of which stand as they stood. */
const holdsAnother = latelyPer((policy: Policy) =>
  oncePer(({ reading, machines }: HostView): boolean => {
    const wanted = reading.value === undefined ? undefined : wantedWith(policy)(reading.value.images);
    return wanted !== undefined && machines.some(({ row }) => isAnother(wanted.get(row.environment), row));
  }),
);

/** Environments with machines of another version than the wanted one. */
export function turnovers(sheet: Sheet): Turnovers {
  const holds = holdsAnother(sheet.policy);
  let isNeeded = false;
  for (const { view } of sheet.hosts.values()) isNeeded ||= holds(view);
  return isNeeded ? outdatedIn(sheet) : none;
}

const none: Turnovers = new Map();

function outdatedIn(sheet: Sheet): Turnovers {
  const wanted = wantedWith(sheet.policy);
  const old = new Map<string, Outdated[]>();
  for (const view of sheet.world.machines.values()) {
    const { environment, host, goal } = view.row;
    if (goal.kind !== 'serve' || isBroken(view)) continue;
    const images = sheet.hosts.get(host)?.view.reading.value?.images;
    const want = images && wanted(images).get(environment);
    if (!isAnother(want, view.row)) continue;
    const outdated = { view, want: `${want.name} ${want.version}` };
    const there = old.get(environment);
    if (there === undefined) old.set(environment, [outdated]);
    else there.push(outdated);
  }
  const all = [...sheet.world.machines.values()];
  return new Map([...old].map(([name, list]) => [name, { old: list, all: all.filter(({ row }) => row.environment === name) }]));
}

const leavingForImage = ({ row }: MachineView): boolean => row.goal.kind === 'gone' && row.goal.reason.code === 'drain-image' && row.guestGoneAt === undefined;

/** A machine of the wanted version failed before it was ready, none has become ready since, and none is: the version may be bad. */
function unproved({ rows }: Sheet, { all, old }: Turnover): boolean {
  const wants = new Set(old.map(({ want }) => want));
  return [...wants].some((want) => rows.breakers.has(`image:${want}`)) && !all.some((view) => view.phase === 'ready' && isOf(view, wants));
}

const isOf = ({ row: { image } }: MachineView, wants: ReadonlySet<string>): boolean => wants.has(`${image.name} ${image.version}`);

/** What may still be replaced now: machines that leave for it, and new ones that are not ready yet, take a place each. */
function placesLeft(room: EnvironmentRoom, { all, old }: Turnover): number {
  const { atOnce } = room.environment.reimage ?? usualReimage;
  const wants = new Set(old.map(({ want }) => want));
  const coming = all.filter((view) => isStarting(view) && isOf(view, wants)).length;
  return atOnce - all.filter(leavingForImage).length - coming;
}

/** Online with a job, and ours to withhold from further ones. */
const mayDrain = (sheet: Sheet, { row, phase, node, jobs, nodeHeard, hostHeard, intent }: MachineView): boolean =>
  phase === 'ready' &&
  jobs.length > 0 &&
  node !== undefined &&
  !isOffline(node) &&
  nodeHeard &&
  hostHeard &&
  intent === undefined &&
  row.held === undefined &&
  row.moving === undefined &&
  !sheet.chosen.has(row.id) &&
  !sheet.holds.has(row.id);

/** Idle ones that no job counts on, the oldest first; then busy ones, where the environment says so, those with the fewest jobs first. */
function candidates(sheet: Sheet, supply: Supply, room: EnvironmentRoom, old: readonly Outdated[]): readonly Outdated[] {
  const idle = old.filter(({ view }) => isIdle(view) && isOurs(sheet, view) && supply.byMachine.get(view.row.id)?.needed === undefined);
  const { busy } = room.environment.reimage ?? usualReimage;
  const others = busy === 'drain' ? old.filter(({ view }) => mayDrain(sheet, view)) : [];
  const order = (a: Outdated, b: Outdated): number =>
    a.view.jobs.length - b.view.jobs.length || a.view.row.wantedAt - b.view.row.wantedAt || (a.view.row.id < b.view.row.id ? -1 : 1);
  return [...idle.sort(order), ...others.sort(order)];
}

/**
 * Environments follow a newly published version, or one gone back to: machines of another version leave a few at a time,
 * idle ones first; a busy one takes no new jobs and goes when its own have ended. Nothing leaves while the new version
 * has only failed, or while the environment may start nothing.
 */
export function replaceOutdated(sheet: Sheet, supply: Supply, turning: Turnovers): void {
  for (const [name, turnover] of turning) {
    const room = sheet.environments.get(name);
    if (room === undefined || room.blocked !== undefined || unproved(sheet, turnover)) continue;
    let left = placesLeft(room, turnover);
    for (const outdated of candidates(sheet, supply, room, turnover.old)) {
      if (left <= 0) break;
      if (goes(sheet, outdated)) left--;
    }
  }
}

function goes(sheet: Sheet, { view, want }: Outdated): boolean {
  const waits = clockWaits(sheet, view) ?? (view.jobs.length > 0 ? undefined : stopWaits(sheet, sheet.hosts.get(view.row.host)));
  if (waits !== undefined) {
    sheet.reasons.say(`machine:${view.row.id}`, waits);
    return false;
  }
  const { name, version } = view.row.image;
  const decision = { kind: 'drain' as const, machine: view.row.id, reason: because('drain-image', { have: `${name} ${version}`, want }, machineRef(view.row)) };
  sheet.sorter.settle(decision, modeOf(sheet.policy, view));
  countLeaving(sheet, view, decision);
  return true;
}

/** Says of every machine that still runs another version, and of its environment, what becomes of it; after everything else that is said of them. */
export function tellOutdated(sheet: Sheet, turning: Turnovers): void {
  for (const [name, turnover] of turning) {
    const room = sheet.environments.get(name);
    if (room === undefined) continue;
    const waits = room.blocked === undefined && unproved(sheet, turnover);
    const { atOnce } = room.environment.reimage ?? usualReimage;
    const subject = `environment:${name}`;
    const args = { environment: name, count: turnover.old.length, of: turnover.all.length, want: turnover.old[0]?.want ?? '', atOnce };
    sheet.reasons.say(subject, because(waits ? 'image-unproved' : 'image-turnover', args, [subject]));
    for (const { view, want } of turnover.old) if (!sheet.chosen.has(view.row.id)) sheet.reasons.say(`machine:${view.row.id}`, still(view, want, atOnce));
  }
}

function still({ row, jobs }: MachineView, want: string, atOnce: number): Reason {
  const when = jobs.length > 0 ? `after its job(s) ${jobs.slice(0, 3).join(', ')}${jobs.length > 3 ? ' ...' : ''}` : 'in its turn';
  return because('image-outdated', { have: `${row.image.name} ${row.image.version}`, want, when: atOnce === 0 ? 'by hand only' : when }, machineRef(row));
}
