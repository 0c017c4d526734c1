import { describe, expect, it } from 'vitest';
import { type BatchSnapshot, notePrefix } from '../../src/model/batch.js';
import type { Guest, HostSnapshot } from '../../src/model/host.js';
import type { Machine } from '../../src/model/machine.js';
import type { Reading } from '../../src/model/reading.js';
import { because } from '../../src/model/reason.js';
import { type Change, noRows, withChanges } from '../../src/model/rows.js';
import type { MachineView, World } from '../../src/model/world.js';
import { type Inputs, join } from '../../src/observe/join.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';

const policy = rehearsalPolicy({ environments: { grid: { seats: 2 } }, hosts: 1 });
const seat = 'grid-01.example.org';
const id = `${seat}#1`;
const size = { cores: 2, memoryMiB: 2048 };
const silent = { silentSince: 90, cause: 'no route' };

const row: Machine = {
  ...{ id, seat, generation: 1, environment: 'grid', host: 'post01', uuid: 'u1', guestName: 'g1', overlay: 'o1', image: { name: 'grid', version: '1' } },
  ...{ goal: { kind: 'serve', size }, size, maxSize: size, configRevision: 'r', wantedAt: 1, reason: because('step-join'), guestAt: 50, readyAt: 51 },
};
const guest: Guest = {
  ...{ uuid: 'u1', name: 'g1', domid: 1, state: 'running', memoryMiB: 3000, targetMiB: 1000, maxMemoryMiB: 4096, vcpus: 3, maxVcpus: 4, cpuSeconds: 1 },
  disks: ['o1'],
};
const look: HostSnapshot = {
  ...{ bootId: 'b1', cores: 8, memoryMiB: 16_384, freeMemoryMiB: 1, guests: [], overlays: [{ name: 'o1', bytes: 1 }], images: [], ops: [], capabilities: [] },
  ...{ storeFreeMiB: 1, storeHung: false },
};
const node: BatchSnapshot['nodes'][number] = { name: seat, states: ['free'], np: 2, properties: [], jobs: [], momJobs: [], note: '' };
const server = { name: 'srv', version: '4.2.10', scheduling: true, iterationMs: 1, autoNodeNp: false };
const snapshot = (wish: Partial<BatchSnapshot['nodes'][number]> = {}): BatchSnapshot => ({
  jobs: [],
  nodes: [{ ...node, ...wish }],
  queues: [],
  server,
  warnings: [],
});
const reading = <T>(value: T, more: Partial<Reading<T>> = {}): Reading<T> => ({ askedAt: 80, answeredAt: 81, revision: 1, value, ...more });

function world(host: Reading<HostSnapshot>, batch: Reading<BatchSnapshot>, changes: readonly Change[] = [{ table: 'machines', key: id, row }]): World {
  const inputs: Inputs = {
    ...{ policy, rows: withChanges(noRows(), changes), batch: new Map([['main', batch]]), hosts: new Map([['post01', host]]) },
    ...{ classify: () => ({ environment: 'grid' }), life: { id: 'l', startedAt: 0 }, fence: { deployment: 'rehearsal', journal: 'j', epoch: 1, life: 'l' } },
  };
  return join(undefined, inputs).world;
}
function view(host: Reading<HostSnapshot>, batch = reading(snapshot())): MachineView {
  const found = world(host, batch).machines.get(id);
  if (found === undefined) throw new Error('no machine');
  return found;
}

describe('what a reading may say of a machine', () => {
  it.each<readonly [string, Reading<HostSnapshot>, boolean, string]>([
    ['shows no guest', reading(look), true, 'lost'],
    ['is silent and showed no guest', reading(look, silent), false, 'ready'],
    ['is silent and showed the guest', reading({ ...look, guests: [guest] }, silent), false, 'ready'],
    ['was asked before the guest was made', reading(look, { askedAt: 50 }), false, 'ready'],
    ['shows a dead guest', reading({ ...look, guests: [{ ...guest, state: 'crashed' }] }), true, 'failed'],
  ])('host that %s', (_, host, hostHeard, phase) => {
    expect(view(host)).toMatchObject({ hostHeard, phase });
  });

  it.each<readonly [string, Reading<HostSnapshot>, boolean | undefined]>([
    ['lists it', reading(look), true],
    ['does not list it', reading({ ...look, overlays: [] }), false],
    ['hangs', reading({ ...look, overlays: [], storeHung: true }), undefined],
    ['belongs to a silent host', reading({ ...look, overlays: [] }, silent), undefined],
  ])('a store that %s', (_, host, overlaySeen) => {
    expect(view(host).overlaySeen).toBe(overlaySeen);
  });

  it('slots of a node that is not heard are nobody’s', () => {
    const host = reading({ ...look, guests: [guest] });
    expect(view(host).slotsFree).toBe(2);
    expect(view(host, reading(snapshot(), silent)).slotsFree).toBe(0);
  });
});

