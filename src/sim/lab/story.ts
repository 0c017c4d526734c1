import type { Clock } from '../../clock.js';
import type { BatchTrouble } from '../batch/trouble.js';
import type { Fate } from '../hosts/guest.js';
import { Random } from '../random.js';
import { type Ailment, ailments } from '../trouble.js';
import type { Daemon } from './daemon.js';
import type { LabTrouble } from './options.js';
import type { Screen } from './screen.js';
import { environments } from './site.js';
import { isClean, remainsOf } from './summary.js';
import { Desk, handful, mixedWorkload } from './workload.js';
import type { LabWorld } from './world.js';

export interface StoryOptions {
  readonly world: LabWorld;
  readonly daemon: Daemon;
  readonly screen: Screen;
  readonly clock: Clock;
  readonly pace: number;
  readonly seed: number;
  readonly kills: number;
  readonly stop: AbortSignal;
}

const lookMs = 500;

/** What happens in the lab: jobs come, the daemon is killed, parts fall ill, and at the end the book is closed. */
export class Story {
  readonly #options: StoryOptions;
  readonly #desk: Desk;
  readonly #random: Random;
  readonly #under: Promise<void>[] = [];
  #stepsLeft = 0;
  #killsLeft = 0;
  /** `domus why` said of every job that nobody serves why it waits. */
  explained = false;
  unserved = 0;

  constructor(options: StoryOptions) {
    this.#options = options;
    this.#desk = new Desk(options.world.core);
    this.#random = new Random(options.seed + 1);
  }

  /** Jobs are handed in as the workload says. */
  begin(): void {
    const { screen, pace, stop, clock } = this.#options;
    const steps = mixedWorkload();
    this.#stepsLeft = steps.length;
    for (const step of steps) {
      this.#go(
        clock.sleep(step.afterMs / pace, stop).then(() => {
          if (stop.aborted) return;
          step.act(this.#desk);
          screen.say(`handed in: ${step.what}`);
          this.#stepsLeft -= 1;
        }),
      );
    }
    this.#killsLeft = this.#options.kills;
    if (this.#killsLeft > 0) this.#go(this.#kill());
  }

  /** Ills, as told. */
  afflict(trouble: LabTrouble): void {
    const { clock, stop } = this.#options;
    this.#go(
      clock.sleep(trouble.afterMs, stop).then(async () => {
        if (stop.aborted) return;
        const relieve = this.#befall(trouble);
        if (!Number.isFinite(trouble.forMs)) return;
        await clock.sleep(trouble.forMs, stop);
        relieve();
      }),
    );
  }

  #befall({ part, ailment, forMs }: LabTrouble): () => void {
    const { world, screen } = this.#options;
    screen.say(`trouble: ${part} is ${ailment}${Number.isFinite(forMs) ? ` for ${forMs / 1000} s` : ''}`);
    const relieve = part === 'batch' ? troubleBatch(world.core.trouble, ailment) : troubleHost(world, part, ailment, forMs);
    return () => {
      relieve();
      screen.say(`trouble: ${part} is well again`);
    };
  }

  async #kill(): Promise<void> {
    const { clock, daemon, screen, stop, world } = this.#options;
    while (this.#killsLeft > 0 && !stop.aborted) {
      await clock.sleep(this.#random.between(300, 3_500), stop);
      if (stop.aborted) return;
      // Sometimes a pause, so that kills meet machines that drain and stop as well.
      const idle = this.#stepsLeft === 0 && world.core.facts().unfinished <= this.#desk.unserved.length;
      if (idle && this.#random.next() < 0.5) handful(this.#desk, (names) => this.#random.pick(names), environments);
      await daemon.kill(this.#random.between(20, 300));
      this.#killsLeft -= 1;
      screen.say(`the daemon was killed, ${this.#killsLeft} time(s) to go`);
    }
  }

  /** Until nothing is left to do; false when stopped before. */
  async ended(): Promise<boolean> {
    const { clock, stop, world, screen } = this.#options;
    const { folder, centre, core } = world;
    let drawnAt = 0;
    while (!stop.aborted) {
      const told = this.#stepsLeft === 0 && this.#killsLeft === 0;
      if (told && !this.explained && core.facts().unfinished <= this.#desk.unserved.length) await this.#explain();
      if (told && this.explained && core.facts().unfinished === 0 && isClean(remainsOf(centre, folder, environments))) return true;
      if (clock.mono() - drawnAt > 2_000) {
        drawnAt = clock.mono();
        screen.draw(world);
      }
      await clock.sleep(lookMs, stop);
    }
    return false;
  }

  /** What the daemon says of the jobs that nobody serves; then they are taken away. */
  async #explain(): Promise<void> {
    const { daemon, screen } = this.#options;
    for (const id of this.#desk.unserved) {
      const { exit, stdout, stderr } = await daemon.say('why', id);
      if (exit !== 0 || stdout.trim() === '') {
        screen.say(`domus why ${id} does not answer yet: ${stderr.trim().split('\n')[0] ?? ''}`);
        return;
      }
      screen.note(`$ domus why ${id}\n${stdout.trimEnd()}`);
    }
    for (const id of this.#desk.unserved) this.#desk.asRoot('qdel', id);
    this.unserved = this.#desk.unserved.length;
    this.explained = true;
  }

  /** Nothing of it goes on afterwards. Raises what went wrong underway. */
  async close(): Promise<void> {
    await Promise.all(this.#under);
  }

  #go(work: Promise<void>): void {
    work.catch((error: unknown) => this.#options.screen.say(`the lab itself: ${error instanceof Error ? error.message : String(error)}`));
    this.#under.push(work);
  }
}

/** The returned function takes it back. */
function troubleBatch(trouble: BatchTrouble, ailment: LabTrouble['ailment']): () => void {
  const before = { ...trouble };
  if (ailment === 'silent') trouble.hang = true;
  else if (ailment === 'slow') trouble.slowMs = 3_000;
  else if (ailment === 'garbled') trouble.garble = true;
  else if (ailment === 'late') trouble.lateMs = 20_000;
  else if (ailment === 'lie') trouble.lie = 'done-but-failed';
  else if (ailment === 'pretend') trouble.lie = 'offline-ignored';
  else trouble.refuse = true;
  return () => void Object.assign(trouble, before);
}

const nothing = (): void => undefined;
const fates: Readonly<Partial<Record<LabTrouble['ailment'], Fate>>> = {
  'never-boots': { kind: 'never-boots' },
  crashes: { kind: 'crashes', afterMs: 1_000 },
  deaf: { kind: 'deaf' },
};

function troubleHost(world: LabWorld, part: string, ailment: LabTrouble['ailment'], forMs: number): () => void {
  const lab = world.hosts.get(part);
  if (lab === undefined) throw new Error(`trouble: there is no host ${part}; there are ${[...world.hosts.keys()].join(', ')} and batch`);
  const { host } = lab;
  const fate = fates[ailment];
  if (fate !== undefined) {
    const before = host.fateOf;
    host.fateOf = () => fate;
    return () => {
      host.fateOf = before;
    };
  }
  if (ailment === 'lost') lab.crash();
  else if (isAilment(ailment)) host.trouble.afflict(ailment, { forMs });
  return nothing;
}

const isAilment = (word: string): word is Ailment => ailments.some((ailment) => ailment === word);
