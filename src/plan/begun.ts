import type { Machine } from '../model/machine.js';
import { isHeard } from '../model/reading.js';
import type { MachineView } from '../model/world.js';
import type { Draft } from './draft.js';
import type { Context } from './step.js';

/**
 * Machines whose rows this very plan begins, as the next look would show them (a law in the tests of the join): their
 * first step need not wait for it. One of which something is there already, or jobs on its node, waits for that look.
 */
export function begun({ world, policy }: Context, draft: Draft): readonly MachineView[] {
  const views: MachineView[] = [];
  for (const change of draft.changes()) {
    if (change.table !== 'machines' || change.row === null || world.machines.has(change.key)) continue;
    const view = viewOf(change.row, world, policy);
    if (view.guest === undefined && (view.node === undefined || (view.node.jobs.length === 0 && view.node.momJobs.length === 0))) views.push(view);
  }
  return views;
}

function viewOf(row: Machine, world: Context['world'], policy: Context['policy']): MachineView {
  const reading = world.hosts.get(row.host)?.reading;
  const host = reading !== undefined && isHeard(reading) ? reading.value : undefined;
  const seat = row.kind === 'service' ? undefined : world.seats.get(row.seat);
  const source = world.sources.get(seat?.seat.source ?? '')?.reading;
  const service = row.kind === 'service' ? policy.services?.[row.seat] : undefined;
  return {
    row,
    environment: row.kind === 'service' ? undefined : policy.environments[row.environment],
    ...(service === undefined ? {} : { service }),
    seat: seat?.seat ?? row.seated,
    phase: 'wanted',
    guest: reading?.value?.guests.find(({ uuid }) => uuid === row.uuid),
    hostHeard: host !== undefined,
    overlaySeen: host === undefined || host.storeHung ? undefined : host.overlays.some(({ name }) => name === row.overlay),
    node: seat?.node,
    nodeHeard: seat?.node !== undefined && source !== undefined && isHeard(source),
    withheld: world.rows.withheld.get(row.seat),
    jobs: [],
    intent: undefined,
    slotsFree: 0,
  };
}