describe('the room left on a host', () => {
  const free = (change: Partial<Machine>, seen = guest): unknown =>
    world(reading({ ...look, guests: [seen] }), reading(snapshot()), [{ table: 'machines', key: id, row: { ...row, ...change } }]).hosts.get('post01')?.free;

  it.each<readonly [string, Partial<Machine>, Partial<Guest>, readonly [number, number]]>([
    ['what the guest has, where that is most', {}, {}, [3, 3000]],
    ['what it was told to have, where that is most', {}, { memoryMiB: 1, targetMiB: 3500 }, [3, 3500]],
    ['what it shall have, where that is most', { goal: { kind: 'serve', size: { cores: 4, memoryMiB: 4096 } } }, {}, [4, 4096]],
    ['what its row says it had, where that is most', { size: { cores: 4, memoryMiB: 4000 } }, {}, [4, 4000]],
    ['nothing, once the guest is proved gone', { guestGoneAt: 70 }, { uuid: 'other', vcpus: 1, memoryMiB: 0, targetMiB: 0 }, [1, 0]],
  ])('is less by %s, and by the overhead', (_, change, seen, [cores, memoryMiB]) => {
    const overheadMiB = policy.guestOverheadMiB;
    expect(free(change, { ...guest, ...seen })).toEqual({ cores: 4 - cores, memoryMiB: 8192 - 512 - memoryMiB - overheadMiB });
  });
});

describe('who may use a host', () => {
  const holder = { deployment: 'rehearsal', journal: 'j', epoch: 1, life: 'l' };
  const cordon: Change = { table: 'cordons', key: 'post01', row: { host: 'post01', by: 'bob', why: 'x', at: 1, drain: false } };
  it.each<readonly [string | undefined, string, Reading<HostSnapshot>]>([
    [undefined, 'its own', reading({ ...look, fence: holder })],
    ['host-fenced', 'another deployment’s', reading({ ...look, fence: { ...holder, deployment: 'other' } })],
    ['host-fenced', 'another journal’s', reading({ ...look, fence: { ...holder, journal: 'other' } })],
    ['host-fenced', 'a newer reign’s', reading({ ...look, fence: { ...holder, epoch: 2 } })],
    ['host-fenced', 'another life’s of the same reign', reading({ ...look, fence: { ...holder, life: 'other' } })],
    ['host-store-hung', 'one whose store hangs', reading({ ...look, storeHung: true })],
    ['host-silent', 'a silent one', reading(look, silent)],
  ])('is answered with %s for %s, cordoned or not', (code, _, host) => {
    expect(world(host, reading(snapshot())).hosts.get('post01')?.blocked?.code).toBe(code);
    expect(world(host, reading(snapshot()), [cordon]).hosts.get('post01')?.blocked?.code).toBe(code ?? 'host-cordoned');
  });
});

describe('who may sit on a seat', () => {
  const rowOf: Change = { table: 'withheld', key: seat, row: { node: seat, reason: because('step-join'), since: 1 } };
  const blocked = (batch: Reading<BatchSnapshot>, changes: readonly Change[] = [], host = reading(look)): string | undefined =>
    world(host, batch, changes).seats.get(seat)?.blocked?.code;
  const ghost = { ...guest, uuid: 'old', name: 'domus-rehearsal-grid-01-7' };

  it.each<readonly [string | undefined, string, string | undefined]>([
    [undefined, 'nobody: it is offline by us', blocked(reading(snapshot({ states: ['offline'], note: `${notePrefix}at rest` })))],
    ['wait-seat-person', 'a person, with a note', blocked(reading(snapshot({ states: ['offline'], note: 'broken' })))],
    ['wait-seat-person', 'a person, without a note', blocked(reading(snapshot({ states: ['offline'] })))],
    [undefined, 'nobody: our note was lost, our row stands', blocked(reading(snapshot({ states: ['offline'] })), [rowOf])],
    ['wait-seat-jobs', 'a job', blocked(reading(snapshot({ jobs: [{ id: '7.srv', slots: 1 }] })))],
    ['wait-unread', 'nobody knows whom: its server is silent', blocked(reading(snapshot(), silent))],
    ['wait-seat-stray', 'a guest of an earlier time', blocked(reading(snapshot()), [], reading({ ...look, guests: [ghost] }))],
    [
      undefined,
      'nobody: another’s guest has a like name',
      blocked(reading(snapshot()), [], reading({ ...look, guests: [{ ...ghost, name: 'domus-other-grid-01-7' }] })),
    ],
  ])('is %s where it is used by %s', (expected, _, code) => {
    expect(code).toBe(expected);
  });
});

describe('a stray', () => {
  const seen = (guests: readonly Guest[], overlays: readonly string[], changes?: readonly Change[]): readonly string[] =>
    world(reading({ ...look, guests, overlays: overlays.map((name) => ({ name, bytes: 1 })) }), reading(snapshot()), changes).strays.map(
      ({ key, ours }) => `${key} ${ours ? 'ours' : 'another’s'}`,
    );
  const old = 'domus-rehearsal-grid-01-7';
  const closed = (closedAt: number): Change => ({ table: 'generations', key: seat, row: { number: 7, closedAt } });

  it.each<readonly [string, readonly string[], readonly string[]]>([
    ['no guest and no disk that a row owns', seen([guest], ['o1']), []],
    ['a guest that nobody owns', seen([{ ...guest, uuid: 'x', name: 'mail' }], []), ['guest:post01/mail another’s']],
    ['a guest with our mark and no row', seen([{ ...guest, uuid: 'x', name: old }], []), [`guest:post01/${old} ours`]],
    ['a disk with our mark and no row, and no other disk', seen([], [old, 'mail']), [`overlay:post01/${old} ours`]],
    ['nothing of a machine closed after the look was asked', seen([], [old], [closed(80)]), []],
    ['what a machine left that was closed before', seen([], [old], [closed(79)]), [`overlay:post01/${old} ours`]],
    ['nothing that a person told us to forget', seen([], [old], [{ table: 'forgotten', key: `overlay:post01/${old}`, row: 'bob' }]), []],
  ])('is %s', (_, strays, expected) => {
    expect(strays).toEqual(expected);
  });
});
