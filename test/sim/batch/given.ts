import { readFileSync } from 'node:fs';
import type { Answer } from '../../../src/sim/batch/answer.js';
import { BatchCore } from '../../../src/sim/batch/core.js';
import type { Mom } from '../../../src/sim/batch/mom.js';
import type { BatchOptions } from '../../../src/sim/batch/options.js';
import { VirtualClock } from '../../../src/sim/clock.js';
import { Random } from '../../../src/sim/random.js';

export const seconds = (n: number): number => n * 1000;
export const minutes = (n: number): number => n * 60_000;

export const recorded = (file: string): Buffer => readFileSync(new URL(`../../fixtures/torque/${file}`, import.meta.url));

/** A server under test: `root` manages, `domus` operates, alice and bob submit. */
export class Lab {
  readonly clock: VirtualClock;
  readonly core: BatchCore;

  constructor(options: Partial<BatchOptions> = {}, startAt?: number) {
    this.clock = new VirtualClock(startAt);
    this.core = new BatchCore({ agenda: this.clock, random: new Random(11), managers: ['root'], operators: ['root', 'domus'], ...options });
  }

  run(argv: readonly string[], user = 'root', stdin?: string): Answer {
    return this.core.run(argv, { user, ...(stdin === undefined ? {} : { stdin }) });
  }

  /** Words at blanks, as `user`. */
  say(line: string, user = 'root'): Answer {
    return this.run(line.split(' '), user);
  }

  /** Manager's directives that must succeed. */
  qmgr(...directives: readonly string[]): void {
    for (const directive of directives) {
      const { exit, stderr } = this.run(['qmgr', '-c', directive]);
      if (exit !== 0) throw new Error(`${directive}: ${stderr}`);
    }
  }

  /** Queue `grid` with property `env`; scheduling is on. */
  queue(name = 'grid', property = 'env'): void {
    this.qmgr(
      `create queue ${name} queue_type=Execution`,
      `set queue ${name} resources_default.neednodes = ${property}`,
      `set queue ${name} enabled = True`,
      `set queue ${name} started = True`,
    );
  }

  /** Listed, cleared and reporting. */
  worker(name: string, np: number, properties = 'env', mom: Partial<Mom> = {}): void {
    this.qmgr(`create node ${name} np=${np},properties=${properties}`);
    this.run(['pbsnodes', '-c', name]);
    this.core.momUp(name, { cores: np, usersResolve: true, ...mom });
  }

  /** Submits and answers with the id. */
  submit(args: readonly string[], script = 'sleep 600\n', user = 'alice'): string {
    const { exit, stdout, stderr } = this.run(['qsub', '-q', 'grid', ...args], user, script);
    if (exit !== 0) throw new Error(stderr);
    return stdout.trim();
  }

  state(id: string): string | undefined {
    return this.core.server.jobs.get(id)?.state;
  }

  nodeState(name: string): string {
    const { stdout } = this.run(['pbsnodes', '-a', name]);
    return /state = (.*)/.exec(stdout)?.[1] ?? 'not listed';
  }

  /** Exit status of a job's last run, as the server shows it. */
  exitStatus(id: string): number | undefined {
    return this.core.server.jobs.get(id)?.exitStatus;
  }

  pass(ms: number): Promise<boolean> {
    return this.clock.run(this.clock.now() + ms);
  }
}
