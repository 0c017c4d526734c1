import { isHeard } from '../model/reading.js';
import { because, type Reason, sentence } from '../model/reason.js';
import type { Change } from '../model/rows.js';
import { diskOf, type Service, type ServiceMemory } from '../model/service.js';
import { versionOn } from '../model/versions.js';
import type { MachineView } from '../model/world.js';
import { breakerOf, clockWaits, hostMayStart, stopWaits } from './budget.js';
import type { HostRoom, Sheet } from './capacity.js';
import { isOurs } from './idle.js';
import { countLeaving } from './leaving.js';
import { allows, modeIn, modeOf } from './modes.js';
import { hasRoom } from './placement.js';
import { adopted } from './service-adopt.js';
import { isComing, wake, whyNotWake } from './waking.js';

/**
 * Permanent machines that are not there: claims that stand before all jobs. Each gets its home where that will do, else
 * the fullest host of its pools that is on; else idle workers make room, else a host is woken. Returns rows of machines
 * that run already from a journal before this one.
 */
export function startServices(sheet: Sheet): readonly Change[] {
  const changes: Change[] = [];
  const services = Object.values(sheet.policy.services ?? {});
  if (services.length === 0 && sheet.rows.services.size === 0) return changes;
  const taken = new Set([...sheet.world.rows.machines.values()].map(({ seat }) => seat));
  for (const service of services) {
    if (taken.has(service.name)) continue;
    const running = adopted(sheet, service);
    if (running !== undefined) changes.push(...running);
    else new Claim(sheet, service).settle();
  }
  tryHosts(sheet);
  for (const { service, disk } of sheet.rows.services.values()) {
    const isLeft = sheet.policy.services?.[service] === undefined && !taken.has(service);
    if (isLeft) sheet.reasons.say(`service:${service}`, because('service-disk-kept', { disk }));
  }
  return changes;
}

/** A host that is taken as off may be on all the same, with its machine: a wake-up call harms nobody, and its next boot is the proof. */
function tryHosts(sheet: Sheet): void {
  for (const { row } of sheet.world.machines.values()) {
    const host = row.kind === 'service' ? sheet.hosts.get(row.host) : undefined;
    if (host === undefined || sheet.power.woken.has(host.name) || whyNotWake(sheet, host) !== undefined) continue;
    wake(sheet, host, because('wake-service-host', { service: row.seat }, [`machine:${row.id}`]));
  }
}

/** A host that must be empty sooner is nowhere to start. */
const worthStartingMs = 15 * 60_000;

/** One service that wants a host. */
class Claim {
  readonly #sheet: Sheet;
  readonly #service: Service;
  readonly #memory: ServiceMemory | undefined;
  readonly #refs: readonly string[];
  /** Home first, then the fullest, then by name. */
  readonly #hosts: readonly HostRoom[];

  constructor(sheet: Sheet, service: Service) {
    this.#sheet = sheet;
    this.#service = service;
    this.#memory = sheet.rows.services.get(service.name);
    this.#refs = [`service:${service.name}`];
    const mine = [...sheet.hosts.values()].filter(({ name, view }) => name === service.home || service.pools.includes(view.spec.pool));
    const away = (host: HostRoom): number => Number(host.name !== service.home);
    this.#hosts = mine.sort((a, b) => away(a) - away(b) || a.cores - b.cores || a.memoryMiB - b.memoryMiB || (a.name < b.name ? -1 : 1));
  }

  settle(): void {
    const { name, restartWithinMs } = this.#service;
    const downMs = this.#memory?.downSince === undefined ? 0 : Math.max(0, this.#sheet.now - this.#memory.downSince);
    if (downMs > restartWithinMs) this.#say(because('service-stays-down', { downMs, limitMs: restartWithinMs }, this.#refs));
    const waits = breakerOf(this.#sheet.rows, `service:${name}`, this.#sheet.now) ?? this.#diskUnknown() ?? this.#unread() ?? this.#budget() ?? this.#place();
    if (waits !== undefined) this.#say(waits);
  }

  #say(reason: Reason): void {
    this.#sheet.reasons.say(`service:${this.#service.name}`, reason);
  }

