import type { Intent } from '../src/model/action.js';
import type { BatchNode } from '../src/model/batch.js';
import { type Environment, largestSize, npOf } from '../src/model/environment.js';
import type { Guest, HostSnapshot, HostSpec } from '../src/model/host.js';
import { chunksOf, isEligible, type Job, jobKey, memoryPerSlotMiB } from '../src/model/job.js';
import type { Machine, MachinePhase } from '../src/model/machine.js';
import type { Policy } from '../src/model/policy.js';
import type { Present } from '../src/model/present.js';
import type { Reading } from '../src/model/reading.js';
import { because, type Reason } from '../src/model/reason.js';
import { type Change, noRows, withChanges } from '../src/model/rows.js';
import type { Seat } from '../src/model/seat.js';
import type { HostView, JobGroup, MachineView, SeatView, Stray, Verdict, World } from '../src/model/world.js';
import { givenAt, givenEnvironment, givenHost, givenSeat } from './given-records.js';

export * from './given-records.js';

const heard = <T>(value: T): Reading<T> => ({ askedAt: givenAt - 2000, answeredAt: givenAt - 1000, value, revision: 1 });

const node = (name: string, more: Partial<BatchNode> = {}): BatchNode => ({
  name,
  states: ['offline'],
  np: 4,
  properties: [],
  jobs: [],
  momJobs: [],
  note: 'domus: at rest',
  ...more,
});

export interface GivenMachine {
  readonly seat: string;
  readonly environment: string;
  readonly host: string;
  readonly phase: MachinePhase;
  readonly generation?: number;
  readonly jobs?: readonly string[];
  readonly intent?: Intent;
  readonly row?: Partial<Machine>;
}

/** A small deployment, and what the planner says of it. Whatever is not given is absent. */
export interface Given {
  readonly environments?: readonly Environment[];
  readonly hosts?: readonly HostSpec[];
  readonly silentHosts?: Readonly<Record<string, string>>;
  readonly silentBatch?: string;
  readonly seats?: readonly Seat[];
  readonly machines?: readonly GivenMachine[];
  readonly jobs?: readonly Job[];
  readonly unserved?: Readonly<Record<string, Reason>>;
  readonly strays?: readonly Stray[];
  readonly changes?: readonly Change[];
  readonly reasons?: Readonly<Record<string, readonly Reason[]>>;
  readonly plan?: Partial<Present['plan']>;
  readonly policy?: Partial<Policy>;
}

function machineView(given: GivenMachine, environment: Environment | undefined, seat: Seat | undefined): MachineView {
  const generation = given.generation ?? 1;
  const size = { cores: 2, memoryMiB: 2048 };
  const name = `domus-lab-${given.seat.split('.')[0]}-${generation}`;
  const row: Machine = {
    id: `${given.seat}#${generation}`,
    seat: given.seat,
    generation,
    environment: given.environment,
    host: given.host,
    uuid: `00000000-0000-4000-8000-${name.length.toString(16).padStart(12, '0')}`,
    guestName: name,
    overlay: name,
    image: { name: `${given.environment}-node`, version: '2026.1' },
    goal: { kind: 'serve', size },
    size,
    maxSize: { cores: 4, memoryMiB: 8192 },
    configRevision: 'c1',
    wantedAt: givenAt - 120_000,
    reason: because('start-for-job', { job: '12.srv', queue: given.environment }, ['job:torque/12.srv']),
    ...given.row,
  };
  const ready = given.phase === 'ready';
  const jobs = given.jobs ?? [];
  const guest: Guest = {
    uuid: row.uuid,
    name,
    domid: 3,
    state: 'running',
    memoryMiB: size.memoryMiB,
    targetMiB: size.memoryMiB,
    maxMemoryMiB: 8192,
    vcpus: size.cores,
    maxVcpus: 4,
    cpuSeconds: 1,
    disks: [name],
  };
  return {
    row,
    environment,
    seat,
    phase: given.phase,
    guest: given.phase === 'wanted' || given.phase === 'preparing' ? undefined : guest,
    hostHeard: true,
    overlaySeen: given.phase !== 'wanted',
    node: node(given.seat, ready ? { states: ['free'], np: 2, note: '', jobs: jobs.map((id) => ({ id, slots: 1 })) } : {}),
    nodeHeard: true,
    withheld: undefined,
    jobs,
    intent: given.intent,
    slotsFree: ready ? 2 - jobs.length : 0,
  };
}

function hostView(spec: HostSpec, machines: readonly MachineView[], cause: string | undefined, cordoned: Reason | undefined): HostView {
  const snapshot: HostSnapshot = {
    bootId: 'boot',
    cores: spec.cores,
    memoryMiB: spec.memoryMiB,
    freeMemoryMiB: 20_000,
    guests: machines.flatMap((machine) => machine.guest ?? []),
    overlays: [],
    images: [{ name: 'grid-node', version: '2026.1' }],
    ops: [],
    capabilities: ['pvh'],
    storeFreeMiB: 100_000,
    storeHung: false,
  };
  const reading: Reading<HostSnapshot> = cause === undefined ? heard(snapshot) : { ...heard(snapshot), silentSince: givenAt - 60_000, cause };
  const used = machines.reduce((sum, machine) => ({ cores: sum.cores + machine.row.size.cores, memoryMiB: sum.memoryMiB + machine.row.size.memoryMiB }), {
    cores: spec.reserve.cores,
    memoryMiB: spec.reserve.memoryMiB,
  });
  const free = { cores: spec.cores - used.cores, memoryMiB: spec.memoryMiB - used.memoryMiB };
  const blocked = cause === undefined ? cordoned : because('host-silent', { cause }, [`host:${spec.name}`]);
  return { spec, reading, machines, arriving: [], free, ...(blocked === undefined ? {} : { blocked }) };
}

