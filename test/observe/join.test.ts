import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Deed, Intent } from '../../src/model/action.js';
import type { BatchNode, BatchSnapshot } from '../../src/model/batch.js';
import type { Guest, HostSnapshot } from '../../src/model/host.js';
import type { Job } from '../../src/model/job.js';
import type { Machine } from '../../src/model/machine.js';
import type { Reading } from '../../src/model/reading.js';
import { because } from '../../src/model/reason.js';
import { type Change, noRows, withChanges } from '../../src/model/rows.js';
import { settleBatch, settleHost } from '../../src/observe/intake.js';
import { type Inputs, type Joined, join } from '../../src/observe/join.js';
import { begun } from '../../src/plan/begun.js';
import { Draft } from '../../src/plan/draft.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';

const policy = rehearsalPolicy({ environments: { grid: { seats: 3 }, theory: { seats: 2 } }, hosts: 2 });
const seats = [...Object.keys(policy.seats), 'static-01'];
const hosts = Object.keys(policy.hosts);
const bySeat = Object.keys(policy.seats);

const node = fc.record<BatchNode>({
  name: fc.constantFrom(...seats),
  states: fc.constantFrom(['free'], ['offline'], ['down', 'offline'], ['job-exclusive']),
  np: fc.integer({ min: 1, max: 4 }),
  properties: fc.constant([]),
  jobs: fc.constantFrom([], [{ id: '1.srv', slots: 1 }]),
  momJobs: fc.constantFrom([], ['2.srv']),
  note: fc.constantFrom('', 'domus: x', 'broken'),
});
const job = fc.record<Job>({
  ...{ source: fc.constant('main'), id: fc.constantFrom('1.srv', '2.srv', '3.srv', '4.srv'), name: fc.constant('j'), owner: fc.constantFrom('a', 'b') },
  ...{ queue: fc.constantFrom('grid', 'theory'), state: fc.constantFrom('queued', 'running', 'held', 'complete'), submittedAt: fc.integer({ min: 1, max: 9 }) },
  request: fc.record({ chunks: fc.constantFrom([], [{ count: 1, ppn: 2, properties: [] }]), unsupported: fc.constant([]) }),
  execHosts: fc.constantFrom([], [{ node: seats[0] ?? '', slots: 1 }]),
  ...{ dependent: fc.boolean(), holds: fc.constantFrom('', 'u'), rerunnable: fc.boolean() },
});
const server = { name: 'srv', version: '4.2.10', scheduling: true, iterationMs: 1, autoNodeNp: false };
const batch = fc
  .record({ jobs: fc.uniqueArray(job, { selector: (j) => j.id }), nodes: fc.uniqueArray(node, { selector: (n) => n.name }) })
  .map(({ jobs, nodes }): BatchSnapshot => ({ jobs, nodes, queues: [], server, warnings: [] }));

const uuid = (seat: string): string => `uuid-${seat}`;
const guest = fc.record<Guest>({
  uuid: fc.constantFrom(...bySeat.map(uuid), 'foreign'),
  name: fc.constantFrom('domus-rehearsal-grid-01-1', 'domus-rehearsal-grid-02-7', 'other'),
  domid: fc.constant(3),
  state: fc.constantFrom('running', 'crashed'),
  ...{
    memoryMiB: fc.constantFrom(1024, 2048),
    targetMiB: fc.constant(1024),
    maxMemoryMiB: fc.constant(4096),
    vcpus: fc.constantFrom(1, 2),
    maxVcpus: fc.constant(4),
  },
  ...{ cpuSeconds: fc.integer({ min: 0, max: 3 }), disks: fc.constant([]) },
});
const snapshot = fc.record<HostSnapshot>({
  ...{ bootId: fc.constantFrom('b1', 'b2'), cores: fc.constant(4), memoryMiB: fc.constant(8192), freeMemoryMiB: fc.constant(1) },
  guests: fc.uniqueArray(guest, { selector: (g) => g.uuid, maxLength: 3 }),
  overlays: fc.constantFrom([], [{ name: 'domus-rehearsal-grid-01-1', bytes: 1 }], [{ name: 'o-grid-01.example.org', bytes: 1 }]),
  ...{ images: fc.constant([]), ops: fc.constant([]), capabilities: fc.constant([]), storeFreeMiB: fc.constant(1), storeHung: fc.boolean() },
});

const machine = fc
  .record({
    seat: fc.constantFrom(...bySeat),
    host: fc.constantFrom(...hosts),
    guestAt: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }),
    leaving: fc.boolean(),
  })
  .map(({ seat, host, guestAt, leaving }): Machine => {
    const size = { cores: 1, memoryMiB: 1024 };
    const reason = because('drain-idle', { idleMs: 1 });
    return {
      ...{ id: `${seat}#1`, seat, generation: 1, environment: policy.seats[seat]?.environment ?? '', host, uuid: uuid(seat), guestName: `g-${seat}` },
      ...{ overlay: `o-${seat}`, image: { name: 'grid', version: '1' }, size, maxSize: size, configRevision: 'r', wantedAt: 1, reason },
      goal: leaving ? { kind: 'gone', reason, since: 1 } : { kind: 'serve', size },
      ...(guestAt === undefined ? {} : { guestAt, readyAt: guestAt }),
    };
  });
