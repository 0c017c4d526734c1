import Database from 'better-sqlite3';
import type { Scheduler } from '../drivers/scheduler.js';
import type { Journal } from '../journal/contract.js';
import { openSqliteJournal } from '../journal/sqlite/open.js';
import { Life } from '../life.js';
import { silentLog } from '../log.js';
import { isOffline } from '../model/batch.js';
import type { Policy } from '../model/policy.js';
import { keptPrefix } from '../model/service.js';
import type { Classify } from '../observe/groups.js';
import { BatchCore } from './batch/core.js';
import { VirtualBatch } from './batch/driver.js';
import type { BatchOptions } from './batch/options.js';
import { VirtualClock } from './clock.js';
import { Datacentre } from './datacentre.js';
import { VirtualBoots, VirtualClassroom } from './hosts/classroom-driver.js';
import { VirtualHypervisor } from './hosts/driver.js';
import { VirtualPower } from './hosts/power-driver.js';
import { Random } from './random.js';
import { Tripwire } from './tripwire.js';
import { Trouble } from './trouble.js';

export interface RehearsalOptions {
  readonly policy: Policy;
  readonly classify: Classify;
  readonly seed?: number;
  readonly batch?: Partial<BatchOptions>;
  /** Hosts are switched through controllers, or (the default) by magic packets. */
  readonly controllers?: boolean;
  /** All hosts see one store, as they do with services; default: each its own. */
  readonly sharedStore?: true;
}

const manager = 'root';

/** A whole deployment in virtual time: batch server, hosts and a journal that outlives the daemon's lives. */
export class Rehearsal {
  readonly clock = new VirtualClock();
  readonly core: BatchCore;
  readonly datacentre: Datacentre<BatchCore>;
  readonly database: Database.Database = new Database(':memory:');
  policy: Policy;
  readonly classify: Classify;
  readonly #random: Random;
  readonly #virtualBatch: VirtualBatch;
  readonly #hypervisor: VirtualHypervisor;
  readonly #power: VirtualPower;
  /** Hosts in their classrooms, and the boot server; there, where hosts have a classroom. */
  readonly classroom: VirtualClassroom;
  readonly boots: VirtualBoots;
  /** What is wrong with the batch server as the daemon meets it. */
  readonly batchTrouble: Trouble;
  #lives = 0;

  constructor(options: RehearsalOptions) {
    this.policy = options.policy;
    this.classify = options.classify;
    this.#random = new Random(options.seed ?? 1);
    const random = this.#random;
    this.core = new BatchCore({ agenda: this.clock, random, managers: [manager], operators: ['domus'], flapAfterClear: true, ...options.batch });
    const services = Object.values(options.policy.services ?? {});
    const imageNames = new Set([...Object.values(options.policy.environments), ...services].map(({ image }) => image.name));
    const images = [...imageNames].map((name) => ({ name, version: '1' }));
    const store = services.length === 0 && options.sharedStore !== true ? {} : { overlays: new Map<string, { readonly bytes: number }>() }; // what is restarted elsewhere lies on a store that all see
    const hosts = Object.values(options.policy.hosts).map(({ name, cores, memoryMiB, reserve, classroom }) => ({
      ...{ name, cores, memoryMiB, dom0MiB: Math.min(512, reserve.memoryMiB), images, ...store },
      ...(classroom === undefined ? {} : { classroom: true as const }),
    }));
    this.datacentre = new Datacentre({ agenda: this.clock, random, batch: this.core, hosts });
    for (const { name, overcommit = 1 } of Object.values(options.policy.hosts)) {
      const host = this.datacentre.hosts.get(name);
      if (host !== undefined) host.overcommit = overcommit;
    }
    this.batchTrouble = new Trouble(() => this.clock.now());
    this.#virtualBatch = new VirtualBatch({ core: this.core, clock: this.clock, random, source: 'main', user: 'domus', trouble: this.batchTrouble });
    this.#hypervisor = new VirtualHypervisor({ hosts: this.datacentre.hosts, clock: this.clock, random });
    this.#power = new VirtualPower({ hosts: this.datacentre.hosts, clock: this.clock, random, hasControllers: options.controllers === true });
    this.classroom = new VirtualClassroom({ hosts: this.datacentre.hosts, clock: this.clock, random });
    this.boots = new VirtualBoots({ hosts: this.datacentre.hosts, clock: this.clock });
    this.#setUp();
  }

  /** One command as the batch system's manager; throws when it fails. */
  manage(argv: readonly string[]): string {
    const answer = this.core.run([...argv], { user: manager });
    if (answer.exit !== 0) throw new Error(`${argv.join(' ')}: exit ${answer.exit}: ${String(answer.stderr)}`);
    return String(answer.stdout);
  }

  /** qsub as an ordinary user; the job's id. Throws what qsub says when it refuses. */
  submit(args: readonly string[], script = 'sleep 60\n', user = 'alice'): string {
    const answer = this.core.run(['qsub', ...args], { user, stdin: script });
    if (answer.exit !== 0) throw new Error(`qsub ${args.join(' ')}: exit ${answer.exit}: ${String(answer.stderr)}`);
    return String(answer.stdout).trim();
  }

