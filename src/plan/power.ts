import { type UsualHour, usualAt } from '../model/forecast.js';
import { mayWake } from '../model/host.js';
import type { HostPower, PowerPolicy } from '../model/power.js';
import { because, type Reason } from '../model/reason.js';
import { isElsewhere } from '../model/tenancy.js';
import type { HostRoom, Sheet } from './capacity.js';
import { isCramped } from './headroom.js';
import { hostMode } from './modes.js';
import { cycleDays, cyclesLately, isWorn } from './power-limits.js';
import { whatIsOn } from './power-use.js';
import type { Supply } from './supply.js';
import { isMaintained } from './tenancy-due.js';
import { isComing, leastWorn, wake, whyNotWake } from './waking.js';

/**
 * Which hosts are switched beyond what claims have asked for: those that people want on, off or proved; those whose
 * daily try has come; those that a pool keeps on; and those that are empty and needed by nobody, the last by name
 * first, so that load packs onto the first ones. Every host that stays on empty is told why.
 */
export function switchHosts(sheet: Sheet, supply: Supply): void {
  const { policy } = sheet.power;
  const busy = whatIsOn(sheet);
  const hosts = [...sheet.hosts.values()].filter((host) => isOurs(sheet, host));
  for (const host of hosts) wished(sheet, host, busy);
  if (policy === undefined || !policy.manage) return;
  for (const host of hosts) {
    retried(sheet, host);
    stranded(sheet, host);
  }
  const pools = new Set(hosts.map((host) => host.view.spec.pool));
  for (const pool of pools) new PoolPower({ sheet, supply, policy, pool, busy }).settle();
}

/** Neither its classroom's now nor on its way there, and nobody works on it. */
const isOurs = ({ rows, dues, now }: Sheet, { name }: HostRoom): boolean =>
  dues === undefined || (!isElsewhere(rows.tenancies.get(name)) && !isMaintained(dues.maintenance(name), now));

type Busy = (host: HostRoom) => Reason | undefined;

/** What people asked for comes first, and asks neither how long a host was empty nor how often it was switched. */
function wished(sheet: Sheet, host: HostRoom, busy: Busy): void {
  const power = sheet.power.rows.get(host.name);
  if (power === undefined || (power.notBefore ?? 0) > sheet.now) return;
  const { proving, state } = power;
  const refs = [`host:${host.name}`];
  const asked = state === 'on' ? askedOff(power) : undefined;
  if (asked !== undefined) {
    const why = busy(host) ?? unwakeable(host);
    if (why === undefined) sleep(sheet, host, asked, true);
    else sheet.reasons.say(`host:${host.name}`, why);
  }
  if (state === 'off' && proving !== undefined && sheet.now >= power.since + (sheet.power.policy?.minOffMs ?? 0))
    wake(sheet, host, because('wake-proof', { who: proving.by }, refs), true);
}

function askedOff({ host, wishedOff, proving }: HostPower): Reason | undefined {
  if (proving !== undefined) return because('sleep-proof', { who: proving.by }, [`host:${host}`]);
  return wishedOff && because('sleep-asked', { who: wishedOff.by, why: wishedOff.why }, [`host:${host}`]);
}

/** A host that was given up is tried again when its pause is over. */
function retried(sheet: Sheet, host: HostRoom): void {
  const power = sheet.power.rows.get(host.name);
  if (power?.state !== 'off' || power.failing === undefined || power.wishedOff !== undefined || sheet.power.woken.has(host.name)) return;
  if (host.view.spec.power === undefined || sheet.now < (power.notBefore ?? 0)) return;
  wake(sheet, host, because('wake-retry', { pausedMs: sheet.now - power.since, why: power.failing }, [`host:${host.name}`]));
}

/**
 * Jobs run on it by their batch server's word, and it has been silent for so long that it is taken as off: its next boot
 * proves what became of them, so that they can be run again. One that runs behind a broken cable takes no notice.
 */
function stranded(sheet: Sheet, host: HostRoom): void {
  const left = host.view.machines.find(({ jobs }) => jobs.length > 0);
  if (left === undefined || sheet.power.woken.has(host.name) || whyNotWake(sheet, host) !== undefined) return;
  const [job = ''] = left.jobs;
  wake(sheet, host, because('wake-stranded', { machine: left.row.id, job }, [`machine:${left.row.id}`, `host:${host.name}`]));
}

