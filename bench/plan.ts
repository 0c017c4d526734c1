import { systemClock } from '../src/clock.js';
import type { BatchNode } from '../src/model/batch.js';
import type { Environment } from '../src/model/environment.js';
import type { HostSnapshot } from '../src/model/host.js';
import type { Machine } from '../src/model/machine.js';
import type { Policy } from '../src/model/policy.js';
import { because } from '../src/model/reason.js';
import { noRows } from '../src/model/rows.js';
import type { Seat } from '../src/model/seat.js';
import type { HostView, JobGroup, MachineView, SeatView, World } from '../src/model/world.js';
import { decide } from '../src/plan/decide.js';
import { Reasons } from '../src/plan/decision.js';
import { Random } from '../src/sim/random.js';

const at = 1_750_000_000_000;
const minute = 60_000;

/** How large the full world is. */
const full = { jobs: 100_000, hosts: 1000, machines: 8000, environments: 40 };
type Scale = typeof full;

const environment = (name: string): Environment => ({
  ...{ name, mode: 'act', image: { name: 'el9', version: 'latest' }, boot: { type: 'pvh', kernel: 'vmlinuz', args: [] } },
  ...{ cores: { min: 1, max: 8, step: 1 }, memoryMiB: { min: 1024, max: 32_768, step: 1024 }, memoryPerCoreMiB: 1024, diskMiB: 10_240 },
  serves: { source: 'torque', queues: [name], properties: [], accounts: [] },
  ...{ pools: ['lab'], min: 1, max: 400, spare: 1, feasibilitySeats: 0, idleMs: 30 * minute, priority: 1, share: 0.01 },
  ...{ bootDeadlineMs: 10 * minute, keepFailedMs: 60 * minute, lostJobs: 'leave' as const, checks: [] },
});

function policyOf(scale: Scale): Policy {
  const environments = Object.fromEntries(Array.from({ length: scale.environments }, (_, i) => [`env${i}`, environment(`env${i}`)]));
  const seats: Record<string, Seat> = {};
  for (let i = 0; i < scale.machines * 1.5; i++) {
    const own = `env${i % scale.environments}`;
    const name = `${own}-${Math.floor(i / scale.environments)}`;
    seats[name] = {
      name,
      environment: own,
      source: 'torque',
      address: '10.0.0.1',
      mac: '00:16:3e:00:00:01',
      largestNp: 8,
      properties: [own],
      feasibility: false,
    };
  }
  const spec = { pool: 'lab', address: '10.0.0.1', port: 22, cores: 18, memoryMiB: 65_536, reserve: { cores: 1, memoryMiB: 1024 } };
  return {
    ...{ deployment: 'bench', revision: 'r', mode: 'act', pools: { lab: { mode: 'act' } }, environments, seats },
    hosts: Object.fromEntries(Array.from({ length: scale.hosts }, (_, i) => [`post${i}`, { name: `post${i}`, ...spec }])),
    limits: {
      ...{ startsAtOnce: 100, startsAtOncePerHost: 1, stopsAtOnce: 100, stopsAtOncePerHost: 2, startsPerHour: 1000, machines: 20_000 },
      ...{ breakerFailures: 3, breakerPauseMs: minute, breakerPauseMaxMs: 60 * minute, deedTries: 3 },
    },
    intervals: {
      ...{ tickMs: 15_000, batchPollMs: 15_000, hostPollMs: 30_000, batchLimitMs: minute, lookLimitMs: minute, overlayLimitMs: minute },
      ...{ createLimitMs: minute, resizeLimitMs: minute, shutdownLimitMs: minute, destroyLimitMs: minute, nodeLimitMs: minute },
      ...{ cyclePauseMs: 10_000, joinLimitMs: 5 * minute, momSilentMs: minute, schedulerCycleMs: 30_000, wideWaitMs: 15 * minute },
    },
    ...{ strays: 'report', guestOverheadMiB: 16, bridge: 'br0' },
  };
}

/** Mostly busy machines of two cores, some idle, some on their way; every host nearly full. */
function machineOf(seat: Seat, i: number, hosts: number, random: Random): MachineView {
  const luck = random.next();
  const phase = luck < 0.97 ? 'ready' : 'booting';
  const jobs = luck < 0.9 ? [`${i}.srv`] : [];
  const size = { cores: 2, memoryMiB: 4096 };
  const id = `${seat.name}#1`;
  const row: Machine = {
    ...{ id, seat: seat.name, generation: 1, environment: seat.environment, host: `post${i % hosts}`, uuid: id, guestName: id, overlay: id },
    ...{ image: { name: 'el9', version: '9' }, goal: { kind: 'serve', size }, size, maxSize: { cores: 8, memoryMiB: 32_768 }, configRevision: 'r' },
    ...{ wantedAt: at - i, reason: because('start-for-job', { job: '1', queue: 'q' }), admittedAt: at - i },
  };
  const node: BatchNode = {
    ...{ name: seat.name, states: ['free'], np: 2, properties: seat.properties, momJobs: jobs, note: '' },
    jobs: jobs.map((job) => ({ id: job, slots: 2 })),
  };
  return {
    ...{ row, environment: undefined, seat, phase, guest: undefined, hostHeard: true, overlaySeen: true, node, nodeHeard: true, withheld: undefined, jobs },
    ...{ intent: undefined, slotsFree: phase === 'ready' && jobs.length === 0 ? 2 : 0 },
  };
}

