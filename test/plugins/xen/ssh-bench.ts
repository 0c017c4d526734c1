import { writeFileSync } from 'node:fs';
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
  const key = newKey();
  const door = new SshDoor(host, key.public);
  await door.listen();
  const privateKey = join(host.folder, 'id');
  writeFileSync(privateKey, key.private);
  const read = ssh.config.safeParse({ user: 'root', privateKey, hostKeys: { ws1: door.hostKey.public }, ...settings });
  if (!read.success) throw new Error(JSON.stringify(read.error.issues));
  const tools = { clock, log: silentLog, shell: noShell };
  const runner = ssh.create(read.data, { ...tools, hosts: new Map([['ws1', { address: '127.0.0.1', port: door.port }]]) });
  const folders = xen.config.safeParse({ imagesDir: host.images, overlaysDir: host.overlays });
  if (!folders.success) throw new Error(JSON.stringify(folders.error.issues));
  const driver = xen.create(folders.data, { ...tools, runner });
  return {
    host,
    door,
    runner,
    driver,
    close: async () => {
      await driver.close();
      await runner.close();
      await door.close();
      host.remove();
    },
  };
}
