import { execFile } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.js';
import { ClockAgenda } from '../../src/sim/clock.js';
import type { BatchSide } from '../../src/sim/datacentre.js';
import { Datacentre } from '../../src/sim/datacentre.js';
import { Crossings } from '../../src/sim/lab/crossing.js';
import { Daemon, domus, program, type Said } from '../../src/sim/lab/daemon.js';
import { type LabFolder, layOut, newKey, stockImage, writeKey } from '../../src/sim/lab/folder.js';
import { LabHost } from '../../src/sim/lab/lab-host.js';
import { Random } from '../../src/sim/random.js';
import { RealMoms } from './moms.js';
import { hosts, roomEnvironments, roomPace, seatsOf, writeCommands, writeConfig } from './room-site.js';
import type { RealSite } from './site.js';

/** What a command line came to. */
interface Ended {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RoomOptions {
  readonly site: RealSite & { readonly mom: string };
  /** A folder of this machine. */
  readonly root: string;
  /** Domain of the seats' names. */
  readonly domain: string;
  /** A folder that users may write to, on this machine and on every worker. */
  readonly shared: string;
  /** A command that restarts pbs_server; asked for only where setup listed new seats on 4.2. */
  readonly restart: string | undefined;
  /** Folder of Maui's commands, where it schedules. */
  readonly maui: string | undefined;
  /** Where workers' epilogues ask, `ADDRESS:PORT`, where the site's workers have the hooks. */
  readonly ask: string | undefined;
}

/** The whole daemon over emulated Xen hosts whose guests are real workers of a real TORQUE server. */
export class Room {
  readonly folder: LabFolder;
  readonly moms: RealMoms;
  readonly centre: Datacentre<BatchSide>;
  readonly daemon: Daemon;
  /** What qsub said when it refused, and how often. */
  readonly refusals = new Map<string, number>();
  readonly #options: RoomOptions;
  readonly #life = new AbortController();
  readonly #hosts: LabHost[] = [];
  readonly #began = systemClock.mono();

