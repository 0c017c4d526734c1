import type { MachinePhase } from '../model/machine.js';
import type { Present } from '../model/present.js';
import { isHeard, type Reading } from '../model/reading.js';
import { censusOf } from './census.js';
import { when } from './said.js';
import type { SourceRecord, StatusRecord } from './schema/status.js';

/** How a batch server or host answers. */
export const sourceRecord = (kind: SourceRecord['kind'], name: string, reading: Reading<unknown>): SourceRecord => ({
  name,
  kind,
  heard: isHeard(reading),
  ...when('answeredAt', reading.answeredAt === 0 ? undefined : reading.answeredAt),
  ...when('silentSince', reading.silentSince),
  ...when('cause', reading.cause),
});

function phaseCounts(present: Present): Partial<Record<MachinePhase, number>> {
  const counts: Partial<Record<MachinePhase, number>> = {};
  for (const machine of present.world.machines.values()) counts[machine.phase] = (counts[machine.phase] ?? 0) + 1;
  return counts;
}

/** The whole deployment on one page. */
export function statusRecord(present: Present, version: string, tickTookMs: number | undefined): StatusRecord {
  const { world, policy } = present;
  const batch = [...world.sources.values()].map((view) => sourceRecord('batch', view.name, view.reading));
  const hosts = [...world.hosts.values()].map((view) => sourceRecord('host', view.spec.name, view.reading));
  const seats = [...world.seats.values()].filter((view) => !view.seat.feasibility);
  return {
    version,
    deployment: policy.deployment,
    mode: policy.mode,
    ...when('frozen', world.rows.freeze.get('freeze')),
    epoch: present.epoch,
    life: world.life.id,
    startedAt: world.life.startedAt,
    revision: present.revision,
    configRevision: policy.revision,
    at: present.at,
    due: present.plan.due,
    ...when('tickTookMs', tickTookMs),
    ...when('clockJumpAt', world.clockJumpAt),
    batch,
    silent: [...batch, ...hosts].filter((each) => !each.heard),
    jobs: censusOf(world).classes,
    machines: { total: world.machines.size, phases: phaseCounts(present) },
    hosts: { total: hosts.length, heard: hosts.filter((host) => host.heard).length, cordoned: world.rows.cordons.size },
    seats: { total: seats.length, taken: seats.filter((view) => view.machine !== undefined).length },
    deeds: world.rows.intents.size,
    strays: world.strays.filter((stray) => !world.rows.forgotten.has(stray.key)).length,
    proposals: world.rows.proposals.size,
  };
}
