import { sizeFor } from '../model/environment.js';
import { because, type Reason } from '../model/reason.js';
import type { MachineView } from '../model/world.js';
import type { Missing } from './demand.js';
import { mayGive } from './giving.js';
import { filledBy, holdForHandover, isPatient, mayHold, owes } from './handover.js';
import { idleIn } from './idle.js';
import { slotsOf } from './line.js';
import { bootable, bootableNames } from './placement.js';
import type { Attempt } from './starting.js';

/**
 * A wide job that gathers its slots one by one keeps them idle until the last is there, and small jobs could have used
 * them. Where one running job holds as many slots as it lacks, on machines of its own environment or of one that owes it,
 * it is better to wait for that job's end: all its slots are free at once. Undefined where it can have all that it lacks
 * now, where no running job is that wide, where hosts sleep that could be woken, and when it has waited too long (`isPatient`): then it gathers. Only for
 * slots that may lie anywhere (`-l procs=N`); whole nodes gather as `assembly.ts` does.
 */
export function waitForBlock(attempt: Attempt, job: Missing): Reason | undefined {
  const { sheet, need, room } = attempt;
  const { group, claim } = need;
  if (group === undefined || job.spots.length < 2 || !job.spots.every(({ anywhere }) => anywhere)) return undefined;
  const lacking = job.spots.length;
  if (sheet.power.anyAsleep || !isPatient(attempt, slotsOf(group))) return undefined;
  const block = couldHave(attempt, lacking) ? undefined : blockOf(attempt, lacking);
  const size = sizeFor(room.environment, 1, claim.shape.perSlotMiB);
  if (block === undefined || size === undefined) return undefined;
  const why = because('wait-block', { job: block, slots: lacking }, [`job:${group.source}/${block}`]);
  return holdForHandover({ ...attempt, together: lacking }, size, why);
}

/** Is there as much free room and idle capacity to be given as it lacks? */
function couldHave(attempt: Attempt, lacking: number): boolean {
  const { sheet, supply, room, mode } = attempt;
  let cores = 0;
  for (const { host } of bootable(room, mode)) cores += Math.max(0, host.cores + host.promisedCores);
  for (const name of sheet.environments.keys()) {
    if (cores >= lacking) return true;
    for (const bin of name === room.environment.name ? [] : idleIn(sheet, supply, name)) if (mayGive(attempt, bin)) cores += bin.machine?.row.size.cores ?? 0;
  }
  return cores >= lacking;
}

/**
 * A running job that fills machines of so many cores: its end frees them at once. Machines of the claim's own environment,
 * or of one that owes it where the claim may start a machine in their place; none that Domus may not take jobs from.
 */
function blockOf(attempt: Attempt, slots: number): string | undefined {
  const { sheet, room, mode } = attempt;
  const places = bootableNames(room, mode);
  const owing = new Set([...sheet.environments.values()].filter((theirs) => owes(attempt, theirs)).map(({ environment }) => environment.name));
  const counts = ({ row }: MachineView): boolean => row.environment === room.environment.name || (owing.has(row.environment) && places.has(row.host));
  const cores = new Map<string, number>();
  for (const machine of sheet.world.machines.values()) {
    const job = filledBy(machine);
    if (job === undefined || !counts(machine) || !mayHold(sheet, machine)) continue;
    const sum = (cores.get(job) ?? 0) + machine.row.size.cores;
    if (sum >= slots) return job;
    cores.set(job, sum);
  }
  return undefined;
}
