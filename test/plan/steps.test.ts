import { describe, expect, it } from 'vitest';
import type { Deed, Intent, Verb } from '../../src/model/action.js';
import type { HostSnapshot } from '../../src/model/host.js';
import type { Machine } from '../../src/model/machine.js';
import type { Plan } from '../../src/model/present.js';
import { because } from '../../src/model/reason.js';
import type { Change } from '../../src/model/rows.js';
import type { MachineView, World } from '../../src/model/world.js';
import { plan } from '../../src/plan/plan.js';
import { type Given, given, minute, now } from '../given.js';
import type { MachineWish } from '../given-machine.js';

const leaving = because('drain-asked', { who: 'bob', why: 'x' });
const id = 'grid-01#1';
/** Readings of the built world were asked then. */
const askedAt = now - 1_000;
const before = askedAt - 1;

/** A scheduling cycle was asked for a moment ago: none is due. */
const calm: Change = { table: 'cycles', key: 'torque', row: { source: 'torque', lastAt: now, pauseMs: 10 * minute } };
const lab = (): Given => given().env('grid', { keepFailedMs: minute }).host('post1').host('post2').seats('grid', 4).change(calm);

interface Wish extends MachineWish {
  readonly view?: Partial<MachineView>;
  readonly world?: Partial<World>;
}

const withheld = (confirmedAt: number): Partial<MachineView> => ({ withheld: { node: 'grid-01', reason: leaving, since: 1, confirmedAt } });

function planned(phase: 'draining' | 'joining' | 'ready' | 'wanted' | 'booting' | 'resizing', { view = {}, world = {}, ...wish }: Wish = {}, g = lab()): Plan {
  g.machine('grid-01', phase, { host: 'post1', ...wish });
  const made = g.machines.get(id);
  if (made !== undefined) g.machines.set(id, { ...made, ...(made.node === undefined ? {} : { node: { ...made.node, reportedAt: 5 } }), ...view });
  return plan({ ...g.world(), ...world }, g.policy, now);
}

/** What the plan does with the machine: its deed, what it writes in its row, or else why nothing. */
function said(p: Plan): string {
  const deed = p.deeds.find((d) => 'machine' in d && d.machine === id);
  if (deed !== undefined) return `${deed.verb}${'safe' in deed && deed.safe !== undefined ? ' after the safety read' : ''}`;
  const change = p.changes.find((c) => c.table === 'machines' && c.key === id);
  if (change?.table === 'machines' && change.row === null) return 'closes its row';
  if (change?.table === 'machines' && change.row?.failing !== undefined) return 'writes failing';
  const written = change?.table === 'machines' ? Object.entries(change.row ?? {}).find(([, value]) => value === now) : undefined;
  return written === undefined ? (p.reasons.get(`machine:${id}`)?.at(-1)?.code ?? 'nothing') : `writes ${written[0]}`;
}

const gone = (wish: Wish = {}): Wish => ({ leaving, view: withheld(before), ...wish });
const row = (fields: Partial<Machine>): { readonly row: Partial<Machine> } => ({ row: fields });
const noGuest = { guest: false } as const;

