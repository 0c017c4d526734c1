import { describe, expect, it } from 'vitest';
import type { Hands } from '../../src/act/hands.js';
import { rowOf, verbTable } from '../../src/act/verbs.js';
import type { Batch, NodeCheck } from '../../src/drivers/batch.js';
import type { BootChoices, Classroom } from '../../src/drivers/classroom.js';
import { Failure } from '../../src/drivers/failure.js';
import type { Hypervisor, Order } from '../../src/drivers/hypervisor.js';
import type { Power } from '../../src/drivers/power.js';
import type { Scheduler } from '../../src/drivers/scheduler.js';
import { type Deed, type GuestSpec, type Verb, verbs } from '../../src/model/action.js';
import type { BatchNode } from '../../src/model/batch.js';
import type { Machine } from '../../src/model/machine.js';
import type { Intervals } from '../../src/model/policy.js';
import { awake } from '../../src/model/power.js';
import { because } from '../../src/model/reason.js';
import { noRows, withChanges } from '../../src/model/rows.js';

const reason = because('step-join');
const size = { cores: 2, memoryMiB: 2048 };
const image = { name: 'el9', version: '3' };
const safe = { source: 'main', node: 'grid-01' };
const guest = { host: 'post1', machine: 'grid-01#1', uuid: 'u1', guestName: 'g1', reason };
const spec: GuestSpec = {
  ...{ uuid: 'u1', name: 'g1', type: 'pvh', size, maxSize: size, image, overlay: 'o1', kernel: 'vmlinuz', args: [], mac: '00:16:3e:00:00:01', bridge: 'br0' },
  ...{ node: 'grid-01', address: '10.0.0.1', environment: 'grid', checks: [] },
};
const node: BatchNode = { name: 'grid-01', states: ['offline', 'down'], np: 2, properties: [], jobs: [], momJobs: [], note: 'domus: x' };
const order: Order = { op: '1-life-1', fence: { deployment: 'd', journal: 'j', epoch: 1, life: 'l' }, limitMs: 1000, signal: new AbortController().signal };

/** One deed of each verb. */
const deeds: { readonly [V in Verb]: Extract<Deed, { verb: V }> } = {
  'create-overlay': { verb: 'create-overlay', host: 'post1', machine: 'grid-01#1', overlay: 'o1', image, diskMiB: 10, reason },
  'create-guest': { verb: 'create-guest', host: 'post1', machine: 'grid-01#1', spec, reason },
  'resize-guest': { verb: 'resize-guest', ...guest, size, safe },
  'shutdown-guest': { verb: 'shutdown-guest', ...guest, safe },
  'destroy-guest': { verb: 'destroy-guest', ...guest, safe },
  'migrate-guest': { verb: 'migrate-guest', ...guest, overlay: 'o1', memoryMiB: 512, to: 'post2', address: '10.0.0.2', port: 22, safe },
  'save-guest': { verb: 'save-guest', ...guest, overlay: 'o1', safe },
  'restore-guest': { verb: 'restore-guest', ...guest, overlay: 'o1' },
  'destroy-copy': { verb: 'destroy-copy', ...guest },
  'copy-image': { verb: 'copy-image', host: 'post1', image, from: { host: 'post2', address: '10.0.0.2', port: 22 }, bytesPerSecond: 7, sliceMs: 9, reason },
  'drop-image': { verb: 'drop-image', host: 'post1', image, reason },
  'remove-overlay': { verb: 'remove-overlay', host: 'post1', machine: 'grid-01#1', overlay: 'o1', reason },
  'admit-node': { verb: 'admit-node', source: 'main', node: 'grid-01', machine: 'grid-01#1', np: 2, reason },
  'withhold-node': { verb: 'withhold-node', source: 'main', node: 'grid-01', machine: 'grid-01#1', note: 'domus: x', np: 4, reason },
  'requeue-job': { verb: 'requeue-job', source: 'main', node: 'grid-01', machine: 'grid-01#1', job: '7.srv', reason },
  'release-job': { verb: 'release-job', source: 'main', job: '7.srv', reason },
  'advance-job': { verb: 'advance-job', source: 'main', job: '7.srv', before: '3.srv', reason },
  'power-on': { verb: 'power-on', host: 'post1', driver: 'lab', macs: ['02:00:00:00:00:01'], reason },
  'power-off': { verb: 'power-off', host: 'post1', driver: 'lab', reason },
  'boot-classroom': { verb: 'boot-classroom', host: 'post1', bootId: 'b7', reason },
  'boot-dom0': { verb: 'boot-dom0', host: 'post1', driver: 'lab', reason },
  'return-by': { verb: 'return-by', host: 'post1', at: 77, force: true, reason },
  cycle: { verb: 'cycle', source: 'main', reason },
};

