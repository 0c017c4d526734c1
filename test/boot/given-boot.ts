import type { BootHost, Site } from '../../src/boot/site.js';
import type { BootChoice, BootSeen, BootSettings, PoolBoot } from '../../src/model/boot.js';
import { bootState } from '../../src/model/boot.js';

export const minute = 60_000;
export const noon = Date.UTC(2026, 10, 21, 12);

export const classroom: PoolBoot = { usual: 'classroom', bios: 'ipxe', classroom: 'disk' };
export const dedicated: PoolBoot = { usual: 'dom0', bios: 'ipxe', classroom: 'disk' };

export const settings = (more: Partial<BootSettings> = {}): BootSettings => ({
  folder: '/srv/domus/boot',
  roots: '/srv/domus/roots',
  server: '10.1.0.1',
  network: '10.1.0.0/24',
  router: '10.1.0.254',
  dns: [],
  dhcp: 'own',
  nfs: 'ganesha',
  overlays: 'own',
  oneFileSystem: true,
  dom0: { memoryMiB: 768, cores: 1 },
  port: 8646,
  windowMs: 15 * minute,
  closeAfterMs: 15 * minute,
  xen: [],
  linux: [],
  movesAtOnce: 1,
  pools: { lab: classroom },
  ...more,
});

export const choice = (more: Partial<BootChoice> = {}): BootChoice => ({
  system: 'dom0',
  once: true,
  id: 'c1',
  at: noon,
  until: noon + 15 * minute,
  secret: 'S'.repeat(32),
  by: 'a test',
  ...more,
});

export const seen = (more: Partial<BootSeen> = {}): BootSeen => ({
  choice: 'c1',
  boot: '00000000-0000-4000-8000-000000000001',
  word: 'w',
  root: 'v1',
  since: noon,
  up: true,
  ...more,
});

interface Given {
  readonly choice?: BootChoice;
  readonly seen?: BootSeen;
  readonly boot?: PoolBoot;
  readonly now?: number;
  readonly root?: string;
}

/** Host number `n`: post01 at 10.1.0.11. */
export function host(n: number, given: Given = {}): BootHost {
  const state = bootState(given.choice, given.seen, given.now ?? noon, 15 * minute);
  return {
    name: `post${String(n).padStart(2, '0')}`,
    pool: 'lab',
    address: `10.1.0.${10 + n}`,
    mac: `52:54:00:00:00:${(16 + n).toString(16)}`,
    boot: given.boot ?? classroom,
    state,
    root: { version: given.root ?? 'v1', sum: 'a'.repeat(64) },
    ...(state.runs === 'dom0' && given.seen !== undefined ? { runningRoot: given.seen.root } : {}),
  };
}

export const site = (hosts: readonly BootHost[], more: Partial<BootSettings> = {}): Site => ({
  deployment: 'physics',
  settings: settings(more),
  bridge: 'xenbr0',
  images: '/srv/domus/images',
  overlays: '/srv/domus/overlays',
  door: 'f'.repeat(64),
  hosts,
});
