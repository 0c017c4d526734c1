import { appendFileSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { systemClock } from '../src/clock.js';
import { Daemon, program } from '../src/sim/lab/daemon.js';
import { type LabFolder, layOut, newKey, writeKey } from '../src/sim/lab/folder.js';
import { writeNames } from '../src/sim/lab/names.js';
import type { BatchSystem, GuestPart } from './batch.js';
import { batchHere } from './batch-here.js';
import { Child, type Ended, must, type RunOptions, run, until } from './children.js';
import { Controllers } from './controllers.js';
import { adminKey, alice, furnishHomes, mountStore } from './furniture.js';
import { Mainboards } from './mainboards.js';
import { mark, type Place, type Post, placeAt, posts, surroundings } from './place.js';
import { siteRecipe } from './recipe.js';
import { Servers } from './servers.js';
import { everySeat, iron, noticesFile, type SiteOptions, writeSite } from './site.js';
import { Workstation } from './workstation.js';

/** Folder of roots and images of an earlier run, for whoever works on the laboratory. */
const builtBefore = process.env['DOMUS_XENLAB_BUILT'];

/** The room: some workstations, one server, Domus. Opened once, used by every chapter. */
export class Lab {
  readonly place: Place;
  readonly folder: LabFolder;
  readonly servers: Servers;
  readonly stations: readonly Workstation[];
  readonly batch: BatchSystem;
  readonly daemon: Daemon;
  /** What happened, one line each, with seconds since the opening. */
  readonly diary: string[] = [];
  readonly figures: string[] = [];
  readonly #outside: string;
  readonly #began = systemClock.mono();
  readonly #failed = (error: unknown): void => this.say(`the laboratory itself: ${error instanceof Error ? error.message : String(error)}`);
  #guestPart: GuestPart | undefined;
  #adminKey = '';
  #whole = false;
  #boards: Mainboards | undefined;
  #door: Child | undefined;
  #controllers: Controllers | undefined;

  constructor() {
    const { root, outside } = surroundings();
    this.#outside = outside;
    this.place = placeAt(root);
    this.folder = layOut(join(root, 'site'));
    this.servers = new Servers(this.place, join(this.folder.root, 'boot'));
    const heard = (line: string): void => this.say(line);
    this.stations = posts.map((post) => new Workstation(post, this.place, { memoryMiB: iron.memoryMiB, cores: iron.cores, firmware: 'bios' }, heard));
    this.batch = batchHere({ place: this.place, folder: this.folder, homes: this.homes, privateKey: () => this.#adminKey, heard, failed: this.#failed });
    this.daemon = new Daemon(this.folder, systemClock, (why) => this.say(why));
  }

  get seconds(): number {
    return Math.round((systemClock.mono() - this.#began) / 100) / 10;
  }

  say(line: string): void {
    const entry = `${this.seconds.toFixed(1).padStart(7)} s ${mark} ${line}`;
    this.diary.push(entry);
    appendFileSync(this.place.at('logs', 'diary'), `${entry}\n`);
    console.log(entry);
  }

  /** A figure that is worth a line at the end. */
  told(what: string, figure: string): void {
    this.figures.push(`${what}: ${figure}`);
    this.say(`${what}: ${figure}`);
  }

  /** What the site has before Domus: keys, accounts and homes, a batch server with its queues. */
  async open(options: SiteOptions): Promise<void> {
    const { folder } = this;
    const domus = newKey('domus');
    writeKey(folder.privateKey, domus);
    this.#adminKey = adminKey(folder, builtBefore);
    await mountStore(this.place, folder);
    furnishHomes(this.homes);
    this.#guestPart = await this.batch.guestPart(this.place.at('recipes', 'batch'));
    this.writeSite(options);
    this.say(this.batch.what);
    await this.batch.open();
    writeNames(folder, new Map(everySeat.map(({ name, address }) => [name, address])));
    this.#boards = new Mainboards(this.stations, 9, this.#failed);
  }

  /** Empty hosts stay on, which spares their next boot, or go to sleep soon again. The daemon reads its files anew. */
  async keepAwake(awake: boolean): Promise<void> {
    this.writeSite({ deployment: 'xenlab', ...(awake ? { hostIdle: '1h' } : {}) });
    const { exit, stdout, stderr } = await this.domus(['reload']);
    if (exit !== 0) throw new Error(`domus reload: ${stdout}${stderr}`);
  }

  /** Controllers for all hosts, from now on; the file of their password. */
  async openControllers(): Promise<string> {
    this.#controllers = new Controllers(this.place, this.stations, (error) => this.say(`a controller: ${String(error)}`));
    await this.#controllers.open();
    return this.#controllers.passwordFile;
  }

  writeSite(options: SiteOptions): void {
    writeSite(this.folder, { ...options, whole: this.#whole, checks: this.#guest.checks });
  }

  /** From now on the site has an environment more. The daemon reads its files anew. */
  async offerWhole(): Promise<void> {
    this.#whole = true;
    await this.keepAwake(true);
  }

  get adminKeys(): string {
    return join(this.folder.root, 'admin.pub');
  }

  get homes(): string {
    return join(this.folder.root, 'home');
  }

  get #guest(): GuestPart {
    if (this.#guestPart === undefined) throw new Error('the laboratory is not open');
    return this.#guestPart;
  }

  /** One command of Domus as a person types it here. */
  domus(argv: readonly string[], options: RunOptions = {}): Promise<Ended> {
    return run([process.execPath, program(), ...argv, '--config', this.folder.config], { ...options, env: { ...this.#env, ...options.env } });
  }

  /** As `domus`, for another daemon. */
  domusOf(config: string, argv: readonly string[]): Promise<Ended> {
    return run([process.execPath, program(), ...argv, '--config', config], { env: this.#env });
  }

  /** The same site as a second machine by mistake has it: the same everything, but a journal of its own. */
  rivalConfig(folder: string): string {
    mkdirSync(folder, { recursive: true });
    const text = readFileSync(this.folder.config, 'utf8')
      .replace(/^state: .*$/m, `state: ${join(folder, 'state')}`)
      .replace(/^run: .*$/m, `run: ${join(folder, 'run')}\nenvironments: ${this.folder.environments}`)
      .replace(/^boot:\n(?: {2}.*\n)*/m, '')
      .replace(/^ {4}boot: .*\n/m, '')
      .replace(/, mac: "[^"]*"/g, '');
    const file = join(folder, 'domus.yaml');
    writeFileSync(file, text);
    return file;
  }

  /** As `domus`, and it must succeed; with the machine's own network, where packages come from. */
  builds(argv: readonly string[]): Promise<string> {
    const words = [process.execPath, program(), ...argv, '--config', this.folder.config];
    return must(['nsenter', `--net=${this.#outside}`, 'nice', '-n', '5', ...words], { env: this.#env, limitMs: 1_200_000 });
  }

  /** As `builds`; where DOMUS_XENLAB_BUILT names a folder that has it from an earlier run, it is taken from there. */
  async buildOnce(what: string, argv: readonly string[]): Promise<string> {
    // guests of one batch system know nothing of the other
    const kept = `${what.replaceAll('/', '-')}${what.startsWith('site/') ? this.batch.mark : ''}`;
    const from = builtBefore === undefined ? undefined : join(builtBefore, kept);
    const to = this.place.at(what.startsWith('site/') ? what : join('site', what));
    mkdirSync(dirname(to), { recursive: true });
    if (from !== undefined && existsSync(from)) {
      await must(['cp', '-a', from, to]);
      return `${what}: taken from ${from}`;
    }
    const said = (await this.builds(argv)).trim();
    if (from !== undefined) await must(['cp', '-a', to, from]);
    return said;
  }

  /** Root and image are there: another room may take them. */
  allBuilt(): void {
    if (builtBefore !== undefined) writeFileSync(join(builtBefore, 'complete'), '');
  }

  /** An image as somebody might put it into the store by hand: nothing can boot with its ramdisk. */
  putWrongImage(): void {
    const [right, bad] = [join(this.folder.images, 'light', '1'), join(this.folder.images, 'wrong', '1')];
    mkdirSync(bad, { recursive: true });
    for (const file of ['disk.qcow2', 'vmlinuz']) copyFileSync(join(right, file), join(bad, file));
    writeFileSync(join(bad, 'initrd.img'), 'this is no ramdisk\n');
  }

  /** A recipe with this site's overlays on it. Answers with the recipe's file. */
  recipe(source: string): string {
    return siteRecipe(source, { folder: this.place.at('recipes'), adminKeys: this.adminKeys, guest: this.#guest });
  }

  /** The boot server's own process. */
  startDoor(): void {
    this.#door = new Child(
      'door',
      ['env', `PATH=${this.#env['PATH']}`, process.execPath, program(), 'boot', 'serve', '--config', this.folder.config],
      this.place.at('logs', 'door'),
    );
  }

  /** After a change of the configuration: publish, and servers that read it anew. */
  async restartBootServer(): Promise<void> {
    await this.#door?.stop();
    const { exit, stdout, stderr } = await this.domus(['boot', 'publish']);
    if (exit !== 0) throw new Error(`domus boot publish: ${stdout}${stderr}`);
    await this.servers.restartDnsmasq();
    this.startDoor();
  }

  /** An administrator's shell on a host. */
  on(post: Post, command: string, limitMs = 60_000): Promise<Ended> {
    return run([...this.#ssh, `root@${post.address}`, command], { limitMs });
  }

  async mustOn(post: Post, command: string, limitMs = 60_000): Promise<string> {
    const { exit, stdout, stderr } = await this.on(post, command, limitMs);
    if (exit !== 0) throw new Error(`${post.name}: ${command}: status ${exit}: ${stderr.slice(-500)}`);
    return stdout;
  }

  /** The address of a seat. */
  addressOf(seat: string): string {
    const found = everySeat.find(({ name }) => name === seat);
    if (found === undefined) throw new Error(`there is no seat ${seat}`);
    return found.address;
  }

  /** A command in a guest, as its root. */
  guestShell(address: string, command: string): readonly string[] {
    return [...this.#ssh, '-tt', `root@${address}`, command];
  }

  /** Waits until the host's sshd lets the administrator in. */
  async answers(post: Post, limitMs: number): Promise<boolean> {
    return (await until(async () => (await this.on(post, 'true', 15_000)).exit === 0, limitMs, 1_000)) === true;
  }

  /** Names of the guests that Xen runs on a host. */
  async guests(post: Post): Promise<readonly string[]> {
    const { exit, stdout } = await this.on(post, 'xl list');
    if (exit !== 0) return [];
    return stdout.split('\n').flatMap((line) => /^(domus\S+)\s/.exec(line)?.[1] ?? []);
  }

  /** Overlays that lie in the store. */
  overlays(): readonly string[] {
    if (!existsSync(this.folder.overlays)) return [];
    return readdirSync(this.folder.overlays, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.qcow2'));
  }

  /** What Domus has told people so far: messages as JSON. */
  notices(): readonly string[] {
    const file = noticesFile(this.folder);
    return existsSync(file)
      ? readFileSync(file, 'utf8')
          .split('\n')
          .filter((line) => line !== '')
      : [];
  }

  homeFile(name: string): string | undefined {
    const file = join(this.homes, alice.name, name);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  }

  /** After a chapter that failed: no job and no cordon of it is in the way of the others. */
  async tidy(): Promise<void> {
    await this.batch.type(['qdel', 'all']);
    for (const { name } of posts) await this.domus(['uncordon', name]);
  }

  /** What is worth reading when something failed: the ends of the diary, the daemon's log and the consoles. */
  lastWords(): string {
    const end = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8').slice(-1_500) : '');
    const parts = [
      this.diary.slice(-15).join('\n'),
      this.daemon.lastWords(15),
      end(this.place.at('logs', 'door')),
      ...this.stations.map((s) => s.said().slice(-600)),
    ];
    return parts.join('\n----\n');
  }

  async close(): Promise<void> {
    await this.daemon.stop();
    await this.batch.close();
    this.#boards?.close();
    await this.#controllers?.close();
    for (const station of this.stations) await station.cut();
    await this.#door?.stop();
    await this.servers.close();
  }

  get #ssh(): readonly string[] {
    const quiet = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR', 'ConnectTimeout=10', 'ServerAliveInterval=5', 'BatchMode=yes'];
    return ['ssh', '-n', '-i', join(this.folder.root, 'admin'), ...quiet.flatMap((option) => ['-o', option])];
  }

  get #env(): Readonly<Record<string, string>> {
    return { PATH: `${this.folder.bin}:${process.env['PATH'] ?? '/usr/bin:/bin'}`, NO_COLOR: '1' };
  }
}
