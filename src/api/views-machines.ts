import { isOnline } from '../model/batch.js';
import { usualMoves } from '../model/consolidation.js';
import { loadClassOf } from '../model/load.js';
import { dayMs } from '../model/power.js';
import type { Present } from '../model/present.js';
import { isHeard } from '../model/reading.js';
import { because, type Reason, sentence } from '../model/reason.js';
import type { HostView, MachineView, SeatView } from '../model/world.js';
import { expectedAt } from './arrivals.js';
import { mainText, when } from './said.js';
import type { HostRecord } from './schema/hosts.js';
import type { MachineRecord } from './schema/machines.js';
import type { SeatRecord } from './schema/seats.js';

/** Everything of a machine for one line and for `why`. */
export function machineRecord(view: MachineView, present: Present): MachineRecord {
  const { row } = view;
  return {
    id: row.id,
    seat: row.seat,
    environment: row.environment,
    ...when('kind', row.kind),
    host: row.host,
    phase: view.phase,
    ...when('movingTo', row.moving !== undefined && row.moving.to !== row.host ? row.moving.to : undefined),
    goal: row.goal.kind,
    cores: row.size.cores,
    memoryMiB: row.size.memoryMiB,
    ...when('np', view.node?.np),
    slotsFree: view.slotsFree,
    jobs: view.jobs,
    image: `${row.image.name} ${row.image.version}`,
    guestName: row.guestName,
    uuid: row.uuid,
    ...when('guest', view.guest?.state),
    ...when('node', view.node?.states),
    wantedAt: row.wantedAt,
    ...when('readyAt', row.readyAt),
    ...when('expectedAt', expectedAt(present.world, view)),
    ...when('idleSince', row.idleSince),
    ...when('held', row.held === undefined ? undefined : `held by ${row.held.by}: ${row.held.why}`),
    ...when('console', row.failing?.console ?? (row.readyAt === undefined ? view.guest?.console : undefined)),
    ...when('failing', row.failing === undefined ? undefined : sentence(row.failing.reason)),
    ...when('deed', view.intent?.deed.verb),
    ...when('why', mainText(present, `machine:${row.id}`) ?? sentence(row.reason)),
  };
}

export function hostRecord(view: HostView, present: Present): HostRecord {
  const { spec, reading } = view;
  const value = reading.value;
  const owned = new Set(view.machines.map((machine) => machine.row.uuid));
  const cordon = present.world.rows.cordons.get(spec.name);
  return {
    name: spec.name,
    pool: spec.pool,
    address: spec.address,
    heard: isHeard(reading),
    ...when('silentSince', reading.silentSince),
    ...when('cause', reading.cause),
    ...when('answeredAt', reading.answeredAt === 0 ? undefined : reading.answeredAt),
    cores: Math.floor(spec.cores * (spec.overcommit ?? 1)),
    memoryMiB: spec.memoryMiB,
    freeCores: view.free.cores,
    freeMemoryMiB: view.free.memoryMiB,
    ...when('storeFreeMiB', value?.storeHung ? undefined : value?.storeFreeMiB),
    machines: view.machines.map((machine) => machine.row.id),
    foreignGuests: value?.guests.filter((guest) => guest.domid !== 0 && !owned.has(guest.uuid)).length ?? 0,
    images: value?.images.map((image) => `${image.name} ${image.version}`) ?? [],
    capabilities: value?.capabilities ?? [],
    ...powerOf(view, present.at),
    ...loadOf(view, present),
    ...when('cordoned', cordon === undefined ? undefined : `${cordon.drain ? 'drained' : 'cordoned'} by ${cordon.by}: ${cordon.why}`),
    ...when('blocked', view.blocked === undefined ? undefined : sentence(view.blocked)),
    ...when('why', mainText(present, `host:${spec.name}`) ?? (view.blocked === undefined ? undefined : sentence(view.blocked))),
  };
}

function loadOf(view: HostView, { policy }: Present): Pick<HostRecord, 'load' | 'loadPercent' | 'arriving'> {
  const load = loadClassOf(view, policy.consolidation ?? usualMoves, policy.guestOverheadMiB);
  const percent = view.load === undefined ? undefined : Math.round(100 * view.load.perCore);
  return { load, ...when('loadPercent', percent), arriving: view.arriving.map(({ row }) => row.id) };
}

function powerOf({ power, spec, reading }: HostView, at: number): Partial<HostRecord> {
  if (power === undefined) return spec.power !== undefined && isHeard(reading) ? { power: 'on' } : {};
  const { state, since, by, provenAt, cycles } = power;
  return { power: state, powerSince: since, powerBy: by, ...when('provenAt', provenAt), offToday: cycles.filter((cycle) => cycle > at - dayMs).length };
}

/** Why no machine may sit there, or that one may. */
export const seatState = ({ seat, blocked }: SeatView): Reason =>
  blocked ?? (seat.feasibility ? because('seat-feasibility', { seat: seat.name }) : because('seat-free'));

/** Of a seat where a machine sits, the machine's reason is its own. */
function whySeat(view: SeatView, present: Present): string {
  const { seat, machine } = view;
  const said = mainText(present, ...(machine === undefined ? [] : [`machine:${machine.row.id}`]), `seat:${seat.name}`);
  return said ?? sentence(seatState(view));
}

export function seatRecord(view: SeatView, present: Present): SeatRecord {
  const { seat, node } = view;
  const withheld = present.world.rows.withheld.get(seat.name);
  return {
    name: seat.name,
    environment: seat.environment,
    source: seat.source,
    address: seat.address,
    mac: seat.mac,
    ...when('np', node?.np),
    largestNp: seat.largestNp,
    ...when('node', node?.states),
    ...when('note', node?.note === '' ? undefined : node?.note),
    online: node !== undefined && isOnline(node),
    ...when('machine', view.machine?.row.id),
    feasibility: seat.feasibility,
    ...when('withheld', withheld === undefined ? undefined : sentence(withheld.reason)),
    ...when('blocked', view.blocked === undefined ? undefined : sentence(view.blocked)),
    ...when('why', whySeat(view, present)),
  };
}
