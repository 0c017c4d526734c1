import type { DeedRecord } from '../api/schema/actions.js';
import type { EnvironmentRecord } from '../api/schema/environments.js';
import type { EventRecord } from '../api/schema/events.js';
import type { HostRecord } from '../api/schema/hosts.js';
import type { ImageRecord } from '../api/schema/images.js';
import type { JobRecord } from '../api/schema/jobs.js';
import type { MachineRecord } from '../api/schema/machines.js';
import type { ProposalRecord, StrayRecord } from '../api/schema/plan.js';
import type { SeatRecord } from '../api/schema/seats.js';
import type { ServiceRecord } from '../api/schema/services.js';
import { localTime } from '../clock.js';
import type { Column } from './table.js';
import { ago, memoryText, phasePaint } from './words.js';

const jobWait = (job: JobRecord, now: number): string | undefined => ago(job.startedAt ?? job.eligibleAt ?? job.submittedAt, now);

export const jobColumns = (now: number): readonly Column<JobRecord>[] => [
  { title: 'JOB', value: (job) => job.id },
  { title: 'OWNER', value: (job) => job.owner },
  { title: 'QUEUE', value: (job) => job.queue },
  { title: 'STATE', value: (job) => job.state, paint: (job) => (job.state === 'running' ? 'green' : undefined) },
  { title: 'ENVIRONMENT', value: (job) => job.environment, paint: (job) => (job.unserved === undefined ? undefined : 'yellow') },
  { title: 'ASKS FOR', value: (job) => job.request },
  { title: 'FOR', value: (job) => jobWait(job, now), align: 'right' },
  { title: 'WHY', value: (job) => job.why ?? job.nodes.join(' ') },
];

export const machineColumns = (now: number): readonly Column<MachineRecord>[] => [
  { title: 'MACHINE', value: (machine) => machine.id },
  { title: 'ENVIRONMENT', value: (machine) => machine.environment },
  { title: 'HOST', value: (machine) => machine.host },
  { title: 'PHASE', value: (machine) => machine.phase, paint: (machine) => phasePaint(machine.phase) },
  { title: 'CORES', value: (machine) => machine.cores, align: 'right' },
  { title: 'MEMORY', value: (machine) => memoryText(machine.memoryMiB), align: 'right' },
  { title: 'JOBS', value: (machine) => machine.jobs.length, align: 'right' },
  { title: 'FREE', value: (machine) => machine.slotsFree, align: 'right' },
  { title: 'AGE', value: (machine) => ago(machine.wantedAt, now), align: 'right' },
  { title: 'WHY', value: (machine) => machine.held ?? machine.failing ?? machine.why },
];

const isResting = ({ heard, power }: HostRecord): boolean => !heard && power !== undefined && power !== 'on';

function hostState(host: HostRecord, now: number): string {
  if (isResting(host)) return host.power ?? '?';
  if (host.heard) return host.cordoned === undefined ? 'answers' : 'cordoned';
  return host.silentSince === undefined ? 'unread' : `silent ${ago(host.silentSince, now)}`;
}

/** Its power as far as it is known. */
export const powerText = (host: HostRecord): string => host.power ?? (host.heard ? 'on' : 'unknown');

/** Class and height of its load, and the machines on their way there. */
export const loadText = ({ load, loadPercent, arriving }: HostRecord): string =>
  `${load}${loadPercent === undefined || load === 'off' ? '' : ` ${loadPercent} %`}${arriving.length === 0 ? '' : `, ${arriving.length} moving`}`;

/** `domus hosts list`: who switched what, and whether it is known to come back. */
export const powerColumns = (now: number): readonly Column<HostRecord>[] => [
  { title: 'HOST', value: (host) => host.name },
  { title: 'POOL', value: (host) => host.pool },
  {
    title: 'POWER',
    value: powerText,
    paint: (host) => (isResting(host) ? 'yellow' : host.heard ? 'green' : 'red'),
  },
  { title: 'FOR', value: (host) => (host.powerSince === undefined ? '' : ago(host.powerSince, now)), align: 'right' },
  { title: 'BY', value: (host) => host.powerBy ?? '' },
  { title: 'PROVED', value: (host) => (host.provenAt === undefined ? 'no' : 'yes') },
  { title: 'LOAD', value: loadText, paint: (host) => (host.load === 'over' ? 'red' : undefined) },
  { title: 'OFF TODAY', value: (host) => host.offToday ?? '', align: 'right' },
  { title: 'MACHINES', value: (host) => host.machines.length, align: 'right' },
  { title: 'WHY', value: (host) => host.why ?? host.blocked },
];

export const hostColumns = (now: number): readonly Column<HostRecord>[] => [
  { title: 'HOST', value: (host) => host.name },
  { title: 'POOL', value: (host) => host.pool },
  {
    title: 'STATE',
    value: (host) => hostState(host, now),
    paint: (host) => (isResting(host) ? undefined : !host.heard ? 'red' : host.cordoned === undefined ? 'green' : 'yellow'),
  },
  { title: 'FREE CORES', value: (host) => `${host.freeCores}/${host.cores}`, align: 'right' },
  { title: 'FREE MEMORY', value: (host) => `${memoryText(host.freeMemoryMiB)}/${memoryText(host.memoryMiB)}`, align: 'right' },
  { title: 'MACHINES', value: (host) => host.machines.length, align: 'right' },
  { title: 'WHY', value: (host) => host.why ?? host.blocked },
];

