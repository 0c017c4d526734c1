import { z } from 'zod';
import { biosLoaders, bootSystems, dhcpWays } from '../model/boot.js';
import * as shape from './shapes.js';

const ipv4 = z
  .string()
  .regex(/^\d{1,3}(\.\d{1,3}){3}$/, 'an IPv4 address such as 10.1.0.1')
  .meta({ expected: 'an IPv4 address such as 10.1.0.1' });
const network = z
  .string()
  .regex(/^\d{1,3}(\.\d{1,3}){3}\/([89]|1\d|2\d|30)$/, 'a network such as 10.1.0.0/24')
  .meta({ expected: 'a network such as 10.1.0.0/24' });
/** Nothing that a loader's, Xen's or the kernel's command line would take apart. */
const argument = z
  .string()
  .regex(/^[\w.:=/@+,-]{1,128}$/, 'one argument without blanks or quotes')
  .meta({ expected: 'one argument without blanks or quotes' });

/** How hosts of a pool boot. */
export const poolBootSchema = z.strictObject({
  usual: z.enum(bootSystems).optional(),
  bios: z.enum(biosLoaders).default('ipxe'),
  classroom: z
    .string()
    .regex(/^(disk|\d{1,3}(\.\d{1,3}){3}\/[\w.+/-]{1,120})$/, 'disk, or SERVER/FILE such as 10.1.0.2/pxelinux.0')
    .meta({ expected: 'disk, or SERVER/FILE such as 10.1.0.2/pxelinux.0' })
    .default('disk'),
});

/** The boot server. */
export const bootSchema = z.strictObject({
  server: ipv4,
  network,
  router: ipv4.optional(),
  dns: z.array(ipv4).default([]),
  interface: shape.bridgeName.optional(),
  dhcp: z.enum(dhcpWays).default('own'),
  nfs: z.enum(['ganesha', 'kernel']).default('ganesha'),
  overlays: z.enum(['own', 'pool']).default('own'),
  oneFileSystem: z.boolean().default(false),
  folder: shape.absolutePath.default('/srv/domus/boot'),
  roots: shape.absolutePath.default('/srv/domus/roots'),
  dom0: z.strictObject({ memory: shape.size.prefault('768MiB'), cores: shape.whole(1, 64).default(1) }).prefault({}),
  serial: z
    .string()
    .regex(/^com[12]=[\w,.]{1,40}$/, 'a serial line as Xen writes it, such as com1=115200,8n1')
    .meta({ expected: 'a serial line as Xen writes it, such as com1=115200,8n1' })
    .optional(),
  port: shape.whole(1, 65_535).default(8646),
  window: shape.interval.prefault('15m'),
  closeAfter: shape.interval.prefault('15m'),
  xen: z.array(argument).default([]),
  linux: z.array(argument).default([]),
  adminKeys: shape.path.optional(),
  movesAtOnce: shape.whole(1, 1000).default(1),
});
