import { createClassifier } from '../src/classify/classify.js';
import type { BatchNode, BatchSnapshot } from '../src/model/batch.js';
import type { Guest, HostSnapshot } from '../src/model/host.js';
import type { Job, ResourceRequest } from '../src/model/job.js';
import type { Machine } from '../src/model/machine.js';
import type { Policy } from '../src/model/policy.js';
import { because } from '../src/model/reason.js';
import { noRows, type Rows } from '../src/model/rows.js';
import type { Seat } from '../src/model/seat.js';
import type { Inputs } from '../src/observe/join.js';
import { Random } from '../src/sim/random.js';
import { rehearsalPolicy } from '../src/sim/rehearsal-policy.js';

export const now = Date.UTC(2026, 0, 5);
const fence = { deployment: 'rehearsal', journal: 'j', epoch: 1, life: 'l' };

export interface WorldWish {
  /** That wait. */
  readonly jobs: number;
  readonly hosts: number;
  /** 4 when absent. */
  readonly environments?: number;
  /** Of each environment; one for each host when absent. Every second has a machine that runs a job. */
  readonly seats?: number;
  /** Users, each of whom submits to any environment; `loyal`: to one only. 30 when absent. */
  readonly owners?: number;
  readonly loyal?: boolean;
  /** The running jobs stand in the list, too. */
  readonly listed?: boolean;
  /** All that wait ask for 2, 4, 8, 16 or 32 slots that may lie anywhere (`-l procs=N`), and each tenth machine is idle. */
  readonly wide?: boolean;
}

const names = ['alpha', 'beta', 'gamma', 'delta'];

/** Everything that a tick reads: policy, rows, and what a batch server and the hosts say. */
export function makeWorld(wish: WorldWish): { readonly inputs: Inputs; readonly snapshot: BatchSnapshot } {
  const { hosts: hostCount, seats = hostCount } = wish;
  const environments = Array.from({ length: wish.environments ?? names.length }, (_, at) => names[at] ?? `env${at}`);
  const policy = rehearsalPolicy({
    environments: Object.fromEntries(environments.map((name) => [name, { seats, max: seats }])),
    hosts: hostCount,
    hostCores: 8,
    hostMemoryMiB: 32_768,
  });
  const seated = Object.values(policy.seats);
  const machines = seated.flatMap((seat, index) => (index % 2 === 0 ? [machineOf(seat, index, hostCount)] : []));
  const waiting = waitingJobs(wish, environments);
  const isIdle = (at: number): boolean => wish.wide === true && at % 10 === 9;
  const running = wish.listed === true ? machines.flatMap((row, at) => (isIdle(at) ? [] : [runningJob(row, at * 2, waiting[at % waiting.length] as Job)])) : [];
  const snapshot: BatchSnapshot = {
    jobs: [...waiting, ...running],
    nodes: seated.map((seat, index) => nodeOf(seat, index, index % 2 === 0 && !isIdle(index / 2))),
    queues: environments.map((name) => ({ name, kind: 'execution' as const, enabled: true, started: true, neednodes: name })),
    server: { name: 'srv', version: '4.2.10', scheduling: true, iterationMs: 600_000, autoNodeNp: false },
    warnings: [],
  };
  const rows: Rows = { ...noRows(), machines: new Map(machines.map((row) => [row.id, row])) };
  const classifier = createClassifier(policy);
  const inputs: Inputs = {
    policy,
    rows,
    batch: new Map([['main', reading(snapshot)]]),
    hosts: hostReadings(policy, environments, machines),
    classify: (job, of) => classifier(job, of.queues),
    fence,
    life: { id: 'l', startedAt: now - 1e7 },
  };
  return { inputs, snapshot };
}

/** What was just answered. */
export const reading = <T>(value: T, at = now) => ({ askedAt: at, answeredAt: at, value, revision: 1 });

