import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { plugin as ssh } from '../../../plugins/ssh/index.js';
import { plugin as xen } from '../../../plugins/xen/index.js';
import { systemClock } from '../../../src/clock.js';
import type { Hypervisor, MoveTarget } from '../../../src/drivers/hypervisor.js';
import { ClockAgenda } from '../../../src/sim/clock.js';
import { Datacentre } from '../../../src/sim/datacentre.js';
import { Crossings } from '../../../src/sim/lab/crossing.js';
import { type LabFolder, layOut, newKey, stockImage, writeKey } from '../../../src/sim/lab/folder.js';
import { LabHost } from '../../../src/sim/lab/lab-host.js';
import { repository } from '../../../src/sim/lab/wire.js';
import { Random } from '../../../src/sim/random.js';
import { image, Moms } from '../hosts/given.js';

if (!existsSync(join(repository(), 'dist', 'src', 'sim', 'bin', 'client.js'))) throw new Error('the commands of the lab are not built: npm run build');

/** Two lab hosts with one store, behind the real plugins, sshd and runner. */
export interface TwoHosts {
  readonly driver: Hypervisor;
  readonly here: LabHost;
  readonly there: LabHost;
  /** The second, as a place to go to. */
  readonly other: MoveTarget;
  readonly folder: LabFolder;
  readonly crossings: Crossings;
  close(): Promise<void>;
}

export async function twoHosts(pace = 30): Promise<TwoHosts> {
  const root = mkdtempSync(join(tmpdir(), 'domus-host-'));
  const folder = layOut(root);
  stockImage(folder, image, ['vmlinuz', 'initrd.img']);
  const key = newKey('domus');
  writeKey(folder.privateKey, key);
  const life = new AbortController();
  const failed = (error: unknown): void => {
    throw error;
  };
  const random = new Random(3);
  const centre = new Datacentre({
    agenda: new ClockAgenda(systemClock, life.signal),
    random,
    batch: new Moms(),
    hosts: ['post01', 'post02'].map((name) => ({ name, cores: 4, memoryMiB: 8192, images: [image] })),
    pace: { bootMs: 200, haltMs: 50, hotplugMs: 1, hostBootMs: 100 },
  });
  const between = newKey('migration');
  writeKey(folder.migrationKey, between);
  const crossings = new Crossings();
  const labs: LabHost[] = [];
  for (const host of centre.hosts.values()) {
    const keys = { authorizedKey: key.public, migrationKey: between.public };
    const doors = { host, folder, clock: systemClock, random, pace, bridge: 'xenbr0', ...keys, crossings };
    const lab = new LabHost({ ...doors, recorded: () => undefined, failed });
    await lab.open();
    labs.push(lab);
  }
  const [here, there] = labs;
  if (here === undefined || there === undefined) throw new Error('no two hosts');
  writeFileSync(folder.knownHosts, labs.map((lab) => lab.knownAs()).join(''));
  const tools = { shell: {} as never, clock: systemClock, log: pino({ level: 'silent' }) };
  const hosts = new Map(labs.map((lab) => [lab.host.name, { address: '127.0.0.1', port: lab.ssh.port }]));
  const sshConfig = ssh.config.safeParse({ privateKey: folder.privateKey, knownHosts: folder.knownHosts });
  const xenConfig = xen.config.safeParse({ imagesDir: folder.images, overlaysDir: folder.overlays });
  if (!sshConfig.success || !xenConfig.success) throw new Error('configuration of the plugins');
  const runner = ssh.create(sshConfig.data, { ...tools, hosts });
  const driver = xen.create(xenConfig.data, { ...tools, runner });
  return {
    driver,
    here,
    there,
    other: { host: 'post02', address: '127.0.0.1', port: there.ssh.port },
    folder,
    crossings,
    close: async () => {
      await driver.close();
      await runner.close();
      for (const lab of labs) await lab.close();
      life.abort();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
