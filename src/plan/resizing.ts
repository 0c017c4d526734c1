import { npOf, sizeFor } from '../model/environment.js';
import { because } from '../model/reason.js';
import type { Size } from '../model/size.js';
import type { MachineView } from '../model/world.js';
import { idleIn, isOurs } from './idle.js';
import { modeOf } from './modes.js';
import { type Attempt, addFresh, shapeKey } from './starting.js';
import { type Bin, binOf, hasAll } from './supply.js';

interface Candidate {
  readonly machine: MachineView;
  readonly size: Size;
  readonly cores: number;
  readonly memoryMiB: number;
  /** Of the oldest job that counts on it: the younger, the better. */
  readonly rank: number;
}

/**
 * An idle machine of the same environment that no older job counts on and that is too small grows to what the spot needs:
 * seconds instead of a boot, and no seat taken. Its maximum and its host's free room bound it. The one that grows least
 * is taken.
 */
export function grow(attempt: Attempt): Bin | undefined {
  const { sheet, supply, need, room, spot } = attempt;
  const size = sizeFor(room.environment, spot.slots, need.claim.shape.perSlotMiB);
  const key = shapeKey('grow', attempt);
  if (size === undefined || attempt.failed.has(key)) return undefined;
  let best: Candidate | undefined;
  for (const bin of idleIn(sheet, supply, room.environment.name)) {
    const candidate = candidateOf(attempt, bin, size);
    if (candidate !== undefined && (best === undefined || less(candidate, best))) best = candidate;
  }
  if (best === undefined) {
    attempt.failed.set(key, because('wait-room', { cores: size.cores, memory: size.memoryMiB }));
    return undefined;
  }
  const { machine } = best;
  const host = sheet.hosts.get(machine.row.host);
  if (host === undefined) return undefined;
  host.cores -= best.cores;
  host.memoryMiB -= best.memoryMiB;
  room.cores += best.cores;
  const args = { job: need.claim.ref, cores: best.size.cores, memory: best.size.memoryMiB, machine: machine.row.id };
  const reason = because('resize-for-job', args, [
    `machine:${machine.row.id}`,
    ...(need.group === undefined ? [] : [`job:${need.group.source}/${need.claim.ref}`]),
  ]);
  const decision = { kind: 'resize' as const, machine: machine.row.id, size: best.size, reason };
  sheet.chosen.set(machine.row.id, decision);
  sheet.sorter.settle(decision, attempt.mode);
  const np = npOf(room.environment, best.size);
  const bin = binOf(machine, room.environment, best.size.memoryMiB, np, np, false);
  addFresh(supply, room.environment.name, bin);
  return bin;
}

function candidateOf({ sheet, need, room, spot, used, mode }: Attempt, bin: Bin, wanted: Size): Candidate | undefined {
  const { machine } = bin;
  if (machine === undefined || (bin.needed !== undefined && bin.needed.rank <= need.rank) || used.has(bin) || !hasAll(bin.properties, spot.properties))
    return undefined;
  if (!isOurs(sheet, machine) || modeOf(sheet.policy, machine) !== mode) return undefined;
  const { row } = machine;
  const size = { cores: Math.max(row.size.cores, wanted.cores), memoryMiB: Math.max(row.size.memoryMiB, wanted.memoryMiB) };
  const cores = size.cores - row.size.cores;
  const memoryMiB = size.memoryMiB - row.size.memoryMiB;
  if (cores === 0 && memoryMiB === 0) return undefined; // large enough already: it is not size that keeps the job out
  if (size.cores > row.maxSize.cores || size.memoryMiB > row.maxSize.memoryMiB || npOf(room.environment, size) < spot.slots) return undefined;
  const host = sheet.hosts.get(row.host);
  if (host === undefined || host.blocked !== undefined || host.cores < cores || host.memoryMiB < memoryMiB) return undefined;
  return { machine, size, cores, memoryMiB, rank: bin.needed?.rank ?? Number.MAX_SAFE_INTEGER };
}

const less = (a: Candidate, b: Candidate): boolean =>
  (b.rank - a.rank || a.cores - b.cores || a.memoryMiB - b.memoryMiB || (a.machine.row.id < b.machine.row.id ? -1 : 1)) < 0;
