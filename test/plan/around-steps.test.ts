import { describe, expect, it } from 'vitest';
import type { Deed, Intent } from '../../src/model/action.js';
import type { HostSnapshot } from '../../src/model/host.js';
import type { Job } from '../../src/model/job.js';
import type { Plan } from '../../src/model/present.js';
import { because } from '../../src/model/reason.js';
import type { Change } from '../../src/model/rows.js';
import type { World } from '../../src/model/world.js';
import { plan } from '../../src/plan/plan.js';
import { given, minute, now } from '../given.js';
import { askedAt, before, calm, gone, id, intent, lab, leaving, planned, row, safe, uncertain, type Wish, withheld } from './stepping.js';

/** What becomes of the intent: `closed` or `open`. */
function fate(
  made: Intent,
  snapshot: Partial<HostSnapshot> = {},
  world: Partial<World> = {},
): { readonly intent: string; readonly changes: readonly Change[] } {
  const g = given().env('grid').host('post1', { snapshot }).seats('grid', 1).change(calm).machine('grid-01', 'draining', { leaving, intent: made });
  g.change({ table: 'intents', key: made.id, row: made });
  const { changes, deeds } = plan({ ...g.world(), ...world }, g.policy, now);
  expect(deeds).toEqual([]); // never in the same look: it is older than what is known now
  return { intent: changes.some((c) => c.table === 'intents' && c.row === null) ? 'closed' : 'open', changes };
}

describe('a deed whose answer did not come', () => {
  it.each<readonly [string, string, Intent, Partial<HostSnapshot>, Partial<World>]>([
    ['open', 'is under way', intent('shutdown-guest'), {}, {}],
    ['closed', 'is over by a look asked after its deadline', intent('shutdown-guest', uncertain), {}, {}],
    ['open', 'had its deadline after the look', intent('shutdown-guest', { deadlineAt: askedAt, ...uncertain }), {}, {}],
    ['open', 'became uncertain after the look', intent('shutdown-guest', { uncertainSince: askedAt }), {}, {}],
    [
      'open',
      'still runs on its host',
      intent('shutdown-guest', uncertain),
      { ops: [{ op: 'op1', verb: 'guest-shutdown', state: 'running', startedAt: 1 }] },
      {},
    ],
    ['closed', 'has ended on its host', intent('shutdown-guest', uncertain), { ops: [{ op: 'op1', verb: 'guest-shutdown', state: 'done', startedAt: 1 }] }, {}],
    ['closed', 'was a former life’s, whose host has answered this one', intent('shutdown-guest', { life: 'former', deadlineAt: now + minute }), {}, {}],
    [
      'open',
      'was a former life’s, whose host was last asked then',
      intent('shutdown-guest', { life: 'former' }),
      {},
      { life: { id: 'life', startedAt: askedAt } },
    ],
    ['closed', 'was for the batch server, asked after the deadline', intent('withhold-node', uncertain), {}, {}],
    ['open', 'was for the batch server, asked before the deadline', intent('withhold-node', { deadlineAt: askedAt, ...uncertain }), {}, {}],
    ['open', 'was a former life’s for the batch server, and may still be begun', intent('withhold-node', { life: 'former', deadlineAt: now + 1 }), {}, {}],
  ])('is %s: it %s', (expected, _, made, snapshot, world) => {
    expect(fate(made, snapshot, world).intent).toBe(expected);
  });

  it('and that told a guest to stop counts as told: the machine is never given jobs again', () => {
    const { changes } = fate(intent('shutdown-guest', uncertain));
    expect(changes.find((c) => c.table === 'machines' && c.key === id)).toMatchObject({ row: { shutdownAt: now - 5 * minute } });
  });
});