type Call = readonly [method: string, ...args: unknown[]];

/** Drivers that write down how they were called; `check` is what the safety read says. */
function hands(check: NodeCheck = { node, jobsNamingIt: [] }): { readonly hands: Hands; readonly calls: Call[] } {
  const calls: Call[] = [];
  const noting = <T extends object>(answers: Readonly<Record<string, unknown>>): T =>
    new Proxy({} as T, {
      get:
        (_, key) =>
        async (...args: unknown[]) => {
          calls.push([String(key), ...args]);
          return answers[String(key)];
        },
    });
  const schedulers = new Map([['main', noting<Scheduler>({})]]);
  return {
    hands: {
      batch: new Map([['main', noting<Batch>({ readNode: check, cycle: true })]]),
      schedulers,
      powers: new Map([['lab', noting<Power>({})]]),
      classrooms: new Map([['lab', noting<Classroom>({})]]),
      boots: noting<BootChoices>({}),
      hypervisor: noting<Hypervisor>({}),
    },
    calls,
  };
}

const readNode: Call = ['readNode', 'grid-01', order.signal];

/** What each verb must call, whole and in order. */
const calls: Readonly<Record<Verb, readonly Call[]>> = {
  'create-overlay': [['createOverlay', 'post1', order, 'o1', image, 10]],
  'create-guest': [['createGuest', 'post1', order, spec]],
  'resize-guest': [readNode, ['resizeGuest', 'post1', order, 'u1', size]],
  'shutdown-guest': [readNode, ['shutdownGuest', 'post1', order, 'u1']],
  'destroy-guest': [readNode, ['destroyGuest', 'post1', order, 'u1']],
  'migrate-guest': [
    readNode,
    ['migrateGuest', 'post1', order, { uuid: 'u1', name: 'g1', overlay: 'o1', memoryMiB: 512 }, { host: 'post2', address: '10.0.0.2', port: 22 }],
  ],
  'save-guest': [readNode, ['saveGuest', 'post1', order, { uuid: 'u1', name: 'g1', overlay: 'o1' }]],
  'restore-guest': [['restoreGuest', 'post1', order, { uuid: 'u1', name: 'g1', overlay: 'o1' }]],
  'destroy-copy': [['destroyGuest', 'post1', order, 'u1']],
  'copy-image': [['copyImage', 'post1', order, image, { bytesPerSecond: 7, sliceMs: 9, from: { host: 'post2', address: '10.0.0.2', port: 22 } }]],
  'drop-image': [['dropImage', 'post1', order, image]],
  'remove-overlay': [['removeOverlay', 'post1', order, 'o1']],
  'admit-node': [['admit', { node: 'grid-01', np: 2 }, order.signal]],
  'withhold-node': [['withhold', 'grid-01', 'domus: x', 4, order.signal]],
  'requeue-job': [['requeue', '7.srv', order.signal]],
  'release-job': [['release', '7.srv', order.signal]],
  'advance-job': [['prefer', '7.srv', order.signal]],
  'power-on': [
    ['choose', 'post1', 'dom0', order.signal],
    ['on', 'post1', ['02:00:00:00:00:01'], order.signal],
  ],
  'power-off': [['powerOff', 'post1', order]],
  'boot-classroom': [
    ['choose', 'post1', 'classroom', order.signal],
    ['reboot', 'post1', order],
  ],
  'boot-dom0': [
    ['choose', 'post1', 'dom0', order.signal],
    ['reboot', 'post1', 'dom0', order.signal],
  ],
  'return-by': [['returnBy', 'post1', order, 77, true]],
  cycle: [['cycle', order.signal]],
};

const moving = { from: 'post1', to: 'post2', since: 1, reason, way: 'live' as const };
const row = { id: 'grid-01#1', size: { cores: 1, memoryMiB: 1024 }, moving } as unknown as Machine;
const withheld = { table: 'withheld', key: 'grid-01' };

