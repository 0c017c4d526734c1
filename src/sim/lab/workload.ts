import type { BatchCore } from '../batch/core.js';
import { type LabEnvironment, orphan } from './site.js';

/** One step of the mixed workload, so long after its beginning (unpaced ms). */
export interface Step {
  readonly afterMs: number;
  readonly what: string;
  readonly act: (desk: Desk) => void;
}

const script = (seconds: number): string => `#!/bin/sh\nsleep ${seconds}\n`;

/** Where jobs are handed in; remembers those that nobody serves. */
export class Desk {
  readonly #core: BatchCore;
  readonly unserved: string[] = [];
  /** Handed in and accepted, which must be completed at the end. */
  readonly served: string[] = [];

  constructor(core: BatchCore) {
    this.#core = core;
  }

  /** The job's id; undefined when qsub refuses it. */
  submit(user: string, args: readonly string[], seconds: number, served = true): string | undefined {
    const { exit, stdout } = this.#core.run(['qsub', ...args], { user, stdin: script(seconds) });
    const id = stdout.trim();
    if (exit !== 0) return undefined;
    (served ? this.served : this.unserved).push(id);
    return id;
  }

  asRoot(...argv: readonly string[]): void {
    const { exit, stderr } = this.#core.run(argv, { user: 'root' });
    if (exit !== 0) throw new Error(`${argv.join(' ')}: exit ${exit}, ${stderr}`);
  }
}

/** Ways a little job of a queue is asked for. */
const little = (queue: string): readonly string[] => ['-q', queue, '-l', `nodes=1:ppn=1:${queue}`, '-N', `small-${queue}`];

/** Jobs of three environments, and everything that is hard about them. */
export function mixedWorkload(): readonly Step[] {
  let held: string | undefined;
  return [
    { afterMs: 0, what: 'five one-core jobs for grid', act: (desk) => repeat(5, () => desk.submit('alice', little('grid'), 120)) },
    { afterMs: 0, what: 'two jobs for legacy, without -l nodes', act: (desk) => repeat(2, () => desk.submit('bob', ['-q', 'legacy', '-N', 'plain'], 100)) },
    {
      afterMs: 2_000,
      what: 'a job of two nodes for theory',
      act: (desk) => desk.submit('carol', ['-q', 'theory', '-l', 'nodes=2:ppn=2:theory', '-N', 'parallel'], 120),
    },
    {
      afterMs: 4_000,
      what: 'a job that qsub refuses: no seat is as wide',
      act: (desk) => desk.submit('bob', ['-q', 'grid', '-l', 'nodes=1:ppn=64:grid', '-N', 'too-wide'], 60),
    },
    {
      afterMs: 4_000,
      what: 'a job that nobody serves',
      act: (desk) => desk.submit('bob', ['-q', orphan.queue, '-l', `nodes=1:ppn=1:${orphan.property}`, '-N', 'nobody'], 60, false),
    },
    {
      afterMs: 6_000,
      what: 'a held job',
      act: (desk) => {
        held = desk.submit('alice', [...little('grid'), '-h'], 60);
      },
    },
    {
      afterMs: 8_000,
      what: 'a job, and one that depends on it',
      act: (desk) => {
        const first = desk.submit('carol', little('theory'), 60);
        if (first !== undefined) desk.submit('carol', [...little('theory'), '-W', `depend=afterok:${first}`], 60);
      },
    },
    { afterMs: 60_000, what: 'an array of six', act: (desk) => desk.submit('alice', [...little('grid'), '-t', '1-6'], 50) },
    {
      afterMs: 150_000,
      what: 'a job of four cores while all machines are small',
      act: (desk) => desk.submit('bob', ['-q', 'grid', '-l', 'nodes=1:ppn=4:grid', '-N', 'wide'], 90),
    },
    {
      afterMs: 160_000,
      what: 'the held job is released',
      act: (desk) => {
        if (held !== undefined) desk.asRoot('qrls', held);
      },
    },
    { afterMs: 200_000, what: 'a last job for legacy', act: (desk) => desk.submit('carol', little('legacy'), 60) },
  ];
}

/** A handful more, for a lab that is not done with its kills. */
export function handful(desk: Desk, pick: (from: readonly string[]) => string, environments: readonly LabEnvironment[]): void {
  const names = environments.map((environment) => environment.name);
  repeat(3, () => desk.submit('alice', little(pick(names)), 60));
}

function repeat(times: number, act: () => unknown): void {
  for (let n = 0; n < times; n++) act();
}

/** Makes the batch server know the lab: queues, seats at rest, and an old node of somebody else. */
export function setUpBatch(core: BatchCore, environments: readonly LabEnvironment[]): void {
  const desk = new Desk(core);
  const queue = (name: string, property: string): void => {
    for (const directive of [
      `create queue ${name}`,
      `set queue ${name} queue_type = Execution`,
      `set queue ${name} resources_default.neednodes = ${property}`,
      `set queue ${name} enabled = True`,
      `set queue ${name} started = True`,
    ]) {
      desk.asRoot('qmgr', '-c', directive);
    }
  };
  desk.asRoot('qmgr', '-c', 'set server scheduling = True');
  desk.asRoot('qmgr', '-c', `create node ${orphan.node} np=1,properties=${orphan.property}`);
  queue(orphan.queue, orphan.property);
  for (const { name, seats, largestNp } of environments) {
    queue(name, name);
    for (const seat of seats) {
      desk.asRoot('qmgr', '-c', `create node ${seat} np=${largestNp},properties=${name}`);
      desk.asRoot('pbsnodes', '-c', seat); // a 4.2 server writes the offline of a new node down only once it was cleared
      desk.asRoot('pbsnodes', '-o', '-N', 'domus: at rest', seat);
    }
  }
  core.restart();
}