describe('a drain for want of demand', () => {
  const idle = because('drain-idle', { idleMs: 1 });
  const takenBack = (wish: Wish): boolean => planned('draining', { leaving: idle, ...wish }, lab().waits('grid')).decisions.some((d) => d.kind === 'keep');

  it.each<readonly [boolean, string, Wish]>([
    [true, 'demand is back', {}],
    [false, 'its guest was told to stop', row({ shutdownAt: 1 })],
    [false, 'telling it to stop failed: it may have heard', row({ trouble: { verb: 'shutdown-guest', count: 1, notBefore: 0, why: 'x' } })],
    [false, 'a deed is under way', { intent: intent('shutdown-guest') }],
    [false, 'its node was not heard', { nodeHeard: false }],
    [false, 'its host was not heard', { hostHeard: false }],
    [false, 'a person asked for it', { leaving }],
  ])('is taken back (%s) when %s', (expected, _, wish) => {
    expect(takenBack(wish)).toBe(expected);
  });
});

describe('what goes on at once', () => {
  it('is one creation on a host, however many machines wait there', () => {
    const g = lab();
    for (const seat of ['grid-01', 'grid-02', 'grid-03']) g.machine(seat, 'preparing', { host: seat === 'grid-03' ? 'post2' : 'post1', row: { overlayAt: 1 } });
    const hosts = plan(g.world(), g.policy, now).deeds.map((deed) => `${deed.verb} ${'host' in deed ? deed.host : ''}`);
    expect(hosts).toEqual(['create-guest post1', 'create-guest post2']);
  });

  it('is as many stops as the limits say, those under way included, those on silent hosts not', () => {
    const g = lab().limit({ stopsAtOnce: 2 });
    for (const seat of ['grid-01', 'grid-02', 'grid-03']) {
      g.machine(seat, 'draining', { leaving, host: 'post1' });
      const view = g.machines.get(`${seat}#1`);
      if (view !== undefined) g.machines.set(`${seat}#1`, { ...view, ...withheld(before) });
    }
    const stops = (): number => plan(g.world(), g.policy, now).deeds.length;
    expect(stops()).toBe(2);
    g.change({
      table: 'intents',
      key: 'a',
      row: { ...intent('shutdown-guest'), id: 'a', deed: { verb: 'destroy-guest', host: 'post2', uuid: 'z', guestName: 'z', reason: leaving } },
    });
    expect(stops()).toBe(1);
    const world = g.world();
    const silent = world.hosts.get('post2');
    if (silent === undefined) throw new Error('no post2');
    const hosts = new Map([...world.hosts, ['post2', { ...silent, reading: { ...silent.reading, silentSince: 1, cause: 'x' } }]]);
    expect(plan({ ...world, hosts }, g.policy, now).deeds.length).toBe(2);
  });
});

describe('a seat that nobody sits on', () => {
  const rest = { name: 'grid-04', states: ['offline'], np: 8, properties: [], jobs: [], momJobs: [], note: 'domus: at rest' };
  const holder = { deployment: 'test', journal: 'j', epoch: 1, life: 'life' };
  /** Deeds at the seat, as `np note`. */
  function deeds(
    node: Partial<typeof rest>,
    more: { readonly blocked?: ReturnType<typeof because>; readonly life?: string; readonly closedAt?: number; readonly silent?: true } = {},
  ): readonly string[] {
    const { blocked, life = 'life', closedAt, silent } = more;
    const g = given()
      .env('grid')
      .host('post1', { snapshot: { fence: { ...holder, life } } })
      .seats('grid', 4)
      .change(calm);
    if (closedAt !== undefined) g.change({ table: 'generations', key: 'grid-04', row: { number: 1, closedAt } });
    if (silent) g.batchSilent();
    const world = g.world();
    const view = world.seats.get('grid-04');
    if (view === undefined) throw new Error('no seat');
    const seats = new Map([...world.seats, ['grid-04', { ...view, node: { ...rest, ...node }, ...(blocked === undefined ? {} : { blocked }) }]]);
    return plan({ ...world, seats }, g.policy, now).deeds.map((deed) => (deed.verb === 'withhold-node' ? `${deed.node} ${deed.np} ${deed.note}` : deed.verb));
  }
  const put = ['grid-04 8 domus: at rest'];

  it.each<readonly [string, readonly string[], readonly string[]]>([
    ['is at rest', deeds({}), []],
    ['is online', deeds({ states: ['free'], note: '' }), put],
    ['has a smaller np', deeds({ np: 2 }), put],
    ['has another note of ours', deeds({ note: 'domus: draining x' }), put],
    ['is offline by a person', deeds({ note: 'broken' }, { blocked: because('wait-seat-person', { seat: 'grid-04', note: 'broken' }) }), []],
    ['was closed after the reading was asked', deeds({ np: 2 }, { closedAt: askedAt }), []],
    ['belongs to a silent server', deeds({ np: 2 }, { silent: true }), []],
    ['is in a lab whose hosts another life rules', deeds({ np: 2 }, { life: 'other' }), []],
  ])('and %s', (_, done, expected) => {
    expect(done).toEqual(expected);
  });
});

