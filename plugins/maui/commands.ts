import { Failure } from '../../src/drivers/failure.js';
import { nameInScheduler } from '../../src/model/scheduler.js';

/** Folder of Maui's commands; absent = PATH. */
export interface Place {
  readonly bin?: string | undefined;
}

const jobName = /^\d{1,15}(\[\d*\])?$/;

/** Maui's name of a job, safe as an argument. Raises Failure `refused` for anything else. */
function named(id: string): string {
  const name = nameInScheduler(id);
  if (!jobName.test(name)) throw new Failure('refused', `${JSON.stringify(id).slice(0, 100)} is no job id`);
  return name;
}

const at = ({ bin }: Place, command: string, ...args: readonly string[]): readonly string[] => [bin === undefined ? command : `${bin}/${command}`, ...args];

/** Every job in its section: active, idle in the order of priority, blocked. An ordinary user may ask. */
export const listQueue = (place: Place): readonly string[] => at(place, 'showq');
/** Why one job does not run. */
export const explainJob = (place: Place, id: string): readonly string[] => at(place, 'checkjob', named(id));
export const listSettings = (place: Place): readonly string[] => at(place, 'showconfig');
/**
 * Puts a job 1,000 points forward, the most there is: as if it had waited 1,000 minutes longer, at the shipped weights. Only
 * relative: an absolute system priority is 10^12 and more, of which a 64-bit Maui 3.3.1 compares the lower half, so that the
 * job stands last (measured). Wants a Maui administrator.
 */
export const raisePriority = (place: Place, id: string): readonly string[] => at(place, 'setspri', '-r', '1000', named(id));
/** Lifts every hold of Maui's own from one job (not those of the batch server). Wants a Maui administrator. */
export const releaseHold = (place: Place, id: string): readonly string[] => at(place, 'releasehold', '-a', named(id));
