import { z } from 'zod';
import { Failure } from '../../src/drivers/failure.js';
import type { Guest, GuestState } from '../../src/model/host.js';

/** One line of `xl list` or `xl list -v` (only that has the UUID; elsewhere it is empty). */
export interface DomainRow {
  readonly name: string;
  readonly domid: number;
  readonly memoryMiB: number;
  readonly vcpus: number;
  readonly state: GuestState;
  readonly cpuSeconds: number;
  readonly uuid: string;
}

/** What `xl list -l` adds. */
export interface DomainMade {
  readonly domid: number;
  readonly name: string;
  readonly uuid: string;
  readonly maxVcpus: number | undefined;
  readonly maxMemoryMiB: number | undefined;
  readonly targetMiB: number | undefined;
  readonly disks: readonly string[];
}

/** What `xl info` says, as far as we ask. */
export interface HostInfo {
  readonly cores: number;
  readonly memoryMiB: number;
  readonly freeMemoryMiB: number;
  readonly capabilities: readonly string[];
  readonly cpuFeatures?: string;
}

const heading = /^Name\s+ID\s+Mem\s+VCPUs\s+State\s+Time\(s\)/;
const line = /^(\S.*?)\s+(\d+)\s+(\d+)\s+(\d+)\s+([r-][b-][p-][s-][a-z?-][d-])\s+(\d+\.\d)(?:\s+([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\s.*|\s+\S+)?$/;

/** Letters: running, blocked, paused, shut down, why (`-` power-off, r reboot, s suspend, c crash, w watchdog), dying. */
function stateOf(letters: string): GuestState {
  if (letters[5] === 'd') return 'dying';
  if (letters[3] === 's') {
    const why = letters[4];
    if (why === 'r') return 'rebooting';
    if (why === 's') return 'paused';
    return why === '-' ? 'shutdown' : 'crashed';
  }
  if (letters[2] === 'p') return 'paused';
  return letters[1] === 'b' ? 'blocked' : 'running';
}

/** The table of `xl list [-v]`, without Dom0. Raises Failure `garbled`. */
export const parseStates = (text: string): readonly DomainRow[] => parseTable(text).filter((row) => row.domid !== 0);

/** Processor seconds of Dom0 since its boot, from the same table; undefined where it does not name Dom0. */
export const dom0Seconds = (text: string): number | undefined => parseTable(text).find((row) => row.domid === 0)?.cpuSeconds;

function parseTable(text: string): readonly DomainRow[] {
  const [first, ...rest] = text.split('\n');
  if (first === undefined || !heading.test(first)) throw new Failure('garbled', 'xl list: its first line is not the heading');
  return rest.filter((l) => l.trim() !== '').map(parseState);
}

function parseState(text: string): DomainRow {
  const m = line.exec(text);
  if (m === null) throw new Failure('garbled', `xl list: cannot read the line ${JSON.stringify(text.slice(0, 200))}`);
  return {
    name: m[1] ?? '',
    domid: Number(m[2]),
    memoryMiB: Number(m[3]),
    vcpus: Number(m[4]),
    state: stateOf(m[5] ?? ''),
    cpuSeconds: Number(m[6]),
    uuid: m[7] ?? '',
  };
}

/** A domain that xl did not make, or not wholly, lacks some of it: that must not make the others unseen. */
const kb = z.number().nonnegative().optional();
const text = z.string().nullish();
const domains = z.array(
  z.object({
    domid: z.number().int().nonnegative(),
    config: z
      .object({
        c_info: z.object({ name: text, uuid: text }).prefault({}),
        b_info: z.object({ max_vcpus: z.number().int().positive().optional(), max_memkb: kb, target_memkb: kb }).prefault({}),
        disks: z.array(z.object({ pdev_path: text })).default([]),
      })
      .prefault({}),
  }),
);
const inMiB = (kib: number | undefined): number | undefined => (kib === undefined ? undefined : Math.ceil(kib / 1024));

/** `xl list -l`, without Dom0. Raises Failure `garbled`. */
export function parseList(text: string): readonly DomainMade[] {
  const read = domains.safeParse(json(text, 'xl list -l'));
  if (!read.success) throw new Failure('garbled', `xl list -l: ${read.error.issues[0]?.path.join('.')}: ${read.error.issues[0]?.message}`);
  return read.data
    .filter((d) => d.domid !== 0)
    .map(({ domid, config }) => ({
      domid,
      name: config.c_info.name ?? '',
      uuid: config.c_info.uuid ?? '',
      maxVcpus: config.b_info.max_vcpus,
      maxMemoryMiB: inMiB(config.b_info.max_memkb),
      targetMiB: inMiB(config.b_info.target_memkb),
      disks: config.disks.flatMap((d) => (d.pdev_path ? [d.pdev_path] : [])),
    }));
}

function json(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new Failure('garbled', `${what}: no JSON`, { cause: thrown });
  }
}

/** `xl info`. Raises Failure `garbled`. */
export function parseInfo(text: string): HostInfo {
  const facts = new Map<string, string>();
  for (const l of text.split('\n')) {
    const at = l.indexOf(':');
    if (at > 0) facts.set(l.slice(0, at).trim(), l.slice(at + 1).trim());
  }
  const whole = (key: string): number => {
    const value = facts.get(key);
    if (value === undefined || !/^\d{1,12}$/.test(value)) throw new Failure('garbled', `xl info: ${key} is ${value === undefined ? 'missing' : 'no number'}`);
    return Number(value);
  };
  return {
    cores: whole('nr_cpus'),
    memoryMiB: whole('total_memory'),
    freeMemoryMiB: whole('free_memory'),
    capabilities: capabilitiesOf((facts.get('virt_caps') ?? '').split(/\s+/)),
    ...(/^[0-9a-f]{8}(:[0-9a-f]{8}){0,31}$/.test(facts.get('hw_caps') ?? '') ? { cpuFeatures: facts.get('hw_caps') ?? '' } : {}),
  };
}

/**
 * PVH and HVM need hardware-assisted paging, or a hypervisor built with shadow paging (Debian's is not). What tracks
 * dirty pages can migrate live: PVH with `hap`, PV only with `shadow` (else it moves by save and restore).
 */
function capabilitiesOf(caps: readonly string[]): readonly string[] {
  const has = (cap: string): boolean => caps.includes(cap);
  const paging = has('hvm') && (has('hap') || has('shadow'));
  const all: readonly (readonly [string, boolean])[] = [
    ['pv', has('pv')],
    ['hvm', paging],
    ['pvh', paging],
    ['hap', has('hap')],
    ['live-migration', paging],
    ['pv-live-migration', has('pv') && has('shadow')],
  ];
  return all.filter(([, seen]) => seen).map(([cap]) => cap);
}

/** The guests of one look: the table says who lives, the JSON what they were made with; a domain in either counts. */
export function joinGuests(rows: readonly DomainRow[], made: readonly DomainMade[]): readonly Omit<Guest, 'report'>[] {
  const known = new Map(made.map((m) => [m.domid, m]));
  const listed = new Set(rows.map((r) => r.domid));
  // In the JSON only: just made or just gone, the two lists are not of one instant. Counted as alive, which claims its room.
  const late = made.filter((m) => !listed.has(m.domid)).map((m) => ({ ...m, memoryMiB: m.targetMiB ?? 0, vcpus: 1, state: 'paused' as const, cpuSeconds: 0 }));
  return [...rows, ...late].map((row) => {
    const more = known.get(row.domid);
    return {
      uuid: row.uuid === '' ? (more?.uuid ?? '') : row.uuid,
      name: row.name,
      domid: row.domid,
      state: row.state,
      memoryMiB: row.memoryMiB,
      targetMiB: more?.targetMiB ?? row.memoryMiB,
      maxMemoryMiB: more?.maxMemoryMiB ?? row.memoryMiB,
      vcpus: row.vcpus,
      maxVcpus: more?.maxVcpus ?? row.vcpus,
      cpuSeconds: row.cpuSeconds,
      disks: more?.disks ?? [],
    };
  });
}
