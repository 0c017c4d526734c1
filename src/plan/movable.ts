import { isOffline } from '../model/batch.js';
import { type ConsolidationPolicy, usualMoves } from '../model/consolidation.js';
import { ownDiskMiB } from '../model/environment.js';
import { mayGoOn, runs } from '../model/host.js';
import type { Policy } from '../model/policy.js';
import { because, type Reason } from '../model/reason.js';
import { versionOn } from '../model/versions.js';
import type { HostView, MachineView } from '../model/world.js';
import type { HostRoom, Sheet } from './capacity.js';
import { hasCopy } from './replicas.js';

/** Of what makes a host overloaded, so much is filled at most: what was moved for one reason shall not move back for the other. */
const cautious = 0.9;

/** It runs jobs: its load is what it is for. */
export const isAtWork = ({ jobs, row }: MachineView): boolean => jobs.length > 0 && row.goal.kind === 'serve';

/** What a machine uses, cores; one that has not been there for the whole window has used its share in less time. Undefined where its host's load is not known yet. */
export function loadOfMachine({ world, now, policy }: Sheet, { row }: MachineView): number | undefined {
  const load = world.hosts.get(row.host)?.load;
  if (load === undefined) return undefined;
  const thereMs = Math.max(60_000, now - Math.max(row.moved?.at ?? 0, row.guestAt ?? 0));
  return Math.min(row.size.cores, (load.guests[row.uuid] ?? 0) * Math.max(1, (policy.consolidation ?? usualMoves).windowMs / thereMs));
}

/** The same as a claim on a host: workers at their jobs have their cores, whatever they use. */
export const loadClaim = (sheet: Sheet, machine: MachineView): number => (isAtWork(machine) ? 0 : (loadOfMachine(sheet, machine) ?? 0));

/** Load that a host may carry beside its workers, cores, before what it carries is taken off; undefined where nothing is known of what it does. */
export function loadRoom(sheet: Sheet, { spec, machines, load, reading }: HostView, over: number): number | undefined {
  // of workers at their jobs, and of nobody, it is known what they do
  const isPlain = machines.every(isAtWork) && (reading.value?.guests.length ?? 0) <= machines.length;
  if (load === undefined && !isPlain) return undefined;
  const working = machines.filter(isAtWork);
  const left = Math.max(1, spec.cores - working.reduce((sum, { row }) => sum + row.size.cores, 0));
  const own = new Set(machines.map(({ row }) => row.uuid));
  const strangers = Object.entries(load?.guests ?? {}).reduce((sum, [uuid, used]) => sum + (own.has(uuid) ? 0 : used), 0);
  return cautious * over * left - strangers - (load?.dom0 ?? 0) - machines.reduce((sum, machine) => sum + loadClaim(sheet, machine), 0);
}

const liveWays: Readonly<Record<'pvh' | 'hvm' | 'pv', string>> = { pvh: 'live-migration', hvm: 'live-migration', pv: 'pv-live-migration' };

/** How it would move from the first to the second: live where both ends can, and the second's processors can do what the first's can; an idle PV worker by being saved and restored; else not at all. */
export function wayOf(machine: MachineView, ...ends: readonly HostView[]): 'live' | 'saved' | undefined {
  const wanted = liveWays[(machine.environment ?? machine.service)?.boot.type ?? 'pvh'];
  const [from, to] = ends;
  if (!mayGoOn(from?.reading.value?.cpuFeatures, to?.reading.value?.cpuFeatures)) return undefined;
  const can = (what: string): boolean => ends.every(({ reading }) => reading.value?.capabilities.includes(what) === true);
  if (can(wanted)) return 'live';
  return machine.environment?.boot.type === 'pv' && machine.jobs.length === 0 && can('pv') ? 'saved' : undefined;
}

/** What it was made as keeps it where it is. */
function bound({ environment, service }: MachineView): string | undefined {
  if ((environment ?? service) === undefined || environment?.moves === 'never') return 'its environment does not allow it';
  return environment !== undefined && ownDiskMiB(environment) > 0 ? 'its scratch space or swap is on its host' : undefined;
}

/** What goes on with it now does. */
function engaged(machine: MachineView, isChosen: boolean): string | undefined {
  const { row, environment, phase, intent, jobs, guest, node } = machine;
  if (row.held !== undefined) return `it is held by ${row.held.by}`;
  const open = row.moving ?? row.failing ?? row.trouble ?? intent;
  if (open !== undefined || isChosen) return 'something is under way with it';
  const isSeen = machine.hostHeard && (row.kind === 'service' || machine.nodeHeard) && guest !== undefined && runs(guest);
  // one whose node is offline runs on all the same
  const isUp = phase === 'ready' || (phase === 'joining' && row.admittedAt !== undefined && node !== undefined && isOffline(node));
  if (!isUp || !isSeen) return 'it is not ready';
  return jobs.length > 0 && environment?.moves !== 'busy' ? 'a job is on it' : undefined;
}

