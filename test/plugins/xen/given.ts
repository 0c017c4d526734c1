import type { GuestSpec } from '../../../src/model/action.js';

/** A guest of 1 core and 512 MiB, at most 2 and 1024. */
export const givenSpec = (overrides: Partial<GuestSpec> = {}): GuestSpec => ({
  uuid: '11111111-0000-4000-8000-000000000001',
  name: 'domus-demo-grid-07-3',
  type: 'pvh',
  size: { cores: 1, memoryMiB: 512 },
  maxSize: { cores: 2, memoryMiB: 1024 },
  image: { name: 'sl7', version: 'v1' },
  overlay: 'domus-demo-grid-07-3',
  kernel: 'boot/vmlinuz',
  ramdisk: 'boot/initrd.img',
  args: ['root=/dev/xvda', 'console=hvc0'],
  mac: '00:16:3e:00:00:07',
  bridge: 'xenbr0',
  node: 'grid-07.example.org',
  address: '10.0.0.7',
  environment: 'grid',
  checks: ['users', 'home'],
  ...overrides,
});