const intentOf = (id: string): Intent => {
  const deed: Deed = { verb: 'admit-node', source: 'main', node: id, machine: `${id}#1`, np: 1, reason: because('step-join') };
  return { id: `op-${id}`, deed, life: 'l', openedAt: 1, deadlineAt: 2 };
};
const change: fc.Arbitrary<Change> = fc.oneof(
  machine.map((row): Change => ({ table: 'machines', key: row.id, row })),
  fc.constantFrom(...bySeat).map((seat): Change => ({ table: 'machines', key: `${seat}#1`, row: null })),
  fc
    .tuple(fc.constantFrom(...bySeat), fc.boolean())
    .map(([seat, there]): Change => ({ table: 'intents', key: `op-${seat}`, row: there ? intentOf(seat) : null })),
  fc
    .constantFrom(...bySeat)
    .map((seat): Change => ({ table: 'withheld', key: seat, row: { node: seat, reason: because('step-join'), since: 1, confirmedAt: 2 } })),
  fc.constantFrom(...hosts).map((host): Change => ({ table: 'cordons', key: host, row: { host, by: 'bob', why: 'x', at: 1, drain: false } })),
);

/** What happens between two joins. */
type Step =
  | { readonly kind: 'batch'; readonly value: BatchSnapshot; readonly reloaded: boolean }
  | { readonly kind: 'host'; readonly host: string; readonly value: HostSnapshot }
  | { readonly kind: 'again'; readonly host: string }
  | { readonly kind: 'silent'; readonly what: string }
  | { readonly kind: 'rows'; readonly changes: readonly Change[] }
  | { readonly kind: 'classify' };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ value: batch, reloaded: fc.boolean() }).map((wish): Step => ({ kind: 'batch', ...wish })),
  fc.record({ host: fc.constantFrom(...hosts), value: snapshot }).map((wish): Step => ({ kind: 'host', ...wish })),
  fc.constantFrom(...hosts).map((host): Step => ({ kind: 'again', host })),
  fc.constantFrom('main', ...hosts).map((what): Step => ({ kind: 'silent', what })),
  fc.array(change, { maxLength: 3 }).map((changes): Step => ({ kind: 'rows', changes })),
  fc.constant<Step>({ kind: 'classify' }),
);

const fresh = (): Inputs['classify'] => (j) => ({ environment: j.queue });
const start: Inputs = {
  ...{ policy, rows: noRows(), batch: new Map(), hosts: new Map(), classify: fresh(), life: { id: 'l', startedAt: 0 } },
  fence: { deployment: 'rehearsal', journal: 'j', epoch: 1, life: 'l' },
};

const answered = <T>(before: Reading<T> | undefined, at: number, value: T): Reading<T> => ({
  askedAt: at,
  answeredAt: at,
  revision: (before?.revision ?? 0) + 1,
  value,
});
const hushed = <T>(map: ReadonlyMap<string, Reading<T>>, what: string, at: number): ReadonlyMap<string, Reading<T>> => {
  const before = map.get(what);
  return before === undefined ? map : new Map([...map, [what, { ...before, silentSince: at, cause: 'no answer' }]]);
};

function changed(inputs: Inputs, did: Step, at: number): Inputs {
  switch (did.kind) {
    case 'batch': {
      const before = inputs.batch.get('main');
      const read = { ...inputs, batch: new Map([['main', answered(before, at, settleBatch(before?.value, did.value))]]) };
      return did.reloaded ? { ...read, classify: fresh() } : read;
    }
    case 'host': {
      const before = inputs.hosts.get(did.host);
      return { ...inputs, hosts: new Map([...inputs.hosts, [did.host, answered(before, at, settleHost(before?.value, did.value))]]) };
    }
    case 'again': {
      const before = inputs.hosts.get(did.host);
      return before?.value === undefined ? inputs : { ...inputs, hosts: new Map([...inputs.hosts, [did.host, answered(before, at, before.value)]]) };
    }
    case 'silent':
      return { ...inputs, batch: hushed(inputs.batch, did.what, at), hosts: hushed(inputs.hosts, did.what, at) };
    case 'rows':
      return { ...inputs, rows: withChanges(inputs.rows, did.changes) };
    case 'classify':
      return { ...inputs, classify: fresh() };
  }
}