describe('who may do a step', () => {
  const frozen: Change = { table: 'freeze', key: 'freeze', row: { by: 'bob', why: 'x', at: 1 } };
  it.each<readonly [number, string, Plan]>([
    [1, 'the modes allow it', planned('draining', gone())],
    [1, 'the mode is advise: its decision was approved', planned('draining', gone(), lab().with({ mode: 'advise' }))],
    [0, 'the deployment only watches', planned('draining', gone(), lab().with({ mode: 'watch' }))],
    [0, 'the pool only watches', planned('draining', gone(), lab().with({ pools: { lab: { mode: 'watch' } } }))],
    [0, 'all is frozen', planned('draining', gone(), lab().change(frozen))],
  ])('%i deed(s) where %s', (count, _, { deeds }) => {
    expect(deeds.length).toBe(count);
  });

  it('the look that decided about the machine: what it was about to do gives way to what was decided', () => {
    expect(planned('joining').deeds).toMatchObject([{ verb: 'admit-node' }]);
    expect(planned('joining', {}, lab().asks('drain', id)).deeds).toMatchObject([{ verb: 'withhold-node', machine: id }]);
  });

  it('the look that decided to start it: its row and its first deed go into one commit', () => {
    const { changes, deeds } = plan(lab().waits('grid').world(), lab().policy, now);
    expect(changes.flatMap(({ table, key }) => (table === 'machines' ? [key] : []))).toEqual(['grid-01#1']);
    expect(deeds).toMatchObject([{ verb: 'create-overlay', machine: 'grid-01#1' }]);
  });
});

describe('what a start writes down', () => {
  it('is the machine’s row, its seat as it is, and the generation, so that no other ever has its number', () => {
    const g = lab()
      .waits('grid')
      .change({ table: 'generations', key: 'grid-01', row: { number: 4, readyMs: 90_000 } });
    const { changes } = plan(g.world(), g.policy, now);
    expect(changes).toContainEqual({ table: 'generations', key: 'grid-01', row: { number: 5, readyMs: 90_000 } });
    expect(changes.find((c) => c.table === 'machines')).toMatchObject({ key: 'grid-01#5', row: { generation: 5, seated: g.policy.seats['grid-01'] } });
    expect(changes).toContainEqual({ table: 'starts', key: 'grid', row: [now] });
  });
});

describe('a stray', () => {
  const stray = { kind: 'overlay', key: 'overlay:post1/domus-test-grid-01-9', host: 'post1', name: 'domus-test-grid-01-9', ours: true } as const;
  const guest = { ...stray, kind: 'guest', key: 'guest:post1/domus-test-grid-01-9', uuid: 'u9' } as const;
  const deeds = (world: Partial<World>, strays: 'report' | 'remove' = 'remove'): readonly Deed[] => {
    const g = lab().with({ strays });
    return plan({ ...g.world(), ...world }, g.policy, now).deeds;
  };

  it('overlay of ours is removed where policy says so', () => {
    expect(deeds({ strays: [stray] })).toMatchObject([{ verb: 'remove-overlay', host: 'post1', overlay: stray.name }]);
  });
  it('guest of ours is destroyed after the safety read of its seat', () => {
    expect(deeds({ strays: [guest] })).toMatchObject([{ verb: 'destroy-guest', uuid: 'u9', safe }]);
  });
  it.each<readonly [string, readonly Deed[]]>([
    ['policy only reports', deeds({ strays: [stray] }, 'report')],
    ['it is not ours', deeds({ strays: [{ ...stray, ours: false }] })],
    ['its host was last asked before this life', deeds({ strays: [stray], life: { id: 'life', startedAt: askedAt } })],
    ['its host is not known', deeds({ strays: [{ ...stray, host: 'post9' }] })],
  ])('is left alone when %s', (_, none) => {
    expect(none).toEqual([]);
  });
});

