import { Failure } from '../../src/drivers/failure.js';
import type { GuestSpec } from '../../src/model/action.js';

/** Folders of the store as the hosts see them. */
export interface Folders {
  readonly imagesDir: string;
  readonly overlaysDir: string;
  /** Of scratch space and swap, on the hosts' own disks. */
  readonly scratchDir: string;
}

/** One word of the guest's kernel arguments: printable, and nothing that ends a string or a word. The runner allows the same. */
const word = /^[A-Za-z0-9@%+=:,./_[\]!~^*?{}()<>|;-]{1,400}$/;
const plain = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$/;
const file = /^[A-Za-z0-9_+-][A-Za-z0-9_.+-]{0,99}(\/[A-Za-z0-9_+-][A-Za-z0-9_.+-]{0,99}){0,5}$/;
const longestArguments = 1900;

function checked(what: string, value: string, grammar: RegExp): string {
  if (!grammar.test(value))
    throw new Failure('refused', `${what} ${JSON.stringify(value.slice(0, 100))} has characters that a domain configuration must not have`);
  return value;
}
function count(what: string, value: number, most: number): number {
  if (!Number.isInteger(value) || value < 1 || value > most) throw new Failure('refused', `${what} ${value} is no whole number from 1 to ${most}`);
  return value;
}

/** Where the guest finds scratch space and swap (`rootfs/usr/lib/domus/boot`). */
function scratchArguments({ scratch, swapMiB }: GuestSpec): readonly string[] {
  const where =
    scratch === undefined ? [] : [`domus.scratch=${scratch.on === 'host' ? 'xvdb' : `tmpfs:${count('scratch space', scratch.sizeMiB, 99_999_999)}`}`];
  return [...where, ...(swapMiB === undefined ? [] : ['domus.swap=xvdc'])];
}

/** Disks on the host's own disk; the runner makes them with the guest. */
function ownDisks({ scratch, swapMiB, overlay }: GuestSpec, { scratchDir }: Folders): readonly string[] {
  const disk = (vdev: string, kind: string): string => `format=raw,vdev=${vdev},access=rw,target=${scratchDir}/${overlay}.${kind}`;
  return [...(scratch?.on === 'host' ? [disk('xvdb', 'scratch')] : []), ...(swapMiB === undefined ? [] : [disk('xvdc', 'swap')])];
}

/** The guest is told who it is and where to write its report by its kernel's command line. */
function kernelArguments(spec: GuestSpec): string {
  const own = [
    `domus.node=${checked('node', spec.node, plain)}`,
    `domus.environment=${checked('environment', spec.environment, plain)}`,
    `domus.address=${checked('address', spec.address, /^[0-9a-fA-F.:]{2,45}(\/\d{1,3})?$/)}`,
    'domus.report=xenstore:data/domus',
    `domus.uuid=${spec.uuid}`,
    ...scratchArguments(spec),
    ...(spec.hostKey === undefined ? [] : ['domus.hostkey=kept']),
    `domus.checks=${spec.checks.map((c) => checked('check', c, /^[A-Za-z0-9_-]{1,40}$/)).join(',')}`,
  ];
  const all = [...spec.args.map((a) => checked('kernel argument', a, word)), ...own].join(' ');
  if (all.length > longestArguments) throw new Failure('refused', `the kernel arguments are ${all.length} characters long; at most ${longestArguments}`);
  return all;
}

/**
 * The domain configuration of one guest, in the only form that the runner lets through. `on_crash` keeps a dead guest
 * for inspection, `on_reboot` keeps its life going, `on_poweroff` clears it away. Raises Failure `refused` for values that do not belong in it.
 */
export function guestConfig(spec: GuestSpec, folders: Folders): string {
  const image = `${folders.imagesDir}/${checked('image', spec.image.name, plain)}/${checked('image version', spec.image.version, plain)}`;
  const mac = checked('MAC', spec.mac.toLowerCase(), /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
  const bridge = checked('bridge', spec.bridge, /^[A-Za-z0-9_.-]{1,15}$/);
  const target = `${folders.overlaysDir}/${checked('overlay', spec.overlay, plain)}.qcow2`;
  const lines: readonly (readonly [string, string | number | readonly string[]])[] = [
    ['name', checked('name', spec.name, plain)],
    ['uuid', checked('uuid', spec.uuid, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)],
    ['type', spec.type],
    ['kernel', `${image}/${checked('kernel', spec.kernel, file)}`],
    ...(spec.ramdisk === undefined ? [] : [['ramdisk', `${image}/${checked('ramdisk', spec.ramdisk, file)}`] as const]),
    ['extra', kernelArguments(spec)],
    ['memory', count('memory', spec.size.memoryMiB, 99_999_999)],
    ['maxmem', count('maximal memory', Math.max(spec.maxSize.memoryMiB, spec.size.memoryMiB), 99_999_999)],
    ['vcpus', count('cores', spec.size.cores, 4096)],
    ['maxvcpus', count('maximal cores', Math.max(spec.maxSize.cores, spec.size.cores), 4096)],
    ['vif', [`mac=${mac},bridge=${bridge}`]],
    ['disk', [`format=qcow2,vdev=xvda,access=rw,target=${target}`, ...ownDisks(spec, folders)]],
    ...(spec.cpus === undefined ? [] : [['cpus', checked('cpus', spec.cpus, /^[a-z0-9:,^-]{1,400}$/)] as const]),
    ['on_poweroff', 'destroy'],
    ['on_reboot', 'restart'],
    ['on_crash', 'preserve'],
  ];
  return lines.map(([key, value]) => `${key} = ${written(value)}\n`).join('');
}

/** No value holds a quote or a backslash (checked above), so none needs escaping. */
function written(value: string | number | readonly string[]): string {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? `"${value}"` : `[${value.map((v) => `"${v}"`).join(', ')}]`;
}

/** What a host says instead of a ticket when the guest runs there already. */
export const alreadyHere = 'here';

/** The ticket that a host has given out for a guest that it expects. Raises Failure `garbled`. */
export function checkedTicket(text: string, host: string): string {
  if (!/^[0-9a-f]{32}$/.test(text)) throw new Failure('garbled', `${host} gave no ticket for the guest that it is to expect`);
  return text;
}

/** Where the other host's Dom0 answers: it becomes a word of a command line there. */
export const checkedAddress = (address: string): string => checked('address', address, /^[A-Za-z0-9][A-Za-z0-9.:-]{0,253}$/);
