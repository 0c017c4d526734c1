import process from 'node:process';
import { plugin as ssh } from '../../plugins/ssh/index.js';
import { plugin as xen } from '../../plugins/xen/index.js';
import { systemClock } from '../../src/clock.js';
import { execaShell } from '../../src/drivers/execa-shell.js';
import { silentLog } from '../../src/log.js';
import type { GuestSpec } from '../../src/model/action.js';
import type { HypervisorBench } from '../contract/hypervisor.js';

/** A real Xen host to test on, as the environment tells it; host/README.md explains every variable. */
export interface XenSite {
  readonly address: string;
  readonly port: number;
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA...` */
  readonly hostKey: string;
  readonly imagesDir: string;
  readonly overlaysDir: string;
  readonly image: { readonly name: string; readonly version: string };
  readonly kernel: string;
  readonly ramdisk: string | undefined;
  readonly args: readonly string[];
  readonly bridge: string;
  /** Command that removes every guest and overlay of that host, and what its runner remembers. */
  readonly reset: readonly string[];
  /** A deed's limit, and that of a look. */
  readonly limitMs: number;
}

/** The site; undefined when DOMUS_XEN_HOST is not set. Raises an Error that names the variable that is missing. */
export function xenSite(): XenSite | undefined {
  const { env } = process;
  const host = env['DOMUS_XEN_HOST'];
  if (host === undefined) return undefined;
  const must = (name: string): string => {
    const value = env[name];
    if (value === undefined || value === '') throw new Error(`${name} must be set, too`);
    return value;
  };
  const [address = '', port = '22'] = host.split(',');
  const [name = '', version = ''] = must('DOMUS_XEN_IMAGE').split('/');
  const words = (value: string | undefined): readonly string[] => (value ?? '').split(' ').filter((word) => word !== '');
  return {
    address,
    port: Number(port),
    privateKey: must('DOMUS_XEN_KEY'),
    hostKey: must('DOMUS_XEN_HOST_KEY'),
    imagesDir: must('DOMUS_XEN_IMAGES'),
    overlaysDir: must('DOMUS_XEN_OVERLAYS'),
    image: { name, version },
    kernel: env['DOMUS_XEN_KERNEL'] ?? 'vmlinuz',
    ramdisk: env['DOMUS_XEN_RAMDISK'],
    args: words(env['DOMUS_XEN_ARGS']),
    bridge: env['DOMUS_XEN_BRIDGE'] ?? 'xenbr0',
    reset: words(must('DOMUS_XEN_RESET')),
    limitMs: Number(env['DOMUS_XEN_LIMIT'] ?? 120) * 1000,
  };
}

const tools = { clock: systemClock, log: silentLog, shell: execaShell(systemClock) };

function checked<C>(read: { readonly success: true; readonly data: C } | { readonly success: false; readonly error: { readonly issues: unknown } }): C {
  if (!read.success) throw new Error(JSON.stringify(read.error.issues));
  return read.data;
}

/** The site emptied, behind the two real plugins. */
export async function openXenSite(site: XenSite): Promise<HypervisorBench> {
  await reset(site);
  const { address, port, privateKey, hostKey, imagesDir, overlaysDir, limitMs } = site;
  const sshConfig = checked(ssh.config.safeParse({ privateKey, hostKeys: { host: hostKey }, connectLimitMs: 60_000 }));
  const runner = ssh.create(sshConfig, { ...tools, hosts: new Map([['host', { address, port }]]) });
  const driver = xen.create(checked(xen.config.safeParse({ imagesDir, overlaysDir, lookLimitMs: Math.min(limitMs, 120_000) })), { ...tools, runner });
  return {
    driver,
    host: 'host',
    image: site.image,
    limitMs,
    spec: (overrides) => ({ ...specOf(site), ...overrides }),
    advance: (ms) => systemClock.sleep(ms),
    close: async () => {
      await driver.close();
      await runner.close();
      await reset(site);
    },
  };
}

async function reset(site: XenSite): Promise<void> {
  const { exit, stderr } = await tools.shell.run(site.reset, { signal: AbortSignal.timeout(site.limitMs) });
  if (exit !== 0) throw new Error(`${site.reset.join(' ')}: exit ${exit}, ${stderr}`);
}

const specOf = (site: XenSite): GuestSpec => ({
  uuid: '11111111-0000-4000-8000-000000000001',
  name: 'guest-1',
  type: 'pvh',
  size: { cores: 1, memoryMiB: 512 },
  maxSize: { cores: 2, memoryMiB: 1024 },
  image: site.image,
  overlay: 'first',
  kernel: site.kernel,
  ...(site.ramdisk === undefined ? {} : { ramdisk: site.ramdisk }),
  args: site.args,
  mac: '00:16:3e:00:00:01',
  bridge: site.bridge,
  node: 'wn01.example.org',
  address: '192.0.2.7',
  environment: 'grid',
  checks: [],
});
