import { VirtualClock } from '../../../src/sim/clock.js';
import { Datacentre } from '../../../src/sim/datacentre.js';
import { ImageCopies } from '../../../src/sim/hosts/copies.js';
import { VirtualHypervisor } from '../../../src/sim/hosts/driver.js';
import { Random } from '../../../src/sim/random.js';
import { hypervisorContract } from '../../contract/hypervisor.js';
import { image, Moms, spec } from './given.js';

hypervisorContract('The virtual hypervisor', async () => {
  const clock = new VirtualClock();
  const random = new Random(7);
  const hosts = ['post01', 'post02'].map((name) => ({ name, cores: 4, memoryMiB: 8192, images: [image], copies: new ImageCopies() }));
  const centre = new Datacentre({ agenda: clock, random, batch: new Moms(), hosts, pace: { hotplugMs: 100 } });
  const driver = new VirtualHypervisor({ hosts: centre.hosts, clock, random });
  return {
    driver,
    host: 'post01',
    other: { host: 'post02', address: '10.0.0.2', port: 22 },
    copies: true,
    saves: true,
    image,
    spec: (overrides) => spec({ size: { cores: 1, memoryMiB: 512 }, maxSize: { cores: 2, memoryMiB: 1024 }, ...overrides }),
    advance: async (ms) => {
      await clock.run(clock.now() + ms);
    },
    breakHost: async () => centre.hosts.get('post01')?.crash(false),
    close: () => driver.close(),
  };
});
