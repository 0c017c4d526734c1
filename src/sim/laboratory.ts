import type { Life } from '../life.js';
import type { ConsolidationPolicy } from '../model/consolidation.js';
import type { Environment } from '../model/environment.js';
import type { Policy } from '../model/policy.js';
import type { PowerPolicy } from '../model/power.js';
import { Rehearsal } from './rehearsal.js';
import { rehearsalPolicy } from './rehearsal-policy.js';

const minute = 60_000;
const hour = 60 * minute;

export interface LaboratoryWish {
  readonly hosts: number;
  /** Kept for Dom0 on each, MiB. */
  readonly reserveMiB: number;
  readonly seed?: number;
  readonly power?: Partial<PowerPolicy>;
  readonly consolidation?: Partial<ConsolidationPolicy>;
  readonly environment?: Partial<Environment>;
  readonly policy?: Partial<Policy>;
}

const size = { cores: { min: 1, max: 1, step: 1 }, memoryMiB: { min: 256, max: 256, step: 256 }, memoryPerCoreMiB: 256, diskMiB: 1024 };

function policyOf({ hosts, reserveMiB, power = {}, consolidation = {}, environment = {}, policy = {} }: LaboratoryWish, isOpen: boolean): Policy {
  const { intervals, ...made } = rehearsalPolicy({
    environments: { desk: { seats: hosts, min: hosts, ...size, ...environment } },
    hosts,
    hostCores: 2,
    hostMemoryMiB: 2048,
    overcommit: 4,
    reserveMiB: isOpen ? reserveMiB : 2048 - 256,
    policy: { guestOverheadMiB: 0, ...(isOpen ? policy : {}) },
    power: { trusted: true, idleMs: 10 * minute, ...power, manage: isOpen },
    ...(isOpen ? { consolidation } : {}),
  });
  return { ...made, intervals: { ...intervals, hostPollMs: 30_000 } };
}

/** A teaching laboratory: hosts of 2 GB and two cores, each with one machine of 256 MB that is always there. */
export class Laboratory {
  readonly rehearsal: Rehearsal;
  life: Life | undefined;
  readonly #wish: LaboratoryWish;
  readonly #spread: Policy;

  constructor(wish: LaboratoryWish) {
    this.#wish = wish;
    this.#spread = policyOf(wish, false);
    const open = policyOf(wish, true);
    this.rehearsal = new Rehearsal({ policy: open, classify: () => ({ environment: 'desk' }), sharedStore: true, seed: wish.seed ?? 1 });
  }

  /** One machine on each host, and nothing is moved or switched yet. */
  async furnish(): Promise<void> {
    const { rehearsal } = this;
    const open = rehearsal.policy;
    rehearsal.policy = this.#spread;
    const first = await rehearsal.begin();
    await rehearsal.until('every host has its machine', () => this.#served(first) === this.#wish.hosts, 6 * hour);
    first?.stop();
    await rehearsal.pass(minute);
    rehearsal.policy = open;
  }

  async open(): Promise<void> {
    this.life = await this.rehearsal.begin();
  }

  #served(life: Life | undefined): number {
    return [...(life?.present?.world.machines.values() ?? [])].filter(({ phase }) => phase === 'ready').length;
  }

  /** Hosts that carry a guest. */
  get used(): number {
    return [...this.rehearsal.datacentre.hosts.values()].filter(({ guests }) => guests.size > 0).length;
  }

  get on(): number {
    return [...this.rehearsal.datacentre.hosts.values()].filter(({ power }) => power.state !== 'off').length;
  }

  /** Machines that serve now. */
  get serving(): number {
    return this.#served(this.life);
  }
}

/** What packing a laboratory came to. */
export interface Packed {
  readonly migrations: number;
  /** From the first migration's order to the last one's end, ms. */
  readonly tookMs: number;
  readonly used: number;
  /** From the first order until the last host that is not needed is off, ms. */
  readonly offMs: number;
  readonly harm: readonly string[];
  readonly serving: number;
}

/** Opens a furnished laboratory and lets it be packed onto `least` hosts; the figures. */
export async function packLaboratory(wish: LaboratoryWish, least: number): Promise<Packed> {
  const laboratory = new Laboratory(wish);
  await laboratory.furnish();
  await laboratory.open();
  const { rehearsal } = laboratory;
  const isMoving = (): boolean => [...(laboratory.life?.ledger.rows.intents.values() ?? [])].some(({ deed }) => deed.verb === 'migrate-guest');
  await rehearsal.until('the first machine goes', isMoving, 2 * hour);
  const from = rehearsal.clock.now();
  await rehearsal.until('all are packed', () => laboratory.used <= least, 2 * hour);
  const tookMs = rehearsal.clock.now() - from;
  await rehearsal.until('the others are off', () => laboratory.on <= least, 2 * hour);
  const offMs = rehearsal.clock.now() - from;
  await rehearsal.pass(10 * minute);
  laboratory.life?.stop();
  const { datacentre } = rehearsal;
  return { migrations: datacentre.migrations, tookMs, used: laboratory.used, offMs, harm: datacentre.invariants(), serving: laboratory.serving };
}
