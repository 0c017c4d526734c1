import type { Classroom } from '../drivers/classroom.js';
import type { ClassroomReading } from '../model/tenancy.js';
import { HostPollers, type HostPollersOptions } from './host-pollers.js';

const sameReading = (a: ClassroomReading, b: ClassroomReading): boolean =>
  a.ready === b.ready && a.bootId === b.bootId && a.people?.join() === b.people?.join();

/** What hosts that have a classroom say of themselves in its system. */
export const classroomPollers = (
  options: Pick<HostPollersOptions<Classroom, ClassroomReading>, 'policy' | 'clock' | 'log' | 'changed'> & {
    readonly classrooms?: ReadonlyMap<string, Classroom>;
  },
): HostPollers<Classroom, ClassroomReading> =>
  new HostPollers({
    ...options,
    nameOf: (host) => `the classroom of ${host}`,
    driverOf: ({ classroom }) => (classroom === undefined ? undefined : options.classrooms?.get(classroom)),
    everyMs: () => options.policy().intervals.hostPollMs,
    ask: (driver, host, signal) => driver.read(host, signal),
    isSame: sameReading,
  });
