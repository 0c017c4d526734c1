import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { plugin as ssh } from '../../../plugins/ssh/index.js';
import { plugin as xen } from '../../../plugins/xen/index.js';
import { type Clock, systemClock } from '../../../src/clock.js';
import type { Hypervisor } from '../../../src/drivers/hypervisor.js';
import type { Runner } from '../../../src/drivers/runner.js';
import { silentLog } from '../../../src/log.js';
import { FakeHost, newKey, SshDoor } from '../../host/fake-host.js';

/** A fake host behind a real SSH connection, and the two real plugins. */
export interface SshBench {
  readonly host: FakeHost;
  readonly door: SshDoor;
  /** A second host with the same store, and the port at which the first one reaches it. */
  readonly second: { readonly host: FakeHost; readonly port: number };
  readonly runner: Runner;
  readonly driver: Hypervisor;
  close(): Promise<void>;
}

const noShell = {
  run: () => Promise.reject(new Error('no shell here')),
  stream: () => {
    throw new Error('no shell here');
  },
};

/** Settings go into the ssh plugin's part of the configuration. */
export async function openSshBench(settings: Record<string, unknown> = {}, clock: Clock = systemClock): Promise<SshBench> {
  const host = new FakeHost();
  const second = new FakeHost({ images: host.images, overlays: host.overlays });
  const key = newKey();
  const door = new SshDoor(host, key.public);
  const secondDoor = new SshDoor(second, key.public);
  await door.listen();
  await secondDoor.listen();
  const migration = { key: '/etc/domus/migration', knownHosts: '/etc/domus/known_hosts' };
  for (const each of [host, second]) mkdirSync(join(each.folder, 'local'));
  host.configure({ migration, replicas: { folder: join(host.folder, 'local') } });
  second.configure({ images: host.images, overlays: host.overlays, migration, replicas: { folder: join(second.folder, 'local') } });
  host.describeImage('sl7', 'v1');
  host.reaches(secondDoor.port, second);
  const privateKey = join(host.folder, 'id');
  writeFileSync(privateKey, key.private);
  const read = ssh.config.safeParse({ user: 'root', privateKey, hostKeys: { ws1: door.hostKey.public, ws2: secondDoor.hostKey.public }, ...settings });
  if (!read.success) throw new Error(JSON.stringify(read.error.issues));
  const tools = { clock, log: silentLog, shell: noShell };
  const ways = (
    [
      ['ws1', door],
      ['ws2', secondDoor],
    ] as const
  ).map(([name, { port }]) => [name, { address: '127.0.0.1', port }] as const);
  const runner = ssh.create(read.data, { ...tools, hosts: new Map(ways) });
  const folders = xen.config.safeParse({ imagesDir: host.images, overlaysDir: host.overlays });
  if (!folders.success) throw new Error(JSON.stringify(folders.error.issues));
  const driver = xen.create(folders.data, { ...tools, runner });
  return {
    host,
    door,
    second: { host: second, port: secondDoor.port },
    runner,
    driver,
    close: async () => {
      await driver.close();
      await runner.close();
      await door.close();
      await secondDoor.close();
      host.remove();
      second.remove();
    },
  };
}
