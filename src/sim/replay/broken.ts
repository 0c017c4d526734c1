import { join } from 'node:path';
import { type Bundle, writeBundle } from '../../debug/bundle.js';
import { recordOf } from '../../debug/record.js';
import { replayTick } from '../../debug/replay.js';
import { type Planner, shrink } from '../../debug/shrink.js';
import { Failure } from '../../drivers/failure.js';
import type { Fence } from '../../model/fence.js';
import type { Present } from '../../model/present.js';
import { type Breach, breaches } from '../../plan/laws.js';
import type { Planning } from '../../plan/plan.js';

/** The tick in which the planner broke a law. */
interface BrokenTick {
  readonly present: Present;
  readonly breach: Breach;
}

/** Of one name. */
const mostFiles = 1_000;

/** The first law that the tick breaks. */
function brokenIn(present: Present): BrokenTick | undefined {
  const { world, policy, at, plan } = present;
  const [breach] = breaches(world, policy, at, plan);
  return breach && { present, breach };
}

interface KeepOptions {
  /** Where the file goes. */
  readonly folder: string;
  /** Names the run. */
  readonly name: string;
  readonly planner: Planner;
}

/** Shrinks the tick and writes it down as a bundle for `domus debug replay`; the sentence that tells of all this. Rejects with Failure where the file cannot be written. */
async function keepBroken({ present, breach }: BrokenTick, { folder, name, planner }: KeepOptions, fence: Fence): Promise<string> {
  const { law, what } = breach;
  const { at } = present;
  const record = recordOf(present, { fence, version: 'replay', events: [] });
  const inputs = shrink(record.inputs, at, law, planner);
  const { world } = replayTick({ ...record, inputs }).present;
  const { decisions, recorded, deeds, reasons, due } = planner(world, inputs.policy, at);
  const bundle: Bundle = {
    record: { ...record, inputs, plan: { decisions, recorded, deeds, reasons, due } },
    config: {},
    about: { madeAt: at, domus: `replay: ${law}`, node: process.version, system: what.slice(0, 300) },
  };
  const file = await write(folder, `${law}-${name}`, bundle);
  const size = `${world.groups.length} group(s) of jobs, ${world.machines.size} machine(s), ${world.hosts.size} host(s)`;
  return `shrunk to ${size}; think it again with: domus debug replay ${file}`;
}

/** Writes the last tick before something else broke: whole, as no law tells what of it may go. Rejects with Failure where the file cannot be written. */
async function keepTick(present: Present, what: string, { folder, name }: KeepOptions, fence: Fence): Promise<string> {
  const record = recordOf(present, { fence, version: 'replay', events: [] });
  const file = await write(folder, name, {
    record,
    config: {},
    about: { madeAt: present.at, domus: 'replay', node: process.version, system: what.slice(0, 300) },
  });
  return `the last tick before it, think it again with: domus debug replay ${file}`;
}

/** Asks the laws of the planner after each tick, and keeps the tick that broke one. */
export class Watch {
  readonly #options: KeepOptions;
  #last: Present | undefined;
  #broken: BrokenTick | undefined;
  #kept: string | undefined;

  constructor(options: KeepOptions) {
    this.#options = options;
  }

  look(present: Present): void {
    this.#last = present;
    this.#broken ??= brokenIn(present);
  }

  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  /** The broken law, and what is kept of it, as sentences. */
  get told(): readonly string[] {
    const law = this.#broken === undefined ? [] : [`${this.#broken.breach.law}: ${this.#broken.breach.what}`];
    return this.#kept === undefined ? law : [...law, this.#kept];
  }

  /** Writes the tick that broke a law, or the last before something `elsewhere` broke. Rejects with Failure where the file cannot be written. */
  async keep(elsewhere: readonly string[], fence: Fence): Promise<void> {
    const [what] = elsewhere;
    if (this.#broken !== undefined) this.#kept = await keepBroken(this.#broken, this.#options, fence);
    else if (what !== undefined && this.#last !== undefined) this.#kept = await keepTick(this.#last, what, this.#options, fence);
  }
}

/** A planner that knows no slices. */
export const inOneSlice = (planner: Planner): Planning =>
  // biome-ignore lint/correctness/useYield: one slice
  function* (world, policy, now) {
    return planner(world, policy, now);
  };

/** Under a name that is still free. */
async function write(folder: string, name: string, bundle: Bundle): Promise<string> {
  const stem = `domus-broken-${name.replace(/[^A-Za-z0-9.-]+/g, '_').slice(0, 120)}`;
  for (let number = 1; ; number++) {
    const file = join(folder, `${stem}${number === 1 ? '' : `-${number}`}.bundle.gz`);
    try {
      await writeBundle(file, bundle);
      return file;
    } catch (thrown) {
      if (!(thrown instanceof Failure) || thrown.kind !== 'exists' || number === mostFiles) throw thrown;
    }
  }
}
