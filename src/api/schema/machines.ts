import { z } from 'zod';
import { machinePhases } from '../../model/machine.js';
import { count, instant, list, page, paged, text, word } from './shapes.js';

export const machineQuery = z.strictObject({
  environment: word.optional(),
  host: word.optional(),
  pool: word.optional(),
  phase: z.enum(machinePhases).optional(),
  ...page,
});

export const machineSchema = z
  .object({
    id: text.meta({ description: 'SEAT#GENERATION' }),
    seat: text,
    environment: text,
    kind: z.enum(['service']).optional().meta({ description: 'a permanent machine: its seat is its name, its environment its group' }),
    host: text,
    phase: z.enum(machinePhases),
    movingTo: text.optional().meta({ description: 'the host that it is to go to, or is going to' }),
    goal: z.enum(['serve', 'gone']),
    cores: count,
    memoryMiB: count,
    np: count.optional().meta({ description: 'of its node, as the batch server lists it' }),
    slotsFree: count,
    jobs: list(text),
    image: text,
    guestName: text,
    uuid: text,
    guest: text.optional().meta({ description: "state of its guest, in the hypervisor's words" }),
    node: list(text).optional().meta({ description: "states of its node, in the batch server's words" }),
    wantedAt: instant,
    readyAt: instant.optional(),
    expectedAt: instant.optional().meta({ description: 'of one that comes: when it is expected to be ready, as long as half of its environment took' }),
    idleSince: instant.optional(),
    held: text.optional(),
    failing: text.optional(),
    console: list(text).optional().meta({ description: 'the last lines of the console of a guest that has not reported ready' }),
    deed: text.optional().meta({ description: 'the deed under way' }),
    why: text.optional(),
  })
  .readonly()
  .meta({ id: 'Machine', description: 'a guest that Domus owns' });
/** Everything of a machine for one line and for `why`. */
export type MachineRecord = z.output<typeof machineSchema>;
export const machineListSchema = z.object({ ...paged, machines: list(machineSchema) }).readonly();