export const environmentColumns: readonly Column<EnvironmentRecord>[] = [
  { title: 'ENVIRONMENT', value: (env) => env.name },
  { title: 'MODE', value: (env) => (env.configured ? env.mode : 'removed'), paint: (env) => (env.configured && env.mode === 'act' ? undefined : 'yellow') },
  { title: 'WAITING', value: (env) => env.jobs.waiting, align: 'right' },
  { title: 'RUNNING', value: (env) => env.jobs.running, align: 'right' },
  { title: 'READY', value: (env) => env.machines.ready, align: 'right' },
  { title: 'COMING', value: (env) => env.machines.coming, align: 'right' },
  { title: 'LEAVING', value: (env) => env.machines.leaving, align: 'right' },
  { title: 'FAILED', value: (env) => env.machines.failed, align: 'right', paint: (env) => (env.machines.failed > 0 ? 'red' : undefined) },
  { title: 'FREE', value: (env) => env.slotsFree, align: 'right' },
  { title: 'SEATS', value: (env) => `${env.seats.taken}/${env.seats.total}`, align: 'right' },
  { title: 'WHY', value: (env) => env.paused ?? env.why },
];

export const imageColumns: readonly Column<ImageRecord>[] = [
  { title: 'IMAGE', value: (image) => image.name },
  { title: 'VERSION', value: (image) => image.version },
  { title: 'HOSTS', value: (image) => image.hosts.length, align: 'right' },
  { title: 'MISSING ON', value: (image) => image.missingOn.join(' '), paint: () => 'yellow' },
  { title: 'COPIES', value: (image) => image.copies.length || undefined, align: 'right' },
  { title: 'MACHINES', value: (image) => image.machines.length, align: 'right' },
  { title: 'STARTED BY', value: (image) => image.environments.join(' ') },
];

const servicePaint = { up: 'green', starting: 'yellow', stopping: 'yellow', down: 'red', unknown: 'red' } as const;
export const serviceColumns = (now: number): readonly Column<ServiceRecord>[] => [
  { title: 'SERVICE', value: (service) => service.name },
  { title: 'GROUP', value: (service) => service.group },
  { title: 'STATE', value: (service) => (service.configured ? service.state : 'removed'), paint: (service) => servicePaint[service.state] },
  { title: 'HOST', value: (service) => service.host },
  { title: 'HOME', value: (service) => service.home },
  { title: 'ADDRESS', value: (service) => service.address },
  {
    title: 'FOR',
    value: ({ downSince, upSince }) => (downSince === undefined && upSince === undefined ? undefined : ago(downSince ?? upSince ?? now, now)),
    align: 'right',
  },
  { title: 'WHY', value: (service) => service.why },
];

const nodeText = (seat: SeatRecord): string => (seat.node === undefined ? 'not listed' : seat.node.join(','));
export const seatColumns: readonly Column<SeatRecord>[] = [
  { title: 'SEAT', value: (seat) => seat.name },
  { title: 'ENVIRONMENT', value: (seat) => seat.environment },
  { title: 'NODE', value: nodeText, paint: (seat) => (seat.node === undefined ? 'red' : seat.online ? 'green' : undefined) },
  { title: 'NP', value: (seat) => (seat.np === undefined ? undefined : `${seat.np}/${seat.largestNp}`), align: 'right' },
  { title: 'MACHINE', value: (seat) => seat.machine ?? (seat.feasibility ? '(never)' : undefined) },
  { title: 'WHY', value: (seat) => seat.why },
];

export const deedColumns = (now: number): readonly Column<DeedRecord>[] => [
  { title: 'DEED', value: (deed) => deed.verb },
  { title: 'OF', value: (deed) => deed.subject },
  { title: 'SINCE', value: (deed) => ago(deed.openedAt, now), align: 'right' },
  {
    title: 'STATE',
    value: (deed) => (deed.uncertainSince === undefined ? 'under way' : 'uncertain'),
    paint: (deed) => (deed.uncertainSince === undefined ? undefined : 'yellow'),
  },
  { title: 'WHY', value: (deed) => deed.why },
];

export const eventColumns: readonly Column<EventRecord>[] = [
  { title: 'AT', value: (event) => localTime(event.at) },
  { title: 'OF', value: (event) => event.subject },
  { title: 'WHAT', value: (event) => event.text },
];

export const strayColumns: readonly Column<StrayRecord>[] = [
  { title: 'STRAY', value: (stray) => stray.key },
  { title: 'OURS', value: (stray) => (stray.ours ? 'yes' : 'no') },
  { title: 'WHY', value: (stray) => (stray.forgottenBy === undefined ? stray.why : `forgotten by ${stray.forgottenBy}`) },
];

export const proposalColumns = (now: number): readonly Column<ProposalRecord>[] => [
  { title: 'PROPOSAL', value: (proposal) => proposal.id },
  { title: 'SINCE', value: (proposal) => ago(proposal.since, now), align: 'right' },
  { title: 'APPROVED BY', value: (proposal) => proposal.approvedBy },
  { title: 'WHAT AND WHY', value: (proposal) => proposal.text },
];
