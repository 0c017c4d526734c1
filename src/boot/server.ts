import { createHash, X509Certificate } from 'node:crypto';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import { Failure } from '../drivers/failure.js';
import type { Shell } from '../drivers/shell.js';
import { lockLeadership } from '../journal/sqlite/leader-lock.js';
import { type BootChoice, type BootSeen, type BootSettings, bootState } from '../model/boot.js';
import type { HostSpec } from '../model/host.js';
import { exportsFile, exportsOf, numbered, withoutClients } from './exports.js';
import { type HostKey, makeCertificate, makeHostKey } from './keys.js';
import { moves } from './moves.js';
import { publish } from './publish.js';
import { Records, replaceFile } from './records.js';
import { builtRoots } from './roots.js';
import { type BootHost, overlaysOf, type Site } from './site.js';
import { tell } from './tell.js';
import { type Tree, treeOf } from './tree.js';

/** What the boot server is made from. */
export interface BootParts {
  readonly deployment: string;
  readonly settings: BootSettings;
  readonly bridge: string;
  readonly images: string;
  readonly overlays: string;
  readonly names?: Site['names'];
  readonly hosts: readonly HostSpec[];
  readonly stateDir: string;
  readonly clock: Clock;
  readonly shell: Shell;
}

/** One host, with everything that is known of its boots. */
export interface KnownHost {
  readonly host: BootHost;
  readonly choice: BootChoice | undefined;
  readonly seen: BootSeen | undefined;
  /** Its records cannot be read: it counts as one in its classroom. */
  readonly problem?: string;
}

export interface Published {
  readonly changed: readonly string[];
  /** Servers that were told, and those that do not run. */
  readonly told: readonly string[];
}