describe('a pause after a failed deed of no machine', () => {
  it.each([
    [now, 1],
    [now + 1, 0],
  ])('until %i lets %i such deeds be done', (openUntil, count) => {
    const stray = { kind: 'overlay', key: 'overlay:post1/x', host: 'post1', name: 'domus-test-grid-01-9', ours: true } as const;
    const g = lab().with({ strays: 'remove' });
    g.change({ table: 'breakers', key: `stray:${stray.name}`, row: { subject: `stray:${stray.name}`, failures: 1, lastAt: 1, openUntil, why: 'x' } });
    expect(plan({ ...g.world(), strays: [stray] }, g.policy, now).deeds.length).toBe(count);
  });
});

describe('a scheduling cycle', () => {
  const cycles = (scheduling: boolean, lastAt: number, silent = false): number => {
    const g = lab().machine('grid-01', 'ready', { host: 'post1', row: { admittedAt: now - 1 } });
    g.change({ table: 'cycles', key: 'torque', row: { source: 'torque', lastAt, pauseMs: minute } });
    if (silent) g.batchSilent();
    const world = g.world();
    const source = world.sources.get('torque');
    if (source?.server === undefined) throw new Error('no server');
    const sources = new Map([['torque', { ...source, server: { ...source.server, scheduling } }]]);
    return plan({ ...world, sources }, g.policy, now).deeds.filter((deed) => deed.verb === 'cycle').length;
  };

  it('is asked for once a node came online', () => expect(cycles(true, now - minute)).toBe(1));
  it('is never asked for where a person switched the scheduler off', () => expect(cycles(false, now - minute)).toBe(0));
  it('is not asked for again within the pause', () => expect(cycles(true, now - 1_000)).toBe(0));
  it('is not asked of a silent server', () => expect(cycles(true, now - minute, true)).toBe(0));
});

describe('a job that its dead guest left behind', () => {
  /** Deeds for a machine gone from grid-01, its job's other half on grid-02. */
  function deeds(job: Partial<Job>, more: { readonly lostJobs?: 'leave' | 'requeue'; readonly otherGone?: boolean } = {}): readonly string[] {
    const { lostJobs = 'requeue', otherGone = true } = more;
    const g = given().env('grid', { lostJobs }).host('post1').seats('grid', 2).change(calm);
    for (const seat of ['grid-01', 'grid-02']) {
      const isGone = seat === 'grid-01' || otherGone;
      g.machine(seat, 'draining', { leaving, host: 'post1', guest: !isGone, jobs: ['7'], row: isGone ? { guestGoneAt: 1, overlayGoneAt: 2 } : {} });
    }
    const both = ['grid-01', 'grid-02'].map((node) => ({ node, slots: 1 }));
    const whole: Job = {
      ...{ source: 'torque', id: '7', name: 'j', owner: 'a', queue: 'grid', state: 'running', submittedAt: 1, execHosts: both, dependent: false, holds: '' },
      ...{ rerunnable: true, request: { chunks: [], unsupported: [] }, ...job },
    };
    const { deeds: all } = plan({ ...g.world(), jobs: new Map([['torque/7', whole]]) }, g.policy, now);
    return all.flatMap((deed) => (deed.verb === 'requeue-job' && deed.node === 'grid-01' ? [deed.job] : []));
  }

  it.each<readonly [string, readonly string[], readonly string[]]>([
    ['all its guests are proved gone', deeds({}), ['7']],
    ['another of its guests lives', deeds({}, { otherGone: false }), []],
    ['it may not be run again', deeds({ rerunnable: false }), []],
    ['it does not run', deeds({ state: 'exiting' }), []],
    ['policy leaves it', deeds({}, { lostJobs: 'leave' }), []],
  ])('is put back into its queue, or not, when %s', (_, requeued, expected) => {
    expect(requeued).toEqual(expected);
  });
});
