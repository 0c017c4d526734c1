import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemClock } from '../../src/clock.js';
import type { LabFolder } from '../../src/sim/lab/folder.js';
import { type BatchSystem, type GuestPart, type ListedNode, submitted } from '../batch.js';
import { Child, type Ended, until } from '../children.js';
import type { Seat } from '../moms.js';
import { commands, type FoundTorque } from './found.js';
import { momPart } from './image.js';
import { ServerMachine } from './machine.js';
import { furnishMaui } from './maui.js';
import { readJob, readNodes, startsIn } from './says.js';

export interface TorqueOptions {
  readonly torque: FoundTorque;
  readonly server: Seat;
  readonly seats: readonly Seat[];
  readonly site: LabFolder;
  /** Of its own, in the place's folder. */
  readonly folder: string;
  readonly homes: string;
  readonly user: { readonly name: string; readonly uid: number };
  readonly logs: string;
  readonly heard: (line: string) => void;
  readonly failed: (error: unknown) => void;
}

/** As docs/torque.md says; a job that ended is remembered for as long as a chapter may ask. */
const serverSettings = [
  'set server scheduling = True',
  'set server scheduler_iteration = 600',
  'set server managers = root@*',
  'set server operators = root@*',
  'set server query_other_jobs = True',
  'set server keep_completed = 600',
  'set server node_check_rate = 30',
  'set server mom_job_sync = True',
  'set server auto_node_np = False',
  // else two commands at the same moment may wait for each other's thread until a third comes (docs/torque.md)
  'set server thread_idle_seconds = -1',
] as const;
const everyMs = 2_000;

/** A real TORQUE: server and scheduler on a machine of their own, `pbs_mom` in the guests. Domus's plugin types its commands. */
export class RealTorque implements BatchSystem {
  readonly kind = 'torque';
  readonly mark: string;
  readonly what: string;
  readonly #options: TorqueOptions;
  readonly #machine: ServerMachine;
  readonly #daemons: Child[] = [];
  #server: Child | undefined;
  readonly #life = new AbortController();
  readonly #up = new Set<string>();
  #watching: Promise<void> = Promise.resolve();

  constructor(options: TorqueOptions) {
    this.#options = options;
    const { torque, server, seats, folder, homes, user, logs } = options;
    this.mark = `-torque-${torque.version}`;
    this.what = `the batch system is TORQUE ${torque.version} with ${torque.scheduler.kind}, from ${dirname(torque.programs.get('pbs_server') ?? '')}`;
    this.#machine = new ServerMachine({ torque, name: server.name, address: server.address, seats, folder, homes, user, logs });
  }

  async open(): Promise<void> {
    const { site, torque, failed } = this.#options;
    await this.#machine.start();
    mkdirSync(site.bin, { recursive: true });
    // Domus's plugin types these: the real commands, on the server's machine
    for (const name of commands) {
      const words = this.#machine.at([torque.programs.get(name) ?? '']).map((word) => `'${word}'`);
      writeFileSync(join(site.bin, name), `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`);
      chmodSync(join(site.bin, name), 0o755);
    }
    await this.#startServer();
    this.#watching = this.#watch().catch(failed);
  }

