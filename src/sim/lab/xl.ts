import type { FakeGuest, GuestPlan } from '../hosts/guest.js';
import type { FakeHost } from '../hosts/host.js';
import type { Random } from '../random.js';
import type { Answer } from './wire.js';
import { type ConfigError, parseXlConfig, planOfConfig } from './xl-config.js';
import { infoOf, jsonOf, tableOf } from './xl-list.js';

/** What `xl` sees of its host besides the domains. */
export interface XlPlace {
  readonly host: FakeHost;
  readonly random: Random;
  now(): number;
  readText(file: string): string | undefined;
  /** False where it cannot be written. */
  writeText(file: string, text: string): boolean;
  exists(file: string): boolean;
  readonly bridges: readonly string[];
}

/** A command under way: what it takes (unpaced ms), and its end, when the deed happens. */
export interface XlCommand {
  readonly takesMs: number;
  readonly finish: () => Answer;
}

const said = (stdout: string, stderr = '', exit = 0): Answer => ({ exit, stdout, stderr });
const failed = (stderr: string, exit = 1): Answer => said('', stderr, exit);
const unknownDomain = (name: string): Answer => failed(`${name} is an invalid domain identifier (rc=-6)\n`);

/** `xl` as recorded from Xen 4.17.7, over a fake host. Times are those of a real machine, not of an emulated one. */
export function xl(place: XlPlace, argv: readonly string[]): XlCommand {
  const [command = '', ...rest] = argv;
  const words = rest.filter((word) => !word.startsWith('-'));
  const options = rest.filter((word) => word.startsWith('-'));
  const verb = verbs[command];
  if (verb === undefined) return { takesMs: 20, finish: () => failed('command not implemented\n') };
  if (words.length < verb.least) {
    const few = `'xl ${command}' requires at least ${verb.least} argument${verb.least === 1 ? '' : 's'}.\n\n`;
    return { takesMs: 20, finish: () => said(`Usage: xl [-vtTf] ${command}\n`, few, 2) };
  }
  const [least, most] = verb.takesMs;
  const takesMs = place.random.between(least, most);
  return verb.start(place, words, options, takesMs);
}

interface VerbOf {
  readonly least: number;
  readonly takesMs: readonly [number, number];
  readonly start: (place: XlPlace, words: readonly string[], options: readonly string[], takesMs: number) => XlCommand;
}

const quick = (act: (place: XlPlace, words: readonly string[], options: readonly string[]) => Answer): VerbOf['start'] => {
  return (place, words, options, takesMs) => ({ takesMs, finish: () => act(place, words, options) });
};

const onGuest = (act: (place: XlPlace, guest: FakeGuest, words: readonly string[]) => Answer): VerbOf['start'] =>
  quick((place, words) => {
    const guest = place.host.find(words[0] ?? '');
    return guest === undefined ? unknownDomain(words[0] ?? '') : act(place, guest, words);
  });

const verbs: Readonly<Record<string, VerbOf>> = {
  list: { least: 0, takesMs: [30, 80], start: quick(list) },
  info: { least: 0, takesMs: [30, 60], start: quick(({ host }) => said(infoOf(host))) },
  domid: { least: 1, takesMs: [30, 60], start: quick(domid) },
  uptime: { least: 0, takesMs: [30, 60], start: quick(uptime) },
  create: { least: 1, takesMs: [5_000, 12_000], start: create },
  destroy: {
    least: 1,
    takesMs: [500, 900],
    start: onGuest((place, guest) => {
      place.host.destroy(guest);
      return said('');
    }),
  },
  shutdown: { least: 1, takesMs: [300, 700], start: shutdown },
  save: { least: 2, takesMs: [3_000, 6_000], start: onGuest(save) },
  restore: { least: 1, takesMs: [3_000, 6_000], start: quick(restore) },
  'vcpu-set': { least: 2, takesMs: [400, 600], start: onGuest(vcpuSet) },
  'mem-set': { least: 2, takesMs: [400, 600], start: onGuest(memSet) },
};

function list({ host, now }: XlPlace, words: readonly string[], options: readonly string[]): Answer {
  const [name] = words;
  const one = name === undefined ? undefined : host.find(name);
  if (name !== undefined && one === undefined) return unknownDomain(name);
  const guests = one === undefined ? [...host.guests.values()] : [one];
  const all = name === undefined;
  if (options.includes('-l')) return said(jsonOf(host, guests, all));
  return said(tableOf(host, guests, all, options.includes('-v'), now()));
}

function domid({ host }: XlPlace, [name = '']: readonly string[]): Answer {
  const guest = host.find(name);
  if (guest === undefined || guest.plan.name !== name) return failed(`Can't get domid of domain name '${name}', maybe this domain does not exist.\n`);
  return said(`${guest.domid}\n`);
}