  constructor(options: RoomOptions) {
    this.#options = options;
    this.folder = layOut(options.root);
    this.moms = new RealMoms(options.site.mom);
    const agenda = new ClockAgenda(systemClock, this.#life.signal);
    const paced = (ms: number): number => ms / roomPace;
    this.centre = new Datacentre<BatchSide>({
      agenda,
      random: new Random(1),
      batch: this.moms,
      hosts: hosts.names.map((name) => ({
        name,
        cores: hosts.cores,
        memoryMiB: hosts.memoryMiB,
        dom0MiB: 2048,
        images: roomEnvironments.map((environment) => ({ name: environment.name, version: '1' })),
      })),
      pace: { bootMs: paced(45_000), haltMs: paced(8_000), hotplugMs: paced(1_500), balloonMiBPerSecond: 512 * roomPace, hostBootMs: paced(120_000) },
    });
    this.centre.heard = ({ kind, host, guest }) => this.say(`guest ${guest.plan.name} on ${host.name}: ${kind}`);
    this.daemon = new Daemon(this.folder, systemClock, (why) => this.say(why));
  }

  get seats(): readonly string[] {
    return roomEnvironments.flatMap((environment) => seatsOf(environment, this.#options.domain));
  }

  seconds(): number {
    return Math.round((systemClock.mono() - this.#began) / 1000);
  }

  /** A line of the room's diary. */
  say(line: string): void {
    appendFileSync(join(this.folder.root, 'diary.log'), `${this.seconds()} ${line}\n`);
  }

  async open(): Promise<this> {
    const { folder } = this;
    const { site, shared, domain, maui, ask } = this.#options;
    rmSync(shared, { recursive: true, force: true });
    mkdirSync(shared, { recursive: true });
    chmodSync(shared, 0o777);
    writeFileSync(this.#ran, '');
    chmodSync(this.#ran, 0o666);
    writeCommands(folder, site);
    chmodSync(folder.root, 0o755);
    for (const { name } of roomEnvironments) stockImage(folder, { name, version: '1' }, ['vmlinuz']);
    const key = newKey('domus');
    writeKey(folder.privateKey, key);
    const between = newKey('migration');
    writeKey(folder.migrationKey, between);
    const keys = { authorizedKey: key.public, migrationKey: between.public };
    const crossings = new Crossings();
    const recorded = (line: string): void => appendFileSync(folder.commandLog, `${this.seconds()} ${line}\n`);
    for (const host of this.centre.hosts.values()) {
      const random = new Random(this.centre.random.between(0, 1_000_000));
      const failed = (error: unknown): void => this.say(`the room itself: ${String(error)}`);
      const lab = new LabHost({ host, folder, clock: systemClock, random, pace: roomPace, bridge: 'xenbr0', ...keys, crossings, recorded, failed });
      await lab.open();
      this.#hosts.push(lab);
    }
    writeFileSync(folder.knownHosts, this.#hosts.map((host) => host.knownAs()).join(''));
    writeConfig(folder, new Map(this.#hosts.map((lab) => [lab.host.name, lab.ssh.port])), { domain, maui, ask });
    return this;
  }

  /** `domus torque setup --apply` as a manager, and the restart of the server that it leaves to a person. */
  async setUp(): Promise<void> {
    const { exit, stdout, stderr } = await run(process.execPath, [program(), 'torque', 'setup', '--apply', '--config', this.folder.config], {
      DOMUS_AS_MANAGER: '1',
      PATH: `${this.folder.bin}:${process.env['PATH'] ?? ''}`,
    });
    if (exit !== 0) throw new Error(`domus torque setup: ${stdout}${stderr}`);
    if (!stdout.includes('restart pbs_server')) return;
    const { restart } = this.#options;
    if (restart === undefined)
      throw new Error('the seats are new: restart pbs_server (its workers learn of new sisters only then), or set DOMUS_TORQUE_RESTART');
    const ended = await run(restart, []);
    if (ended.exit !== 0) throw new Error(`${restart}: ${ended.stderr}`);
  }

  /** A command of TORQUE, as manager. */
  torque(...argv: readonly string[]): Promise<Ended> {
    const { bin } = this.#options.site;
    const [command = '', ...args] = argv;
    return run(bin === undefined ? command : join(bin, command), args);
  }

  /**
   * Hands `count` jobs in; each says in the shared folder when it starts and ends. A refused qsub is typed again, up to
   * ten times, and what it said is kept for `refusals`. A job that runs once more takes `secondsAgain`. The ids that were accepted.
   */
  async submit(user: string, args: readonly string[], seconds: number, count = 1, secondsAgain = seconds): Promise<readonly string[]> {
    const { site } = this.#options;
    const name = site.users.get(user) ?? user;
    const script = join(this.#options.shared, `job-${seconds}-${secondsAgain}`);
    const again = secondsAgain === seconds ? '' : `grep -q "^$PBS_JOBID start" ${this.#ran} && s=${secondsAgain}\n`;
    writeFileSync(script, `#!/bin/sh\ns=${seconds}\n${again}echo "$PBS_JOBID start" >> ${this.#ran}\nsleep $s\necho "$PBS_JOBID end" >> ${this.#ran}\n`);
    const qsub = site.bin === undefined ? 'qsub' : join(site.bin, 'qsub');
    const once = 't=0; until "$@"; do t=$((t+1)); [ $t -lt 10 ] || { echo "given up" >&2; break; }; sleep 1; done';
    const loop = `n=$1; shift; while [ $n -gt 0 ]; do ${once}; n=$((n-1)); done`;
    const { stdout, stderr } = await run('runuser', [
      '-u',
      name,
      '--',
      'sh',
      '-c',
      loop,
      'sh',
      String(count),
      qsub,
      '-o',
      '/dev/null',
      '-e',
      '/dev/null',
      ...args,
      script,
    ]);
    for (const line of stderr.split('\n')) if (line !== '') this.refusals.set(line, (this.refusals.get(line) ?? 0) + 1);
    return stdout.split('\n').filter((line) => /^\d/.test(line));
  }

  /** How often each job started and ended, by its own word. */
  ran(): ReadonlyMap<string, { readonly starts: number; readonly ends: number }> {
    const all = new Map<string, { starts: number; ends: number }>();
    for (const line of readFileSync(this.#ran, 'utf8').split('\n')) {
      const [id, what] = line.split(' ');
      if (id === undefined || what === undefined) continue;
      const job = all.get(id) ?? { starts: 0, ends: 0 };
      all.set(id, what === 'start' ? { ...job, starts: job.starts + 1 } : { ...job, ends: job.ends + 1 });
    }
    return all;
  }

  /** What epilogues heard, `WORD MILLISECONDS JOB`, where the site's workers write it to `asked` in the shared folder. */
  asked(): readonly string[] {
    const file = join(this.#options.shared, 'asked');
    return existsSync(file)
      ? readFileSync(file, 'utf8')
          .split('\n')
          .filter((line) => line !== '')
      : [];
  }

  /** Looks every second until it is so; false after `limitMs`. */
  async until(so: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean> {
    const end = systemClock.mono() + limitMs;
    while (systemClock.mono() < end) {
      if (await so()) return true;
      await systemClock.sleep(1_000);
    }
    return false;
  }

  /** Guests that live, on every host. */
  guests(): readonly string[] {
    return this.centre.guests().map(({ guest }) => guest.plan.node ?? guest.plan.name);
  }

  /** The machine whose guest is that node; `?` where there is none. */
  machineOn(node: string): string {
    const guest = this.centre.guests().find((each) => each.guest.plan.node === node)?.guest;
    return guest === undefined ? '?' : `${node}#${guest.plan.name.split('-').at(-1)}`;
  }

  /** Everything at rest: no guest, no seat online. */
  async rests(): Promise<boolean> {
    if (this.guests().length > 0) return false;
    const { stdout } = await this.torque('pbsnodes', '-x');
    const nodes = stdout.split('<Node>').filter((node) => this.seats.some((seat) => node.includes(`<name>${seat}</name>`)));
    return nodes.length === this.seats.length && nodes.every((node) => /<state>[^<]*offline/.test(node) && node.includes('domus: at rest'));
  }

  /** The first node that a running job is on, by the server's word. */
  async nodeOf(job: string): Promise<string | undefined> {
    const { stdout } = await this.torque('qstat', '-x', job);
    return /<exec_host>([^/<]+)/.exec(stdout)?.[1];
  }

  why(job: string): Promise<Said> {
    return domus(this.folder, ['why', job]);
  }

  /** Jobs of the room's queues go, and so do its workers. */
  async clear(): Promise<void> {
    const { stdout } = await this.torque('qselect');
    const ids = stdout.split('\n').filter((line) => line !== '');
    for (let at = 0; at < ids.length; at += 200) await this.torque('qdel', '-p', ...ids.slice(at, at + 200));
    for (const seat of this.seats) this.moms.momDown(seat);
    await this.moms.settled();
  }

  async close(): Promise<void> {
    await this.daemon.stop();
    this.#life.abort();
    for (const host of this.#hosts) await host.close();
    await this.clear();
  }

  lastWords(): string {
    const diary = join(this.folder.root, 'diary.log');
    return `${this.daemon.lastWords()}\n${existsSync(diary) ? readFileSync(diary, 'utf8').split('\n').slice(-15).join('\n') : ''}`;
  }

  get #ran(): string {
    return join(this.#options.shared, 'ran');
  }
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    execFile(command, [...args], { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024, encoding: 'latin1' }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error);
      else resolve({ exit: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}
