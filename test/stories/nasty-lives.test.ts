import { describe, expect, it } from 'vitest';
import { openSqliteJournal } from '../../src/journal/sqlite/open.js';
import type { Life } from '../../src/life.js';
import type { Environment } from '../../src/model/environment.js';
import type { Policy } from '../../src/model/policy.js';
import type { RequestKind } from '../../src/model/rows.js';
import type { FakeGuest, MigrationFate } from '../../src/sim/hosts/guest.js';
import type { FakeHost } from '../../src/sim/hosts/host.js';
import { Random } from '../../src/sim/random.js';
import type { Rehearsal } from '../../src/sim/rehearsal.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';
import { Tripwire } from '../../src/sim/tripwire.js';
import { ailments } from '../../src/sim/trouble.js';
import { rehearse } from './given.js';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

const short: Partial<Environment> = { idleMs: 2 * minute, keepFailedMs: minute, bootDeadlineMs: 2 * minute, checks: ['home'] };
const two = { min: 2, max: 2, step: 1 };
const policyOf = (moves: 'idle' | 'busy'): Policy =>
  rehearsalPolicy({
    environments: {
      grid: { ...short, moves, seats: 8, feasibilitySeats: 1, lostJobs: 'requeue' },
      theory: { ...short, moves, seats: 6, feasibilitySeats: 1, cores: { min: 2, max: 4, step: 2 }, memoryMiB: { min: 2048, max: 4096, step: 1024 } },
      legacy: { ...short, moves, seats: 4, cores: two, memoryMiB: { min: 2048, max: 2048, step: 1024 } },
    },
    hosts: 4,
    policy: { strays: 'remove' },
  });

const policy = policyOf('idle');
const fates: readonly MigrationFate[] = ['well', 'well', 'well', 'well', 'stays', 'both', 'left', 'dies', 'stuck'];

const requests = [[], [], ['-r', 'n'], ['-l', 'procs=2'], ['-l', 'nodes=1:ppn=2'], ['-l', 'nodes=2'], ['-l', 'nodes=4'], ['-t', '1-4']];

/** A day in which everything goes wrong that can. */
class NastyLife {
  readonly rehearsal: Rehearsal;
  readonly random: Random;
  tripwire = new Tripwire();
  life: Life | undefined;
  /** Jobs that the day itself may have killed: they ran when their node's power, guest or worker was taken away. */
  readonly excused = new Set<string>();
  /** What a person has set offline or cordoned: taken back in the end. */
  readonly personal = new Set<string>();
  readonly log: string[] = [];

  readonly policy: Policy;
  readonly #moving: boolean;

  /** `moving`: a person moves machines about besides, and migrations end in all their ways. */
  constructor(seed: number, moving: boolean) {
    this.random = new Random(seed);
    this.#moving = moving;
    this.policy = moving ? policyOf('busy') : policy;
    this.rehearsal = rehearse(this.policy, {
      seed,
      ...(moving ? { sharedStore: true as const } : {}),
      batch: { refill: this.random.next() < 0.5 ? 'immediate' : { cycleMs: 30 * second } },
    });
    this.rehearsal.datacentre.fateOf = () => this.#fate();
    if (moving) for (const host of this.rehearsal.datacentre.hosts.values()) host.migrationOf = (guest) => this.#migration(guest);
    this.rehearsal.datacentre.heard = ({ kind, guest }) => {
      if (kind === 'died' && guest.plan.node !== undefined) this.excuse(guest.plan.node);
    };
  }