  /** A new life of the daemon on the same journal. It runs until `stop`, or until its tripwire stops it dead; undefined when that was in its first steps. */
  async begin(
    tripwire = new Tripwire(),
    journal?: Journal,
    more: { readonly takeOver?: boolean; readonly schedulers?: ReadonlyMap<string, Scheduler> } = {},
  ): Promise<Life | undefined> {
    const opened = journal ?? (await openSqliteJournal({ database: this.database, clock: this.clock }));
    const batch = tripwire.around('batch', this.#virtualBatch, ['admit', 'withhold', 'readNode', 'cycle']);
    const ofHost = ['powerOff', 'reboot', 'returnBy'] as const;
    const deeds = [
      'createOverlay',
      'createGuest',
      'resizeGuest',
      'shutdownGuest',
      'destroyGuest',
      'migrateGuest',
      'saveGuest',
      'restoreGuest',
      'copyImage',
      'dropImage',
      'removeOverlay',
      ...ofHost,
    ] as const;
    const power = tripwire.around('power', this.#power, ['on', 'cut']);
    const classroom = tripwire.around('classroom', this.classroom, ['reboot', 'off']);
    const boots = tripwire.around('boots', this.boots, ['choose']);
    const death = new Promise<undefined>((resolve) => tripwire.death.addEventListener('abort', () => resolve(undefined), { once: true }));
    const birth = Life.begin({
      policy: this.policy,
      classify: this.classify,
      batch: new Map([['main', batch]]),
      hypervisor: tripwire.around('hypervisor', this.#hypervisor, deeds),
      powers: new Map([['lab', power]]),
      classrooms: new Map([['lab', classroom]]),
      boots,
      journal: tripwire.around('journal', opened, ['commit']),
      clock: this.clock,
      log: silentLog,
      version: 'rehearsal',
      lifeId: `life-${++this.#lives}`,
      ...more,
    });
    const life = await Promise.race([birth, death]).catch(() => tripwire.bury()); // a journal that fails ends the life, as it ends the daemon
    if (life === undefined) return undefined;
    tripwire.death.addEventListener('abort', () => life.stop(), { once: true });
    life.run().catch(() => tripwire.bury());
    return life;
  }

  /** Lets time pass until `done`, at most `limitMs`; throws with what stands still when it does not come. */
  async until(what: string, done: () => boolean, limitMs = 3_600_000): Promise<void> {
    if (!(await this.clock.run(this.clock.now() + limitMs, done))) throw new Error(`${what}: not within ${limitMs / 1000} s\n${this.describe()}`);
  }

  async pass(ms: number): Promise<void> {
    await this.clock.run(this.clock.now() + ms);
  }

  /** Everything at rest: no guest, no overlay, every seat offline with its largest np. Empty = at rest. */
  unrest(): string[] {
    const wrong: string[] = [];
    for (const host of this.datacentre.hosts.values()) {
      for (const guest of host.guests.values())
        if (!guest.plan.disks.some((disk) => disk.startsWith(keptPrefix))) wrong.push(`guest ${guest.plan.name} on ${host.name}`);
      for (const overlay of host.snapshot().overlays.filter(({ name }) => !name.startsWith(keptPrefix))) wrong.push(`overlay ${overlay.name} on ${host.name}`);
    }
    for (const node of this.#virtualBatch.nodes()) {
      const seat = this.policy.seats[node.name];
      if (seat === undefined) continue;
      if (!isOffline(node)) wrong.push(`seat ${node.name} is not offline`);
      if (node.np !== seat.largestNp) wrong.push(`seat ${node.name} has np ${node.np}, not ${seat.largestNp}`);
    }
    return wrong;
  }

  describe(): string {
    return [...this.unrest(), ...this.datacentre.invariants(), JSON.stringify(this.core.facts(), null, 1).slice(0, 3000)].join('\n');
  }

  #setUp(): void {
    const lines: string[] = [];
    const queues = new Map<string, string>();
    for (const environment of Object.values(this.policy.environments))
      for (const queue of environment.serves.queues) queues.set(queue, environment.serves.properties[0] ?? '');
    for (const [queue, property] of queues) {
      lines.push(`create queue ${queue} queue_type=execution`, `set queue ${queue} enabled=true`, `set queue ${queue} started=true`);
      if (property !== '') lines.push(`set queue ${queue} resources_default.neednodes=${property}`);
    }
    lines.push('set server scheduling=true');
    for (const seat of Object.values(this.policy.seats))
      lines.push(`create node ${seat.name} np=${seat.largestNp}`, `set node ${seat.name} properties = "${seat.properties.join(',')}"`);
    for (const line of lines) this.manage(['qmgr', '-c', line]);
    this.core.restart(); // 4.2: moms of nodes created while the server runs do not know each other
    for (const seat of Object.values(this.policy.seats)) this.manage(['pbsnodes', '-o', '-N', 'domus: at rest', seat.name]);
  }
}
