import type { Command } from 'commander';
import type { MachineRecord } from '../api/schema/machines.js';
import { type Context, clientOf, commonOf, ends, show } from './context.js';
import { exits } from './exits.js';
import { table } from './table.js';
import { machineColumns } from './tables.js';

/** A machine is found by its own name, its seat's, its guest's or a job's on it: whole, or any part that it holds. */
function isMeant(machine: MachineRecord, name: string): boolean {
  const wanted = name.toLowerCase();
  return [machine.id, machine.seat, machine.guestName, machine.uuid, ...machine.jobs].some((text) => text.toLowerCase().includes(wanted));
}

/** `domus find NAME`: on which host a machine is. */
export function addFind(program: Command, context: Context): void {
  program
    .command('find')
    .description('on which host a machine is: by its name or seat, a part of it, or a job that runs there')
    .argument('<name>', 'a machine, seat, guest or job, or a part of its name')
    .action(
      ends(context, async (name: string, _: object, command: Command) => {
        const common = commonOf(command, context);
        const { machines } = await (await clientOf(common)).all('GET /machines', 'machines', {});
        const found = machines.filter((machine) => isMeant(machine, name));
        show(context, common, { machines: found }, () =>
          table(
            context.screen,
            machineColumns(context.clock.wall()),
            found,
            `no machine is called ${name}, nor runs a job of that name ("domus show machines" lists them all)`,
          ),
        );
        return found.length === 0 ? exits.no : exits.ok;
      }),
    );
}