function groupsOf(scale: Scale, random: Random): readonly JobGroup[] {
  const groups: JobGroup[] = [];
  for (let jobs = 0; jobs < scale.jobs; ) {
    const count = 1 + Math.floor(random.next() * 40);
    const name = `env${Math.floor(random.next() * scale.environments)}`;
    const wide = random.next() < 0.1;
    groups.push({
      ...{ key: `${name}|${groups.length}`, source: 'torque', environment: name, queue: name, owner: `user${groups.length % 300}` },
      places: [{ count: wide ? 2 : 1, slots: 1 + Math.floor(random.next() * 4), properties: [name] }],
      ...{ perSlotMiB: random.next() < 0.2 ? 2048 : 0, count, since: at - Math.floor(random.next() * 600) * minute, sample: [`${jobs}.srv`] },
    });
    jobs += count;
  }
  return groups;
}

function worldOf(policy: Policy, scale: Scale): World {
  const random = new Random(7);
  const machines = new Map<string, MachineView>();
  const seats = new Map<string, SeatView>();
  const byHost = new Map<string, MachineView[]>(Object.keys(policy.hosts).map((name) => [name, []]));
  for (const [i, seat] of Object.values(policy.seats).entries()) {
    const machine = i < scale.machines ? machineOf(seat, i, scale.hosts, random) : undefined;
    if (machine !== undefined) machines.set(machine.row.id, machine);
    if (machine !== undefined) byHost.get(machine.row.host)?.push(machine);
    seats.set(seat.name, {
      seat,
      node: machine?.node,
      machine,
      ...(machine === undefined ? {} : { blocked: because('keep-wanted', { why: machine.row.id }) }),
    });
  }
  const snapshot: HostSnapshot = {
    ...{ bootId: 'b', cores: 18, memoryMiB: 65_536, freeMemoryMiB: 1, guests: [], overlays: [], ops: [], capabilities: ['pvh'] },
    ...{ images: [8, 9, 10].map((n) => ({ name: 'el9', version: `9.${n}` })), storeFreeMiB: 1_000_000, storeHung: false },
  };
  const hosts = new Map<string, HostView>();
  for (const spec of Object.values(policy.hosts)) {
    const here = byHost.get(spec.name) ?? [];
    const reading = { askedAt: at - 1000, answeredAt: at, revision: 1, value: snapshot };
    hosts.set(spec.name, { spec, reading, machines: here, free: { cores: 17 - 2 * here.length, memoryMiB: 64_512 - 4112 * here.length } });
  }
  const server = { name: 'torque', version: '4', scheduling: true, iterationMs: 30_000, autoNodeNp: false };
  const reading = { askedAt: at - 1000, answeredAt: at, revision: 1, value: { jobs: [], nodes: [], queues: [], server, warnings: [] } };
  return {
    ...{ rows: { ...noRows(), machines: new Map([...machines].map(([id, m]) => [id, m.row])) }, jobs: new Map(), verdicts: new Map(), unserved: new Map() },
    ...{ groups: groupsOf(scale, random), machines, seats, hosts, foreign: [], strays: [], life: { id: 'l', startedAt: 0 } },
    sources: new Map([['torque', { name: 'torque', reading, server, queues: [], deferred: [] }]]),
  };
}

/** Middle of five runs, ms, of one whole decision. */
function timed(scale: Scale): { readonly ms: number; readonly groups: number; readonly decisions: number } {
  const policy = policyOf(scale);
  const world = worldOf(policy, scale);
  const times: number[] = [];
  let decisions = 0;
  for (let i = 0; i < 5; i++) {
    const begun = systemClock.mono();
    decisions = decide(world, policy, at, new Reasons()).decisions.length;
    times.push(systemClock.mono() - begun);
  }
  return { ms: times.sort((a, b) => a - b)[2] ?? 0, groups: world.groups.length, decisions };
}

const parts: readonly (readonly [string, number])[] = [
  ['tenth', 10],
  ['third', 3],
  ['full', 1],
];

/** Time of one `decide` over 100,000 waiting jobs, 1,000 hosts, 8,000 machines and 40 environments, and over parts of that. */
async function run(): Promise<Record<string, number>> {
  const figures: Record<string, number> = {};
  for (const [name, part] of parts) {
    const scale = {
      jobs: Math.round(full.jobs / part),
      hosts: Math.round(full.hosts / part),
      machines: Math.round(full.machines / part),
      environments: Math.max(4, Math.round(full.environments / part)),
    };
    const { ms, groups, decisions } = timed(scale);
    Object.assign(figures, { [`${name}Ms`]: Math.round(ms * 10) / 10, [`${name}Groups`]: groups, [`${name}Decisions`]: decisions });
  }
  return figures;
}

export const bench = { name: 'plan', run };