/** The boot server's rendering and publishing: records and configuration in, files out. */
export class BootServer {
  #parts: BootParts;
  readonly records: Records;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: BootParts) {
    this.#parts = parts;
    this.records = new Records(parts.stateDir);
  }

  get parts(): BootParts {
    return this.#parts;
  }

  /** Goes on with a changed configuration. Its state folder stays what it was. */
  follow(parts: BootParts): void {
    this.#parts = { ...parts, stateDir: this.#parts.stateDir };
  }

  /** The hosts that boot from the network, by name. */
  hosts(): readonly (HostSpec & { readonly mac: string })[] {
    const own = this.parts.hosts.filter((host): host is HostSpec & { readonly mac: string } => host.mac !== undefined);
    return own.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async known(): Promise<readonly KnownHost[]> {
    const { settings, clock } = this.parts;
    const now = clock.wall();
    const roots = new Map((await builtRoots(settings.roots)).map((root) => [root.version, root]));
    const use = await this.records.roots();
    return Promise.all(
      this.hosts().map(async ({ name, pool, address, mac }) => {
        const { choice, seen, problem } = await this.#recordsOf(name);
        const state = bootState(choice, seen, now, settings.closeAfterMs);
        const root = roots.get(use.hosts[name] ?? use.wanted ?? '');
        const boot = settings.pools[pool] ?? { usual: 'dom0', bios: 'ipxe', classroom: 'disk' };
        const host: BootHost = {
          ...{ name, pool, address, mac, boot, state },
          ...(root === undefined ? {} : { root: { version: root.version, sum: root.sum } }),
          ...(state.runs !== 'dom0' || seen === undefined ? {} : { runningRoot: seen.root }),
        };
        return { host, choice, seen, ...(problem === undefined ? {} : { problem }) };
      }),
    );
  }

  async #recordsOf(name: string): Promise<Pick<KnownHost, 'choice' | 'seen' | 'problem'>> {
    try {
      const [choice, seen] = await Promise.all([this.records.choice(name), this.records.seen(name)]);
      return { choice, seen };
    } catch (thrown) {
      if (thrown instanceof Failure && thrown.kind === 'garbled') return { choice: undefined, seen: undefined, problem: thrown.message };
      throw thrown;
    }
  }

  async site(known: readonly KnownHost[], door: string): Promise<Site> {
    const { deployment, settings, bridge, images, overlays, names } = this.parts;
    return { deployment, settings, bridge, images, overlays, door, ...(names === undefined ? {} : { names }), hosts: known.map(({ host }) => host) };
  }

  /** The files as they should be now; nothing is written. */
  async tree(): Promise<Tree> {
    const site = await this.site(await this.known(), (await this.door()).fingerprint);
    return treeOf(site, await this.records.exportIds());
  }

  /** Publishes what follows from records and configuration at this moment, and tells the servers: the NFS server until it has heard, and `again` in any case. One at a time. */
  publish({ again = false }: { readonly again?: boolean } = {}): Promise<Published> {
    const turn = this.#turn.then(() => this.#publish(again));
    this.#turn = turn.catch(() => undefined); // its own caller hears of it
    return turn;
  }

  async #publish(again: boolean): Promise<Published> {
    const { settings, clock, deployment, overlays } = this.parts;
    await this.records.prepare();
    return await this.#alone(async () => {
      await this.#keys();
      await this.#moveRoots();
      const known = await this.known();
      const site = await this.site(known, (await this.door()).fingerprint);
      const before = await this.records.exportIds();
      const ids = numbered(exportsOf(site), before);
      if (JSON.stringify(ids) !== JSON.stringify(before)) await this.records.putExportIds(ids);
      for (const { host } of known) await mkdir(overlaysOf(overlays, settings, host), { recursive: true });
      const tree = treeOf(site, ids);
      const changed = await publish(settings.folder, deployment, tree);
      const exported = createHash('sha256')
        .update(JSON.stringify(tree.get(exportsFile(settings))))
        .digest('hex');
      const due = again || (await this.records.toldExports()) !== exported;
      const { said: told, heard } = await tell(changed, due, this.parts, clock);
      if (heard && due) await this.records.putToldExports(exported);
      const choices = Object.fromEntries(known.flatMap(({ host, choice }) => (choice === undefined ? [] : [[host.name, choice.id]])));
      if (JSON.stringify(choices) !== JSON.stringify(await this.records.publishedChoices())) await this.records.putPublishedChoices(choices);
      return { changed, told };
    });
  }

  /**
   * Where nothing can be published (a full disk, a damaged root): closes the store to hosts that are gone, in the very file
   * that is published, which needs no room. `lost`: hosts that are gone, which the records could not be told. Returns their addresses.
   */
  async withdraw(lost: ReadonlySet<string> = new Set()): Promise<readonly string[]> {
    const { settings, clock } = this.parts;
    const closed: string[] = [];
    for (const { name, address } of this.hosts()) {
      const { choice, seen } = await this.#recordsOf(name);
      if (lost.has(name) || !bootState(choice, seen, clock.wall(), settings.closeAfterMs).open) closed.push(address);
    }
    const name = exportsFile(settings);
    const file = join(settings.folder, 'current', name);
    const before = await readFile(file, 'utf8');
    const after = withoutClients(before, settings.nfs, new Set(closed));
    if (after === before) return [];
    const handle = await open(file, 'r+');
    try {
      await handle.write(after, 0);
      await handle.truncate(Buffer.byteLength(after));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await tell([name], true, this.parts, clock);
    return closed.filter((address) => before.includes(address));
  }

  async #moveRoots(): Promise<void> {
    const { settings, clock } = this.parts;
    const use = await this.records.roots();
    const movers = (await this.known()).map(({ host, choice, seen }) => ({ name: host.name, state: host.state, choice, seen }));
    const next = moves(use, movers, settings.movesAtOnce, clock.wall());
    if (JSON.stringify(next) !== JSON.stringify(use)) await this.records.putRoots(next);
  }

  /** Every host has a key before it boots; `known_hosts` holds the public ones for Domus itself. */
  async #keys(): Promise<void> {
    const lines: string[] = [];
    for (const host of this.hosts()) {
      let key = await this.records.key(host.name);
      if (key === undefined) {
        key = makeHostKey(host.name);
        await this.records.putKey(host.name, key);
      }
      lines.push(`${[...new Set([host.address, host.name])].map((at) => (host.port === 22 ? at : `[${at}]:${host.port}`)).join(',')} ${key.public}\n`);
    }
    const file = join(this.records.folder, 'known_hosts');
    const text = lines.join('');
    if ((await readFile(file, 'utf8').catch(() => undefined)) !== text) await replaceFile(file, text);
  }

  /** The key by which hosts hand machines to each other, where they share a folder of disks; made once. */
  async migrationKey(): Promise<HostKey | undefined> {
    if (this.parts.settings.overlays === 'own') return undefined;
    const file = join(this.records.folder, 'migration.json');
    const text = await readFile(file, 'utf8').catch((thrown: NodeJS.ErrnoException) => (thrown.code === 'ENOENT' ? undefined : Promise.reject(thrown)));
    if (text !== undefined) return JSON.parse(text) as HostKey;
    const key = makeHostKey('domus-migration');
    await replaceFile(file, JSON.stringify(key), 0o600);
    return key;
  }

  /** The hosts' public keys, as OpenSSH's known_hosts. */
  knownHosts(): Promise<string> {
    return readFile(join(this.records.folder, 'known_hosts'), 'utf8');
  }

  /** Makes room for another key, and another one for moving machines: whoever had the host's had that too. The next publishing makes it. */
  async forgetKey(host: string): Promise<void> {
    await rm(join(this.records.folder, 'migration.json'), { force: true });
    await rm(join(this.records.folder, 'key', host), { force: true });
  }

  /** The door's key and certificate, made once. */
  async door(): Promise<{ readonly key: string; readonly cert: string; readonly fingerprint: string }> {
    const file = join(this.records.folder, 'door.json');
    await this.records.prepare();
    let text = await readFile(file, 'utf8').catch((thrown: NodeJS.ErrnoException) => (thrown.code === 'ENOENT' ? undefined : Promise.reject(thrown)));
    if (text === undefined) {
      text = JSON.stringify(makeCertificate());
      await replaceFile(file, text, 0o600);
    }
    const { key, cert } = JSON.parse(text) as { key: string; cert: string };
    return { key, cert, fingerprint: new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase() };
  }

  /** One publisher at a time on this machine, by the operating system's lock, which goes with its process. Raises Failure `busy`. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const { settings, clock } = this.parts;
    await mkdir(settings.folder, { recursive: true });
    const file = join(settings.folder, 'publishing.lock');
    for (let tries = 0; tries < 100; tries++) {
      const lock = lockLeadership(file);
      if (lock === undefined) await clock.sleep(100);
      else return await work().finally(() => lock.release());
    }
    throw new Failure('busy', `another process has been publishing ${settings.folder} for 10 s (it holds ${file})`);
  }
}
