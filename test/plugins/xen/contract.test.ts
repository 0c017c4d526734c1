import { systemClock } from '../../../src/clock.js';
import { hypervisorContract } from '../../contract/hypervisor.js';
import { givenSpec } from './given.js';
import { openSshBench } from './ssh-bench.js';

hypervisorContract('plugins/xen over plugins/ssh and the real runner', async () => {
  const bench = await openSshBench();
  return {
    driver: bench.driver,
    host: 'ws1',
    other: { host: 'ws2', address: '127.0.0.1', port: bench.second.port },
    copies: true,
    saves: true,
    image: { name: 'sl7', version: 'v1' },
    spec: givenSpec,
    advance: () => systemClock.sleep(5),
    breakHost: () => bench.door.close(),
    close: bench.close,
  };
});
