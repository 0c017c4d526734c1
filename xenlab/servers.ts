import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { Child, until } from './children.js';
import { type Place, wire } from './place.js';

/** A TCP port that answers. */
export function answers(address: string, port: number, limitMs = 1_000): Promise<boolean> {
  return new Promise((resolve) => {
    const line = connect({ host: address, port, timeout: limitMs });
    const done = (so: boolean): void => {
      line.destroy();
      resolve(so);
    };
    line.once('connect', () => done(true));
    line.once('timeout', () => done(false));
    line.once('error', () => done(false));
  });
}

/** Somebody of this network listens on that UDP port. */
function listensUdp(port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return readFileSync('/proc/net/udp', 'utf8').includes(`:${hex} 00000000:0000`);
}

/** The room's servers, on the configuration that they are given: DHCP and TFTP (dnsmasq), and NFS (nfs-ganesha, which needs no kernel module). */
export class Servers {
  readonly #place: Place;
  readonly #boot: string;
  #dnsmasq: Child | undefined;
  #ganesha: Child | undefined;
  #homes: Child | undefined;

  /** `boot`: the folder in which Domus publishes; its pid files stand there. */
  constructor(place: Place, boot: string) {
    this.#place = place;
    this.#boot = boot;
  }

  /** As docs/pool.md says. */
  async startDnsmasq(): Promise<void> {
    const child = new Child(
      'dnsmasq',
      ['dnsmasq', '--keep-in-foreground', `--conf-file=${this.#boot}/current/dnsmasq.conf`, '--user=root', '--log-facility=-'],
      this.#place.at('logs', 'dnsmasq'),
    );
    this.#dnsmasq = child;
    await this.#up(child, () => listensUdp(67) && listensUdp(69));
  }

  async startGanesha(): Promise<void> {
    const child = new Child(
      'ganesha',
      [
        ...this.#ownMachine('ganesha'),
        'ganesha.nfsd',
        '-F',
        '-f',
        `${this.#boot}/current/ganesha.conf`,
        '-L',
        this.#place.at('logs', 'ganesha'),
        '-p',
        `${this.#boot}/ganesha.pid`,
        '-N',
        'NIV_EVENT',
      ],
      this.#place.at('logs', 'ganesha.out'),
    );
    this.#ganesha = child;
    await this.#up(child, () => answers(wire.server, 2049));
  }

  /** The site's own server of homes, which every worker mounts. */
  async startHomes(homes: string): Promise<void> {
    const conf = this.#place.at('sockets', 'homes.conf');
    writeFileSync(
      conf,
      `NFS_CORE_PARAM { Protocols = 4; Bind_addr = ${wire.homes}; NFS_Port = 2049; Enable_NLM = false; Enable_RQUOTA = false; mount_path_pseudo = true; }
NFSV4 { Graceless = true; Minor_Versions = 1,2; Only_Numeric_Owners = true; }
EXPORT { Export_Id = 1; Path = "${homes}"; Pseudo = "/home"; Access_Type = RW; Squash = No_Root_Squash; SecType = sys; Protocols = 4; Transports = TCP; FSAL { Name = VFS; } }
`,
    );
    const logs = this.#place.at('logs', 'homes');
    const child = new Child(
      'homes',
      [...this.#ownMachine('homes'), 'ganesha.nfsd', '-F', '-f', conf, '-L', logs, '-p', this.#place.at('sockets', 'homes.pid')],
      `${logs}.out`,
    );
    this.#homes = child;
    await this.#up(child, () => answers(wire.homes, 2049));
  }

  /** What the NFS server of hosts wrote down of its clients, to know them after a restart: `ADDRESS-(LENGTH:Linux NFSv4.1 NAME)`. */
  clients(): readonly string[] {
    return readdirSync(this.#place.at('nfs', 'ganesha'), { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('Linux NFS'));
  }

  /** Words before a server that keeps what it must remember in a folder that every other of its kind takes for its own. */
  #ownMachine(name: string): readonly string[] {
    const folder = this.#place.at('nfs', name);
    for (const each of ['/run/ganesha', '/var/lib/nfs/ganesha', folder]) mkdirSync(each, { recursive: true });
    return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', 'mount --bind "$0" /var/lib/nfs/ganesha && exec "$@"', folder];
  }

  /** NFS is gone: the process is killed, as by a dead server. */
  async killGanesha(): Promise<void> {
    this.#ganesha?.kill('SIGKILL');
    await this.#ganesha?.ended;
  }

  async restartDnsmasq(): Promise<void> {
    await this.#dnsmasq?.stop();
    await this.startDnsmasq();
  }

  async close(): Promise<void> {
    await this.#dnsmasq?.stop();
    await this.#ganesha?.stop();
    await this.#homes?.stop();
  }

  async #up(child: Child, so: () => boolean | Promise<boolean>): Promise<void> {
    const up = await until(async () => !child.lives || (await so()), 20_000, 100);
    if (up === undefined || !child.lives) throw new Error(`${child.name} does not come up: ${this.#lastWords(child.name)}`);
  }

  #lastWords(name: string): string {
    return [name, `${name}.out`]
      .map((file) => this.#place.at('logs', file))
      .filter((file) => existsSync(file))
      .map((file) => readFileSync(file, 'utf8').slice(-800))
      .join('\n');
  }
}
