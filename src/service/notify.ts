import type { Clock } from '../clock.js';
import { within } from '../deadline.js';
import type { Shell } from '../drivers/shell.js';
import type { Log } from '../log.js';

export interface ServiceOptions {
  /** `NOTIFY_SOCKET` and `WATCHDOG_USEC` are read from here. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly shell: Shell;
  readonly clock: Clock;
  readonly log: Log;
  /** When the last tick ended, on the monotonic clock; undefined before the first. */
  readonly tickedAt: () => number | undefined;
  /** A loop that has not ticked for this long hangs: the watchdog is not fed any more, ms. */
  readonly patienceMs: () => number;
}

const limitMs = 10_000;

/** Half of what systemd waits (`WATCHDOG_USEC`), ms; undefined where there is no watchdog. */
export function watchdogEveryMs(env: ServiceOptions['env']): number | undefined {
  const usec = Number(env['WATCHDOG_USEC'] ?? Number.NaN);
  return Number.isFinite(usec) && usec > 0 ? Math.max(100, usec / 2000) : undefined;
}

/**
 * Tells systemd how the daemon is: ready, reloading, stopping, and alive as long as the loop ticks. Node has no datagram
 * socket to the service manager, so `systemd-notify` is called; where there is no service manager nothing is done.
 */
export class ServiceManager {
  readonly #options: ServiceOptions;
  #failed = false;

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  get asked(): boolean {
    return (this.#options.env['NOTIFY_SOCKET'] ?? '') !== '';
  }

  ready(status: string): Promise<void> {
    return this.#tell('READY=1', `STATUS=${status}`);
  }
  reloading(): Promise<void> {
    return this.#tell('RELOADING=1', 'STATUS=reads its configuration');
  }
  stopping(): Promise<void> {
    return this.#tell('STOPPING=1', 'STATUS=stops: guests and jobs go on');
  }

  /** Feeds the watchdog until the signal is aborted, as long as the loop ticks. */
  async watch(signal: AbortSignal): Promise<void> {
    const { env, clock, log, tickedAt, patienceMs } = this.#options;
    const everyMs = watchdogEveryMs(env);
    if (!this.asked || everyMs === undefined) return;
    const since = clock.mono();
    while (!signal.aborted) {
      const quietMs = clock.mono() - (tickedAt() ?? since);
      if (quietMs <= patienceMs()) await this.#tell('WATCHDOG=1');
      else log.error({ quietMs: Math.round(quietMs) }, 'the loop has not ticked: the watchdog is not fed');
      await clock.sleep(everyMs, signal);
    }
  }

  async #tell(...words: readonly string[]): Promise<void> {
    if (!this.asked) return;
    const { shell, clock, log } = this.#options;
    try {
      const { exit, stderr } = await within(clock, limitMs, 'systemd-notify', undefined, (signal) => shell.run(['systemd-notify', ...words], { signal }));
      if (exit !== 0) throw new Error(`exit ${exit}: ${stderr.trim()}`);
      this.#failed = false;
    } catch (thrown) {
      if (!this.#failed) log.error({ cause: thrown instanceof Error ? thrown.message : String(thrown) }, 'could not tell the service manager');
      this.#failed = true;
    }
  }
}
