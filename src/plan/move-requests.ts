import { mayGoOn } from '../model/host.js';
import { because, sentence } from '../model/reason.js';
import type { Request } from '../model/rows.js';
import type { HostView, MachineView } from '../model/world.js';
import { whyBlocked } from './blocked.js';
import { isMovedInTime, type Obstacle, obstacleTo, type Place, sizeNeed, tooLong, unmovable } from './movable.js';
import { longestWaitMs, moveVerbs } from './moving.js';
import { namesNear } from './near.js';
import { effectiveMode } from './permission.js';
import type { Answer, Asked } from './requests.js';
import { Dues } from './tenancy-due.js';

/** A place, and what is left there after what was asked for just before. */
interface Target extends Place {
  readonly cores: number;
  readonly memoryMiB: number;
}

/** A person wants a machine on another host, which he names or leaves to Domus. */
export function askedToMove(request: Request, asked: Asked, machine: MachineView): Answer {
  const { policy } = asked;
  const { row } = machine;
  const why = unmovable(machine) ?? (isMovedInTime(policy, sizeNeed(policy, machine)[1]) ? undefined : tooLong);
  if (why !== undefined) return { refused: `${row.id} stays where it is: ${said(machine, why)}` };
  const home = asked.world.hosts.get(row.host);
  if (home === undefined) return { refused: `${row.id} stays where it is: ${row.host} is not in the configuration` };
  const from = placeOf(asked, home);
  const found = request.to === undefined ? anywhere(asked, machine, from) : there(asked, machine, from, request.to);
  if ('refused' in found) return found;
  const reason = because('move-asked', { who: request.who, why: request.why, to: found.name }, [`machine:${row.id}`, `host:${found.name}`]);
  const limit = `it stays where it is after all where that cannot begin within ${longestWaitMs / 60_000} minutes ("domus stay" takes it back)`;
  return { done: `${row.id} goes from ${row.host} to ${found.name}; ${limit}`, changes: [], move: { machine: row.id, to: found.name, reason } };
}

const said = ({ row: { moving }, jobs, environment }: MachineView, why: string): string => {
  if (moving !== undefined) return `it is on its way from ${moving.from} to ${moving.to} already`;
  if (jobs.length > 0 && environment?.moves !== 'busy' && environment?.moves !== 'never')
    return `its environment moves idle machines only (moves: idle), and ${jobs.slice(0, 3).join(', ')} runs on it`;
  return why;
};

function placeOf({ policy, rows, now, moves, world }: Asked, view: HostView): Target {
  const { name } = view.spec;
  let { cores, memoryMiB } = view.free;
  for (const move of moves) {
    const coming = move.to === name ? world.machines.get(move.machine) : undefined;
    if (coming === undefined) continue;
    const need = sizeNeed(policy, coming);
    cores -= need[0];
    memoryMiB -= need[1];
  }
  return { name, view, blocked: whyBlocked(view, rows, now), leftMs: Dues.of(policy, rows, now)?.leftMs(name) ?? Number.POSITIVE_INFINITY, cores, memoryMiB };
}

const watched = ({ policy }: Asked, { row }: MachineView, to: string): boolean => effectiveMode(policy, row.environment, to) === 'watch';

function there(asked: Asked, machine: MachineView, from: Place, name: string): Target | { readonly refused: string } {
  const view = asked.world.hosts.get(name);
  if (view === undefined) {
    const near = namesNear(name, Object.keys(asked.policy.hosts));
    return { refused: `there is no host "${name}"${near.length > 0 ? `; did you mean ${near.join(' or ')}?` : ''}` };
  }
  const to = placeOf(asked, view);
  const obstacle = obstacleTo(machine, from, to);
  if (obstacle !== undefined) return { refused: `${machine.row.id} cannot go to ${name}: ${words[obstacle](machine, from, to)}` };
  if (watched(asked, machine, name)) return { refused: `${machine.row.id} cannot go to ${name}: its pool is in watch mode` };
  const [cores, memoryMiB] = sizeNeed(asked.policy, machine);
  if (to.cores >= cores && to.memoryMiB >= memoryMiB) return to;
  const has = `${Math.max(0, to.cores)} cores and ${Math.max(0, to.memoryMiB)} MiB are free there, it takes ${cores} and ${memoryMiB}`;
  return { refused: `${machine.row.id} cannot go to ${name}: ${has}` };
}

