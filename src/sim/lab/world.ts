import { createWriteStream, type WriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../clock.js';
import { BatchCore, commandNames } from '../batch/core.js';
import { ClockAgenda } from '../clock.js';
import { Datacentre } from '../datacentre.js';
import { Random } from '../random.js';
import { batchFront } from './batch-front.js';
import { Crossings } from './crossing.js';
import { type LabFolder, newKey, stockImage, writeKey } from './folder.js';
import { LabHost } from './lab-host.js';
import { writeNames } from './names.js';
import { bridge, domusYaml, environments, hostCores, hostMemoryMiB, hostNames, seatAddresses, written } from './site.js';
import { type Listening, listen, writeFilter, writeWrappers } from './wire.js';
import { setUpBatch } from './workload.js';

/** Unpaced times of a real machine room, ms. */
const bootMs = 45_000;
const haltMs = 8_000;
const hostBootMs = 120_000;

/** The lab's machine room, opened: batch server on a socket, hosts behind sshd, the configuration written. The daemon is not in it. */
export class LabWorld {
  readonly folder: LabFolder;
  readonly core: BatchCore;
  readonly centre: Datacentre<BatchCore>;
  readonly hosts = new Map<string, LabHost>();
  readonly agenda: ClockAgenda;
  readonly #life = new AbortController();
  readonly #log: WriteStream;
  readonly #pace: number;
  readonly #failed: (error: unknown) => void;
  #socket: Listening | undefined;

  constructor(folder: LabFolder, options: { readonly seed: number; readonly pace: number; readonly failed: (error: unknown) => void }) {
    const { pace, seed } = options;
    this.folder = folder;
    this.#pace = pace;
    this.#failed = options.failed;
    this.#log = createWriteStream(folder.commandLog, { flags: 'a' });
    this.agenda = new ClockAgenda(systemClock, this.#life.signal);
    const random = new Random(seed);
    this.core = new BatchCore({
      agenda: this.agenda,
      random,
      server: 'torque.lab.example',
      managers: ['root'],
      operators: [...new Set(['root', process.env['USER'] ?? 'root'])],
      iterationMs: 600_000 / pace,
      nodeCheckRateMs: 150_000 / pace,
      statusMs: Math.max(1_000, 45_000 / pace),
      keepCompletedMs: 10_000,
      pace,
    });
    this.centre = new Datacentre({
      agenda: this.agenda,
      random,
      batch: this.core,
      hosts: hostNames.map((name) => ({
        name,
        cores: hostCores,
        memoryMiB: hostMemoryMiB,
        dom0MiB: 2048,
        images: environments.map((environment) => environment.image),
      })),
      pace: { bootMs: bootMs / pace, haltMs: haltMs / pace, hotplugMs: 1_500 / pace, balloonMiBPerSecond: 512 * pace, hostBootMs: hostBootMs / pace },
    });
  }

  async open(mode: string, port?: number): Promise<void> {
    const { folder, core } = this;
    const pace = this.#pace;
    setUpBatch(core, environments);
    const recorded = (line: string): void => {
      this.#log.write(`${(systemClock.mono() / 1000).toFixed(2)} ${line}\n`);
    };
    this.#socket = await listen(
      folder.batchSocket,
      batchFront(core, this.agenda, (line) => recorded(`batch ${line}`)),
      this.#failed,
    );
    writeWrappers(folder.bin, folder.batchSocket, commandNames);
    writeFilter(folder);
    writeNames(folder, seatAddresses());
    for (const { image, files } of environments) stockImage(folder, image, files);
    const key = newKey('domus');
    writeKey(folder.privateKey, key);
    const between = newKey('migration');
    writeKey(folder.migrationKey, between);
    const crossings = new Crossings();
    for (const host of this.centre.hosts.values()) {
      const random = new Random(this.centre.random.between(0, 1_000_000));
      const keys = { authorizedKey: key.public, migrationKey: between.public };
      const lab = new LabHost({ host, folder, clock: systemClock, random, pace, bridge, ...keys, crossings, recorded, failed: this.#failed });
      await lab.open();
      this.hosts.set(host.name, lab);
    }
    writeFileSync(folder.knownHosts, [...this.hosts.values()].map((host) => host.knownAs()).join(''));
    const ports = new Map([...this.hosts].map(([name, host]) => [name, host.ssh.port]));
    writeFileSync(folder.config, domusYaml(folder, ports, pace, mode, port));
    const paced = (ms: number): string => written(Math.max(2_000, ms / pace));
    for (const { name, text } of environments) writeFileSync(join(folder.environments, `${name}.yaml`), text(paced));
  }

  async close(): Promise<void> {
    this.core.close();
    this.#life.abort();
    for (const host of this.hosts.values()) await host.close();
    await this.#socket?.close();
    await new Promise<void>((resolve) => this.#log.end(() => resolve()));
  }
}
