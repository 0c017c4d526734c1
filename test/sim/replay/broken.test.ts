import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadBundle } from '../../../src/debug/bundle.js';
import { replayTick } from '../../../src/debug/replay.js';
import { breaks, type Planner } from '../../../src/debug/shrink.js';
import { because } from '../../../src/model/reason.js';
import type { LawName } from '../../../src/plan/laws.js';
import { plan } from '../../../src/plan/plan.js';
import { replayDomus } from '../../../src/sim/replay/domus.js';
import type { Run, TraceJob, Workload } from '../../../src/sim/replay/workload.js';

const minute = 60_000;
const startAt = Date.UTC(2026, 2, 2);
const site = { hosts: 3, cores: 4, memoryPerCoreMiB: 1024 };

/** Sixty jobs of three classes within two hours. */
function crowd(): Workload {
  const classes = ['grid', 'bio', 'phys'];
  const jobs = Array.from({ length: 60 }, (_, number): TraceJob => {
    const own = classes[number % 3] as string;
    const times = { submitAt: startAt + number * 2 * minute, runMs: (5 + (number % 7) * 10) * minute, walltimeMs: 120 * minute };
    return { number, id: `j${number}`, class: own, owner: `u${number % 4}`, slots: 1 + (number % 5 === 0 ? 2 : 0), ...times };
  });
  return { name: 'crowd', classes, jobs, dropped: {}, folded: 0, startAt, endAt: startAt + 120 * minute };
}

/** Drains the first machine with a job on it as if it were idle, once an hour of the trace is over. */
const drainsBusy: Planner = (world, policy, now) => {
  const made = plan(world, policy, now);
  const busy = now < startAt + 60 * minute ? undefined : [...world.machines.values()].find(({ jobs, row }) => jobs.length > 0 && row.goal.kind === 'serve');
  if (busy === undefined) return made;
  const reason = because('drain-idle', { idleMs: 1 });
  const row = { ...busy.row, goal: { kind: 'gone' as const, reason, since: now } };
  return {
    ...made,
    changes: [...made.changes.filter(({ key }) => key !== row.id), { table: 'machines', key: row.id, row }],
    decisions: [...made.decisions, { kind: 'drain', machine: row.id, reason }],
  };
};

/** Starts the same machine twice. */
const startsTwice: Planner = (world, policy, now) => {
  const made = plan(world, policy, now);
  const start = made.decisions.find(({ kind }) => kind === 'start');
  return start === undefined ? made : { ...made, decisions: [...made.decisions, start] };
};

/** Forgets to say why the second of several groups waits. */
const saysNothing: Planner = (world, policy, now) => {
  const made = plan(world, policy, now);
  const [, second] = world.groups;
  return { ...made, reasons: new Map([...made.reasons].filter(([subject]) => subject !== `group:${second?.key}`)) };
};

async function watched(planner: Planner | undefined): Promise<{ readonly run: Run; readonly files: readonly string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'domus-broken-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const own = planner === undefined ? {} : { planner };
  const run = await replayDomus(crowd(), site, { seed: 1, refill: 'immediate', cpuMs: () => 0, brokenFolder: folder, ...own });
  return { run, files: readdirSync(folder).map((name) => join(folder, name)) };
}

describe('A replay with a planner that breaks a law', () => {
  it.each<[string, LawName, Planner, { readonly groups: number; readonly machines: number; readonly hosts: number }]>([
    ['drains a busy machine', 'takes-only-idle', drainsBusy, { groups: 0, machines: 1, hosts: 1 }],
    ['starts a machine twice', 'seats-once', startsTwice, { groups: 1, machines: 0, hosts: 1 }],
    ['says nothing of a group', 'explained', saysNothing, { groups: 2, machines: 0, hosts: 0 }],
  ])('that %s ends there, and the tick is kept, with little in it', async (_, law, planner, most) => {
    const { run, files } = await watched(planner);
    expect(run.violations[0]).toContain(`${law}: `);
    expect(run.endAt).toBeLessThan(startAt + 80 * minute);
    const [file] = files;
    expect(files.length).toBe(1);
    expect(run.violations[1]).toContain(`domus debug replay ${file}`);
    const { record } = await loadBundle(file ?? '');
    const { present, differs, breaches } = replayTick(record);
    const { world } = present;
    expect(world.groups.length).toBeLessThanOrEqual(most.groups);
    expect(world.machines.size).toBeLessThanOrEqual(most.machines);
    expect(world.hosts.size).toBeLessThanOrEqual(most.hosts);
    expect(breaks(record.inputs, record.at, law, planner)).toBe(true); // as a test would ask again
    expect(breaches).toEqual([]); // the real planner breaks nothing there,
    expect(differs.length).toBeGreaterThan(0); // and comes out otherwise
  });

  it('the real one breaks none, and nothing is written', async () => {
    const { run, files } = await watched(undefined);
    expect(run.violations).toEqual([]);
    expect(run.jobsKilled).toBe(0);
    expect(files).toEqual([]);
  });
});
