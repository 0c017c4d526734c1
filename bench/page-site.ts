import type { Change } from '../src/api/schema/changes.js';
import type { EnvironmentRecord } from '../src/api/schema/environments.js';
import type { HostRecord } from '../src/api/schema/hosts.js';
import type { MachineRecord } from '../src/api/schema/machines.js';
import type { PlanRecord } from '../src/api/schema/plan.js';
import type { StatusRecord } from '../src/api/schema/status.js';

const perHost = 4;
const environmentNames = ['grid', 'theory', 'bio', 'legacy', 'render'] as const;
const padded = (n: number): string => String(n).padStart(4, '0');

/** What the API would show of a large site. */
export interface PageSite {
  readonly status: StatusRecord;
  readonly environments: readonly EnvironmentRecord[];
  readonly hosts: readonly HostRecord[];
  readonly machines: readonly MachineRecord[];
  readonly plan: PlanRecord;
}

function machineAt(n: number, at: number): MachineRecord {
  const environment = environmentNames[n % environmentNames.length] ?? 'grid';
  const id = `${environment}-${padded(n)}.example.org`;
  return {
    ...{ id: `${id}#${1 + (n % 9)}`, seat: id, environment, host: `post${padded(Math.floor(n / perHost))}.example.org` },
    ...{ phase: 'ready', goal: 'serve', cores: 4, memoryMiB: 8192, np: 4, slotsFree: n % 5, jobs: [`${100_000 + n}.srv`], image: `${environment} 2026.1` },
    ...{ guestName: `domus-lab-${environment}-${n}`, uuid: `00000000-0000-5000-8000-${String(n).padStart(12, '0')}`, guest: 'blocked', node: ['free'] },
    ...{ wantedAt: at - 3_600_000, readyAt: at - 3_500_000, why: `runs ${100_000 + n}.srv` },
  };
}

function hostAt(n: number, at: number): HostRecord {
  return {
    ...{ name: `post${padded(n)}.example.org`, pool: `rack${Math.floor(n / 50)}`, address: `10.0.${n >> 8}.${n & 255}`, heard: true, answeredAt: at },
    ...{
      cores: 20,
      memoryMiB: 65_536,
      freeCores: 4,
      freeMemoryMiB: 30_000,
      machines: [],
      foreignGuests: 0,
      load: 'regular',
      arriving: [],
      images: ['grid 2026.1'],
      capabilities: ['pvh'],
    },
  };
}

const environmentAt = (name: string, machines: number): EnvironmentRecord => ({
  ...{ name, mode: 'act', configured: true, image: `${name} latest`, queues: [name], pools: ['rack0'], min: 0, max: machines, spare: 2, priority: 1, share: 0 },
  ...{
    idleMs: 1_800_000,
    cores: { min: 1, max: 4, step: 1 },
    memoryMiB: { min: 1024, max: 8192, step: 1024 },
    jobs: { waiting: 900, running: machines, other: 3 },
  },
  ...{ machines: { ready: machines, busy: machines, coming: 0, leaving: 0, failed: 0 }, slotsFree: 100, seats: { total: machines, taken: machines } },
  why: '900 job(s) wait',
});

/** So many machines, four on each host. */
export function siteOf(count: number, at: number): PageSite {
  const machines = Array.from({ length: count }, (_, n) => machineAt(n, at));
  const hosts = Array.from({ length: Math.ceil(count / perHost) }, (_, n) => hostAt(n, at));
  const said = (code: string, text: string) => [{ reason: { code, args: { who: text }, refs: [] }, text }];
  return {
    status: {
      ...{ version: 'bench', deployment: 'lab', mode: 'act', epoch: 1, life: 'l', startedAt: at, revision: 1, configRevision: 'r', at, due: at + 1000 },
      ...{ batch: [], silent: [], jobs: { running: count, waiting: 4500, unserved: 0, other: 15 }, machines: { total: count, phases: { ready: count } } },
      ...{ hosts: { total: hosts.length, heard: hosts.length, cordoned: 0 }, seats: { total: count, taken: count }, deeds: 3, strays: 0, proposals: 0 },
    },
    environments: environmentNames.map((name) => environmentAt(name, Math.floor(count / environmentNames.length))),
    hosts,
    machines,
    plan: {
      ...{ at, revision: 1, due: at + 1000, mode: 'act', recorded: [], deeds: [] },
      decisions: Array.from({ length: 16 }, (_, n) => ({
        kind: 'start',
        subject: `seat:grid-${n}`,
        environment: 'grid',
        host: 'post0001',
        cores: 4,
        why: 'job waits',
      })),
      reasons: [
        ...machines.map(({ id, why = '' }) => ({ subject: `machine:${id}`, said: said('keep-busy', why) })),
        ...hosts.map(({ name }) => ({ subject: `host:${name}`, said: said('host-usable', 'usable') })),
        ...Array.from({ length: 300 }, (_, n) => ({
          ...{
            subject: `group:torque|${environmentNames[n % 5]}|grid|user${n}|[]|0`,
            title: `${n} jobs of user${n}`,
            said: said('wait-room', 'no host has room'),
          },
        })),
      ],
    },
  };
}

export interface Rates {
  /** Machines whose jobs or phase changed, in each tick. */
  readonly machines: number;
  /** Machines of which only the sentence counts on. */
  readonly sentences: number;
  readonly hosts: number;
}

/** What tick `revision` changes: every record in turn. */
export function changeAt({ machines, hosts, environments }: PageSite, rates: Rates, revision: number, at: number): Change {
  const turn = <T>(list: readonly T[], count: number, salt: number): readonly T[] =>
    Array.from({ length: count }, (_, n) => list[(revision * count + n * 37 + salt) % list.length] as T);
  const jobs = (n: number): object =>
    n % 2 === 0 ? { jobs: [], slotsFree: 4, idleSince: at, why: 'idle for 1 s' } : { jobs: [`${revision}${n}.srv`], slotsFree: 0 };
  return {
    ...{ revision, at, status: { deeds: revision % 7, due: at + 500 }, touched: ['jobs', 'plan', 'actions'] },
    machines: {
      set: [
        ...turn(machines, rates.machines, 0).map(({ id }, n) => ({ id, ...jobs(revision + n) })),
        ...turn(machines, rates.sentences, 2011).map(({ id }) => ({ id, why: `runs a job for ${revision} min` })),
      ],
    },
    hosts: { set: turn(hosts, rates.hosts, 0).map(({ name }, n) => ({ name, freeCores: (revision + n) % 16, freeMemoryMiB: 20_000 + revision })) },
    environments: { set: environments.slice(0, 2).map(({ name }) => ({ name, jobs: { waiting: revision % 1000, running: 1000, other: 3 } })) },
  };
}
