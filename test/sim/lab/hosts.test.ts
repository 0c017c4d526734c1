import { systemClock } from '../../../src/clock.js';
import { hypervisorContract } from '../../contract/hypervisor.js';
import { image, spec } from '../hosts/given.js';
import { twoHosts } from './two-hosts.js';

hypervisorContract('A lab host behind the real plugins, sshd and runner', async () => {
  const { driver, here, other, close } = await twoHosts();
  return {
    driver,
    host: 'post01',
    image,
    other,
    saves: true,
    copies: true,
    spec: (overrides) => spec({ size: { cores: 1, memoryMiB: 512 }, maxSize: { cores: 2, memoryMiB: 1024 }, ...overrides }),
    advance: (ms) => systemClock.sleep(Math.min(ms, 20)),
    breakHost: async () => here.crash(false),
    close,
  };
});
