import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { plugin as ssh } from '../../../plugins/ssh/index.js';
import { plugin as xen } from '../../../plugins/xen/index.js';
import { systemClock } from '../../../src/clock.js';
import { ClockAgenda } from '../../../src/sim/clock.js';
import { Datacentre } from '../../../src/sim/datacentre.js';
import { layOut, newKey, stockImage, writeKey } from '../../../src/sim/lab/folder.js';
import { LabHost } from '../../../src/sim/lab/lab-host.js';
import { repository } from '../../../src/sim/lab/wire.js';
import { Random } from '../../../src/sim/random.js';
import { hypervisorContract } from '../../contract/hypervisor.js';
import { image, Moms, spec } from '../hosts/given.js';

if (!existsSync(join(repository(), 'dist', 'src', 'sim', 'bin', 'client.js'))) throw new Error('the commands of the lab are not built: npm run build');

hypervisorContract('A lab host behind the real plugins, sshd and runner', async () => {
  const root = mkdtempSync(join(tmpdir(), 'domus-host-'));
  const folder = layOut(root);
  stockImage(folder, image, ['vmlinuz', 'initrd.img']);
  const key = newKey('domus');
  writeKey(folder.privateKey, key);
  const life = new AbortController();
  const random = new Random(3);
  const pace = 30;
  const centre = new Datacentre({
    agenda: new ClockAgenda(systemClock, life.signal),
    random,
    batch: new Moms(),
    hosts: [{ name: 'post01', cores: 4, memoryMiB: 8192, images: [image] }],
    pace: { bootMs: 200, haltMs: 50, hotplugMs: 1, hostBootMs: 100 },
  });
  const fake = centre.hosts.get('post01');
  if (fake === undefined) throw new Error('no host');
  const failed = (error: unknown): void => {
    throw error;
  };
  const host = new LabHost({
    host: fake,
    folder,
    clock: systemClock,
    random,
    pace,
    bridge: 'xenbr0',
    authorizedKey: key.public,
    recorded: () => undefined,
    failed,
  });
  await host.open();
  writeFileSync(folder.knownHosts, host.knownAs());
  const tools = { shell: {} as never, clock: systemClock, log: pino({ level: 'silent' }) };
  const hosts = new Map([['post01', { address: '127.0.0.1', port: host.ssh.port }]]);
  const sshConfig = ssh.config.safeParse({ privateKey: folder.privateKey, knownHosts: folder.knownHosts });
  const xenConfig = xen.config.safeParse({ imagesDir: folder.images, overlaysDir: folder.overlays });
  if (!sshConfig.success || !xenConfig.success) throw new Error('configuration of the plugins');
  const runner = ssh.create(sshConfig.data, { ...tools, hosts });
  const driver = xen.create(xenConfig.data, { ...tools, runner });
  return {
    driver,
    host: 'post01',
    image,
    spec: (overrides) => spec({ size: { cores: 1, memoryMiB: 512 }, maxSize: { cores: 2, memoryMiB: 1024 }, ...overrides }),
    advance: (ms) => systemClock.sleep(Math.min(ms, 20)),
    breakHost: async () => host.crash(false),
    close: async () => {
      await driver.close();
      await runner.close();
      await host.close();
      life.abort();
      rmSync(root, { recursive: true, force: true });
    },
  };
});