/** The fullest host that it may go to and that has room. */
function anywhere(asked: Asked, machine: MachineView, from: Place): Target | { readonly refused: string } {
  const [cores, memoryMiB] = sizeNeed(asked.policy, machine);
  const able: Target[] = [];
  const counts = new Map<string, number>();
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
  for (const view of asked.world.hosts.values()) {
    const to = placeOf(asked, view);
    const obstacle = obstacleTo(machine, from, to);
    if (obstacle === 'there') continue;
    if (obstacle !== undefined) count(short[obstacle]);
    else if (watched(asked, machine, to.name)) count('in watch mode');
    else if (to.cores < cores || to.memoryMiB < memoryMiB) count('without room');
    else able.push(to);
  }
  const [best] = able.sort((a, b) => a.cores - b.cores || a.memoryMiB - b.memoryMiB || (a.name < b.name ? -1 : 1));
  const tried = [...counts].map(([what, times]) => `${times} ${what}`).join(', ');
  return best ?? { refused: `${machine.row.id} has nowhere to go${tried === '' ? ': there is no other host' : ` (hosts: ${tried})`}` };
}

const short: Readonly<Record<Exclude<Obstacle, 'there'>, string>> = {
  blocked: 'not to be used now',
  unread: 'not heard yet',
  due: 'due back sooner',
  copy: 'without a copy of its image',
  pool: 'outside its pools',
  way: 'to which its kind of guest cannot move now',
  image: 'that do not see its image',
};

const words: Readonly<Record<Obstacle, (machine: MachineView, from: Place, to: Place) => string>> = {
  there: () => 'it is there',
  blocked: (_, __, { blocked }) => (blocked === undefined ? 'it may not be used' : sentence(blocked)),
  unread: (_, __, { name }) => `${name} was not heard yet`,
  due: (_, __, { name, leftMs }) => `${name} must be empty in ${Math.max(0, Math.round(leftMs / 60_000))} minutes`,
  copy: ({ row }, _, { name }) => `${name} has no copy of image ${row.image.name} ${row.image.version}, which its disk stands on`,
  pool: ({ service, row }, _, { view }) => `${service === undefined ? `environment ${row.environment}` : row.seat} may not use pool ${view.spec.pool}`,
  way: noWay,
  image: ({ row }, _, { name }) => `${name} does not see image ${row.image.name} ${row.image.version}`,
};

function noWay({ environment, service, jobs }: MachineView, from: Place, to: Place): string {
  if (!mayGoOn(from.view.reading.value?.cpuFeatures, to.view.reading.value?.cpuFeatures))
    return `the processors of ${to.name} cannot do all that those of ${from.name} can, and a guest does not lose that while it runs`;
  const type = (environment ?? service)?.boot.type ?? 'pvh';
  const unable = [from, to].filter(({ view }) => !view.reading.value?.capabilities.includes(type === 'pv' ? 'pv-live-migration' : 'live-migration'));
  const names = unable.map(({ name }) => name).join(' and ');
  const idle = type === 'pv' && environment !== undefined && jobs.length > 0 ? '; it can be saved and restored only when no job is on it' : '';
  return `${names} cannot move ${type} guests while they run${idle}`;
}

/** A person wants a machine to stay after all, whoever wanted it elsewhere. It is then left where it is for a while. */
export function askedToStay({ who, why }: Request, { rows, now }: Asked, { row, intent }: MachineView): Answer {
  const { moving, ...rest } = rows.machines.get(row.id) ?? row;
  if (moving === undefined) return { refused: `${row.id} is not on its way anywhere` };
  if (moving.endedAt !== undefined || (intent !== undefined && moveVerbs.has(intent.deed.verb))) {
    const when = moving.endedAt === undefined ? 'is being moved' : 'was moved';
    return { refused: `${row.id} ${when} to ${moving.to} already: "domus move ${row.id} ${moving.from}" brings it back when it has come` };
  }
  const stays = because('move-off', { to: moving.to, why: `${who} wants it to stay (${why})` }, [`machine:${row.id}`, `host:${moving.to}`]);
  return {
    done: sentence(stays),
    changes: [{ table: 'machines', key: row.id, row: { ...rest, moved: { at: now, from: moving.from } } }],
  };
}