function uptime({ host, now }: XlPlace): Answer {
  const rows = [...host.guests.values()].map((guest) => {
    const seconds = Math.floor((now() - guest.createdAt) / 1000);
    const clock = `${Math.floor(seconds / 3600)}:${String(Math.floor(seconds / 60) % 60).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
    return `${guest.plan.name.padEnd(32)} ${String(guest.domid).padStart(5)}  ${clock}\n`;
  });
  return said(`Name                                ID Uptime\n${rows.join('')}`);
}

function shutdown(place: XlPlace, words: readonly string[], _options: readonly string[], takesMs: number): XlCommand {
  const guest = place.host.find(words[0] ?? '');
  if (guest === undefined) return { takesMs, finish: () => unknownDomain(words[0] ?? '') };
  const head = `Shutting down domain ${guest.domid}\n`;
  if (place.host.shutdown(guest)) return { takesMs, finish: () => said('', head) };
  // The request is not acknowledged: xl gives up after a minute.
  const lost = `${head}libxl: error: libxl_domain.c:854:pvcontrol_cb: guest didn't acknowledge control request: -9\nshutdown failed (rc=-9)\n`;
  return { takesMs: 60_000, finish: () => failed(lost) };
}

function vcpuSet({ host }: XlPlace, guest: FakeGuest, [, text = '']: readonly string[]): Answer {
  const vcpus = Number(text);
  if (!/^\d+$/.test(text) || vcpus < 1) return failed(`Error: Invalid argument ${text} passed\n`);
  if (vcpus > host.cores) {
    return failed(`You are overcommmitting! You have ${host.cores} physical CPUs and want ${vcpus} vCPUs! Aborting, use --ignore-host to continue\n`);
  }
  if (vcpus > guest.plan.maxVcpus) {
    const why = `libxl: error: libxl_domain.c:1799:libxl_set_vcpuonline: Domain ${guest.domid}:Requested ${vcpus} VCPUs, however maxcpus is ${guest.plan.maxVcpus}!: Operation not permitted`;
    return failed(`${why}\nlibxl_set_vcpuonline failed domid=${guest.domid} vcpus=${vcpus}, rc: -6\n`);
  }
  host.setVcpus(guest, vcpus);
  return said('');
}

const saveFormat = 'LinuxLabSavedGuest';

/** Its memory is a file, and the guest is gone; it goes on where that could not be written. */
function save({ host, writeText }: XlPlace, guest: FakeGuest, [, file = '']: readonly string[]): Answer {
  const head = `Saving to ${file} new xl format (info 0x3/0x0/981)\nxc: info: Saving domain ${guest.domid}, type x86 ${guest.plan.type === 'pv' ? 'PV' : 'HVM'}\n`;
  const ill = host.trouble.meet('xl save').kind !== 'well';
  if (ill || !writeText(file, `${saveFormat}${JSON.stringify(guest.plan)}\n`)) {
    return failed(`${head}xc: error: Failed to write page data to guest: 28: Internal error\nFailed to save domain, resuming domain\n`);
  }
  host.destroy(guest);
  return said('', `${head}xc: progress: End of stream: 0/0    0%\n`);
}

function restore({ host, readText }: XlPlace, [file = '']: readonly string[]): Answer {
  const text = readText(file);
  if (text === undefined) return failed(`Can't open restore file: ${file}: No such file or directory\n`);
  if (!text.startsWith(saveFormat)) return failed('File has wrong magic number - corrupt or for a different tool?\n');
  const head = `Loading new save file ${file} (new xl fmt info 0x3/0x0/981)\n Savefile contains xl domain config in JSON format\nParsing config from <saved>\n`;
  const plan = JSON.parse(text.slice(saveFormat.length)) as GuestPlan;
  const creation = host.trouble.meet('xl restore').kind === 'well' ? host.create(plan) : { domid: host.takeDomid() };
  if ('made' in creation)
    return said(
      '',
      `${head}xc: info: Found x86 ${plan.type === 'pv' ? 'PV' : 'HVM'} domain from Xen 4.17\nxc: info: Restoring domain\nxc: info: Restore successful\n`,
    );
  return failed(`${head}xc: error: Failed to allocate memory: 12: Internal error\n${undone(creation.domid)}`, 3);
}

const unitsMiB: Readonly<Record<string, number>> = { b: 1 / 1_048_576, k: 1 / 1024, m: 1, g: 1024, t: 1_048_576, '': 1 };

function memSet({ host }: XlPlace, guest: FakeGuest, [, text = '']: readonly string[]): Answer {
  const found = /^(\d+)([bkmgt]?)$/i.exec(text);
  if (found === null) return failed(`invalid memory size: ${text}\n`);
  const memoryMiB = Math.floor(Number(found[1]) * (unitsMiB[(found[2] ?? '').toLowerCase()] ?? 1));
  if (memoryMiB > guest.plan.maxMemoryMiB) {
    const why = `libxl: error: libxl_mem.c:278:libxl_set_memory_target: Domain ${guest.domid}:memory_dynamic_max must be less than or equal to memory_static_max`;
    return failed(`${why}\n\ncannot set domid ${guest.domid} dynamic max memory to : ${text}\n`);
  }
  host.setMemory(guest, memoryMiB);
  return said('');
}

const undone = (domid: number): string =>
  [
    `libxl: error: libxl_domain.c:1183:libxl__destroy_domid: Domain ${domid}:Non-existant domain`,
    `libxl: error: libxl_domain.c:1137:domain_destroy_callback: Domain ${domid}:Unable to destroy guest`,
    `libxl: error: libxl_domain.c:1064:domain_destroy_cb: Domain ${domid}:Destruction of domain failed\n`,
  ].join('\n');

/** A failed creation has status 3 (a configuration that cannot be read: 1) and leaves no domain behind. */
function create(place: XlPlace, [file = '']: readonly string[], _options: readonly string[], takesMs: number): XlCommand {
  const text = place.readText(file);
  if (text === undefined) return { takesMs: 20, finish: () => failed(`Failed to read config file: ${file}: No such file or directory\n`, 3) };
  const head = `Parsing config from ${file}\n`;
  const values = parseXlConfig(text);
  if ('what' in values) return { takesMs: 20, finish: () => failed(`${head}${unreadable(file, values)}`) };
  const plan = planOfConfig(values, uuidOf(place));
  const fail = (lines: (domid: number) => string): XlCommand => {
    const domid = place.host.takeDomid();
    return { takesMs: 300, finish: () => failed(`${head}${lines(domid)}${undone(domid)}`, 3) };
  };
  const lost = plan.disks.find((disk) => !place.exists(disk));
  if (lost !== undefined) {
    return fail(
      (id) =>
        `libxl: error: libxl_device.c:455:libxl__device_disk_set_backend: Disk vdev=xvda failed to stat: ${lost}: No such file or directory\nlibxl: error: libxl_create.c:1318:initiate_domain_create: Domain ${id}:Unable to set disk defaults for disk 0\n`,
    );
  }
  if (!place.exists(plan.kernel)) {
    return fail(
      (id) =>
        `xc: error: panic: xg_dom_core.c:205: failed to open file '${plan.kernel}': No such file or directory: Internal error\nlibxl: error: libxl_dom.c:646:libxl__build_pv: xc_dom_kernel_file failed: No such file or directory\nlibxl: error: libxl_create.c:1640:domcreate_rebuild_done: Domain ${id}:cannot (re-)build domain: -3\n`,
    );
  }
  if (plan.bridge !== '' && !place.bridges.includes(plan.bridge)) {
    return fail(
      (id) =>
        `libxl: error: libxl_device.c:1337:device_hotplug_child_death_cb: script: Could not find bridge device ${plan.bridge}\nlibxl: error: libxl_create.c:1921:domcreate_attach_devices: Domain ${id}:unable to add vif devices\n`,
    );
  }
  return { takesMs, finish: () => built(place, head, plan) };
}

function built(place: XlPlace, head: string, plan: ReturnType<typeof planOfConfig>): Answer {
  const creation = place.host.create(plan);
  if ('made' in creation) return said('', head);
  const { domid, refused } = creation;
  const why =
    refused === 'name-exists'
      ? `libxl: error: libxl_domain.c:81:libxl__domain_rename: Domain ${domid}:Domain with name "${plan.name}" already exists.\nlibxl: error: libxl_create.c:1296:initiate_domain_create: Domain ${domid}:cannot make domain: -6\n`
      : `xc: error: panic: xg_dom_boot.c:119: xc_dom_boot_mem_init: can't allocate low memory for domain: Out of memory\nlibxl: error: libxl_dom.c:586:libxl__build_dom: xc_dom_boot_mem_init failed: Cannot allocate memory\nlibxl: error: libxl_create.c:1640:domcreate_rebuild_done: Domain ${domid}:cannot (re-)build domain: -3\n`;
  return failed(`${head}${why}${undone(domid)}`, 3);
}

const unreadable = (file: string, error: ConfigError): string =>
  `${file}:${error.line}: config parsing error near \`${error.near}': ${error.what}\nFailed to parse config: Invalid argument\n`;

function uuidOf({ random }: XlPlace): string {
  const hex = Array.from({ length: 32 }, () => random.between(0, 15).toString(16)).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}