  #fate(): ReturnType<Rehearsal['datacentre']['fateOf']> {
    const dice = this.random.next();
    if (dice < 0.05) return { kind: 'never-boots' };
    if (dice < 0.1) return { kind: 'crashes', afterMs: this.random.between(5 * second, minute) };
    if (dice < 0.15) return { kind: 'slow', factor: this.random.between(2, 8) };
    if (dice < 0.2) return { kind: 'fails-check', check: 'home', why: 'not mounted' };
    return { kind: dice < 0.3 ? 'deaf' : 'well' };
  }

  #migration({ plan }: FakeGuest): MigrationFate {
    const fate = this.random.pick(fates);
    if (plan.node !== undefined && (fate === 'dies' || fate === 'stuck')) this.excuse(plan.node);
    return fate;
  }

  /** Whatever runs there now, or was just sent there, may die without anybody's fault. */
  excuse(node: string): void {
    for (const job of this.rehearsal.core.facts().jobs) if (job.runs.at(-1)?.nodes.includes(node) === true) this.excused.add(job.id);
  }

  async begin(): Promise<void> {
    this.life = await this.rehearsal.begin(this.tripwire);
  }

  async ask(kind: RequestKind, subject: string, drain = false): Promise<void> {
    const journal = await openSqliteJournal({ database: this.rehearsal.database, clock: this.rehearsal.clock });
    const at = this.rehearsal.clock.wall();
    const id = `${kind}-${subject}-${at}-${this.random.next()}`;
    await journal.ask({ id, kind, subject, who: 'bob', why: 'nasty', at, expiresAt: at + hour, state: 'open', ...(drain ? { drain } : {}) });
    this.life?.loop.changed();
  }

  host(): FakeHost {
    const host = this.rehearsal.datacentre.hosts.get(this.random.pick([...this.rehearsal.datacentre.hosts.keys()]));
    if (host === undefined) throw new Error('no host');
    return host;
  }

  seat = (): string => this.random.pick(Object.keys(policy.seats));
  machine = (): string => this.random.pick([...(this.life?.ledger.rows.machines.keys() ?? []), 'nobody#1']);

  async event(): Promise<void> {
    const { rehearsal, random } = this;
    const forMs = random.between(10 * second, 8 * minute);
    const kinds: readonly (readonly [string, number, () => unknown])[] = [
      ['submit', 30, () => rehearsal.submit(['-q', random.pick(['grid', 'theory', 'legacy']), ...random.pick(requests)], `sleep ${random.between(5, 900)}\n`)],
      ['host ails', 8, () => this.host().trouble.afflict(random.pick(ailments), { forMs, factor: random.between(2, 100) })],
      ['batch ails', 6, () => rehearsal.batchTrouble.afflict(random.pick(ailments), { forMs, factor: random.between(2, 100) })],
      ['batch lies', 2, () => this.#lie(forMs)],
      ['server restarts', 3, () => rehearsal.core.restart()],
      ['power cut', 4, () => this.host().crash()],
      ['guest crashes', 4, () => this.#crashGuest()],
      ['mom dies', 4, () => this.#fellMom()],
      ['store hangs', 4, () => this.#hang(this.host(), forMs)],
      ['offline by a person', 5, () => this.#personOffline(this.seat())],
      ['online by a person', 5, () => this.#personOnline(this.seat())],
      ['reload', 4, () => this.#reload()],
      ['cordon', 3, () => this.ask('cordon', this.host().name, random.next() < 0.5)],
      ['uncordon', 3, () => this.ask('uncordon', this.host().name)],
      ['freeze', 2, () => this.ask('freeze', '')],
      ['thaw', 4, () => this.ask('thaw', '')],
      ['drain', 4, () => this.ask('drain', this.machine())],
      ['hold', 2, () => this.ask('hold', this.machine())],
      ['move', this.#moving ? 50 : 0, () => this.ask('move', this.machine())],
      ['stay', this.#moving ? 2 : 0, () => this.ask('stay', this.machine())],
      ['clock jumps', 3, () => rehearsal.clock.jump(random.between(-48, 48) * hour)],
      ['daemon dies', 8, () => this.#die()],
    ];
    let dice = random.next() * kinds.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight, act] of kinds) {
      dice -= weight;
      if (dice > 0) continue;
      this.log.push(`${new Date(rehearsal.clock.now()).toISOString().slice(11, 19)} ${name}`);
      await act();
      return;
    }
  }

  #lie(forMs: number): void {
    const { core, clock } = this.rehearsal;
    core.trouble.lie = this.random.pick(['offline-ignored', 'done-but-failed'] as const);
    clock.at(clock.now() + forMs, () => {
      core.trouble.lie = undefined;
    });
  }

  #hang(host: FakeHost, forMs: number): void {
    host.storeHung = true;
    this.rehearsal.clock.at(this.rehearsal.clock.now() + forMs, () => {
      host.storeHung = false;
    });
  }

  #crashGuest(): void {
    const all = this.rehearsal.datacentre.guests();
    if (all.length === 0) return;
    const { host, guest } = this.random.pick(all);
    host.crashGuest(guest);
  }

  /** The worker's mom dies with what it runs; the guest lives on. */
  #fellMom(): void {
    const seat = this.seat();
    this.excuse(seat);
    this.rehearsal.core.momDown(seat);
  }

  #personOffline(seat: string): void {
    this.personal.add(seat);
    this.rehearsal.core.run(['pbsnodes', '-o', '-N', 'broken disk', seat], { user: 'root' });
  }

  /** Gives back what a person took, or clears what Domus withholds: then jobs may start on a seat at its last moment. */
  #personOnline(seat: string): void {
    this.personal.delete(seat);
    this.rehearsal.core.run(['pbsnodes', '-c', '-N', '', seat], { user: 'root' });
  }

  #reload(): void {
    const { random, rehearsal } = this;
    const { policy: usual } = this;
    const name = random.pick(Object.keys(usual.environments));
    const old = usual.environments[name];
    if (old === undefined) return;
    const changed = random.next() < 0.5 ? {} : { [name]: { ...old, max: random.between(0, 6), min: random.between(0, 2), spare: random.between(0, 2) } };
    const { [name]: _, ...others } = usual.environments;
    rehearsal.policy = { ...usual, revision: `r${random.next()}`, environments: { ...others, ...changed } };
    this.life?.adopt(rehearsal.policy, rehearsal.classify);
  }

  async #die(): Promise<void> {
    this.tripwire.bury();
    await this.rehearsal.pass(this.random.between(0, 3 * minute));
    const trips = this.random.next() < 0.5;
    this.tripwire = new Tripwire(trips ? { at: this.random.between(2, 40), what: this.random.pick(['die-before', 'die-after'] as const) } : undefined);
    await this.begin();
  }

  /** Every trouble ends, and every order that a person gave is taken back. */
  async peace(): Promise<void> {
    const { rehearsal } = this;
    this.tripwire.bury();
    rehearsal.batchTrouble.relieve();
    rehearsal.core.trouble.lie = undefined;
    rehearsal.datacentre.fateOf = () => ({ kind: 'well' });
    for (const host of rehearsal.datacentre.hosts.values()) {
      host.trouble.relieve();
      host.storeHung = false;
      host.migrationOf = () => 'well';
    }
    await rehearsal.pass(2 * minute);
    for (const seat of this.personal) this.#personOnline(seat);
    rehearsal.policy = this.policy;
    this.tripwire = new Tripwire();
    await this.begin();
    await this.ask('thaw', '');
    for (const name of rehearsal.datacentre.hosts.keys()) await this.ask('uncordon', name);
    for (const machine of this.life?.ledger.rows.machines.keys() ?? []) await this.ask('release', machine);
  }

  /**
   * Jobs that the server believes to run where the day killed the worker, and that nobody puts back: a person deletes
   * them. A mom that died names its last jobs for ever, and its guest is never stopped on anybody's word: a person ends it.
   */
  buryOrphans(): void {
    const { core, datacentre } = this.rehearsal;
    for (const { host, guest } of datacentre.guests()) if (guest.up && !core.server.moms.has(guest.plan.node ?? '')) host.crashGuest(guest);
    for (const job of core.facts().jobs) {
      const nodes = job.runs.at(-1)?.nodes ?? [];
      if (job.ended !== undefined || (!this.excused.has(job.id) && nodes.every((node) => core.server.moms.has(node)))) continue;
      this.excused.add(job.id);
      core.run(['qdel', '-p', job.id], { user: 'root' });
    }
  }
}

