import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/model/present.js';
import { plan } from '../../src/plan/plan.js';
import { given, minute, now } from '../given.js';
import { askedAt, before, calm, gone, id, lab, leaving, noGuest, planned, row, said, type Wish, withheld } from './stepping.js';

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
    ['is there again: it was rebooting when its host was looked at', gone(row({ guestGoneAt: before })), 'shutdown-guest after the safety read'],
    ['is there, by a look of before it was gone', gone({ ...row({ guestGoneAt: askedAt }) }), 'step-look-again'],
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
    expect(changes).toContainEqual({ table: 'generations', key: 'grid-01', row: { number: 1, closedAt: now, readyMs: expect.any(Number) } });
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
    ['has a job and a wish to be resized', 'resizing', { goalSize: { cores: 4, memoryMiB: 4096 }, view: { ...withheld(before), jobs: ['7'] } }, 'admit-node'],
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

describe('a machine that was made larger', () => {
  const two = { cores: 2, memoryMiB: 4096 };
  const grown = (sizedAt: number, vcpus: number, admittedAt = 1): Plan => {
    const g = lab();
    g.machine('grid-01', 'ready', { host: 'post1' });
    const guest = g.machines.get(id)?.guest;
    if (guest === undefined) throw new RangeError('no guest');
    return planned('joining', { size: two, row: { sizedAt, admittedAt }, view: { guest: { ...guest, vcpus } } });
  };
  it.each([
    ['goes online when its host was seen to show its cores in use', grown(before, 2), 'admit-node'],
    ['waits for a look after that', grown(now, 2), 'step-cores'],
    ['waits while its guest does not use them', grown(before, 1), 'step-cores'],
    ['asks nothing when it is online since', grown(before, 1, askedAt - 0.5), 'admit-node'],
  ])('%s', (_, plan, expected) => {
    expect(said(plan)).toBe(expected);
  });
  it('and never uses them is as large as it is, goes online so, and is not made larger again', () => {
    const { changes, deeds, reasons } = grown(now - 10 * minute, 1);
    const one = { ...two, cores: 1 };
    expect(changes).toContainEqual(
      expect.objectContaining({
        key: id,
        row: expect.objectContaining({ size: one, goal: { kind: 'serve', size: one }, maxSize: expect.objectContaining({ cores: 1 }) }),
      }),
    );
    expect(deeds).toEqual([expect.objectContaining({ verb: 'admit-node', np: 1 })]);
    expect(reasons.get(`machine:${id}`)?.map(({ code }) => code)).toContain('step-cores-unused');
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

describe('the readiness of a guest', () => {
  const report = (ready: boolean, checks: Readonly<Record<string, string>>, guestAt = now - minute): string => {
    const g = given()
      .env('grid', { checks: ['home'] })
      .host('post1')
      .seats('grid', 1)
      .change(calm);
    g.machine('grid-01', 'booting', { host: 'post1', guest: true, row: { overlayAt: 1, guestAt, hostBootId: 'b1' } });
    const made = g.machines.get(id);
    if (made?.guest !== undefined) g.machines.set(id, { ...made, guest: { ...made.guest, report: { ready, checks } } });
    return said(plan(g.world(), g.policy, now));
  };

  it.each<readonly [string, string, string]>([
    ['writes readyAt', 'it says so and every check of the site is well', report(true, { home: 'ok' })],
    ['step-checks', 'it says so, yet a check of the site is not', report(true, { home: 'not mounted' })],
    ['step-boot', 'it says so, yet a check of the site is not among them', report(true, { other: 'ok' })],
    ['step-boot', 'it does not say so', report(false, { home: 'ok' })],
    ['writes failing', 'its time is over', report(false, { home: 'not mounted' }, now - 6 * minute)],
  ])('%s when %s', (expected, _, code) => {
    expect(code).toBe(expected);
  });

  it('that never comes is counted against its environment, its host and its image', () => {
    const { changes } = planned('booting', { guest: true, row: { overlayAt: 1, guestAt: now - 6 * minute, hostBootId: 'b1' } });
    const counted = changes.flatMap((c) => (c.table === 'breakers' ? [c.key] : []));
    expect(counted).toEqual(['environment:grid', 'host:post1', 'image:el9 1']);
  });
});

it('the console of a guest that was never ready is kept with its failure, its last line in the reason', () => {
  const console = ['Loading ...', 'Kernel panic'];
  const world = given()
    .env('grid')
    .host('post1')
    .seats('grid', 1)
    .machine('grid-01', 'booting', { guest: true, row: { overlayAt: 1, guestAt: now - 60 * 60_000, hostBootId: 'b1' } });
  const view = world.machines.get('grid-01#1');
  if (view?.guest === undefined) throw new Error('no guest');
  world.machines.set('grid-01#1', { ...view, guest: { ...view.guest, console } });
  const { changes } = plan(world.world(), world.policy, now);
  const row = changes.flatMap((change) => (change.table === 'machines' && change.row !== null ? [change.row] : []))[0];
  expect(row?.failing?.console).toEqual(console);
  expect(row?.failing?.reason.args['console']).toBe('Kernel panic');
});
