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

/** The words `domus.KEY=VALUE` of the kernel's command line: who the guest is. */
function identity(cmdline: string): Pick<GuestPlan, 'node' | 'address' | 'environment' | 'checks'> {
  const said = new Map([...cmdline.matchAll(/(?:^| )domus\.(node|address|environment|checks)=(\S*)/g)].map((m) => [m[1] ?? '', m[2] ?? '']));
  const checks = (said.get('checks') ?? '').split(',').filter((check) => check !== '');
  said.delete('checks');
  return { ...Object.fromEntries(said), checks };
}

/** The configuration as a plan. `uuid` is used where the file names none. */
export function planOfConfig(values: ReadonlyMap<string, Value>, uuid: string): GuestPlan {
  const text = (key: string, otherwise = ''): string => textOf(values, key) ?? otherwise;
  const number = (key: string, otherwise: number): number => numberOf(values, key) ?? otherwise;
  const listed = (key: string): readonly string[] => {
    const value = values.get(key);
    return Array.isArray(value) ? value.map(String) : [];
  };
  const memoryMiB = number('memory', 4);
  const vcpus = number('vcpus', 1);
  const type = text('type', 'pv');
  const [vif = ''] = listed('vif');
  const cmdline = text('extra', text('cmdline'));
  return {
    uuid: text('uuid', uuid),
    name: text('name'),
    type: type === 'pvh' || type === 'hvm' ? type : 'pv',
    vcpus,
    maxVcpus: number('maxvcpus', vcpus),
    memoryMiB,
    maxMemoryMiB: number('maxmem', memoryMiB),
    disks: listed('disk').map(fileOf),
    mac: /mac=([0-9a-f:]+)/.exec(vif)?.[1] ?? '',
    bridge: /bridge=([^,]+)/.exec(vif)?.[1] ?? '',
    kernel: text('kernel'),
    ...(values.has('ramdisk') ? { ramdisk: text('ramdisk') } : {}),
    cmdline,
    onCrash: ends[text('on_crash')] ?? 'destroy',
    onPoweroff: ends[text('on_poweroff')] ?? 'destroy',
    ...identity(cmdline),
  };
}
