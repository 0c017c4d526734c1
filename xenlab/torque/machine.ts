import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child, type Ended, type RunOptions, run, until } from '../children.js';
import type { Seat } from '../moms.js';
import type { FoundTorque } from './found.js';

export interface MachineOptions {
  readonly torque: FoundTorque;
  /** Whole name of the batch server, and its address on the wire. */
  readonly name: string;
  readonly address: string;
  readonly seats: readonly Seat[];
  /** Folder in which everything of it lies. */
  readonly folder: string;
  /** The site's homes, and who has one. */
  readonly homes: string;
  readonly user: { readonly name: string; readonly uid: number };
  readonly logs: string;
}

/** Folders of TORQUE's home as `make install` makes them: mode by path. */
const rooms: Readonly<Record<string, number>> = {
  ...{ aux: 0o755, checkpoint: 0o1777, mom_logs: 0o755, server_logs: 0o755, sched_logs: 0o755, client_logs: 0o755, job_logs: 0o755 },
  ...{ spool: 0o1777, undelivered: 0o1777, server_priv: 0o750, sched_priv: 0o750, 'sched_priv/accounting': 0o755 },
  ...Object.fromEntries(
    'accounting acl_groups acl_hosts acl_svr acl_users arrays credentials disallowed_types hostlist jobs queues'
      .split(' ')
      .map((name) => [`server_priv/${name}`, 0o750]),
  ),
};
/** What pbs_sched reads, where the machine's own TORQUE has no such file. */
const schedConfig = 'round_robin: False all\nby_queue: False all\nstrict_fifo: false ALL\nsort_by: fifo ALL\nlog_filter: 256\n';

/**
 * The batch server's own machine: names, accounts, homes, /tmp and TORQUE's home of its own, in the laboratory's network. It hides
 * whatever TORQUE this machine runs otherwise, and is hidden from it.
 */
export class ServerMachine {
  readonly #options: MachineOptions;
  #holder: Child | undefined;

  constructor(options: MachineOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { folder, torque, logs } = this.#options;
    this.#furnish();
    const ready = join(folder, 'ready');
    const holder = new Child(
      'torque',
      ['unshare', '--mount', '--uts', '--propagation', 'private', 'sh', '-eu', '-c', this.#opening(ready)],
      join(logs, 'torque'),
    );
    this.#holder = holder;
    const so = await until(() => !holder.lives || existsSync(ready), 20_000, 100);
    if (so === undefined || !holder.lives)
      throw new Error(`the machine of TORQUE ${torque.version} does not start: ${readFileSync(join(logs, 'torque'), 'utf8')}`);
  }

  /** Words that carry a command out there. */
  at(argv: readonly string[]): readonly string[] {
    if (this.#holder === undefined) throw new Error('the batch server has not been started');
    return ['nsenter', `--target=${this.#holder.pid}`, '--mount', '--uts', '--wd=/', '--', ...argv];
  }

  /** As its root. */
  run(argv: readonly string[], options: RunOptions = {}): Promise<Ended> {
    return run(this.at(argv), options);
  }

  /** As the person, in the home, with nothing of this machine's environment. */
  runAsUser(argv: readonly string[], options: RunOptions = {}): Promise<Ended> {
    const { name } = this.#options.user;
    const home = `/home/${name}`;
    const world = [`HOME=${home}`, `USER=${name}`, `LOGNAME=${name}`, 'SHELL=/bin/sh', 'PATH=/usr/local/bin:/usr/bin:/bin', 'LANG=C.UTF-8'];
    return run(this.at(['runuser', '-u', name, '--', 'env', '-i', '-C', home, ...world, ...argv]), options);
  }

  async stop(): Promise<void> {
    await this.#holder?.stop();
  }

  /** Its files, before anything looks at them. */
  #furnish(): void {
    const { folder, torque, name, address, seats, user } = this.#options;
    const home = join(folder, 'home');
    for (const [room, mode] of Object.entries(rooms)) {
      mkdirSync(join(home, room), { recursive: true });
      chmodSync(join(home, room), mode); // mkdir minds the umask
    }
    const own = join(torque.home, 'sched_priv');
    for (const file of ['dedicated_time', 'holidays', 'resource_group', 'sched_config']) {
      if (existsSync(join(own, file))) cpSync(join(own, file), join(home, 'sched_priv', file));
      else writeFileSync(join(home, 'sched_priv', file), file === 'sched_config' ? schedConfig : '');
    }
    writeFileSync(join(home, 'server_name'), `${name}\n`);
    writeFileSync(join(home, 'pbs_environment'), 'PATH=/usr/local/bin:/usr/bin:/bin\nLANG=C.UTF-8\n');
    const etc = join(folder, 'etc');
    mkdirSync(etc, { recursive: true });
    writeFileSync(join(etc, 'hosts'), hostsFile([{ name, address }, ...seats]));
    writeFileSync(
      join(etc, 'passwd'),
      `${readFileSync('/etc/passwd', 'utf8').trimEnd()}\n${user.name}:x:${user.uid}:${user.uid}::/home/${user.name}:/bin/sh\n`,
    );
    writeFileSync(join(etc, 'group'), `${readFileSync('/etc/group', 'utf8').trimEnd()}\n${user.name}:x:${user.uid}:\n`);
    writeFileSync(join(etc, 'nsswitch.conf'), 'hosts: files\npasswd: files\ngroup: files\nshadow: files\nservices: files\nprotocols: files\n');
  }

  /** What its first process does, as a shell script. */
  #opening(ready: string): string {
    const { folder, torque, name, homes, user } = this.#options;
    const stage = join(folder, 'stage');
    const kept = [...new Set([folder, homes, torque.home, ...torque.folders])];
    const cover = (place: string, mode: string): readonly string[] => {
      const inside = kept.filter((path) => path.startsWith(`${place}/`)).map((path) => [path, `${stage}${path.slice(place.length)}`] as const);
      return [
        `mount -n -t tmpfs -o mode=${mode} tmpfs '${stage}'`,
        ...inside.map(([path, there]) => `mkdir -p '${there}'; mount -n --bind '${path}' '${there}'`),
        `mount -n --move '${stage}' ${place}`,
      ];
    };
    return [
      `hostname ${name}`,
      `mkdir -p '${stage}'`,
      ...cover('/run', '755'),
      ...cover('/home', '755'),
      ...cover('/tmp', '1777'),
      `mkdir -p /home/${user.name}; mount -n --bind '${homes}/${user.name}' /home/${user.name}`,
      `mount -n --bind '${folder}/home' '${torque.home}'`,
      ...['hosts', 'passwd', 'group', 'nsswitch.conf'].map((file) => `mount -n --bind '${folder}/etc/${file}' /etc/${file}`),
      `touch '${ready}'`,
      'exec sleep infinity',
    ].join('\n');
  }
}

/** As a site's own /etc/hosts. */
export function hostsFile(known: readonly Seat[]): string {
  return ['127.0.0.1 localhost', ...known.map(({ name, address }) => `${address} ${name} ${name.split('.')[0]}`), ''].join('\n');
}