describe('joining again', () => {
  it('gives the same world as joining from scratch, whatever was read, fell silent, was written or reloaded in between', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
        let inputs = start;
        let joined: Joined | undefined;
        const all: Joined[] = [];
        for (const [at, did] of steps.entries()) {
          inputs = changed(inputs, did, 10 * (at + 1));
          joined = join(joined, inputs);
          all.push(joined);
        }
        // not in between: what a join takes over from the last one must not be made afresh by another
        for (const each of all) expect(each.world).toEqual(join(undefined, each.inputs).world);
      }),
      { numRuns: 600 },
    );
  });

  it('gives it after any one change of a world where every machine, node and host is known', () => {
    const nodes = seats.map((name): BatchNode => ({ name, states: ['free'], np: 1, properties: [], jobs: [], momJobs: [], note: '' }));
    fc.assert(
      fc.property(fc.tuple(...bySeat.map((seat) => machine.map((row) => ({ ...row, id: `${seat}#1`, seat })))), snapshot, step, (rows, seen, did) => {
        let inputs = changed(start, { kind: 'rows', changes: rows.map((row): Change => ({ table: 'machines', key: row.id, row })) }, 1);
        inputs = changed(inputs, { kind: 'batch', value: { jobs: [], nodes, queues: [], server, warnings: [] }, reloaded: false }, 60);
        for (const host of hosts) inputs = changed(inputs, { kind: 'host', host, value: seen }, 60);
        const again = changed(inputs, did, 70);
        expect(join(join(undefined, inputs), again).world).toEqual(join(undefined, again).world);
      }),
      { numRuns: 300 },
    );
  });

  it('sees that a job has left a node, although the configuration was reloaded meanwhile', () => {
    const [seat = '', host = ''] = [bySeat[0], hosts[0]];
    const [row] = fc.sample(machine, { numRuns: 1, seed: 1 });
    const runs: Job = {
      ...{ source: 'main', id: '1.srv', name: 'j', owner: 'a', queue: 'grid', state: 'running', submittedAt: 1, execHosts: [{ node: seat, slots: 1 }] },
      ...{ request: { chunks: [], unsupported: [] }, dependent: false, holds: '', rerunnable: true },
    };
    const nodes: readonly BatchNode[] = [{ name: seat, states: ['free'], np: 1, properties: [], jobs: [], momJobs: [], note: '' }];
    const said = (jobs: readonly Job[], reloaded: boolean): Step => ({ kind: 'batch', value: { jobs, nodes, queues: [], server, warnings: [] }, reloaded });
    let inputs = changed(
      start,
      { kind: 'rows', changes: [{ table: 'machines', key: `${seat}#1`, row: { ...(row as Machine), id: `${seat}#1`, seat, host } }] },
      1,
    );
    inputs = changed(inputs, said([runs], false), 10);
    const before = join(undefined, inputs);
    expect(before.world.machines.get(`${seat}#1`)?.jobs).toEqual(['1.srv']);
    inputs = changed(inputs, said([{ ...runs, id: '2.srv', execHosts: [{ node: bySeat[1] ?? '', slots: 1 }] }], true), 20);
    expect(join(before, inputs).world).toEqual(join(undefined, inputs).world);
  });

  it('keeps the very records of what did not change', () => {
    fc.assert(
      fc.property(batch, snapshot, fc.array(machine, { maxLength: 3 }), (said, seen, rows) => {
        const changes = rows.map((row): Change => ({ table: 'machines', key: row.id, row }));
        let inputs = changed(changed(start, { kind: 'rows', changes }, 1), { kind: 'batch', value: said, reloaded: false }, 60);
        inputs = changed(inputs, { kind: 'host', host: hosts[0] ?? '', value: seen }, 60);
        const before = join(undefined, inputs);
        const again = changed(
          changed(inputs, { kind: 'batch', value: structuredClone(said), reloaded: false }, 70),
          { kind: 'host', host: hosts[0] ?? '', value: structuredClone(seen) },
          70,
        );
        const world = join(before, again).world;
        expect(world.groups).toBe(before.world.groups);
        for (const [id, view] of world.machines) expect(view).toBe(before.world.machines.get(id));
      }),
    );
  });
});

describe('a machine that a plan begins', () => {
  it('is planned with as the next look shows it: the planner makes its view as the join does', () => {
    const begins = machine.map(({ guestAt: _, readyAt: __, ...row }): Machine => ({ ...row, wantedAt: 100, goal: { kind: 'serve', size: row.size } }));
    const before = fc.array(step, { maxLength: 8 });
    const noDeed = (seat: string): Change => ({ table: 'intents', key: `op-${seat}`, row: null });
    fc.assert(
      fc.property(before, begins, (steps, row) => {
        let inputs = start;
        for (const [at, did] of steps.entries()) inputs = changed(inputs, did, 10 * (at + 1));
        inputs = changed(inputs, { kind: 'rows', changes: [{ table: 'machines', key: row.id, row: null }, noDeed(row.seat)] }, 95);
        const { world } = join(undefined, inputs);
        const draft = new Draft(inputs.rows);
        draft.put({ table: 'machines', key: row.id, row });
        const next = join(undefined, changed(inputs, { kind: 'rows', changes: [{ table: 'machines', key: row.id, row }] }, 100)).world.machines.get(row.id);
        const [made] = begun({ world, policy, now: 100 }, draft);
        const isPlain = next?.guest === undefined && (next?.node?.jobs.length ?? 0) === 0 && (next?.node?.momJobs.length ?? 0) === 0;
        expect(made !== undefined).toBe(isPlain);
        // what only a job's own exec_host says is not looked through for it
        if (made !== undefined) expect(made).toEqual({ ...next, jobs: [] });
      }),
      { numRuns: 500 },
    );
  });
});