const nodeOf = (seat: Seat, index: number, isBusy: boolean): BatchNode => {
  const manned = index % 2 === 0;
  return {
    name: seat.name,
    states: manned ? ['free'] : ['offline'],
    np: manned ? 1 : 4,
    properties: [...seat.properties],
    jobs: isBusy ? [{ id: `r${index}.srv`, slots: 1 }] : [],
    momJobs: [],
    note: manned ? '' : 'domus: at rest',
    reportedAt: now,
  };
};

function machineOf(seat: Seat, index: number, hosts: number): Machine {
  const size = { cores: 1, memoryMiB: 1024 };
  return {
    id: `${seat.name}#1`,
    seat: seat.name,
    generation: 1,
    environment: seat.environment,
    host: `post${String(((index / 2) % hosts) + 1).padStart(2, '0')}`,
    uuid: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    guestName: `g${index}`,
    overlay: `g${index}`,
    image: { name: seat.environment, version: '1' },
    goal: { kind: 'serve', size },
    size,
    maxSize: { cores: 4, memoryMiB: 4096 },
    configRevision: 'r',
    wantedAt: now - 9e6,
    reason: because('start-for-job', { job: 'x', queue: 'q' }),
    overlayAt: now - 9e6,
    guestAt: now - 9e6,
    readyAt: now - 8e6,
    admittedAt: now - 8e6,
    hostBootId: 'b',
  };
}

const guestOf = (row: Machine, index: number): Guest => ({
  uuid: row.uuid,
  name: row.guestName,
  domid: index + 1,
  state: 'running',
  memoryMiB: 1024,
  targetMiB: 1024,
  maxMemoryMiB: 4096,
  vcpus: 1,
  maxVcpus: 4,
  cpuSeconds: 1,
  disks: [row.overlay],
});

function hostReadings(policy: Policy, environments: readonly string[], machines: readonly Machine[]): Inputs['hosts'] {
  const guests = new Map<string, Guest[]>(Object.keys(policy.hosts).map((name) => [name, []]));
  for (const [index, row] of machines.entries()) guests.get(row.host)?.push(guestOf(row, index));
  const seen = (there: readonly Guest[]): HostSnapshot => ({
    bootId: 'b',
    cores: 8,
    memoryMiB: 32_768,
    freeMemoryMiB: 20_000,
    guests: there,
    overlays: there.map((guest) => ({ name: guest.name, bytes: 1 })),
    images: environments.map((image) => ({ name: image, version: '1' })),
    ops: [],
    fence,
    capabilities: ['pvh'],
    storeFreeMiB: 1e6,
    storeHung: false,
  });
  return new Map([...guests].map(([name, there]) => [name, reading(seen(there))]));
}

function waitingJobs({ jobs, owners = 30, loyal = false, wide = false }: WorldWish, environments: readonly string[]): readonly Job[] {
  const random = new Random(7);
  return Array.from({ length: jobs }, (_, at): Job => {
    const user = random.between(1, owners);
    const anywhere = random.pick(environments);
    return {
      source: 'main',
      id: `${at}.srv`,
      name: `j${at}`,
      owner: `user${user}`,
      queue: loyal ? (environments[user % environments.length] as string) : anywhere,
      state: 'queued',
      submittedAt: now - random.between(0, 1e7),
      execHosts: [],
      dependent: false,
      holds: '',
      rerunnable: true,
      request: wide ? wideRequest(random) : usualRequest(random),
    };
  });
}

const usualRequest = (random: Random): ResourceRequest => ({
  chunks: random.next() < 0.3 ? [{ count: random.between(1, 2), ppn: random.between(1, 4), properties: [] }] : [],
  unsupported: [],
});

const wideRequest = (random: Random): ResourceRequest => ({
  chunks: [],
  procs: 2 ** random.between(1, 5),
  walltimeMs: random.between(2, 30) * 3_600_000,
  unsupported: [],
});

const runningJob = (row: Machine, index: number, like: Job): Job => ({
  ...like,
  id: `r${index}.srv`,
  state: 'running',
  startedAt: now - 1e6,
  execHosts: [{ node: row.seat, slots: 1 }],
});
