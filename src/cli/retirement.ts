import { npOf } from '../model/environment.js';
import type { Machine } from '../model/machine.js';
import type { Policy } from '../model/policy.js';
import type { Rows } from '../model/rows.js';
import type { Seat } from '../model/seat.js';

/** What is left to a person, in order: comments and command lines, the latter as words. */
export interface Part {
  readonly title: string;
  readonly lines: readonly (string | readonly string[])[];
}

/** How hosts are reached and boot, as far as retiring them asks. */
export interface Surroundings {
  /** Hosts that boot from Domus's boot server, and whether the classroom is usual there. */
  readonly boots: ReadonlyMap<string, 'dom0' | 'classroom'>;
  readonly overlays: string;
  readonly images: string;
}

/** It serves now: its node stays in the batch system as it is. */
const stays = (machine: Machine): boolean => machine.admittedAt !== undefined && machine.goal.kind === 'serve' && machine.shutdownAt === undefined;

function nodesPart(policy: Policy, rows: Rows, source: string): Part {
  const seats = Object.values(policy.seats).filter((seat) => seat.source === source);
  const machines = new Map([...rows.machines.values()].filter(stays).map((machine) => [machine.seat, machine]));
  const gone = seats.filter((seat) => !machines.has(seat.name));
  const kept = seats.filter((seat) => machines.has(seat.name));
  const stay = (seat: Seat): readonly (readonly string[])[] => {
    const machine = machines.get(seat.name);
    const environment = policy.environments[seat.environment];
    const np = machine === undefined || environment === undefined ? seat.largestNp : npOf(environment, machine.size);
    return [
      ['qmgr', '-c', `set node ${seat.name} np = ${np}`],
      ['pbsnodes', '-c', '-N', '', seat.name],
    ];
  };
  return {
    title: `the nodes of batch server ${source}: ${kept.length} stay, ${gone.length} go (on its machine, as a manager)`,
    lines: [
      ...kept.flatMap(stay),
      ...(gone.length === 0 ? [] : ['nobody sits in these: jobs that only they could run are refused from now on']),
      ...gone.map((seat) => ['qmgr', '-c', `delete node ${seat.name}`]),
    ],
  };
}

function guestsPart(policy: Policy, rows: Rows, { boots, overlays, images }: Surroundings): Part {
  const machines = [...rows.machines.values()].filter((machine) => stays(machine) || machine.kind === 'service');
  const lines = machines.flatMap((machine): (string | readonly string[])[] => {
    const host = policy.hosts[machine.host];
    const at = `root@${host?.address ?? machine.host}`;
    if (boots.has(machine.host)) return [`${machine.guestName} (${machine.seat}) runs on ${machine.host} until that is switched off: its Dom0 is in RAM`];
    const config = `/run/domus/guests/${machine.guestName}.cfg`;
    return [['ssh', at, 'install', '-D', '-m', '600', config, `/etc/xen/auto/${machine.guestName}.cfg`]];
  });
  return {
    title: `${machines.length} guest(s) that run: plain Xen guests from now on, started again by xendomains`,
    lines: [
      ...lines,
      `their disks are ${overlays}/NAME.qcow2, thin over ${images}: keep both, or make one file of them: qemu-img convert -O qcow2 NAME.qcow2 WHOLE.qcow2`,
    ],
  };
}

function hostsPart(policy: Policy, { boots }: Surroundings): Part {
  const plain = Object.values(policy.hosts).filter((host) => !boots.has(host.name));
  const room = [...boots].filter(([, usual]) => usual === 'classroom').map(([name]) => name);
  const good = [...boots].filter(([, usual]) => usual === 'dom0').map(([name]) => name);
  return {
    title: 'the hosts',
    lines: [
      ...room.map((name) => ['domus', 'boot', 'choose', name, 'classroom']),
      ...(good.length === 0
        ? []
        : [
            `${good.join(', ')}: boot Dom0 for good, from files that stay as they are. dnsmasq, the NFS server and domus boot serve go on`,
            'without the daemon, its journal and the batch server; or install Dom0 on their disks, and remove their mac from domus.yaml',
          ]),
      ...plain.map(({ address }) => ['ssh', `root@${address}`, 'sed', '-i', '/domus-runner/d', '/root/.ssh/authorized_keys']),
    ],
  };
}

/**
 * The way out, worked out from what the journal says: a plain static cluster of the machines that serve now. Pure; nothing
 * is done. The daemon must be frozen or gone, or what is said here is old when it is typed.
 */
export function retirement(policy: Policy, rows: Rows, surroundings: Surroundings): readonly Part[] {
  const sources = [...new Set(Object.values(policy.seats).map((seat) => seat.source))].sort();
  return [
    ...sources.map((source) => nodesPart(policy, rows, source)),
    guestsPart(policy, rows, surroundings),
    {
      title: 'hooks, where they were installed',
      lines: [
        'on submit hosts: take SUBMITFILTER out of torque.cfg (or put torque.cfg.before-domus back)',
        'on workers and in images: remove the files that begin with "# domus hook:", and put mom_priv/config.before-domus back; then restart pbs_mom',
      ],
    },
    { title: 'the daemon', lines: [['systemctl', 'disable', '--now', 'domus'], 'the journal is history from now on: keep it or remove it'] },
    hostsPart(policy, surroundings),
  ];
}