/** Why a machine cannot be moved now, whoever wants it; undefined when it can. */
export const unmovable = (machine: MachineView, isChosen = false): string | undefined => bound(machine) ?? engaged(machine, isChosen);

/** Why a machine is not to be moved by Domus's own choice; undefined when it may be. */
export function immovable(sheet: Sheet, machine: MachineView, cooldownMs: number): Reason | undefined {
  const { row } = machine;
  const why = unmovable(machine, sheet.chosen.has(row.id)) ?? (machine.phase === 'ready' ? undefined : 'its node is offline');
  if (why !== undefined) return because('move-not', { why }, [`machine:${row.id}`]);
  const sinceMs = sheet.now - (row.moved?.at ?? Number.NEGATIVE_INFINITY);
  return sinceMs < cooldownMs ? because('move-cools', { sinceMs, leftMs: cooldownMs - sinceMs }, [`machine:${row.id}`]) : undefined;
}

/** A host that is due back to its classroom within this is nowhere to go to; what stays for long (jobs, a permanent machine) goes to none that is due earlier. */
const soonMs = 12 * 3_600_000;
const staysMs = ({ row, jobs }: MachineView): number => (jobs.length > 0 || row.kind === 'service' ? Number.POSITIVE_INFINITY : soonMs);

/** A host as far as it matters to what comes to it, room aside. */
export type Place = Pick<HostRoom, 'name' | 'view' | 'blocked' | 'leftMs'>;

/** Why a machine cannot go to a host, room aside: it is there; the host may not be used, is not known, is somebody else's sooner; its disk, its pools, the way, its image. */
export type Obstacle = 'there' | 'blocked' | 'unread' | 'due' | 'copy' | 'pool' | 'way' | 'image';

/** The first of them; undefined when it may go. */
export function obstacleTo(machine: MachineView, from: Place, to: Place): Obstacle | undefined {
  const { environment, service, row } = machine;
  const snapshot = to.view.reading.value;
  if (to.name === from.name) return 'there';
  if (to.blocked !== undefined) return 'blocked';
  if (snapshot === undefined) return 'unread';
  if (to.leftMs < Math.min(from.leftMs, staysMs(machine))) return 'due';
  if (row.local && !hasCopy(snapshot, row.image)) return 'copy';
  const pools = environment?.pools ?? service?.pools ?? [];
  if (!pools.includes(to.view.spec.pool) && service?.home !== to.name) return 'pool';
  if (wayOf(machine, from.view, to.view) === undefined) return 'way';
  return versionOn(snapshot.images, { name: row.image.name, version: row.image.version }) === undefined ? 'image' : undefined;
}

/** May the machine go to the host, room aside? */
export const mayGoTo = (machine: MachineView, from: Place, to: Place): boolean => obstacleTo(machine, from, to) === undefined;

/** What it takes of a host: cores, and memory with the hypervisor's share, MiB. */
export const sizeNeed = ({ guestOverheadMiB }: Policy, { row, guest }: MachineView): readonly [number, number] => [
  Math.max(row.size.cores, guest?.vcpus ?? 0),
  Math.max(row.size.memoryMiB, guest?.memoryMiB ?? 0, guest?.targetMiB ?? 0) + guestOverheadMiB,
];

/** The same, and load. */
export const needOf = (sheet: Sheet, machine: MachineView): readonly [number, number, number] => [
  ...sizeNeed(sheet.policy, machine),
  loadClaim(sheet, machine),
];

/** Does what is reckoned for moving so much memory, twice, fit into what a move is given? One that is cut off may cost the guest. */
export function isMovedInTime({ consolidation, intervals }: Policy, memoryMiB: number): boolean {
  return consolidation === undefined || moveCostMs(consolidation, memoryMiB) * 2 <= intervals.migrateLimitMs;
}

export const tooLong = 'its memory may take longer to move than intervals.migrateLimit';

/** What a move of so much memory takes, ms. */
export const moveCostMs = ({ eachMs, mibPerSecond }: ConsolidationPolicy, memoryMiB: number): number => eachMs + (memoryMiB / Math.max(1, mibPerSecond)) * 1000;
