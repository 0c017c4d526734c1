import type { z } from 'zod';
import type { Present } from '../model/present.js';
import type { ServiceMemory } from '../model/service.js';
import type { MachineView } from '../model/world.js';
import { pageByName } from './paging.js';
import { mainText, when } from './said.js';
import type { ServiceRecord, serviceListSchema, serviceQuery, serviceStates } from './schema/services.js';

/** Machines of services by the service's name. */
const running = ({ world }: Present): ReadonlyMap<string, MachineView> =>
  new Map([...world.machines.values()].flatMap((view) => (view.row.kind === 'service' ? [[view.row.seat, view] as const] : [])));

function stateOf(view: MachineView | undefined, { world }: Present): (typeof serviceStates)[number] {
  if (view === undefined) return 'down';
  const { row, hostHeard } = view;
  if (!hostHeard && row.guestAt !== undefined && world.hosts.get(row.host)?.reading.silentSince !== undefined) return 'unknown';
  if (row.goal.kind === 'gone') return 'stopping';
  return row.readyAt === undefined ? 'starting' : 'up';
}

const madeFrom = (memory: ServiceMemory | undefined): string | undefined => memory && `${memory.image.name} ${memory.image.version}`;
const endOf = (memory: ServiceMemory | undefined): string | undefined => memory?.last && `on ${memory.last.host}: ${memory.last.why}`;

/** Every permanent machine that is configured, or was and has a disk. */
export function serviceList(present: Present): readonly ServiceRecord[] {
  const { world, policy } = present;
  const views = running(present);
  const names = new Set([...Object.keys(policy.services ?? {}), ...world.rows.services.keys(), ...views.keys()]);
  return [...names].map((name) => {
    const service = policy.services?.[name];
    const memory = world.rows.services.get(name);
    const row = views.get(name)?.row;
    const subjects = [...(row === undefined ? [] : [`machine:${row.id}`]), `service:${name}`];
    return {
      name,
      group: service?.group ?? memory?.group ?? row?.environment ?? '',
      configured: service !== undefined,
      state: stateOf(views.get(name), present),
      ...when('address', service?.address),
      ...when('mac', service?.mac),
      ...when('home', service?.home),
      ...when('host', row?.host),
      ...when('machine', row?.id),
      ...when('cores', row?.size.cores ?? service?.size.cores),
      ...when('memoryMiB', row?.size.memoryMiB ?? service?.size.memoryMiB),
      ...when('disk', memory?.disk),
      ...when('image', madeFrom(memory)),
      ...when('upSince', row?.readyAt),
      ...when('downSince', memory?.downSince),
      ...when('last', endOf(memory)),
      ...when('why', mainText(present, ...subjects)),
    };
  });
}

export function listServices(present: Present, query: z.output<typeof serviceQuery>): z.output<typeof serviceListSchema> {
  const is = (wanted: string | undefined, found: string | undefined): boolean => wanted === undefined || wanted === found;
  const found = serviceList(present).filter(({ group, host, state }) => is(query.group, group) && is(query.host, host) && is(query.state, state));
  const { entries, ...outside } = pageByName(found, ({ name }) => name, query);
  return { ...outside, services: entries };
}
