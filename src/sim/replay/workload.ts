/** One job of a workload: what happened to it on the machine it ran on, and what is known of it before. */
export interface TraceJob {
  /** Its place in `Workload.jobs`, 0 first. */
  readonly number: number;
  /** As the trace names it. */
  readonly id: string;
  /** Which environment serves it. */
  readonly class: string;
  readonly owner: string;
  /** Epoch ms. */
  readonly submitAt: number;
  /** How long it runs, ms, > 0. Nobody who decides may see it. */
  readonly runMs: number;
  /** What its user asked for, ms: all that a scheduler may know. At least 1 minute; where a trace has none, the queue's or the workload's longest. */
  readonly walltimeMs: number;
  /** Cores it holds while it runs, anywhere, 1 to the widest the site takes. */
  readonly slots: number;
}

/** Jobs in the order of their submission, and what was left out on the way. */
export interface Workload {
  readonly name: string;
  /** Every class in it, the most worked first. */
  readonly classes: readonly string[];
  readonly jobs: readonly TraceJob[];
  /** Epoch ms of the first and the last submission. */
  readonly startAt: number;
  readonly endAt: number;
  /** Lines that are no jobs of ours, by reason (`cancelled before it ran`, `no processors`, ...). */
  readonly dropped: Readonly<Record<string, number>>;
  /** Jobs wider than the limit, made as wide as it is and as much longer (work is kept). */
  readonly folded: number;
}

/** The iron that a scenario has. */
export interface Site {
  /** Hosts, > 0. */
  readonly hosts: number;
  /** Cores of each for guests, > 0. */
  readonly cores: number;
  /** Memory for guests on each, MiB per core. */
  readonly memoryPerCoreMiB: number;
}

/** When the batch scheduler looks: at every event, or every so many ms. */
export type Refill = 'immediate' | { readonly cycleMs: number };

/** What becomes of the workload in one scenario. */
export interface Run {
  /** `domus`, `pool`, `static-mean`, `static-peak`, or a policy's name. */
  readonly scenario: string;
  /** Seed of the shaking and of every random time. */
  readonly seed: number;
  readonly refill: Refill;
  readonly site: Site;
  readonly workload: Workload;
  /** By job number: epoch ms of submission (shaken) and start; NaN = never started before the end. */
  readonly submitted: Float64Array;
  readonly started: Float64Array;
  /** Epoch ms: from the first submission to the last end. */
  readonly startAt: number;
  readonly endAt: number;
  readonly hostHours: number;
  readonly energyKWh: number;
  /** Hosts switched on (equal to those switched off within one). */
  readonly powerOns: number;
  readonly boots: number;
  readonly migrations: number;
  readonly jobsKilled: number;
  /** Invariants broken, as sentences; a run ends at the first. */
  readonly violations: readonly string[];
  readonly series: Series;
  /** Times the loop ticked; 0 where there is no daemon. */
  readonly ticks: number;
  /** Processor time the run took, ms. */
  readonly cpuMs: number;
}

/** What was, over time: the mean of each quantity in every step. */
export interface Series {
  readonly startAt: number;
  readonly stepMs: number;
  /**
   * By name, one value per step: `waiting:CLASS` (jobs), `waitingSlots:CLASS`, `running:CLASS` (jobs), `busy:CLASS`
   * (cores with a job), `machines:CLASS` (guests that are there), `capacity:CLASS` (their cores), and of the whole site
   * `hostsOn`, `poweredCores`, `busyCores`, `watts`.
   */
  readonly columns: Readonly<Record<string, readonly number[]>>;
}
