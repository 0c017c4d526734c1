import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/metrics/metrics.js';
import { MetricsObserver } from '../../src/metrics/observer.js';
import { phasesLeft } from '../../src/metrics/progress.js';
import { because } from '../../src/model/reason.js';
import type { Change } from '../../src/model/rows.js';
import { busyDay, scene } from '../api/scene.js';
import { givenAt, givenEnvironment, givenHost, givenJob, givenPresent } from '../given-present.js';

const repository = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const observer = (): MetricsObserver => new MetricsObserver(createMetrics('1.2.3'));
/** Value of one sample, by its line's beginning. */
const sample = (text: string, name: string): number | undefined => {
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
};

describe('the metrics of a present', () => {
  it('tell demand, supply, sources, hosts and power', async () => {
    const it = observer();
    it.follow(busyDay());
    const { text } = await it.page();
    const values = Object.fromEntries(
      [
        'domus_jobs_waiting{environment="grid"}',
        'domus_jobs_running{environment="grid"}',
        'domus_jobs_waiting{environment="(unserved)"}',
        'domus_machines{environment="grid",phase="busy"}',
        'domus_machines{environment="grid",phase="booting"}',
        'domus_machine_slots{environment="grid"}',
        'domus_machine_slots_busy{environment="grid"}',
        'domus_hosts{pool="lab",state="unknown"}',
        'domus_hosts{pool="lab",state="on"}',
        'domus_source_up{kind="batch",source="torque"}',
        'domus_strays{kind="guest"}',
        'domus_proposals_open',
        'domus_mode_info{mode="act"}',
        'domus_build_info{version="1.2.3"}',
      ].map((name) => [name, sample(text, name)]),
    );
    expect(values).toMatchInlineSnapshot(`
      {
        "domus_build_info{version="1.2.3"}": 1,
        "domus_hosts{pool="lab",state="on"}": 2,
        "domus_hosts{pool="lab",state="unknown"}": 1,
        "domus_jobs_running{environment="grid"}": 1,
        "domus_jobs_waiting{environment="(unserved)"}": 1,
        "domus_jobs_waiting{environment="grid"}": 1,
        "domus_machine_slots_busy{environment="grid"}": 1,
        "domus_machine_slots{environment="grid"}": 2,
        "domus_machines{environment="grid",phase="booting"}": 1,
        "domus_machines{environment="grid",phase="busy"}": 1,
        "domus_mode_info{mode="act"}": 1,
        "domus_proposals_open": 1,
        "domus_source_up{kind="batch",source="torque"}": 1,
        "domus_strays{kind="guest"}": 1,
      }
    `);
    expect(sample(text, 'domus_power_watts{pool="lab"}')).toBeCloseTo(2 * 95 + 95.7 / 8, 6);
  });

  it('are absent where nothing is known: no old number, and no zero', async () => {
    const it = observer();
    it.follow(busyDay());
    await it.page();
    it.follow(givenPresent({ environments: [givenEnvironment('grid')], hosts: [givenHost('post11')], silentBatch: 'no route', silentHosts: { post11: 'x' } }));
    const { text } = await it.page();
    for (const name of ['domus_jobs_waiting', 'domus_jobs_running', 'domus_power_watts']) expect(text).not.toMatch(new RegExp(`^${name}\\{`, 'm'));
    expect(sample(text, 'domus_source_up{kind="batch",source="torque"}')).toBe(0);
    expect(text).not.toContain('environment="bio"');
  });

  it('know of open breakers only while they are open', async () => {
    const breaker = (subject: string, openUntil: number): Change => ({
      table: 'breakers',
      key: subject,
      row: { subject, failures: 3, lastAt: givenAt, openUntil, why: 'boot' },
    });
    const it = observer();
    it.follow(givenPresent({ changes: [breaker('environment:grid', givenAt + 1), breaker('host:post11', givenAt - 1), breaker('node:x', givenAt + 9)] }));
    const { text } = await it.page();
    expect(['environment', 'host', 'other'].map((kind) => sample(text, `domus_breakers_open{kind="${kind}"}`))).toEqual([1, 0, 1]);
    expect(sample(text, 'domus_environment_breaker_open{environment="grid"}')).toBe(1);
  });

  it('are served behind both doors of the API', async () => {
    const it = observer();
    it.follow(busyDay());
    for (const door of ['status', 'control'] as const) {
      const { api } = await scene(door, { beside: [{ path: '/metrics', may: 'known', answer: () => it.page() }] });
      const answer = await api.inject('/metrics');
      expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    }
  });
});