/** Why a host could not be woken again. */
export function unwakeable({ name, view }: HostRoom): Reason | undefined {
  if (view.spec.power === undefined) return because('awake-nobody', {}, [`host:${name}`]);
  return mayWake(view.reading.value, view.meter) ? undefined : because('awake-unarmed', {}, [`host:${name}`]);
}

/** Decides to switch a host off, where not too many are being switched. */
function sleep(sheet: Sheet, host: HostRoom, reason: Reason, asked = false): boolean {
  const { power } = sheet;
  const limit = power.policy?.switchesAtOnce ?? 1;
  sheet.reasons.say(`host:${host.name}`, reason);
  if (power.switching >= limit) {
    sheet.reasons.say(`host:${host.name}`, because('wait-switches', { limit }, [`host:${host.name}`]));
    return false;
  }
  power.switching++;
  sheet.sorter.settle({ kind: 'sleep', host: host.name, reason }, hostMode(sheet.policy, host.name, asked));
  return true;
}

interface Room {
  readonly cores: number;
  readonly memoryMiB: number;
}

interface PoolSheet {
  readonly sheet: Sheet;
  readonly supply: Supply;
  readonly policy: PowerPolicy;
  readonly pool: string;
  readonly busy: Busy;
}

/** The hosts of one pool. */
class PoolPower {
  readonly #sheet: Sheet;
  readonly #policy: PowerPolicy;
  readonly #pool: string;
  readonly #busy: Busy;
  /** On, usable, and staying so. */
  readonly #on: Set<HostRoom>;
  /** Empty ones of them, or soon: nobody was promised their room. */
  readonly #spare: Set<HostRoom>;
  readonly #hosts: readonly HostRoom[];
  /** Empty hosts that stay on, and the hour that wants more of them than the configuration does. */
  readonly #warm: number;
  readonly #usual: UsualHour | undefined;
  /** One of them for the next jobs, as hosts in use have no room for these. */
  readonly #cramped: boolean;