/** What each verb's success writes, at instant 5. */
const written: Readonly<Record<Verb, unknown>> = {
  'create-overlay': { row: { overlayAt: 5 } },
  'create-guest': { row: { guestAt: 5 } },
  'resize-guest': { row: { size, sizedAt: 5 } },
  'shutdown-guest': { row: { shutdownAt: 5 } },
  'destroy-guest': { row: { shutdownAt: 5, destroyedAt: 5 } },
  'migrate-guest': { row: { moving: { ...moving, endedAt: 5 } } },
  'save-guest': { row: { moving: { ...moving, endedAt: 5 } } },
  'restore-guest': { row: { moving: { ...moving, endedAt: 5, restores: 1 } } },
  'destroy-copy': { row: { moving: { ...moving, endedAt: 5 } } },
  'copy-image': {},
  'drop-image': {},
  'remove-overlay': { row: { overlayRemovedAt: 5 } },
  'admit-node': { row: { admittedAt: 5 }, changes: [{ ...withheld, row: null }] },
  'withhold-node': { row: {}, changes: [{ ...withheld, row: { node: 'grid-01', reason, since: 5, confirmedAt: 5 } }] },
  'requeue-job': { row: { requeuedAt: 5 } },
  'release-job': {},
  'advance-job': {},
  'power-on': {},
  'power-off': {},
  'boot-classroom': {},
  'boot-dom0': {},
  'return-by': {},
  cycle: {},
};

/** The limit of each verb, from intervals that are all different. */
const intervals: Intervals = {
  ...{ tickMs: 1, batchPollMs: 2, hostPollMs: 4, batchLimitMs: 8, lookLimitMs: 16, overlayLimitMs: 32, createLimitMs: 64, resizeLimitMs: 128 },
  ...{
    shutdownLimitMs: 256,
    destroyLimitMs: 512,
    nodeLimitMs: 1024,
    cyclePauseMs: 2048,
    joinLimitMs: 4096,
    momSilentMs: 8192,
    schedulerCycleMs: 16_384,
    wideWaitMs: 32_768,
    migrateLimitMs: 65_536,
  },
};
const limits: Readonly<Record<Verb, number>> = {
  ...{ 'create-overlay': 32, 'create-guest': 64, 'resize-guest': 128 + 1024, 'shutdown-guest': 512 + 1024, 'destroy-guest': 512 + 1024, 'remove-overlay': 32 },
  ...{ 'copy-image': 30_000 + 32, 'drop-image': 32 },
  ...{ 'admit-node': 1024, 'withhold-node': 1024, 'requeue-job': 1024, 'release-job': 1024, 'advance-job': 1024, cycle: 1024 },
  ...{ 'power-on': 512, 'power-off': 512, 'migrate-guest': 65_536 + 1024, 'destroy-copy': 512, 'save-guest': 65_536 + 1024, 'restore-guest': 65_536 },
  ...{ 'boot-classroom': 512, 'boot-dom0': 512, 'return-by': 512 },
};

