import type { Agenda } from '../clock.js';
import type { Random } from '../random.js';

/**
 * What a host draws, watts, and how long its transitions take, ms. The usual numbers are those of Batsim's energy tests:
 * off 9.75 W, idle 95 W, all cores busy 190.738 W, on 19,030 J in 152 s, off 620 J in 6.1 s.
 */
export interface Draw {
  readonly offWatts: number;
  readonly idleWatts: number;
  /** With all cores busy; between idle and this by the share of busy cores. */
  readonly busyWatts: number;
  readonly risingWatts: number;
  readonly fallingWatts: number;
  readonly onMs: number;
  readonly offMs: number;
  /** Transitions take so much longer or shorter, as a share, by chance. */
  readonly spread: number;
}
export const usualDraw: Draw = {
  ...{ offWatts: 9.75, idleWatts: 95, busyWatts: 190.738, risingWatts: 19_030 / 152, fallingWatts: 620 / 6.1 },
  ...{ onMs: 152_000, offMs: 6_100, spread: 0.1 },
};

export const supplyStates = ['off', 'rising', 'on', 'falling'] as const;
export type SupplyState = (typeof supplyStates)[number];

/** What becomes of a host that is told to switch on. */
export type PowerFate =
  | { readonly kind: 'well' }
  /** Takes `factor` times as long. */
  | { readonly kind: 'late'; readonly factor: number }
  /** Does not take notice. */
  | { readonly kind: 'never' };

/** What a host has used since the beginning. */
export interface Used {
  readonly kWh: number;
  /** Time with its processors on, transitions included, h. */
  readonly onHours: number;
  /** Times it was switched off. */
  readonly cycles: number;
}

/** The power of one host: its state, and exactly what it drew. */
export class PowerSupply {
  readonly #agenda: Agenda;
  readonly #random: Random;
  readonly #draw: Draw;
  readonly #cores: number;
  /** Told when it has come up, and when it stops running (at the beginning of a switch-off's end, or of a cut). */
  readonly #told: { readonly up: () => void; readonly down: () => void };
  state: SupplyState = 'on';
  /** Decides what becomes of the next order to switch on. */
  fate: PowerFate = { kind: 'well' };
  /** Armed to wake on a magic packet. */
  armed = true;
  /** Its controller says the opposite of what is. */
  lies = false;
  cycles = 0;
  #busyCores = 0;
  #joules = 0;
  #onMs = 0;
  #countedAt: number;
  #takeBack: () => void = () => undefined;

  constructor(
    world: { readonly agenda: Agenda; readonly random: Random },
    draw: Draw,
    cores: number,
    told: { readonly up: () => void; readonly down: () => void },
  ) {
    this.#agenda = world.agenda;
    this.#random = world.random;
    this.#draw = draw;
    this.#cores = cores;
    this.#told = told;
    this.#countedAt = world.agenda.now();
  }

  /** What it draws now, watts. */
  get watts(): number {
    const { offWatts, idleWatts, busyWatts, risingWatts, fallingWatts } = this.#draw;
    const onWatts = idleWatts + ((busyWatts - idleWatts) * Math.min(this.#busyCores, this.#cores)) / this.#cores;
    if (this.state === 'on') return onWatts;
    return { off: offWatts, rising: risingWatts, falling: fallingWatts }[this.state];
  }

  /** What its controller says. */
  get said(): 'on' | 'off' {
    const on = this.state !== 'off';
    return on === this.lies ? 'off' : 'on';
  }

  used(): Used {
    this.#count();
    return { kWh: this.#joules / 3_600_000, onHours: this.#onMs / 3_600_000, cycles: this.cycles };
  }

  /** Cores that jobs keep busy, from now on. */
  busy(cores: number): void {
    this.#count();
    this.#busyCores = cores;
  }

  /** Somebody presses its button, or a magic packet comes. One that is not off takes no notice. */
  switchOn(): void {
    if (this.state !== 'off' || this.fate.kind === 'never') return;
    const factor = this.fate.kind === 'late' ? this.fate.factor : 1;
    this.#enter('rising');
    this.#after(this.#spread(this.#draw.onMs) * factor, () => {
      this.#enter('on');
      this.#told.up();
    });
  }

  /** A clean shutdown begins; it answers to the end of it. */
  shutDown(): void {
    if (this.state !== 'on') return;
    this.#enter('falling');
    this.cycles++;
    this.#after(this.#spread(this.#draw.offMs), () => this.#fall());
  }

  /** Its power is taken away, whatever it does. */
  cut(): void {
    if (this.state === 'off') return;
    if (this.state !== 'falling') this.cycles++;
    this.#takeBack();
    this.#fall();
  }

  /** A reset: off and on at once, without a cycle of the power itself. */
  restart(afterMs: number): void {
    this.#takeBack();
    this.#enter('rising');
    this.#after(afterMs, () => {
      this.#enter('on');
      this.#told.up();
    });
  }

  #fall(): void {
    this.#enter('off');
    this.#busyCores = 0;
    this.#told.down();
  }

  #enter(state: SupplyState): void {
    this.#count();
    this.state = state;
  }

  #count(): void {
    const now = this.#agenda.now();
    const ms = now - this.#countedAt;
    this.#joules += (this.watts * ms) / 1000;
    if (this.state !== 'off') this.#onMs += ms;
    this.#countedAt = now;
  }

  #after(ms: number, act: () => void): void {
    this.#takeBack = this.#agenda.at(this.#agenda.now() + ms, () => {
      this.#takeBack = () => undefined;
      act();
    });
  }

  #spread(ms: number): number {
    return this.#draw.spread === 0 ? ms : this.#random.around(ms, this.#draw.spread);
  }
}
