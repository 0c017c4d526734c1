import { BatchCore } from '../../../src/sim/batch/core.js';
import { VirtualClock } from '../../../src/sim/clock.js';
import { Datacentre } from '../../../src/sim/datacentre.js';
import { VirtualClassroom } from '../../../src/sim/hosts/classroom-driver.js';
import { Random } from '../../../src/sim/random.js';
import { classroomContract } from '../../contract/classroom.js';

classroomContract('the simulator', async () => {
  const clock = new VirtualClock();
  const random = new Random(1);
  const batch = new BatchCore({ agenda: clock, random, managers: ['root'], operators: ['domus'] });
  const datacentre = new Datacentre({ agenda: clock, random, batch, hosts: [{ name: 'ws1', cores: 2, memoryMiB: 4096, images: [], classroom: true }] });
  const host = datacentre.hosts.get('ws1');
  const life = host?.classroom;
  if (host === undefined || life === undefined) throw new Error('no workstation');
  host.crash(true);
  await clock.run(clock.now() + 120_000);
  const driver = new VirtualClassroom({ hosts: datacentre.hosts, clock, random });
  return {
    driver,
    host: 'ws1',
    people: (who) => {
      driver.blind = who === undefined;
      life.people = who ?? [];
    },
    ready: (is) => {
      life.ready = is;
    },
    told: () => ({ rising: ['reboot' as const], falling: ['off' as const], off: ['off' as const], on: [] })[host.power.state],
    leave: async () => life.end(),
    advance: async () => void (await clock.run(clock.now() + 1000)),
    close: async () => driver.close(),
  };
});
