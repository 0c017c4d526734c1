import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../clock.js';
import type { FakeHost } from '../hosts/host.js';
import type { Random } from '../random.js';
import type { Crossings } from './crossing.js';
import { type LabFolder, newKey } from './folder.js';
import { hostFront, hostTools } from './host-front.js';
import { SshHost } from './ssh-host.js';
import { type Listening, listen, repository, writeWrappers } from './wire.js';

export interface LabHostOptions {
  readonly host: FakeHost;
  readonly folder: LabFolder;
  readonly clock: Clock;
  readonly random: Random;
  readonly pace: number;
  readonly bridge: string;
  /** Public key that may come in, and that by which other hosts send guests. */
  readonly authorizedKey: string;
  readonly migrationKey: string;
  /** Guests between hosts, of the whole lab. */
  readonly crossings: Crossings;
  /** Told of every command that the runner calls. */
  readonly recorded: (line: string) => void;
  readonly failed: (error: unknown) => void;
}

const python = (): string => (existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3');

/** One fake host behind the real way to it: an sshd on loopback, the real runner, and the commands that the runner calls. */
export class LabHost {
  readonly host: FakeHost;
  readonly ssh: SshHost;
  readonly hostKey: string;
  readonly #home: string;
  readonly #options: LabHostOptions;
  #commands: Listening | undefined;

  constructor(options: LabHostOptions) {
    const { host, folder } = options;
    this.host = host;
    this.#options = options;
    this.#home = folder.host(host.name);
    const key = newKey(host.name);
    this.hostKey = key.public;
    const runner = [python(), '-IS', join(repository(), 'host', 'domus-runner'), '--config', join(this.#home, 'runner.json')];
    this.ssh = new SshHost({
      host,
      clock: options.clock,
      port: 0,
      hostKey: key.private,
      doors: [
        { key: options.authorizedKey, command: runner },
        { key: options.migrationKey, command: [...runner, '--receive'] },
      ],
      pace: options.pace,
      failed: options.failed,
    });
  }

  async open(): Promise<void> {
    const { host, folder, clock, random, pace, bridge, crossings, recorded, failed } = this.#options;
    mkdirSync(this.#home, { recursive: true });
    const socket = join(this.#home, 'commands.sock');
    const bin = join(this.#home, 'bin');
    this.#commands = await listen(
      socket,
      hostFront({ host, clock, random, pace, bridges: [bridge], crossings, recorded: (line) => recorded(`${host.name} ${line}`) }),
      failed,
    );
    writeWrappers(bin, socket, hostTools);
    const replicas = join(this.#home, 'replicas');
    mkdirSync(replicas, { recursive: true });
    const settings = {
      state: join(this.#home, 'run'),
      images: folder.images,
      overlays: folder.overlays,
      bridge,
      path: `${bin}:/usr/bin:/bin`,
      bootId: join(this.#home, 'boot_id'),
      migration: { key: folder.migrationKey, knownHosts: folder.knownHosts },
      replicas: { folder: replicas },
    };
    writeFileSync(join(this.#home, 'runner.json'), `${JSON.stringify(settings, undefined, 2)}\n`);
    this.#writeBootId();
    await this.ssh.open();
  }

  /** A line of known_hosts. */
  knownAs(): string {
    return `[127.0.0.1]:${this.ssh.port} ${this.hostKey.split(' ').slice(0, 2).join(' ')}\n`;
  }

  /** Loses power; the runner's memory goes with it. */
  crash(returns = true): void {
    this.host.crash(returns);
    this.ssh.cut();
    rmSync(join(this.#home, 'run'), { recursive: true, force: true });
    this.#writeBootId();
  }

  async close(): Promise<void> {
    await this.ssh.close();
    await this.#commands?.close();
  }

  #writeBootId(): void {
    writeFileSync(join(this.#home, 'boot_id'), `${this.host.bootId}\n`);
  }
}