  /** A disk that another journal made may have a guest on a host that does not answer. */
  #diskUnknown(): Reason | undefined {
    if (this.#memory !== undefined) return undefined;
    const disk = diskOf(this.#sheet.policy.deployment, this.#service.name);
    const views = [...this.#sheet.world.hosts.values()];
    if (!views.some(({ reading }) => isHeard(reading) && reading.value.overlays.some((overlay) => overlay.name === disk))) return undefined;
    const unheard = views.filter(({ reading, power, meter }) => {
      const off = power?.state === 'off' || (meter !== undefined && isHeard(meter) && !meter.value.on);
      return !isHeard(reading) && !off;
    });
    const hosts = unheard.slice(0, 3).map(({ spec }) => spec.name);
    return hosts.length === 0 ? undefined : because('service-disk-unknown', { disk, hosts: hosts.join(', ') }, this.#refs);
  }

  /** Home is asked for the first time: a moment's patience. */
  #unread(): Reason | undefined {
    const reading = this.#sheet.world.hosts.get(this.#service.home)?.reading;
    const { home } = this.#service;
    return reading?.answeredAt === 0 && reading.silentSince === undefined ? because('wait-unread', { source: home }, [`host:${home}`]) : undefined;
  }

  #budget(): Reason | undefined {
    const { startsAtOnce } = this.#sheet.policy.limits;
    return this.#sheet.starting >= startsAtOnce ? because('wait-budget', { what: 'starts under way', limit: startsAtOnce }, this.#refs) : undefined;
  }

  #place(): Reason | undefined {
    const able = this.#hosts.filter((host) => this.#carries(host));
    const found = able.find((host) => this.#fits(host) && hostMayStart(this.#sheet, host));
    if (found !== undefined) return this.#start(found);
    return this.#soon(able) ?? this.#makeRoom(able) ?? this.#wake() ?? this.#noRoom(able);
  }

  /** On, usable, not due back at once, sees what it boots from. */
  #carries({ blocked, view, storeMiB, leftMs }: HostRoom): boolean {
    const seen = view.reading.value;
    if (blocked !== undefined || seen === undefined || leftMs < worthStartingMs) return false;
    if (this.#memory?.madeAt !== undefined) return seen.overlays.some(({ name }) => name === this.#memory?.disk);
    return storeMiB >= this.#service.diskMiB && this.#versionOn(view.reading.value?.images ?? []) !== undefined;
  }

  #versionOn(images: Parameters<typeof versionOn>[0]): string | undefined {
    return versionOn(images, this.#memory?.image ?? this.#service.image);
  }

  #fits(host: HostRoom): boolean {
    return hasRoom(host, this.#service.size, this.#sheet.policy.guestOverheadMiB);
  }

  #start(host: HostRoom): undefined {
    const { group, name, size, mode, image } = this.#service;
    const version = this.#memory?.image.version ?? this.#versionOn(host.view.reading.value?.images ?? []) ?? '';
    const { last } = this.#memory ?? {};
    const reason =
      last === undefined
        ? because('start-service', { service: name }, this.#refs)
        : because('start-service-again', { service: name, why: last.why }, this.#refs);
    const decision = { kind: 'start' as const, service: true as const, environment: group, seat: name, host: host.name, size, reason };
    this.#sheet.sorter.settle(
      { ...decision, image: { name: this.#memory?.image.name ?? image.name, version } },
      modeIn(this.#sheet.policy, mode, host.view.spec.pool),
    );
    this.#claim(host);
    host.starting++;
    this.#sheet.starting++;
    return undefined;
  }

  #claim(host: HostRoom): void {
    host.cores -= this.#service.size.cores;
    host.memoryMiB -= this.#service.size.memoryMiB + this.#sheet.policy.guestOverheadMiB;
  }

  /** Its turn on a host with room, room that is falling free, or a host that is on its way: kept for it. */
  #soon(able: readonly HostRoom[]): Reason | undefined {
    const busy = able.find((host) => this.#fits(host));
    if (busy !== undefined) {
      this.#claim(busy);
      const { startsAtOncePerHost } = this.#sheet.policy.limits;
      return because('wait-budget', { what: `starts on ${busy.name}`, limit: startsAtOncePerHost }, [`host:${busy.name}`]);
    }
    const coming = this.#hosts.find((host) => isComing(this.#sheet, host.name) && this.#fits(host));
    if (coming !== undefined) return this.#awaits(coming);
    const { size } = this.#service;
    const leaving = able.find(
      (h) => h.cores + h.promisedCores >= size.cores && h.memoryMiB + h.promisedMiB >= size.memoryMiB + this.#sheet.policy.guestOverheadMiB,
    );
    if (leaving === undefined) return undefined;
    this.#claimPromised(leaving);
    return because('wait-drain', { machines: leaving.leaving.slice(0, 3).join(', ') }, this.#refs);
  }

  /** What falls free is nobody else's. */
  #claimPromised(host: HostRoom): void {
    host.promisedCores -= this.#service.size.cores;
    host.promisedMiB -= this.#service.size.memoryMiB + this.#sheet.policy.guestOverheadMiB;
  }

  #awaits(host: HostRoom): Reason {
    this.#claim(host);
    this.#sheet.power.promised.add(host.name);
    return because('wait-host-wakes', { host: host.name }, [`host:${host.name}`]);
  }

  /** Idle workers of one host go, as few as will do. */
  #makeRoom(able: readonly HostRoom[]): Reason | undefined {
    const { size, name } = this.#service;
    for (const host of able) {
      const chosen = this.#enough(
        host,
        size.cores - host.cores - host.promisedCores,
        size.memoryMiB + this.#sheet.policy.guestOverheadMiB - host.memoryMiB - host.promisedMiB,
      );
      if (chosen === undefined || stopWaits(this.#sheet, host, chosen.length) !== undefined) continue;
      for (const machine of chosen) {
        const decision = { kind: 'drain' as const, machine: machine.row.id, reason: because('drain-service', { service: name }, this.#refs) };
        this.#sheet.sorter.settle(decision, modeOf(this.#sheet.policy, machine));
        countLeaving(this.#sheet, machine, decision);
      }
      this.#claimPromised(host);
      return because('service-makes-room', { machine: chosen.map(({ row }) => row.id).join(', '), host: host.name }, this.#refs);
    }
    return undefined;
  }

  #enough({ view }: HostRoom, cores: number, memoryMiB: number): readonly MachineView[] | undefined {
    const mayGo = (m: MachineView): boolean =>
      m.row.kind !== 'service' && isOurs(this.#sheet, m) && clockWaits(this.#sheet, m) === undefined && allows(modeOf(this.#sheet.policy, m), 'act');
    const idle = view.machines.filter(mayGo).sort((a, b) => a.row.size.memoryMiB - b.row.size.memoryMiB || (a.row.id < b.row.id ? -1 : 1));
    const chosen: MachineView[] = [];
    let [missingCores, missingMiB] = [cores, memoryMiB];
    for (const machine of idle) {
      if (missingCores <= 0 && missingMiB <= 0) break;
      chosen.push(machine);
      missingCores -= machine.row.size.cores;
      missingMiB -= machine.row.size.memoryMiB + this.#sheet.policy.guestOverheadMiB;
    }
    return missingCores <= 0 && missingMiB <= 0 && chosen.length > 0 ? chosen : undefined;
  }

  /** Home first; a host with no armed card and no controller is never believed to come. */
  #wake(): Reason | undefined {
    const host = this.#hosts.find((each) => this.#fits(each) && whyNotWake(this.#sheet, each) === undefined);
    if (host === undefined) return undefined;
    return wake(this.#sheet, host, because('wake-service', { service: this.#service.name }, this.#refs)) ?? this.#awaits(host);
  }

  #noRoom(able: readonly HostRoom[]): Reason {
    const { size } = this.#service;
    const why = this.#hosts.slice(0, 3).map((host) => `${host.name} ${able.includes(host) ? 'is full' : this.#obstacle(host)}`);
    return because('service-no-room', { cores: size.cores, memory: size.memoryMiB, detail: why.join('; ') || 'its pools have no host' }, this.#refs);
  }

  #obstacle({ blocked, view }: HostRoom): string {
    if (blocked !== undefined) return sentence(blocked);
    if (view.reading.value === undefined) return 'was never heard';
    return this.#memory?.madeAt === undefined ? 'has not its image, or no space on its store' : `does not see its disk ${this.#memory.disk}`;
  }
}
