import type { Batch } from '../drivers/batch.js';
import type { BootChoices, Classroom } from '../drivers/classroom.js';
import { Failure } from '../drivers/failure.js';
import type { Hypervisor } from '../drivers/hypervisor.js';
import type { Power } from '../drivers/power.js';
import type { Scheduler } from '../drivers/scheduler.js';
import type { Tenant } from '../model/tenancy.js';

/** The drivers that deeds are done with. */
export interface Hands {
  readonly batch: ReadonlyMap<string, Batch>;
  /** By the batch server's name; none where no plugin asks one. */
  readonly schedulers?: ReadonlyMap<string, Scheduler>;
  readonly hypervisor: Hypervisor;
  /** By their names in the configuration (their pools'). */
  readonly powers?: ReadonlyMap<string, Power>;
  /** What speaks to hosts in their classrooms, by their names in the configuration (their pools'). */
  readonly classrooms?: ReadonlyMap<string, Classroom>;
  /** The boot server, where what hosts boot is chosen there. */
  readonly boots?: BootChoices;
}

/** Raises Failure `unreachable` for a driver that the configuration no longer names. */
export function classroomOf(hands: Hands, driver: string): Classroom {
  const classroom = hands.classrooms?.get(driver);
  if (classroom === undefined) throw new Failure('unreachable', `classroom driver ${driver} is not in the configuration`);
  return classroom;
}

/** Raises Failure `unreachable` for a driver that the configuration no longer names. */
export function powerOf(hands: Hands, driver: string): Power {
  const power = hands.powers?.get(driver);
  if (power === undefined) throw new Failure('unreachable', `power driver ${driver} is not in the configuration`);
  return power;
}

/** Raises Failure `unreachable` for a source that has no scheduler beside it. */
export function schedulerOf(hands: Hands, source: string): Scheduler {
  const scheduler = hands.schedulers?.get(source);
  if (scheduler === undefined) throw new Failure('unreachable', `the scheduler of ${source} is not in the configuration`);
  return scheduler;
}

/** Raises Failure `unreachable` for a source that the configuration no longer names. */
export function batchOf(hands: Hands, source: string): Batch {
  const batch = hands.batch.get(source);
  if (batch === undefined) throw new Failure('unreachable', `batch server ${source} is not in the configuration`);
  return batch;
}

/**
 * Dom0 is chosen for one boot, so a boot server that does not answer then means that nothing is begun. The classroom is
 * what hosts boot by themselves: a boot server that is away does not keep one from going back.
 */
export async function chooseBoot({ boots }: Hands, host: string, system: Tenant, signal: AbortSignal): Promise<void> {
  try {
    await boots?.choose(host, system, signal);
  } catch (thrown) {
    if (system === 'dom0' || signal.aborted) throw thrown;
  }
}

/** A host that belongs to the pool for good gets its key only in the window that its waking opens; one that does not boot from the network has none. */
export async function openWindow({ boots }: Hands, host: string, signal: AbortSignal): Promise<void> {
  try {
    await boots?.choose(host, 'dom0', signal);
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.kind !== 'absent') throw thrown;
  }
}