describe('what the journal is told', () => {
  const row = busyDay().world.rows.machines.get('grid-02.example.org#4')!;
  const steps = { overlayAt: givenAt - 100_000, guestAt: givenAt - 90_000, readyAt: givenAt - 30_000 };

  it('gives the duration of each phase, once, when it is over', () => {
    const ready = { ...row, ...steps };
    expect(phasesLeft(row, { ...row, overlayAt: steps.overlayAt })).toEqual([{ environment: 'grid', phase: 'wanted', ms: 20_000 }]);
    expect(phasesLeft(ready, ready)).toEqual([]);
    expect(phasesLeft(ready, { ...ready, admittedAt: givenAt })).toEqual([{ environment: 'grid', phase: 'joining', ms: 30_000 }]);
    const leaves = { ...ready, goal: { kind: 'gone' as const, reason: because('drain-idle'), since: givenAt } };
    expect(phasesLeft(leaves, { ...leaves, shutdownAt: givenAt + 5000 })).toEqual([{ environment: 'grid', phase: 'draining', ms: 5000 }]);
    const stops = { ...leaves, shutdownAt: givenAt + 5000 };
    expect(phasesLeft(stops, { ...stops, overlayGoneAt: givenAt + 9000 })).toEqual([{ environment: 'grid', phase: 'stopping', ms: 4000 }]);
  });

  it('measures from the job that queued to its machine online, and the outcome of every deed', async () => {
    const it = observer();
    it.knows(busyDay().world.rows);
    it.follow(givenPresent({ jobs: [givenJob('12.srv')] }));
    const change: Change = { table: 'machines', key: row.id, row: { ...row, ...steps, admittedAt: givenAt } };
    const deed = (code: 'deed-done' | 'deed-failed', args: Record<string, string | number>) => ({
      ...{ at: givenAt, subject: 'machine:x', kind: 'deed' as const, reason: because(code, args) },
    });
    const events = [deed('deed-done', { verb: 'create-guest', tookMs: 2500 }), deed('deed-failed', { verb: 'create-guest', kind: 'full', why: 'x' })];
    it.committed({ changes: [change], events, durable: true }, 3);
    const { text } = await it.page();
    expect(sample(text, 'domus_job_queued_to_machine_ready_seconds_sum{environment="grid"}')).toBe(600);
    expect(sample(text, 'domus_machine_phase_duration_seconds_sum{environment="grid",phase="booting"}')).toBe(60);
    expect(sample(text, 'domus_deeds_total{verb="create-guest",outcome="done"}')).toBe(1);
    expect(sample(text, 'domus_deeds_total{verb="create-guest",outcome="full"}')).toBe(1);
    expect(sample(text, 'domus_journal_commit_duration_seconds_count{durable="true"}')).toBe(1);
  });
});

describe('docs/metrics.md', () => {
  it('has every metric with its type and labels, and no other', async () => {
    const { registry } = createMetrics('1');
    const known = registry
      .getMetricsAsArray()
      .filter(({ name }) => name.startsWith('domus_'))
      .map((metric) => {
        const { name, labelNames } = metric as unknown as { name: string; labelNames: readonly string[] };
        return `${name} ${metric.constructor.name.toLowerCase()} ${labelNames.join(', ')}`.trim();
      });
    const rows = repository('docs/metrics.md')
      .split('\n')
      .filter((line) => line.startsWith('| `domus_'))
      .map((line) => {
        const [, name = '', type = '', labels = ''] = line.split('|').map((cell) => cell.replaceAll('`', '').trim());
        return `${name} ${type} ${labels}`.trim();
      });
    expect(rows.sort()).toEqual(known.sort());
  });

  it.each(['docs/prometheus/domus-alerts.yml', 'docs/grafana/domus.json'])('%s asks only for metrics that there are', async (file) => {
    const { text } = await observer().page();
    const { registry } = createMetrics('1');
    const names = registry.getMetricsAsArray().map(({ name }) => name);
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
    for (const [word] of repository(file).matchAll(/\b(domus|process|nodejs)_[a-z0-9_]+\b/g))
      expect(names, word).toContain(word.replace(/_(bucket|sum|count)$/, ''));
  });
});

describe('an environment that is gone from the configuration', () => {
  it('is told no more when its last machine has left', async () => {
    const watched = observer();
    const withBio = busyDay();
    watched.follow(withBio);
    watched.started('bio', 5000);
    watched.started('grid', 5000);
    const { bio: _, ...environments } = withBio.policy.environments;
    const without = { ...withBio, policy: { ...withBio.policy, environments } };
    expect((await watched.page()).text).toContain('domus_job_wait_seconds_count{environment="bio"} 1');
    watched.follow(without);
    const { text } = await watched.page();
    expect(text).not.toMatch(/domus_(job_wait|machine_phase)[^\n]*environment="bio"/);
    expect(text).toContain('domus_job_wait_seconds_count{environment="grid"} 1');
  });
});