  /** 4.x tells the moms of new sisters only when it starts (docs/torque.md). */
  async afterSetup(): Promise<void> {
    if (Number.parseInt(this.#options.torque.version, 10) < 6) await this.#restartServer();
  }

  guestPart(folder: string): Promise<GuestPart> {
    const { torque, server, seats } = this.#options;
    return Promise.resolve(momPart(torque, server, seats, folder));
  }

  type([tool = '', ...args]: readonly string[], stdin?: string): Promise<Ended> {
    return this.#machine.run([this.#program(tool), ...args], stdin === undefined ? {} : { stdin });
  }

  async submit(args: readonly string[], script: string): Promise<string> {
    return submitted(args, await this.#machine.runAsUser([this.#program('qsub'), ...args], { stdin: script }));
  }

  async state(id: string): Promise<string | undefined> {
    return (await this.#job(id)).state;
  }

  async exit(id: string): Promise<number | undefined> {
    return (await this.#job(id)).exit;
  }

  async nodesOf(id: string): Promise<readonly string[]> {
    return (await this.#job(id)).nodes;
  }

  starts(id: string): Promise<number> {
    const folder = join(this.#home, 'server_priv', 'accounting');
    return Promise.resolve(readdirSync(folder).reduce((sum, day) => sum + startsIn(readFileSync(join(folder, day), 'utf8'), id), 0));
  }

  async nodes(): Promise<readonly ListedNode[]> {
    const { stdout } = await this.type(['pbsnodes', '-x']);
    return readNodes(stdout).map(({ name, states }) => ({ name, isOffline: states.includes('offline') }));
  }

  async close(): Promise<void> {
    this.#life.abort();
    await this.#watching;
    for (const child of this.#daemons.reverse()) await child.stop();
    // pbs_sched leaves its starter
    const lock = join(this.#home, 'sched_priv', 'sched.lock');
    const pid = existsSync(lock) ? Number.parseInt(readFileSync(lock, 'utf8'), 10) : 0; // a NUL stands behind it
    if (pid > 1) await this.#machine.run(['kill', String(pid)]);
    await this.#machine.stop();
  }

  get #home(): string {
    return join(this.#options.folder, 'home');
  }

  #program(name: string): string {
    return new Map<string, string>(this.#options.torque.programs).get(name) ?? name;
  }

  #daemon(name: string, argv: readonly string[]): Child {
    const child = new Child(name, this.#machine.at(argv), join(this.#options.logs, name));
    this.#daemons.push(child);
    return child;
  }

  async #startServer(): Promise<void> {
    const { server } = this.#options;
    this.#daemon('trqauthd', [this.#program('trqauthd'), '-D']);
    // the first life makes its database and takes the settings; some of them count from a start on
    this.#server = this.#daemon('pbs_server', [this.#program('pbs_server'), '-D', '-f', '-t', 'create']);
    await this.#serverAnswers();
    for (const words of [...serverSettings, `set server acl_hosts = ${server.name}`]) {
      const { exit, stderr } = await this.type(['qmgr', '-c', words]);
      if (exit !== 0) throw new Error(`qmgr -c '${words}': ${stderr}`);
    }
    await this.#restartServer();
    await this.#startScheduler();
  }

  async #startScheduler(): Promise<void> {
    const { torque, server, folder } = this.#options;
    const { kind, program } = torque.scheduler;
    if (kind === 'maui') {
      const home = join(folder, 'maui');
      furnishMaui(home, server.name);
      this.#daemon('maui', ['env', `MAUIHOMEDIR=${home}`, program, '-d']);
      return;
    }
    const { exit, stdout, stderr } = await this.#machine.run([program]);
    if (exit !== 0) throw new Error(`${kind}: status ${exit}: ${stderr}${stdout}`);
  }

  async #restartServer(): Promise<void> {
    await this.#server?.stop();
    this.#server = this.#daemon('pbs_server', [this.#program('pbs_server'), '-D']);
    await this.#serverAnswers();
  }

  async #serverAnswers(): Promise<void> {
    const { torque, logs } = this.#options;
    const so = await until(async () => (await this.type(['qmgr', '-c', 'list server'])).exit === 0, 30_000);
    if (so === undefined) throw new Error(`pbs_server ${torque.version} does not answer; see ${logs}/pbs_server`);
  }

  async #job(id: string): Promise<ReturnType<typeof readJob>> {
    const { exit, stdout, stderr } = await this.type(['qstat', '-x', id]);
    if (exit !== 0 && exit !== 153) throw new Error(`qstat -x ${id}: status ${exit}: ${stderr}`);
    return readJob(stdout);
  }

  /** Tells of every mom that comes and goes. */
  async #watch(): Promise<void> {
    while (!this.#life.signal.aborted) {
      const { stdout } = await this.type(['pbsnodes', '-x']);
      for (const { name, states, cores, memory } of readNodes(stdout)) {
        const isUp = !states.includes('down') && cores !== undefined;
        if (isUp === this.#up.has(name)) continue;
        if (isUp) this.#up.add(name);
        else this.#up.delete(name);
        this.#options.heard(isUp ? `mom of ${name} is up: ${cores} core(s), ${memory}` : `mom of ${name} is silent`);
      }
      await systemClock.sleep(everyMs, this.#life.signal);
    }
  }
}