  constructor({ sheet, supply, policy, pool, busy }: PoolSheet) {
    this.#sheet = sheet;
    this.#policy = policy;
    this.#pool = pool;
    this.#busy = busy;
    this.#hosts = [...sheet.hosts.values()].filter((host) => host.view.spec.pool === pool && isOurs(sheet, host));
    this.#on = new Set(this.#hosts.filter((host) => isComing(sheet, host.name) || host.blocked === undefined));
    this.#spare = new Set([...this.#on].filter((host) => !sheet.power.promised.has(host.name) && (isComing(sheet, host.name) || busy(host) === undefined)));
    const wanted = this.#wantedByHour();
    const inUse = [...this.#on].filter((host) => !this.#spare.has(host));
    const usual = wanted === undefined ? 0 : Math.min(policy.forecast?.most ?? 0, wanted.hosts - inUse.length);
    const cramped = isCramped(sheet, supply, inUse, policy.headroomCores ?? 0) ? 1 : 0;
    this.#warm = Math.max(policy.warmHosts, usual, cramped);
    this.#usual = usual > policy.warmHosts ? wanted : undefined;
    this.#cramped = this.#warm > Math.max(policy.warmHosts, usual);
  }

  /** What is usual about now, where that is asked for. */
  #wantedByHour(): UsualHour | undefined {
    const { forecast } = this.#policy;
    const hours = this.#sheet.policy.usual?.[this.#pool];
    return forecast === undefined || hours === undefined ? undefined : usualAt(hours, this.#sheet.now, forecast.leadMs);
  }

  settle(): void {
    this.#keepWarm();
    for (const host of [...this.#hosts].reverse()) this.#maySleep(host);
  }

  #keepWarm(): void {
    const { surviveOne } = this.#policy;
    for (const host of leastWorn(this.#sheet, this.#hosts)) {
      const short = this.#spare.size < this.#warm;
      if (!short && (!surviveOne || this.#survives(undefined))) return;
      if (this.#on.has(host) || whyNotWake(this.#sheet, host) !== undefined) continue;
      const reason = short ? this.#becauseWarm('wake') : because('wake-survive', { pool: this.#pool });
      if (wake(this.#sheet, host, reason) !== undefined) return;
      this.#on.add(host);
      this.#spare.add(host);
    }
  }

  /** Empty hosts beyond those that the configuration wants are the hour's, or the next jobs'. */
  #becauseWarm(what: 'wake' | 'awake', refs: readonly string[] = []): Reason {
    const { warmHosts } = this.#policy;
    const pool = this.#pool;
    if (this.#cramped) return because(`${what}-headroom`, { pool }, refs);
    if (this.#usual === undefined || (what === 'wake' && this.#spare.size < warmHosts)) return because(`${what}-warm`, { warm: warmHosts, pool }, refs);
    return because(`${what}-usual`, { when: this.#usual.when, hosts: this.#usual.hosts, pool }, refs);
  }

  /** Could the others take over what the fullest carries, with `without` off? Cores and memory in all: what fits where is not gone into. */
  #survives(without: HostRoom | undefined): boolean {
    const hosts = [...this.#on].filter((host) => host !== without);
    const used = (host: HostRoom): Room => {
      const { spec } = host.view;
      return { cores: spec.cores - spec.reserve.cores - host.cores, memoryMiB: spec.memoryMiB - spec.reserve.memoryMiB - host.memoryMiB };
    };
    return hosts.every((lost) => {
      const { cores, memoryMiB } = used(lost);
      const others = hosts.filter((host) => host !== lost);
      return others.reduce((sum, h) => sum + h.cores, 0) >= cores && others.reduce((sum, h) => sum + h.memoryMiB, 0) >= memoryMiB;
    });
  }

  #maySleep(host: HostRoom): void {
    const power = this.#sheet.power.rows.get(host.name);
    if (power?.state !== 'on' || !this.#on.has(host) || this.#sheet.power.promised.has(host.name)) return;
    const reasons = this.#sheet.reasons;
    const used = this.#busy(host);
    if (used !== undefined || power.emptySince === undefined) return;
    const stays = this.#mustStay(host, power, this.#sheet.now - power.emptySince);
    if (stays !== undefined) reasons.say(`host:${host.name}`, stays);
    else if (sleep(this.#sheet, host, because('sleep-idle', { emptyMs: this.#sheet.now - power.emptySince }, [`host:${host.name}`]))) {
      this.#on.delete(host);
      this.#spare.delete(host);
    }
  }

  /** Why an empty host stays on, the weightiest first. */
  #mustStay(host: HostRoom, power: HostPower, emptyMs: number): Reason | undefined {
    const { idleMs, surviveOne } = this.#policy;
    const refs = [`host:${host.name}`];
    const unable = unwakeable(host) ?? (power.provenAt === undefined && this.#policy.trusted !== true ? because('awake-unproved', {}, refs) : undefined);
    if (unable !== undefined) return unable;
    const left = this.#leftAlone(host, power);
    if (left !== undefined) return left;
    if (emptyMs < idleMs) return because('awake-idle', { emptyMs, leftMs: idleMs - emptyMs }, refs);
    if (this.#spare.size <= this.#warm) return this.#becauseWarm('awake', refs);
    return surviveOne && !this.#survives(host) ? because('awake-survive', { pool: this.#pool }, refs) : undefined;
  }

  /** Too soon, too often, or somebody else's. */
  #leftAlone(host: HostRoom, power: HostPower): Reason | undefined {
    const { minOnMs, leaveAloneMs } = this.#policy;
    const { now } = this.#sheet;
    const refs = [`host:${host.name}`];
    const people = host.view.reading.value?.people ?? [];
    if (people.length > 0) return because('awake-console', { who: people.slice(0, 3).join(', ') }, refs);
    const onMs = now - power.since;
    if (power.by === 'person' && onMs < leaveAloneMs) return because('awake-person', { leftMs: leaveAloneMs - onMs }, refs);
    if (power.notBefore !== undefined && now < power.notBefore)
      return because('asleep-pause', { why: 'it did not switch off', inMs: power.notBefore - now }, refs);
    if (isWorn(power, this.#policy, now))
      return because('awake-cycles', { count: cyclesLately(power, now).length, days: cycleDays, limit: this.#policy.cyclesPerDay }, refs);
    return onMs < minOnMs ? because('awake-recent', { onMs, minMs: minOnMs }, refs) : undefined;
  }
}