async function liveThrough(seed: number, moving = false): Promise<void> {
  const nasty = new NastyLife(seed, moving);
  const { rehearsal, random } = nasty;
  await nasty.begin();
  for (let event = 0; event < 60; event++) {
    await nasty.event();
    await rehearsal.pass(random.between(second, 6 * minute));
  }
  await nasty.peace();
  await rehearsal.pass(2 * hour);
  nasty.buryOrphans();
  const over = (): boolean => rehearsal.core.facts().unfinished === 0 && rehearsal.unrest().length === 0 && nasty.life?.ledger.rows.machines.size === 0;
  await rehearsal.until(`seed ${seed}: all is served or excused, and all is put away`, over, 12 * hour).catch((thrown: unknown) => {
    const rows = [...(nasty.life?.ledger.rows.machines.values() ?? [])].map((row) => JSON.stringify(row)).join('\n');
    const said = [...(nasty.life?.present?.plan.reasons ?? [])].map(([subject, reasons]) => `${subject}: ${reasons.map((r) => JSON.stringify(r)).join('; ')}`);
    throw new Error(`${String(thrown)}\n${nasty.log.join('\n')}\n${rows}\n${said.join('\n')}`);
  });
  const { jobs } = rehearsal.core.facts();
  const lost = jobs.filter((job) => !nasty.excused.has(job.id) && !job.runs.some((run) => run.why === 'completed')).map((job) => job.id);
  expect({ seed, lost, log: lost.length > 0 ? [nasty.log, jobs.filter((j) => lost.includes(j.id))] : [] }).toEqual({ seed, lost: [], log: [] });
  expect({ seed, harm: rehearsal.datacentre.invariants() }).toEqual({ seed, harm: [] });
  expect(nasty.life?.ledger.rows.intents.size).toBe(0);
  nasty.life?.stop();
}

const seeds = Number(process.env['DOMUS_SEEDS'] ?? 4);
const first = Number(process.env['DOMUS_FIRST_SEED'] ?? 1);

describe('nasty lives: besides all that, power cuts, crashing and deaf guests, dying moms, hung stores, persons, reloads, cordons, freezes', () => {
  it.each(Array.from({ length: seeds }, (_, at) => first + at))('seed %i: only what the day itself killed is lost', async (seed) => {
    await liveThrough(seed);
  });

  it.each(Array.from({ length: Math.ceil(seeds / 2) }, (_, at) => first + at))('seed %i: and while machines are moved about', async (seed) => {
    await liveThrough(seed, true);
  });
});
