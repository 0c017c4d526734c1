import type { AfterEnd, GuestPlan } from '../hosts/guest.js';

/** What could not be read, at which line (from 1). */
export interface ConfigError {
  readonly line: number;
  readonly near: string;
  readonly what: 'lexical error' | 'syntax error';
}

type Value = string | number | readonly string[];

/** The part of xl.cfg(5) that is met here: `KEY = "text"`, `KEY = 12`, `KEY = ["a", "b"]`, comments. */
export function parseXlConfig(text: string): ReadonlyMap<string, Value> | ConfigError {
  const values = new Map<string, Value>();
  for (const [at, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const found = /^([A-Za-z_]+)\s*=\s*(.*)$/.exec(line);
    const value = found?.[2] === undefined ? undefined : parseValue(found[2]);
    if (found?.[1] === undefined || value === undefined) return { line: at + 1, near: line.split(/\s+/)[2] ?? line, what: 'lexical error' };
    values.set(found[1], value);
  }
  return values;
}

function parseValue(text: string): Value | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  const quoted = /^(?:"([^"]*)"|'([^']*)')$/.exec(text);
  if (quoted !== null) return quoted[1] ?? quoted[2];
  const list = /^\[(.*)\]$/.exec(text);
  if (list?.[1] === undefined) return undefined;
  const items = [...list[1].matchAll(/"([^"]*)"|'([^']*)'/g)].map((m) => m[1] ?? m[2] ?? '');
  return list[1].replace(/"[^"]*"|'[^']*'|[\s,]/g, '') === '' ? items : undefined;
}

const textOf = (values: ReadonlyMap<string, Value>, key: string): string | undefined => {
  const value = values.get(key);
  return typeof value === 'string' ? value : undefined;
};
const numberOf = (values: ReadonlyMap<string, Value>, key: string): number | undefined => {
  const value = values.get(key);
  return typeof value === 'number' ? value : undefined;
};
const ends: Readonly<Record<string, AfterEnd>> = { destroy: 'destroy', preserve: 'preserve', restart: 'restart' };

/** File of a disk, in both spellings: `format=qcow2,...,target=FILE` and `FILE,qcow2,xvda,rw`. */
const fileOf = (disk: string): string => /(?:^|,)target=(.*)$/.exec(disk)?.[1] ?? disk.split(',')[0] ?? disk;

/** A word `key=value` of the kernel's command line. */
const wordOf = (cmdline: string, key: string): string | undefined =>
  cmdline
    .split(' ')
    .find((word) => word.startsWith(`${key}=`))
    ?.slice(key.length + 1);

/** The configuration as a plan. `uuid` is used where the file names none. */
export function planOfConfig(values: ReadonlyMap<string, Value>, uuid: string): GuestPlan {
  const memoryMiB = numberOf(values, 'memory') ?? 4;
  const vcpus = numberOf(values, 'vcpus') ?? 1;
  const type = textOf(values, 'type');
  const disks = values.get('disk');
  const vifs = values.get('vif');
  const vif = Array.isArray(vifs) ? String(vifs[0] ?? '') : '';
  const cmdline = textOf(values, 'extra') ?? textOf(values, 'cmdline') ?? '';
  const ramdisk = textOf(values, 'ramdisk');
  const who = { node: wordOf(cmdline, 'domus.node'), address: wordOf(cmdline, 'domus.address'), environment: wordOf(cmdline, 'domus.environment') };
  return {
    uuid: textOf(values, 'uuid') ?? uuid,
    name: textOf(values, 'name') ?? '',
    type: type === 'pvh' || type === 'hvm' ? type : 'pv',
    vcpus,
    maxVcpus: numberOf(values, 'maxvcpus') ?? vcpus,
    memoryMiB,
    maxMemoryMiB: numberOf(values, 'maxmem') ?? memoryMiB,
    disks: Array.isArray(disks) ? disks.map((disk) => fileOf(String(disk))) : [],
    mac: /mac=([0-9a-f:]+)/.exec(vif)?.[1] ?? '',
    bridge: /bridge=([^,]+)/.exec(vif)?.[1] ?? '',
    kernel: textOf(values, 'kernel') ?? '',
    ...(ramdisk === undefined ? {} : { ramdisk }),
    cmdline,
    onCrash: ends[textOf(values, 'on_crash') ?? ''] ?? 'destroy',
    onPoweroff: ends[textOf(values, 'on_poweroff') ?? ''] ?? 'destroy',
    ...(who.node === undefined ? {} : { node: who.node }),
    ...(who.address === undefined ? {} : { address: who.address }),
    ...(who.environment === undefined ? {} : { environment: who.environment }),
    checks: (wordOf(cmdline, 'domus.checks') ?? '').split(',').filter((check) => check !== ''),
  };
}