describe('the table of verbs', () => {
  it('has a row for every verb, told in sentences', () => {
    expect(Object.keys(verbTable).sort()).toEqual([...verbs].sort());
    for (const verb of verbs) {
      const { precondition, seen, repeated, undone } = verbTable[verb];
      for (const text of [precondition, seen, repeated, undone]) expect(text).not.toBe('');
    }
  });

  it.each(verbs)('%s calls exactly the driver method that it names, with the deed’s own arguments', async (verb) => {
    const noted = hands();
    await rowOf(deeds[verb]).perform(noted.hands, deeds[verb], order);
    expect(noted.calls).toEqual(calls[verb]);
  });

  it.each(verbs)('%s writes down what its success confirms, and nothing else', (verb) => {
    expect(rowOf(deeds[verb]).done(deeds[verb], row, 5, noRows())).toEqual(written[verb]);
  });

  it.each(verbs)('%s has its own limit, and the time of the safety read where there is one', (verb) => {
    expect(rowOf(deeds[verb]).limitMs(intervals)).toBe(limits[verb]);
  });

  it('destroying a guest that was asked to shut down keeps the instant of the asking', () => {
    expect(verbTable['destroy-guest'].done(deeds['destroy-guest'], { ...row, shutdownAt: 3 }, 5, noRows())).toEqual({ row: { shutdownAt: 3, destroyedAt: 5 } });
  });

  it('switching a host notes when it was told, once, and only where its row still wants that', () => {
    const rows = (power: object) => withChanges(noRows(), [{ table: 'powers', key: 'post1', row: { ...awake('post1', 1), ...power } }]);
    const at = (verb: 'power-on' | 'power-off', power: object): unknown =>
      rowOf(deeds[verb])
        .done(deeds[verb] as never, undefined, 5, rows(power))
        .changes?.map((change) => change.row);
    expect(at('power-on', { state: 'waking' })).toMatchObject([{ orderedAt: 5 }]);
    expect(at('power-off', { state: 'sleeping' })).toMatchObject([{ orderedAt: 5 }]);
    expect(at('power-off', { state: 'sleeping', orderedAt: 3 })).toMatchObject([{ orderedAt: 3 }]);
    expect(at('power-on', { state: 'on' })).toBeUndefined();
  });

  it('a host that does not go is cut by its controller, and not asked again', async () => {
    const noted = hands();
    await verbTable['power-off'].perform(noted.hands, { ...deeds['power-off'], cut: true }, order);
    expect(noted.calls).toEqual([['cut', 'post1', order.signal]]);
  });

  it('brings a job forward in the batch server’s own order, where no scheduler stands beside it', async () => {
    const { schedulers: _, ...mine } = hands().hands;
    const noted = hands();
    await rowOf(deeds['advance-job']).perform({ ...mine, batch: noted.hands.batch }, deeds['advance-job'], order);
    expect(noted.calls).toEqual([['advance', '7.srv', '3.srv', order.signal]]);
  });

  it('a host that goes back to its classroom goes without the boot server; one that is taken does not', async () => {
    const dead: BootChoices = { choose: () => Promise.reject(new Failure('unreachable', 'no boot server')) };
    const noted = hands();
    await verbTable['boot-classroom'].perform({ ...noted.hands, boots: dead }, deeds['boot-classroom'], order);
    expect(noted.calls).toEqual([['reboot', 'post1', order]]);
    const taken = hands();
    await expect(verbTable['boot-dom0'].perform({ ...taken.hands, boots: dead }, deeds['boot-dom0'], order)).rejects.toMatchObject({ kind: 'unreachable' });
    expect(taken.calls).toEqual([]);
  });

  it('a host whose window cannot be opened is not woken; one that does not boot from the network has none', async () => {
    const saying = (kind: 'absent' | 'unreachable'): BootChoices => ({ choose: () => Promise.reject(new Failure(kind, 'no')) });
    const noted = hands();
    await expect(verbTable['power-on'].perform({ ...noted.hands, boots: saying('unreachable') }, deeds['power-on'], order)).rejects.toThrow('no');
    expect(noted.calls).toEqual([]);
    await verbTable['power-on'].perform({ ...noted.hands, boots: saying('absent') }, deeds['power-on'], order);
    expect(noted.calls.map(([method]) => method)).toEqual(['on']);
  });

  it('a host with two lives is woken into the one that is meant, and notes that it was told', async () => {
    const noted = hands();
    const deed = { ...deeds['power-on'], boot: 'classroom' as const };
    await verbTable['power-on'].perform(noted.hands, deed, order);
    expect(noted.calls.map(([method]) => method)).toEqual(['choose', 'on']);
    const row = { host: 'post1', state: 'leaving' as const, since: 1, by: 'domus' as const, tries: 0, leavesMs: [], comesMs: [] };
    const rows = withChanges(noRows(), [{ table: 'tenancies', key: 'post1', row }]);
    expect(verbTable['power-on'].done(deed, undefined, 5, rows).changes).toMatchObject([{ table: 'tenancies', row: { orderedAt: 5 } }]);
    expect(verbTable['boot-classroom'].done(deeds['boot-classroom'], undefined, 5, rows).changes).toMatchObject([{ row: { orderedAt: 5, bootId: 'b7' } }]);
    expect(verbTable['boot-dom0'].done(deeds['boot-dom0'], undefined, 5, rows).changes).toBeUndefined();
  });

  it('a power driver that is not configured does nothing', async () => {
    const attempt = Promise.resolve().then(() => verbTable['power-on'].perform({ ...hands().hands, powers: new Map() }, deeds['power-on'], order));
    await expect(attempt).rejects.toMatchObject({ kind: 'unreachable' });
  });

  it('withholding a seat that no machine sits on touches no machine', () => {
    expect(verbTable['withhold-node'].done(deeds['withhold-node'], undefined, 5, noRows()).row).toBeUndefined();
  });

  it.each(['admit-node', 'withhold-node', 'requeue-job', 'release-job', 'advance-job', 'cycle', 'shutdown-guest'] as const)(
    '%s for a batch server that is not configured does nothing',
    async (verb) => {
      const { hands: mine, calls: none } = hands();
      const attempt = Promise.resolve().then(() => rowOf(deeds[verb]).perform({ hypervisor: mine.hypervisor, batch: new Map() }, deeds[verb], order));
      await expect(attempt).rejects.toMatchObject({ kind: 'unreachable' });
      expect(none).toEqual([]);
    },
  );
});

