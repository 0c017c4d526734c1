import Database from 'better-sqlite3';
import type { FastifyInstance } from 'fastify';
import { type ApiOptions, createApi } from '../../src/api/api.js';
import { Changes } from '../../src/api/changes/changes.js';
import { localDoor, portDoor } from '../../src/api/doors.js';
import type { Access } from '../../src/api/identity/access.js';
import type { Audit } from '../../src/api/identity/audit.js';
import type { FileOwners, LocalUser } from '../../src/api/identity/file-owner.js';
import { accessOver } from '../../src/api/identity/open.js';
import { AccessStore, prepared } from '../../src/api/identity/store.js';
import type { Clock } from '../../src/clock.js';
import type { SqliteJournal } from '../../src/journal/sqlite/journal.js';
import { openSqliteJournal } from '../../src/journal/sqlite/open.js';
import { silentLog } from '../../src/log.js';
import type { Fence } from '../../src/model/fence.js';
import type { Present } from '../../src/model/present.js';
import { because } from '../../src/model/reason.js';
import { VirtualClock } from '../../src/sim/clock.js';
import { givenAt, givenEnvironment, givenHost, givenJob, givenPresent, givenSeat } from '../given-present.js';

const mine = { owner: 'anna', name: 'anna-secret-name' };
const theirs = { owner: 'bob', name: 'bob-secret-name', account: 'bobs-account', comment: 'bob-comment' };

/** Two environments, three hosts (one silent), a busy machine, a booting one, jobs that run, wait and cannot be served, a stray, a proposal. */
export const busyDay = (): Present =>
  givenPresent({
    environments: [givenEnvironment('grid', { min: 1 }), givenEnvironment('bio', { mode: 'advise', max: 2, shareWithin: { min: 0, max: 0.5 } })],
    hosts: [givenHost('post11'), givenHost('post12'), givenHost('post13', { cores: 4 })],
    silentHosts: { post13: 'no route to host' },
    seats: [
      givenSeat('grid-01.example.org', 'grid'),
      givenSeat('grid-02.example.org', 'grid'),
      givenSeat('grid-03.example.org', 'grid'),
      givenSeat('grid-wide.example.org', 'grid', { feasibility: true }),
      givenSeat('bio-01.example.org', 'bio'),
    ],
    machines: [
      { seat: 'grid-01.example.org', environment: 'grid', host: 'post11', phase: 'ready', jobs: ['11.srv'] },
      {
        seat: 'grid-02.example.org',
        environment: 'grid',
        host: 'post12',
        phase: 'booting',
        generation: 4,
        intent: {
          id: 'op-77',
          deed: { verb: 'cycle', source: 'torque', reason: because('step-cycle', { source: 'torque', why: 'a node was cleared' }) },
          life: 'life-1',
          openedAt: givenAt - 5000,
          deadlineAt: givenAt + 25_000,
        },
      },
    ],
    jobs: [
      givenJob('11.srv', { ...mine, state: 'running', startedAt: givenAt - 300_000, execHosts: [{ node: 'grid-01.example.org', slots: 1 }] }),
      givenJob('12.srv', { ...mine, request: { chunks: [{ count: 1, ppn: 2, properties: [] }], unsupported: [] } }),
      givenJob('13.srv', { ...theirs, queue: 'bio' }),
      givenJob('14[1].srv', { ...theirs, request: { chunks: [], unsupported: ['gpus=2'] } }),
      givenJob('14[2].srv', { ...theirs, holds: 'u', state: 'held' }),
    ],
    unserved: { '14[1].srv': because('unserved-syntax', { syntax: 'gpus=2' }) },
    strays: [{ kind: 'guest', key: 'guest:post12/old-vm', host: 'post12', name: 'old-vm', ours: false }],
    changes: [
      {
        table: 'proposals',
        key: 'start-bio-bio-01',
        row: { id: 'start-bio-bio-01', subject: 'environment:bio', reason: because('start-for-job', { job: '13.srv', queue: 'bio' }), since: givenAt - 9000 },
      },
      { table: 'cordons', key: 'post12', row: { host: 'post12', by: 'carol', why: 'new disk', at: givenAt - 50_000, drain: false } },
    ],
    reasons: {
      'job:torque/11.srv': [because('runs', { nodes: 'grid-01.example.org', sinceMs: 300_000 })],
      'group:torque|grid|grid|anna|[{"count":1,"slots":2,"properties":[]}]|0': [because('fits-coming', { machine: 'grid-02.example.org#4', phase: 'booting' })],
      'machine:grid-01.example.org#1': [because('keep-busy', { jobs: '11.srv' })],
      'machine:grid-02.example.org#4': [because('step-boot', { sinceMs: 60_000, limitMs: 300_000 })],
      'environment:bio': [because('start-for-job', { job: '13.srv', queue: 'bio' }), because('wait-approval', { id: 'start-bio-bio-01' })],
      'stray:guest:post12/old-vm': [because('stray-guest', { name: 'old-vm', host: 'post12' })],
    },
    plan: {
      recorded: [
        {
          kind: 'start',
          environment: 'bio',
          seat: 'bio-01.example.org',
          host: 'post11',
          size: { cores: 1, memoryMiB: 1024 },
          image: { name: 'bio-node', version: '1' },
          reason: because('start-for-job', { job: '13.srv', queue: 'bio' }),
        },
      ],
      deeds: [{ verb: 'cycle', source: 'torque', reason: because('step-cycle', { source: 'torque', why: 'a node was cleared' }) }],
    },
  });

export interface Scene {
  readonly api: FastifyInstance;
  readonly journal: SqliteJournal;
  readonly fence: Fence;
  readonly clock: VirtualClock;
  readonly changes: Changes;
  readonly access: Access;
  readonly audit: Audit;
  /** How often the loop was told to look at once. */
  nudged: number;
  present: Present | undefined;
}

/** Anybody whom a test says: the header's word is the user, `root` may do everything. */
export const givenOwners = (): FileOwners =>
  ({
    challenge: async () => ({ nonce: 'n', path: '/nowhere/n' }),
    prove: async (name: string): Promise<LocalUser> => ({ master: name === 'root', name }),
  }) as unknown as FileOwners;

/** The routes of one door over the busy day, without sockets. */
export async function scene(door: 'status' | 'control' | 'port', more: Partial<ApiOptions> = {}): Promise<Scene> {
  const clock = new VirtualClock(givenAt);
  const journal = await openSqliteJournal({ database: new Database(':memory:'), clock });
  const { fence } = await journal.lease('lab', 'life-1');
  const changes = new Changes(clock, '0.1.0');
  const store = new AccessStore(prepared(new Database(':memory:')));
  const { access, audit } = accessOver(store, clock, 43_200_000);
  const it: Omit<Scene, 'api'> = { journal, fence, clock, changes, access, audit, nudged: 0, present: busyDay() };
  const options: ApiOptions = {
    present: () => it.present,
    journal,
    changes,
    access,
    audit,
    requestArrived: () => {
      it.nudged++;
    },
    reload: async () => ({ ok: true, problems: [], differences: ['interval tick 10 s -> 5 s'] }),
    clock: clock as Clock,
    log: silentLog,
    version: '0.1.0',
    ...more,
  };
  return Object.assign(it, { api: createApi(options, door === 'port' ? portDoor(access, true) : localDoor(door, givenOwners(), access), givenOwners()) });
}

/** Access without anybody in it, in memory, for tests that open real sockets. */
export const givenAccess = (clock: Clock) => {
  const { access, audit } = accessOver(new AccessStore(prepared(new Database(':memory:'))), clock, 43_200_000);
  return { access, audit };
};