describe('a machine that leaves', () => {
  it.each<readonly [string, Wish, string]>([
    ['is proved offline and jobless', gone(), 'shutdown-guest after the safety read'],
    ['was confirmed offline after the reading was asked', gone({ view: withheld(askedAt) }), 'step-look-again'],
    ['is offline by us, yet unconfirmed', gone({ view: {} }), 'withhold-node'],
    ['is online', gone({ states: ['free'], note: '' }), 'withhold-node'],
    ['is seen online by a reading older than its confirmation', gone({ states: ['free'], note: '', view: withheld(askedAt) }), 'step-look-again'],
    ['has a job', gone({ view: { ...withheld(before), jobs: ['7'] } }), 'step-wait-jobs'],
    ['is offline by a person since before', gone({ note: 'broken disk', view: {} }), 'shutdown-guest after the safety read'],
    [
      'is offline by a person, by a reading older than the wish',
      gone({ note: 'broken', view: {}, row: { goal: { kind: 'gone', reason: leaving, since: now } } }),
      'step-look-again',
    ],
    ['was read before the clock jumped', gone({ world: { clockJumpAt: askedAt } }), 'step-look-again'],
    ['was told to shut down', gone(row({ shutdownAt: now - 1_000 })), 'step-shutdown'],
    ['did not listen', gone(row({ shutdownAt: now - 2 * minute })), 'destroy-guest after the safety read'],
    ['was destroyed after its host was asked', gone(row({ shutdownAt: now - 2 * minute, destroyedAt: askedAt })), 'step-look-again'],
    ['was destroyed in vain', gone(row({ shutdownAt: now - 2 * minute, destroyedAt: before })), 'destroy-guest after the safety read'],
    ['never was ready', gone(row({ readyAt: undefined as never })), 'destroy-guest'],
    ['is absent from a look asked after it was told', gone({ ...noGuest, ...row({ shutdownAt: before }) }), 'writes guestGoneAt'],
    ['is absent from a look asked before it was told', gone({ ...noGuest, ...row({ shutdownAt: askedAt }) }), 'step-look-again'],
    ['is absent where the host is silent', gone({ ...noGuest, hostHeard: false, ...row({ shutdownAt: before }) }), 'step-look-again'],
    ['has left its disk', gone({ ...noGuest, ...row({ guestGoneAt: before }) }), 'remove-overlay'],
    ['has left its disk, by a look of before', gone({ ...noGuest, ...row({ guestGoneAt: askedAt }) }), 'step-look-again'],
    ['has its disk removed, by a look of before', gone({ ...noGuest, ...row({ guestGoneAt: before, overlayRemovedAt: askedAt }) }), 'step-look-again'],
    [
      'has a disk on a store that was not seen',
      gone({ ...noGuest, ...row({ guestGoneAt: before }), view: { ...withheld(before), overlaySeen: undefined } }),
      'step-look-again',
    ],
    ['has no disk any more', gone({ ...noGuest, ...row({ guestGoneAt: before }), view: { ...withheld(before), overlaySeen: false } }), 'writes overlayGoneAt'],
    ['has a seat that is not at rest', gone({ ...noGuest, ...row({ guestGoneAt: 1, overlayGoneAt: before }) }), 'withhold-node'],
    ['has a seat put to rest, not yet seen', gone({ ...noGuest, ...row({ guestGoneAt: 1, overlayGoneAt: before }), view: withheld(askedAt) }), 'step-rest'],
    ['is held by a person', gone(row({ held: { by: 'eve', why: 'x', at: 1 } })), 'keep-held'],
    ['sits where the configuration knows no seat', gone({ view: { ...withheld(before), seat: undefined } }), 'wait-seat-unlisted'],
  ])('and %s', (_, wish, expected) => {
    expect(said(planned('draining', wish))).toBe(expected);
  });

  it('and whose seat is at rest closes its row, with the instant', () => {
    const g = lab();
    g.machine('grid-01', 'draining', { leaving, ...noGuest, note: 'domus: at rest', row: { guestGoneAt: 1, overlayGoneAt: before } });
    const view = g.machines.get(id);
    if (view?.node !== undefined) g.machines.set(id, { ...view, node: { ...view.node, np: 8 } });
    const { changes } = plan(g.world(), g.policy, now);
    expect(changes).toContainEqual({ table: 'machines', key: id, row: null });
    expect(changes).toContainEqual({ table: 'generations', key: 'grid-01', row: { number: 1, closedAt: now } });
  });

  it('rests its seat at the largest np, with our note', () => {
    const { deeds } = planned('draining', gone({ ...noGuest, ...row({ guestGoneAt: 1, overlayGoneAt: before }) }));
    expect(deeds).toMatchObject([{ verb: 'withhold-node', node: 'grid-01', np: 8, note: 'domus: at rest' }]);
  });

  it('waits for a batch server that is silent', () => {
    expect(said(planned('draining', gone(), lab().batchSilent()))).toBe('wait-silent');
  });
});

