import type { GuestState } from '../../model/host.js';
import type { FakeGuest } from '../hosts/guest.js';
import type { FakeHost } from '../hosts/host.js';

const flags: Readonly<Record<GuestState, string>> = {
  running: 'r-----',
  blocked: '-b----',
  paused: '--p---',
  shutdown: '---s--',
  crashed: '---sc-',
  dying: '-----d',
  rebooting: '--psr-',
};
const reasons: Readonly<Partial<Record<GuestState, string>>> = { crashed: '3', shutdown: '0', rebooting: '1' };

interface Row {
  readonly name: string;
  readonly id: number;
  readonly memoryMiB: number;
  readonly vcpus: number;
  readonly state: string;
  readonly seconds: number;
  readonly uuid: string;
  readonly reason: string;
}

function rowOf(guest: FakeGuest, now: number): Row {
  const seen = guest.seen(now);
  return {
    name: seen.name,
    id: seen.domid,
    memoryMiB: seen.memoryMiB,
    vcpus: seen.vcpus,
    state: flags[seen.state],
    seconds: seen.cpuSeconds,
    uuid: seen.uuid,
    reason: reasons[seen.state] ?? '-',
  };
}

const dom0Of = (host: FakeHost, now: number): Row => ({
  name: 'Domain-0',
  id: 0,
  memoryMiB: host.dom0MiB,
  vcpus: 1,
  state: 'r-----',
  seconds: Math.round((now % 1_000_000) / 100) / 10,
  uuid: '00000000-0000-0000-0000-000000000000',
  reason: '-',
});

function line(row: Row, verbose: boolean): string {
  const short = `${row.name.padEnd(40)} ${String(row.id).padStart(5)} ${String(row.memoryMiB).padStart(5)} ${String(row.vcpus).padStart(5)}     ${row.state}  ${row.seconds.toFixed(1).padStart(8)}`;
  return verbose ? `${short} ${row.uuid} ${row.reason.padStart(8)} ${'-'.padStart(16)}` : short;
}

/** `xl list` and `xl list -v`, of these guests; Domain-0 first where `all`. */
export function tableOf(host: FakeHost, guests: readonly FakeGuest[], all: boolean, verbose: boolean, now: number): string {
  const head = 'Name                                        ID   Mem VCPUs\tState\tTime(s)';
  const rows = guests.map((guest) => rowOf(guest, now));
  const lines = (all ? [dom0Of(host, now), ...rows] : rows).map((row) => line(row, verbose));
  return `${[verbose ? `${head}   UUID                            Reason-Code\tSecurity Label` : head, ...lines].join('\n')}\n`;
}

const scheduling = { sched: 'credit2', weight: 256, cap: 0 };

const dom0Config = (host: FakeHost): unknown => ({
  domid: 0,
  config: {
    c_info: { type: 'pv', name: 'Domain-0' },
    b_info: { max_memkb: host.dom0MiB * 1024, target_memkb: host.dom0MiB * 1024 - 1, sched_params: scheduling, 'type.pv': {}, arch_arm: {}, arch_x86: {} },
  },
});

function configOf(guest: FakeGuest): unknown {
  const { plan } = guest;
  return {
    domid: guest.domid,
    config: {
      c_info: { type: plan.type, name: `${plan.name}${guest.half}`, domid: 4_294_967_295, uuid: plan.uuid, run_hotplug_scripts: 'True' },
      b_info: {
        max_vcpus: plan.maxVcpus,
        avail_vcpus: Array.from({ length: guest.vcpus }, (_, at) => at),
        max_memkb: plan.maxMemoryMiB * 1024,
        target_memkb: guest.targetMiB * 1024,
        video_memkb: 0,
        sched_params: scheduling,
        claim_mode: 'True',
        kernel: plan.kernel,
        cmdline: plan.cmdline,
        ...(plan.ramdisk === undefined ? {} : { ramdisk: plan.ramdisk }),
        [`type.${plan.type}`]: {},
        arch_arm: {},
        arch_x86: { msr_relaxed: 'False' },
      },
      ...(plan.disks.length === 0
        ? {}
        : {
            disks: plan.disks.map((file, at) => ({
              pdev_path: file,
              vdev: `xvd${'abcdefgh'[at]}`,
              format: 'qcow2',
              readwrite: 1,
              colo_restore_enable: 'False',
            })),
          }),
      ...(plan.mac === '' ? {} : { nics: [{ devid: 0, mac: plan.mac, bridge: plan.bridge, nictype: 'vif' }] }),
      on_reboot: 'restart',
      ...(plan.onCrash === 'destroy' ? {} : { on_crash: plan.onCrash }),
      on_soft_reset: 'soft_reset',
    },
  };
}

/** libxl files a guest's configuration when all of it has come. */
const isFiled = ({ half }: FakeGuest): boolean => half !== '--incoming';

/** `xl list -l`: JSON as libxl prints it (four blanks, an empty line within `{}`, an empty line at the end). */
export function jsonOf(host: FakeHost, guests: readonly FakeGuest[], all: boolean): string {
  const entries = [...(all ? [dom0Config(host)] : []), ...guests.filter(isFiled).map(configOf)];
  const text = JSON.stringify(entries, undefined, 4);
  return `${text.replace(/^( *)(.*)\{\}/gm, '$1$2{\n\n$1}')}\n\n`;
}

/** `xl info`. */
export function infoOf(host: FakeHost): string {
  const facts: readonly (readonly [string, string | number])[] = [
    ['host', host.name],
    ['release', '6.1.0-56-amd64'],
    ['version', '#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)'],
    ['machine', 'x86_64'],
    ['nr_cpus', host.cores],
    ['max_cpu_id', host.cores - 1],
    ['nr_nodes', 1],
    ['cores_per_socket', host.cores],
    ['threads_per_core', 1],
    ['cpu_mhz', '2596.095'],
    ['hw_caps', '178bf3fd:80002001:20100800:00000007:00000000:00000000:00000000:00000000'],
    ['virt_caps', 'pv hvm hap gnttab-v1 gnttab-v2'],
    ['total_memory', host.memoryMiB],
    ['free_memory', host.freeMiB()],
    ['sharing_freed_memory', 0],
    ['sharing_used_memory', 0],
    ['outstanding_claims', 0],
    ['free_cpus', 0],
    ['xen_major', 4],
    ['xen_minor', 17],
    ['xen_extra', '.7'],
    ['xen_version', '4.17.7'],
    ['xen_caps', 'xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 '],
    ['xen_scheduler', 'credit2'],
    ['xen_pagesize', 4096],
    ['platform_params', 'virt_start=0xffff800000000000'],
    ['xen_changeset', ''],
    ['xen_commandline', `dom0_mem=${host.dom0MiB}M,max:${host.dom0MiB}M dom0_max_vcpus=1 loglvl=info guest_loglvl=info noreboot=0`],
    ['cc_compiler', 'x86_64-linux-gnu-gcc (Debian 12.2.0-14+deb12u1) 12.2.0'],
    ['cc_compile_by', 'pkg-xen-devel'],
    ['cc_compile_domain', 'lists.alioth.debian.org'],
    ['cc_compile_date', 'Wed Nov  4 16:52:28 UTC 2026'],
    ['build_id', '151b373fd64b321593bf987fd923cd10dabadac4'],
    ['xend_config_format', 4],
  ];
  return `${facts.map(([key, value]) => `${key.padEnd(23)}: ${value}`).join('\n')}\n`;
}