function groupsOf(jobs: readonly Job[], verdicts: ReadonlyMap<string, Verdict>): readonly JobGroup[] {
  const groups = new Map<string, JobGroup>();
  for (const job of jobs.filter(isEligible)) {
    const verdict = verdicts.get(jobKey(job));
    if (verdict === undefined || 'unserved' in verdict) continue;
    const places = chunksOf(job.request).map((chunk) => ({ count: chunk.count, slots: chunk.ppn, properties: chunk.properties }));
    const key = [job.source, verdict.environment, job.queue, job.owner, JSON.stringify(places), memoryPerSlotMiB(job.request)].join('|');
    const before = groups.get(key);
    groups.set(key, {
      key,
      source: job.source,
      environment: verdict.environment,
      queue: job.queue,
      owner: job.owner,
      places,
      perSlotMiB: memoryPerSlotMiB(job.request),
      count: (before?.count ?? 0) + 1,
      since: Math.min(before?.since ?? Number.POSITIVE_INFINITY, job.eligibleAt ?? job.submittedAt),
      sample: [...(before?.sample ?? []), job.id].slice(0, 3),
    });
  }
  return [...groups.values()];
}

const byName = <T extends { readonly name: string }>(all: readonly T[]): Record<string, T> => Object.fromEntries(all.map((each) => [each.name, each]));

function policyOf(given: Given, environments: readonly Environment[], hosts: readonly HostSpec[], seats: readonly Seat[]): Policy {
  return {
    deployment: 'lab',
    revision: 'c1',
    mode: 'act',
    pools: { lab: { mode: 'act' } },
    environments: byName(environments),
    hosts: byName(hosts),
    seats: byName(seats),
    limits: {} as Policy['limits'],
    intervals: {} as Policy['intervals'],
    strays: 'report',
    guestOverheadMiB: 64,
    bridge: 'xenbr0',
    ...given.policy,
  } as Policy;
}

/** A present built by hand, small and consistent. */
export function givenPresent(given: Given = {}): Present {
  const environments = given.environments ?? [givenEnvironment('grid')];
  const hosts = given.hosts ?? [givenHost('post11')];
  const machines = (given.machines ?? []).map((machine) =>
    machineView(
      machine,
      environments.find((env) => env.name === machine.environment),
      (given.seats ?? []).find((seat) => seat.name === machine.seat),
    ),
  );
  const seats = given.seats ?? machines.map((machine) => givenSeat(machine.row.seat, machine.row.environment));
  const jobs = given.jobs ?? [];
  const verdicts = new Map<string, Verdict>();
  for (const job of jobs) {
    const unserved = given.unserved?.[job.id];
    verdicts.set(jobKey(job), unserved === undefined ? { environment: job.queue } : { unserved });
  }
  const rows = withChanges(noRows(), [
    ...machines.map((machine): Change => ({ table: 'machines', key: machine.row.id, row: machine.row })),
    ...machines.flatMap((machine): Change[] => (machine.intent === undefined ? [] : [{ table: 'intents', key: machine.intent.id, row: machine.intent }])),
    ...(given.changes ?? []),
  ]);
  const server = { name: 'srv', version: '6.1.3', scheduling: true, iterationMs: 600_000, autoNodeNp: false };
  const snapshot = { jobs, nodes: machines.flatMap((machine) => machine.node ?? []), queues: [], server, warnings: [] };
  const batch = given.silentBatch === undefined ? heard(snapshot) : { ...heard(snapshot), silentSince: givenAt - 60_000, cause: given.silentBatch };
  const seatViews = seats.map((seat): [string, SeatView] => {
    const machine = machines.find((each) => each.row.seat === seat.name);
    const env = environments.find((each) => each.name === seat.environment);
    return [seat.name, { seat, node: machine?.node ?? node(seat.name, { np: env === undefined ? 1 : npOf(env, largestSize(env)) }), machine }];
  });
  const world: World = {
    rows,
    sources: new Map([['torque', { name: 'torque', reading: batch, server, queues: [], deferred: [] }]]),
    jobs: new Map(jobs.map((job) => [jobKey(job), job])),
    verdicts,
    unserved: new Map([...verdicts].flatMap(([key, verdict]) => ('unserved' in verdict ? [[key, verdict.unserved] as const] : []))),
    groups: groupsOf(jobs, verdicts),
    machines: new Map(machines.map((machine) => [machine.row.id, machine])),
    seats: new Map(seatViews),
    hosts: new Map(
      hosts.map((spec) => {
        const cordon = rows.cordons.get(spec.name);
        const cordoned = cordon === undefined ? undefined : because('host-cordoned', { who: cordon.by, why: cordon.why });
        const there = machines.filter((machine) => machine.row.host === spec.name);
        return [spec.name, hostView(spec, there, given.silentHosts?.[spec.name], cordoned)];
      }),
    ),
    foreign: [],
    strays: given.strays ?? [],
    life: { id: 'life-1', startedAt: givenAt - 3_600_000 },
  };
  const plan = {
    changes: [],
    deeds: [],
    decisions: [],
    recorded: [],
    reasons: new Map(Object.entries(given.reasons ?? {})),
    due: givenAt + 30_000,
    ...given.plan,
  };
  return { revision: 7, at: givenAt, world, plan, policy: policyOf(given, environments, hosts, seats), epoch: 3 };
}
