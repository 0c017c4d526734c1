import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabFolder } from '../../src/sim/lab/folder.js';
import type { RealSite } from './site.js';

export interface RoomEnvironment {
  readonly name: string;
  readonly seats: number;
  readonly cores: { readonly min: number; readonly max: number };
}

/** Three environments; each serves the queue of its name, and its seats have a property of that name. */
export const roomEnvironments: readonly RoomEnvironment[] = [
  { name: 'grid', seats: 10, cores: { min: 1, max: 4 } },
  { name: 'theory', seats: 5, cores: { min: 1, max: 4 } },
  { name: 'legacy', seats: 3, cores: { min: 2, max: 2 } },
];
export const hosts = { names: ['post01', 'post02', 'post03', 'post04'], cores: 13, memoryMiB: 16_384 } as const;
/** Real times of a machine room divided by this: a guest boots in about three seconds. */
export const roomPace = 15;

export const seatsOf = ({ name, seats }: RoomEnvironment, domain: string): readonly string[] =>
  Array.from({ length: seats }, (_, at) => `${name}-${String(at + 1).padStart(2, '0')}.${domain}`);

/** TORQUE's commands as the daemon's user, or as the caller with `DOMUS_AS_MANAGER=1`. */
export function writeCommands(folder: LabFolder, site: RealSite): void {
  mkdirSync(folder.bin, { recursive: true });
  const as = site.operator === undefined ? '' : `[ "$DOMUS_AS_MANAGER" = 1 ] || exec runuser -u ${site.operator} -- "$real" "$@"\n`;
  for (const tool of ['qstat', 'pbsnodes', 'qmgr', 'qrerun', 'qorder']) {
    const file = join(folder.bin, tool);
    writeFileSync(
      file,
      `#!/bin/sh\nreal=${site.bin === undefined ? `$(PATH="\${PATH#*:}" command -v ${tool})` : `${site.bin}/${tool}`}\n${as}exec "$real" "$@"\n`,
    );
    chmodSync(file, 0o755);
  }
}

const environmentText = ({ name, cores }: RoomEnvironment): string => `image: {name: ${name}, version: latest}
boot: {type: pvh, kernel: vmlinuz}
machine:
  cores: {min: ${cores.min}, max: ${cores.max}}
  memory: {min: ${cores.min}GiB, max: ${cores.max}GiB}
  perCore: 1GiB
serves: {queues: [${name}], properties: [${name}]}
feasibility: 0
idle: 10s
bootDeadline: 60s
keepFailed: 5s
lostJobs: requeue
checks: [users, mom]
`;

const askText = (ask: string | undefined): string => {
  const [address, port] = ask?.split(':') ?? [];
  return address === undefined || port === undefined ? '' : `hooks: {address: ${address}, port: ${port}}\n`;
};

/** Writes domus.yaml and the environments. */
export function writeConfig(
  folder: LabFolder,
  ports: ReadonlyMap<string, number>,
  options: { readonly domain: string; readonly maui?: string | undefined; readonly ask?: string | undefined },
): void {
  for (const environment of roomEnvironments) writeFileSync(join(folder.environments, `${environment.name}.yaml`), environmentText(environment));
  const seats = roomEnvironments.map(
    ({ name, seats: count }, at) =>
      `  ${name}: {names: "${name}-[01-${String(count).padStart(2, '0')}].${options.domain}", addresses: 10.77.${at + 1}.1-10.77.${at + 1}.${count}, properties: [${name}]}`,
  );
  writeFileSync(
    folder.config,
    `deployment: room
mode: act
batch:
  torque:
    driver: torque
    bin: ${folder.bin}
${options.maui === undefined ? '' : `    scheduler: {driver: maui, bin: ${options.maui}}\n`}pools:
  classroom:
    defaults: {cores: ${hosts.cores}, memory: ${hosts.memoryMiB / 1024}GiB, reserve: {cores: 1, memory: 2GiB}}
    hosts:
${[...ports].map(([name, port]) => `      ${name}: {address: 127.0.0.1, port: ${port}}`).join('\n')}
ssh: {privateKey: ${folder.privateKey}, knownHosts: ${folder.knownHosts}}
store: {images: ${folder.images}, overlays: ${folder.overlays}}
network: {bridge: xenbr0}
seats:
${seats.join('\n')}
limits: {startsAtOnce: 8, startsAtOncePerHost: 2, startsPerHour: 1000, breakerPause: 5s, breakerPauseMax: 30s}
intervals:
  tick: 1s
  batchPoll: 2s
  hostPoll: 2s
  batchLimit: 60s
  lookLimit: 30s
  overlayLimit: 30s
  createLimit: 60s
  resizeLimit: 30s
  shutdownLimit: 30s
  destroyLimit: 30s
  nodeLimit: 30s
  cyclePause: 2s
  joinLimit: 60s
  schedulerCycle: 15s
  wideWait: 60s
state: ${folder.state}
run: ${folder.run}
strays: remove
${askText(options.ask)}`,
  );
}
