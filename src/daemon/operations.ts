import type { ApiOptions } from '../api/api.js';
import { ApiError } from '../api/errors.js';
import { type Estimator, WeekDesk } from '../api/week.js';
import type { Clock } from '../clock.js';
import type { Config } from '../config/config.js';
import { recordOf, recordText } from '../debug/record.js';
import { execaShell } from '../drivers/execa-shell.js';
import type { HistoryReader } from '../history/contract.js';
import { Recorder } from '../history/recorder.js';
import { openHistoryStore } from '../history/store.js';
import type { Journal } from '../journal/contract.js';
import { tapped } from '../journal/tap.js';
import type { Log } from '../log.js';
import { createMetrics } from '../metrics/metrics.js';
import { MetricsObserver } from '../metrics/observer.js';
import { closePort, openMetricsPort } from '../metrics/port.js';
import type { Event } from '../model/event.js';
import type { Fence } from '../model/fence.js';
import type { NoticeSettings } from '../model/notice.js';
import type { Present } from '../model/present.js';
import type { Rows } from '../model/rows.js';
import { Herald } from '../notices/herald.js';
import { Outbox } from '../notices/outbox.js';
import { ServiceManager } from '../service/notify.js';

export interface OperationsOptions {
  readonly config: Config;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  /** Lets the jobs of a week run again; absent: nobody does. */
  readonly estimator?: Estimator;
}

/** Events in a bundle. */
const mostEvents = 1000;

/** Notices that were configured away. */
const nobody = { channels: {}, rules: [] };

/**
 * What watches the daemon's work without taking part in it: history, metrics, notices, and what the
 * service manager is told. Nothing is opened before `begin`, which a daemon calls once it leads: a second one must not touch the first one's history.
 */
export class Operations {
  /** The journal, with an ear on its commits. */
  readonly journal: Journal;
  readonly service: ServiceManager;
  readonly #options: OperationsOptions;
  readonly #observer: MetricsObserver;
  readonly #end = new AbortController();
  readonly #closing: (() => unknown)[] = [];
  #recorder: Recorder | undefined;
  #herald: Herald | undefined;
  /** Events from before there was a herald: the start itself. */
  #untold: Event[] | undefined = [];
  #present: Present | undefined;
  #fence: Fence | undefined;
  #tickedAt: number | undefined;

  constructor(options: OperationsOptions) {
    this.#options = options;
    this.#observer = new MetricsObserver(createMetrics(options.version));
    const { clock, log, config } = options;
    const patienceMs = (): number => Math.max(60_000, 4 * (this.#present?.policy ?? config.policy).intervals.tickMs);
    this.service = new ServiceManager({ env: process.env, shell: execaShell(clock), clock, log, tickedAt: () => this.#tickedAt, patienceMs });
    this.journal = tapped(options.journal, options.clock, (commit, tookMs) => {
      this.#observer.committed(commit, tookMs);
      this.#untold?.push(...commit.events);
      this.#herald?.committed(commit.events);
    });
  }

  /** Opens everything. A part that cannot be had is done without. */
  async begin(rows: Rows, fence: Fence): Promise<void> {
    const { config, log } = this.#options;
    this.#fence = fence;
    this.#observer.knows(rows);
    const watching = this.service.watch(this.#end.signal);
    this.#closing.push(() => watching);
    await this.#tried('a history', () => this.#openHistory());
    await this.#tried('notices', () => this.#openNotices(config.notices));
    this.#untold = undefined;
    const where = config.metrics;
    if (where === undefined) return;
    await this.#tried('a port for the metrics', async () => {
      const port = await openMetricsPort(where, () => this.#observer.page(), log);
      this.#closing.push(() => closePort(port));
    });
  }

  #openHistory(): void {
    const { config, clock, log } = this.#options;
    const { store, brokenAs } = openHistoryStore(config.stateDir, clock.wall());
    if (brokenAs !== undefined) log.error({ file: brokenAs }, 'the history could not be read: put it aside and began a new one');
    this.#recorder = new Recorder({ store, clock, log, started: (environment, waitMs) => this.#observer.started(environment, waitMs) });
    const story = this.#recorder.run(this.#end.signal);
    this.#closing.push(() => story.then(() => store.close()));
  }

  #openNotices(settings: NoticeSettings | undefined): void {
    const { config, clock, log } = this.#options;
    if (settings === undefined) return;
    const { metrics } = this.#observer;
    const outbox = Outbox.open(config.stateDir);
    const counted = (channel: string, outcome: string): void => metrics.notices.inc({ channel, outcome });
    const herald = new Herald({ outbox, deployment: config.policy.deployment, settings, shell: execaShell(clock), clock, log, counted });
    herald.committed(this.#untold ?? []);
    this.#herald = herald;
    const story = herald.run(this.#end.signal);
    this.#closing.push(() => story.then(() => outbox.close()));
  }

  /** A reloaded configuration. */
  async adopt({ notices }: Config): Promise<void> {
    if (this.#herald === undefined) await this.#tried('notices', () => this.#openNotices(notices));
    else this.#herald.adopt(notices ?? { ...nobody, settleMs: 60_000, newsMs: 300_000, repeatMs: 14_400_000, waitsLongMs: 43_200_000 });
  }

  /** None of the parts may keep the daemon from its work: one that cannot be had is done without, and the log says so. */
  async #tried(what: string, open: () => void | Promise<void>): Promise<void> {
    try {
      await open();
    } catch (thrown) {
      this.#options.log.error({ cause: thrown instanceof Error ? thrown.message : String(thrown) }, `goes on without ${what}`);
    }
  }

  /** Called with each Present; only remembers it. */
  follow(present: Present): void {
    this.#present = present;
    this.#recorder?.follow(present);
    this.#observer.follow(present);
    this.#herald?.follow(present);
  }

  ticked(tookMs: number): void {
    this.#tickedAt = this.#options.clock.mono();
    this.#observer.ticked(tookMs);
  }

  /** What of it the API serves. */
  /** What was recorded so far; undefined where none could be opened, or not yet. */
  get history(): HistoryReader | undefined {
    return this.#recorder?.reader;
  }

  served(): Pick<ApiOptions, 'history' | 'week' | 'beside'> {
    const beside: ApiOptions['beside'] = [
      { path: '/metrics', may: 'known', answer: () => this.#observer.page() },
      { path: '/debug/record', may: 'operator', answer: async () => ({ type: 'application/json', text: await this.#record() }) },
    ];
    if (this.#recorder === undefined) return { beside };
    const { clock, log, estimator } = this.#options;
    const history = this.#recorder.reader;
    return { beside, history, week: new WeekDesk({ history, clock, log, ...(estimator === undefined ? {} : { estimator }) }) };
  }

  /** The last tick with all that it took in, and the newest events: what `domus debug bundle` writes down. */
  async #record(): Promise<string> {
    if (this.#present === undefined || this.#fence === undefined) throw new ApiError('not-ready', 'the daemon has not finished its first look yet');
    const { journal, version } = this.#options;
    const events = await journal.history({ limit: mostEvents });
    return recordText(recordOf(this.#present, { fence: this.#fence, version, events }));
  }

  async close(): Promise<void> {
    this.#end.abort();
    for (const close of this.#closing) await close();
  }
}
