import { describe, expect, it } from 'vitest';
import type { Tenancy } from '../../src/model/tenancy.js';
import type { HostView } from '../../src/model/world.js';
import { usualClassroom } from '../../src/plan/tenancy-limits.js';
import { advance, firstSeen } from '../../src/plan/tenancy-seen.js';

const now = 1_000_000;
/** Asked, and answered or silent since. */
const answers = (askedAt: number, value: unknown) => ({ askedAt, answeredAt: askedAt, revision: 1, value });
const silent = (silentSince: number, askedAt = 0) => ({ askedAt, answeredAt: askedAt, revision: 1, silentSince, cause: 'no answer' });
const dom0 = (askedAt: number) => answers(askedAt, { bootId: 'dom0-1', guests: [] });
const room = (askedAt: number) => answers(askedAt, { ready: true, people: [] });
const unasked = { askedAt: 0, answeredAt: 0, revision: 0 };
const view = (reading: unknown, classroom: unknown) => ({ spec: { name: 'ws1' }, reading, classroom, machines: [] }) as unknown as HostView;
const row = (state: Tenancy['state'], more: Partial<Tenancy> = {}): Tenancy => ({
  ...{ host: 'ws1', state, since: 1000, by: 'domus', tries: 0, leavesMs: [], comesMs: [] },
  ...more,
});

describe('who a host is, by who answers there', () => {
  it.each([
    ['nobody was asked yet but a port', unasked, room(900_000), undefined],
    ['Dom0 answers, and the port', dom0(900_000), room(900_000), 'cluster'],
    ['Dom0 is silent, and the port was asked before that', silent(950_000), room(900_000), undefined],
    ['Dom0 is silent, and the port was asked after that', silent(850_000), room(900_000), 'classroom'],
  ] as const)('at first: %s', (_, reading, classroom, state) => {
    expect(firstSeen(view(reading, classroom), now)?.state).toBe(state);
  });

  const told = { orderedAt: 800_000, bootId: 'dom0-1' };
  it.each([
    ['leaving', told, dom0(900_000), room(900_000), 'leaving', 'its Dom0 has not gone yet, whatever answers at the port'],
    ['leaving', told, dom0(790_000), room(900_000), 'leaving', 'Dom0 was not asked since'],
    ['leaving', told, silent(850_000), room(840_000), 'leaving', 'the port answered before Dom0 had gone'],
    ['leaving', told, silent(850_000), room(900_000), 'classroom', 'it is there'],
    ['cluster', {}, dom0(900_000), room(900_000), 'cluster', 'Dom0 answers'],
    ['cluster', {}, silent(850_000), room(900_000), 'classroom', 'somebody booted it'],
    ['coming', told, dom0(900_000), room(900_000), 'cluster', 'Dom0 answers, and its sshd at the port'],
    ['coming', told, silent(850_000), room(900_000), 'coming', 'it has not gone yet'],
  ] as const)('%s %j becomes what it is: %#', (state, more, reading, classroom, expected, why) => {
    expect(advance(row(state, more), view(reading, classroom), usualClassroom, now).row.state, why).toBe(expected);
  });
});