const stops = ['resize-guest', 'shutdown-guest', 'destroy-guest'] as const;

/** Every way in which a node may not be stopped. */
const dangers: readonly (readonly [string, NodeCheck])[] = [
  ['is not offline', { node: { ...node, states: ['free'] }, jobsNamingIt: [] }],
  ['is down but not offline', { node: { ...node, states: ['down'] }, jobsNamingIt: [] }],
  ['has a job by the server', { node: { ...node, jobs: [{ id: '7.srv', slots: 1 }] }, jobsNamingIt: [] }],
  ['has a job by its mom only', { node: { ...node, momJobs: ['7.srv'] }, jobsNamingIt: [] }],
  ['is in a job’s exec_host only', { node, jobsNamingIt: ['7.srv'] }],
];

describe('the safety read right before a stop or a resize', () => {
  it.each(stops.flatMap((verb) => dangers.map(([what, check]) => [verb, what, check] as const)))('forbids %s when the node %s', async (verb, _, check) => {
    const noted = hands(check);
    await expect(rowOf(deeds[verb]).perform(noted.hands, deeds[verb], order)).rejects.toMatchObject({ kind: 'busy' });
    expect(noted.calls).toEqual([readNode]);
  });

  it.each(stops)('names the jobs that forbid %s', async (verb) => {
    const { hands: mine } = hands({ node: { ...node, jobs: [{ id: '7.srv', slots: 1 }], momJobs: ['8.srv'] }, jobsNamingIt: ['9.srv'] });
    await expect(rowOf(deeds[verb]).perform(mine, deeds[verb], order)).rejects.toThrow(/7\.srv, 8\.srv, 9\.srv/);
  });

  it.each(stops)('asks of a buried machine before %s only that its worker is as silent as it was', async (verb) => {
    const jobs = { jobs: [{ id: '7.srv', slots: 1 }], momJobs: ['8.srv'] };
    const buried: Deed = { ...deeds[verb], safe: { source: 'main', node: 'grid-01', unheardSince: 5_000 } };
    const silent = hands({ node: { ...node, ...jobs, reportedAt: 5_000 }, jobsNamingIt: ['7.srv'] });
    await rowOf(buried).perform(silent.hands, buried, order);
    expect(silent.calls).toEqual(calls[verb]);
    for (const [what, check] of [
      ['heard again', { ...node, ...jobs, reportedAt: 6_000 }],
      ['not offline', { ...node, ...jobs, reportedAt: 5_000, states: ['down'] }],
    ] as const) {
      const noted = hands({ node: check, jobsNamingIt: ['7.srv'] });
      await expect(rowOf(buried).perform(noted.hands, buried, order), what).rejects.toMatchObject({ kind: 'busy', message: expect.stringContaining(what) });
      expect(noted.calls).toEqual([readNode]);
    }
  });

  it.each(stops)('that fails lets no %s happen', async (verb) => {
    const { hands: mine, calls: noted } = hands();
    const silent = { readNode: () => Promise.reject(new Failure('uncertain', 'no answer')) } as unknown as Batch;
    await expect(rowOf(deeds[verb]).perform({ ...mine, batch: new Map([['main', silent]]) }, deeds[verb], order)).rejects.toMatchObject({ kind: 'uncertain' });
    expect(noted).toEqual([]);
  });

  it.each(stops)('is not asked where %s needs none: a guest that is dead or never was admitted', async (verb) => {
    const noted = hands({ node: { ...node, states: ['free'] }, jobsNamingIt: ['7.srv'] });
    const { safe: _, ...unguarded } = deeds[verb];
    const deed: Deed = unguarded;
    await rowOf(deed).perform(noted.hands, deed, order);
    expect(noted.calls).toEqual(calls[verb].slice(1));
  });
});
