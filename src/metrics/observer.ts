import { countJobs, type JobCounts, measure } from '../history/measure.js';
import type { Commit } from '../journal/contract.js';
import type { Event } from '../model/event.js';
import type { Machine } from '../model/machine.js';
import type { Policy } from '../model/policy.js';
import type { Present } from '../model/present.js';
import type { Rows } from '../model/rows.js';
import { forgetEnvironment, setGauges } from './gauges.js';
import type { Metrics } from './metrics.js';
import { jobOf, phasesLeft } from './progress.js';

/** Feeds the metrics from what the daemon publishes and commits. Everything dear happens at a scrape. */
export class MetricsObserver {
  readonly metrics: Metrics;
  readonly #machines = new Map<string, Machine>();
  readonly #answeredAt = new Map<string, number>();
  #environments: ReadonlySet<string> = new Set();
  #policy: Policy | undefined;
  #present: Present | undefined;
  #counts: JobCounts | undefined;

  constructor(metrics: Metrics) {
    this.metrics = metrics;
  }

  /** What the journal held when the life began: no phase is told a second time. */
  knows(rows: Rows): void {
    for (const [id, row] of rows.machines) this.#machines.set(id, row);
  }

  follow(present: Present): void {
    this.#present = present;
    const { world } = present;
    this.#forget(present);
    for (const { name, reading, scheduler } of world.sources.values()) {
      this.#answered('batch', name, reading);
      if (scheduler !== undefined) this.#answered('scheduler', name, scheduler);
    }
    for (const { spec, reading } of world.hosts.values()) this.#answered('host', spec.name, reading);
  }

  /** Environments that are gone from the configuration, with their last machine: what was counted of them is told no more. */
  #forget({ policy, world }: Present): void {
    if (this.#policy === policy) return;
    const gone = [...this.#environments].filter(
      (name) => policy.environments[name] === undefined && ![...world.machines.values()].some(({ row }) => row.environment === name),
    );
    for (const name of gone) forgetEnvironment(this.metrics, name);
    const left = [...this.#environments].filter((name) => !gone.includes(name));
    this.#environments = new Set([...left, ...Object.keys(policy.environments)]);
    // while machines of one that is gone still leave, it is looked at again
    this.#policy = [...this.#environments].every((name) => policy.environments[name] !== undefined) ? policy : undefined;
  }

  ticked(tookMs: number): void {
    this.metrics.tick.observe(tookMs / 1000);
  }

  started(environment: string, waitMs: number): void {
    this.metrics.jobWait.observe({ environment }, waitMs / 1000);
  }

  committed({ changes, events, durable }: Commit, tookMs: number): void {
    this.metrics.commits.observe({ durable: String(durable) }, tookMs / 1000);
    for (const { table, key, row } of changes) {
      if (table !== 'machines') continue;
      if (row === null) this.#machines.delete(key);
      else this.#moved(row);
    }
    for (const event of events) this.#deed(event);
  }

  /** The page of /metrics. */
  async page(): Promise<{ readonly type: string; readonly text: string }> {
    const present = this.#present;
    if (present !== undefined) {
      this.#counts = countJobs(present.world, this.#counts);
      setGauges(this.metrics, present, measure(present, this.#counts));
    }
    const { registry } = this.metrics;
    return { type: registry.contentType, text: await registry.metrics() };
  }

  #answered(kind: 'batch' | 'scheduler' | 'host', name: string, { askedAt, answeredAt }: { readonly askedAt: number; readonly answeredAt: number }): void {
    const key = `${kind}:${name}`;
    if (answeredAt === 0 || this.#answeredAt.get(key) === answeredAt) return;
    this.#answeredAt.set(key, answeredAt);
    if (askedAt > 0) this.metrics.polls.observe({ kind }, Math.max(0, answeredAt - askedAt) / 1000);
  }

  #moved(row: Machine): void {
    const before = this.#machines.get(row.id);
    this.#machines.set(row.id, row);
    for (const { environment, phase, ms } of phasesLeft(before, row)) {
      this.metrics.phases.observe({ environment, phase }, ms / 1000);
      if (phase === 'joining') this.#ready(row);
    }
  }

  /** A machine started for a job that still is there when it goes online. */
  #ready(row: Machine): void {
    const key = jobOf(row);
    const job = key === undefined ? undefined : this.#present?.world.jobs.get(key);
    if (job === undefined || row.admittedAt === undefined) return;
    this.metrics.machineWait.observe({ environment: row.environment }, Math.max(0, row.admittedAt - (job.eligibleAt ?? job.submittedAt)) / 1000);
  }

  #deed({ kind, reason: { code, args } }: Event): void {
    if (kind !== 'deed') return;
    const verb = String(args['verb'] ?? args['what'] ?? '');
    if (code === 'deed-done') {
      this.metrics.deeds.inc({ verb, outcome: 'done' });
      this.metrics.deedSeconds.observe({ verb }, Number(args['tookMs'] ?? 0) / 1000);
    } else if (code === 'deed-failed') this.metrics.deeds.inc({ verb, outcome: String(args['kind']) });
    else if (code === 'denied') this.metrics.deeds.inc({ verb, outcome: 'denied' });
  }
}