describe('a machine that serves', () => {
  it.each<readonly [string, Parameters<typeof planned>[0], Wish, string]>([
    ['is ready, offline by us', 'joining', {}, 'admit-node'],
    ['is ready, offline by a person', 'joining', { note: 'broken disk' }, 'offline-by-person'],
    ['was admitted after the reading was asked', 'joining', row({ admittedAt: askedAt }), 'step-admit'],
    ['has a job and a wish to be resized', 'resizing', { goalSize: { cores: 4, memoryMiB: 4096 }, view: { ...withheld(before), jobs: ['7'] } }, 'keep-busy'],
    [
      'is offline and jobless, and is to be resized',
      'resizing',
      { goalSize: { cores: 4, memoryMiB: 4096 }, view: withheld(before) },
      'resize-guest after the safety read',
    ],
    ['is to be resized, by a reading of before', 'resizing', { goalSize: { cores: 4, memoryMiB: 4096 }, view: withheld(askedAt) }, 'step-look-again'],
    ['has vanished from its host', 'ready', { guest: false, row: { idleSince: now - minute } }, 'writes failing'],
    ['has vanished from a host that is silent', 'ready', { guest: false, hostHeard: false, row: { idleSince: now - minute } }, 'keep-online'],
    [
      'is called down by the server for longer than its limit, and no other worker is heard',
      'joining',
      { states: ['down'], row: { downSince: now - 6 * minute } },
      'writes failing',
    ],
    ['is called down since a moment', 'joining', { states: ['down'], row: { downSince: now - minute, admittedAt: 1 } }, 'keep-online'],
  ])('and %s', (_, phase, wish, expected) => {
    expect(said(planned(phase, wish))).toBe(expected);
  });
});

describe('a machine whose guest was ready and now reports a failed check', () => {
  const report = { ready: false, checks: { users: 'ok', disk: 'failed: full' } };
  function reports(wish: Wish): Plan {
    const g = lab();
    g.machine('grid-01', 'ready', { host: 'post1' });
    const guest = g.machines.get(id)?.guest;
    if (guest === undefined) throw new RangeError('no guest');
    return planned('ready', { ...wish, view: { guest: { ...guest, report }, ...wish.view } });
  }

  it('gets no new jobs, and says why', () => {
    const p = reports({ row: { idleSince: now - minute } });
    expect(said(p)).toBe('withhold-node');
    expect(p.deeds).toContainEqual(expect.objectContaining({ note: expect.stringContaining('disk: failed: full') }));
  });

  it('keeps the jobs it has', () => {
    expect(said(reports({ jobs: ['7'], states: ['offline'], note: 'domus: here', view: withheld(before) }))).toBe('step-wait-jobs');
  });

  it('is believed only while its host answers', () => {
    expect(said(reports({ hostHeard: false, row: { idleSince: now - minute } }))).toBe('keep-online');
  });
});

const safe = { source: 'torque', node: 'grid-01' };
const deedOf = (verb: Verb): Deed =>
  verb === 'shutdown-guest'
    ? { verb, host: 'post1', machine: id, uuid: 'u', guestName: 'g', safe, reason: leaving }
    : { verb: 'withhold-node', source: 'torque', node: 'grid-01', machine: id, note: 'domus: x', reason: leaving };
const intent = (verb: Verb, wish: Partial<Intent> = {}): Intent => ({
  id: 'op1',
  deed: deedOf(verb),
  life: 'life',
  openedAt: now - 5 * minute,
  deadlineAt: before,
  ...wish,
});
const uncertain = { uncertainSince: before };

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
