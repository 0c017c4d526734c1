import { asFailure, Failure } from '../../src/drivers/failure.js';
import type { Scheduler } from '../../src/drivers/scheduler.js';
import type { Finished, Shell } from '../../src/drivers/shell.js';
import type { Log } from '../../src/log.js';
import type { SchedulerHold, SchedulerSnapshot } from '../../src/model/scheduler.js';
import { explainJob, listQueue, listSettings, type Place, raisePriority, releaseHold } from './commands.js';
import { parseQueue, parseReason, parseSettings, parseSpan, type Settings } from './parse.js';
import { refusal } from './refusals.js';

/** What the driver needs. */
export interface Site {
  /** Name of the batch server in domus.yaml. */
  readonly name: string;
  readonly place: Place;
  readonly shell: Shell;
  readonly log: Log;
  /** So many held jobs are asked for their reason at each reading: one command each. */
  readonly reasonsAtOnce: number;
  readonly maxBytes: number;
}

/** Maui by its own commands, which run on this machine. */
export class Maui implements Scheduler {
  readonly #site: Site;
  /** Reasons already asked for: a job is asked once for each time that it is held. */
  #known = new Map<string, SchedulerHold>();

  constructor(site: Site) {
    this.#site = site;
  }

  async read(signal: AbortSignal): Promise<SchedulerSnapshot> {
    const { place } = this.#site;
    const queue = parseQueue(await this.#ask(listQueue(place), signal));
    const settings = await this.settings(signal);
    const held = await this.#explained(queue.blocked, signal);
    const deferMs = parseSpan(settings.DEFERTIME);
    return { order: queue.idle, held, settings, ...(deferMs === undefined ? {} : { deferMs }) };
  }

  async settings(signal: AbortSignal): Promise<Settings> {
    return parseSettings(await this.#ask(listSettings(this.#site.place), signal));
  }

  /** The answer must say that something was lifted: a refusal may come with exit 0. */
  async release(job: string, signal: AbortSignal): Promise<void> {
    const { exit, stdout, stderr } = await this.#run(releaseHold(this.#site.place, job), signal);
    const said = `${stdout.toString('utf8')} ${stderr}`;
    if (exit === 0 && /holds? (?:adjusted|modified|released)/i.test(said)) return;
    throw refusal(`scheduler of ${this.#site.name}: releasehold`, exit, said);
  }

  /** Until the job ends. A job that was raised already stays so. */
  async prefer(job: string, signal: AbortSignal): Promise<void> {
    const { exit, stdout, stderr } = await this.#run(raisePriority(this.#site.place, job), signal);
    const said = `${stdout.toString('utf8')} ${stderr}`;
    if (exit === 0 && /priority (?:adjusted|set|modified)/i.test(said)) return;
    const failure = refusal(`scheduler of ${this.#site.name}: setspri`, exit, said);
    if (failure.kind !== 'exists') throw failure;
  }

  async close(): Promise<void> {
    // nothing is kept open between two commands
  }

  async #explained(blocked: ReadonlyMap<string, SchedulerHold['state']>, signal: AbortSignal): Promise<ReadonlyMap<string, SchedulerHold>> {
    const held = new Map<string, SchedulerHold>();
    let asked = 0;
    for (const [name, state] of blocked) {
      const before = this.#known.get(name);
      if (before?.state === state) held.set(name, before);
      else if (state === 'blocked' || asked >= this.#site.reasonsAtOnce) held.set(name, { state });
      else {
        asked += 1;
        held.set(name, await this.#reason(name, state, signal));
      }
    }
    this.#known = new Map([...held].filter(([name, hold]) => hold.why !== undefined || this.#known.get(name) === hold));
    return held;
  }

  /** A job without a reason is held all the same: it is asked again at the next reading. */
  async #reason(name: string, state: SchedulerHold['state'], signal: AbortSignal): Promise<SchedulerHold> {
    try {
      const why = parseReason(await this.#ask(explainJob(this.#site.place, name), signal), name);
      return why === undefined ? { state } : { state, why };
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const failure = asFailure(thrown, 'checkjob');
      this.#site.log.debug({ job: name, kind: failure.kind, cause: failure.message }, 'the scheduler does not say why it holds a job');
      return { state };
    }
  }

  async #ask(argv: readonly string[], signal: AbortSignal): Promise<string> {
    const { exit, stdout, stderr } = await this.#run(argv, signal);
    if (exit !== 0) throw refusal(`scheduler of ${this.#site.name}: ${argv.join(' ')}`, exit, `${stderr} ${stdout.toString('utf8')}`);
    if (stdout.length === 0) throw new Failure('garbled', `scheduler of ${this.#site.name}: ${argv.join(' ')} said nothing`);
    return stdout.toString('utf8');
  }

  #run(argv: readonly string[], signal: AbortSignal): Promise<Finished> {
    return this.#site.shell.run(argv, { signal, maxBytes: this.#site.maxBytes });
  }
}
