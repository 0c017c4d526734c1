import { createClassifier } from '../src/classify/classify.js';
import { systemClock } from '../src/clock.js';
import type { BatchNode, BatchSnapshot } from '../src/model/batch.js';
import type { Guest, HostSnapshot } from '../src/model/host.js';
import type { Job } from '../src/model/job.js';
import type { Machine } from '../src/model/machine.js';
import { because } from '../src/model/reason.js';
import { noRows, type Rows } from '../src/model/rows.js';
import { settleBatch } from '../src/observe/intake.js';
import { type Inputs, type Joined, join } from '../src/observe/join.js';
import { plan } from '../src/plan/plan.js';
import { Random } from '../src/sim/random.js';
import { rehearsalPolicy } from '../src/sim/rehearsal-policy.js';

export const now = Date.UTC(2026, 0, 5);
const environments = ['alpha', 'beta', 'gamma', 'delta'] as const;
const fence = { deployment: 'rehearsal', journal: 'j', epoch: 1, life: 'l' };

/** `seatsPerHost` seats of each environment for every host, every second of them with a machine that runs a job. */
export function makeWorld(jobCount: number, hostCount: number, seatsPerHost = 1): { readonly inputs: Inputs; readonly snapshot: BatchSnapshot } {
  const random = new Random(7);
  const seats = hostCount * seatsPerHost;
  const policy = rehearsalPolicy({
    environments: Object.fromEntries(environments.map((name) => [name, { seats }])),
    hosts: hostCount,
    hostCores: 8,
    hostMemoryMiB: 32_768,
  });
  const machines = new Map<string, Machine>();
  const nodes: BatchNode[] = [];
  const hosts = new Map<string, HostSnapshot>();
  const byHost = new Map<string, Guest[]>();
  for (const [index, seat] of Object.values(policy.seats).entries()) {
    const manned = index % 2 === 0;
    nodes.push({
      name: seat.name,
      states: manned ? ['free'] : ['offline'],
      np: manned ? 1 : 4,
      properties: [...seat.properties],
      jobs: manned ? [{ id: `r${index}.srv`, slots: 1 }] : [],
      momJobs: [],
      note: manned ? '' : 'domus: at rest',
      reportedAt: now,
    });
    if (!manned) continue;
    const host = `post${String((index % hostCount) + 1).padStart(2, '0')}`;
    const size = { cores: 1, memoryMiB: 1024 };
    const uuid = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
    const row: Machine = {
      id: `${seat.name}#1`,
      seat: seat.name,
      generation: 1,
      environment: seat.environment,
      host,
      uuid,
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
    machines.set(row.id, row);
    byHost.set(host, [
      ...(byHost.get(host) ?? []),
      {
        uuid,
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
      },
    ]);
  }
  for (const name of Object.keys(policy.hosts)) {
    const guests = byHost.get(name) ?? [];
    hosts.set(name, {
      bootId: 'b',
      cores: 8,
      memoryMiB: 32_768,
      freeMemoryMiB: 20_000,
      guests,
      overlays: guests.map((guest) => ({ name: guest.name, bytes: 1 })),
      images: environments.map((image) => ({ name: image, version: '1' })),
      ops: [],
      fence,
      capabilities: ['pvh'],
      storeFreeMiB: 1e6,
      storeHung: false,
    });
  }
  const waiting: Job[] = Array.from({ length: jobCount }, (_, at) => ({
    source: 'main',
    id: `${at}.srv`,
    name: `j${at}`,
    owner: `user${random.between(1, 30)}`,
    queue: random.pick(environments),
    state: 'queued',
    submittedAt: now - random.between(0, 1e7),
    execHosts: [],
    dependent: false,
    holds: '',
    rerunnable: true,
    request: { chunks: random.next() < 0.3 ? [{ count: random.between(1, 2), ppn: random.between(1, 4), properties: [] }] : [], unsupported: [] },
  }));
  const running = [...machines.values()].map((row, at): Job => {
    const job = waiting[at % waiting.length]!;
    return {
      ...job,
      id: `${nodes.find(({ name }) => name === row.seat)?.jobs[0]?.id}`,
      state: 'running',
      startedAt: now - 1e6,
      execHosts: [{ node: row.seat, slots: 1 }],
    };
  });
  const jobs = seatsPerHost === 1 ? waiting : [...waiting, ...running];
  const queues = environments.map((name) => ({ name, kind: 'execution' as const, enabled: true, started: true, neednodes: name }));
  const snapshot: BatchSnapshot = {
    jobs,
    nodes,
    queues,
    server: { name: 'srv', version: '4.2.10', scheduling: true, iterationMs: 600_000, autoNodeNp: false },
    warnings: [],
  };
  const rows: Rows = { ...noRows(), machines };
  const classifier = createClassifier(policy);
  const reading = <T>(value: T) => ({ askedAt: now, answeredAt: now, value, revision: 1 });
  const inputs: Inputs = {
    policy,
    rows,
    batch: new Map([['main', reading(snapshot)]]),
    hosts: new Map([...hosts].map(([name, value]) => [name, reading(value)])),
    classify: (job, of) => classifier(job, of.queues),
    fence,
    life: { id: 'l', startedAt: now - 1e7 },
  };
  return { inputs, snapshot };
}

/** Median wall time of `work`, ms. */
function median(times: number, work: () => void): number {
  const took = Array.from({ length: times }, () => {
    const from = systemClock.mono();
    work();
    return systemClock.mono() - from;
  }).sort((a, b) => a - b);
  return Math.round((took[Math.floor(times / 2)] ?? 0) * 100) / 100;
}

/** Time of one tick's thinking (join and plan) at 1,000 jobs x 100 hosts: from scratch, with 1 % of the jobs changed, with nothing changed. */
export const bench = {
  name: 'tick',
  async run(): Promise<Record<string, number>> {
    const { inputs, snapshot } = makeWorld(1_000, 100);
    const first: Joined = join(undefined, inputs);
    const changed = settleBatch(snapshot, { ...snapshot, jobs: snapshot.jobs.map((job, at) => (at % 100 === 0 ? { ...job, owner: 'somebody' } : job)) });
    const next: Inputs = { ...inputs, batch: new Map([['main', { askedAt: now, answeredAt: now, value: changed, revision: 2 }]]) };
    return {
      jobs: 1_000,
      hosts: 100,
      machines: first.world.machines.size,
      groups: first.world.groups.length,
      joinFirstMs: median(21, () => void join(undefined, inputs)),
      joinOnePercentMs: median(21, () => void join(first, next)),
      joinUnchangedMs: median(21, () => void join(first, inputs)),
      planMs: median(21, () => void plan(first.world, inputs.policy, now)),
      tickMs: median(21, () => void plan(join(first, next).world, inputs.policy, now)),
    };
  },
};
