import type { LabFolder } from './folder.js';

/** An environment of the lab, with what the batch system must know of it. */
export interface LabEnvironment {
  readonly name: string;
  readonly seats: readonly string[];
  readonly largestNp: number;
  readonly image: { readonly name: string; readonly version: string };
  readonly files: readonly string[];
  readonly text: (paced: (ms: number) => string) => string;
}

const seatNames = (environment: string, count: number): string[] => Array.from({ length: count }, (_, at) => `${environment}-0${at + 1}.lab.example`);

export const hostNames = ['post01', 'post02', 'post03', 'post04'] as const;
export const hostCores = 8;
export const hostMemoryMiB = 16_384;
export const bridge = 'xenbr0';
export const batchName = 'torque';
/** A queue that TORQUE knows and no environment serves; its only node is an old worker that never comes up. */
export const orphan = { queue: 'gpu', node: 'old-01.lab.example', property: 'gpu' } as const;

export const environments: readonly LabEnvironment[] = [
  {
    name: 'grid',
    seats: seatNames('grid', 7),
    largestNp: 4,
    image: { name: 'grid', version: '2026.1' },
    files: ['vmlinuz', 'initrd.img'],
    text: (paced) => `# Many small jobs, and now and then a wide one.
image: {name: grid, version: latest}
boot: {type: pvh, kernel: vmlinuz, ramdisk: initrd.img, args: [quiet]}
machine:
  cores: {min: 1, max: 4}
  memory: {min: 1GiB, max: 4GiB}
  perCore: 1GiB
serves: {queues: [grid], properties: [grid]}
feasibility: 1
moves: busy
idle: ${paced(90_000)}
bootDeadline: ${paced(600_000)}
keepFailed: ${paced(60_000)}
lostJobs: requeue
checks: [users, home, mom]
`,
  },
  {
    name: 'theory',
    seats: seatNames('theory', 5),
    largestNp: 4,
    image: { name: 'theory', version: '2026.1' },
    files: ['vmlinuz', 'initrd.img'],
    text: (paced) => `# Parallel jobs over several nodes, with more memory for each core.
image: {name: theory, version: "2026.1"}
boot: {type: pvh, kernel: vmlinuz, ramdisk: initrd.img}
machine:
  cores: {min: 2, max: 4, step: 2}
  memory: {min: 4GiB, max: 8GiB, step: 4GiB}
  perCore: 2GiB
serves: {queues: [theory], properties: [theory]}
feasibility: 1
idle: ${paced(90_000)}
bootDeadline: ${paced(600_000)}
keepFailed: ${paced(60_000)}
lostJobs: requeue
checks: [users, home, mom]
`,
  },
  {
    name: 'legacy',
    seats: seatNames('legacy', 3),
    largestNp: 2,
    image: { name: 'legacy', version: '5.11' },
    files: ['vmlinuz-xen'],
    text: (paced) => `# An old operating system that some experiment still needs: paravirtual, one size.
image: {name: legacy, version: "5.11"}
boot: {type: pv, kernel: vmlinuz-xen}
machine:
  cores: 2
  memory: 2GiB
serves: {queues: [legacy], properties: [legacy]}
idle: ${paced(60_000)}
bootDeadline: ${paced(600_000)}
keepFailed: ${paced(60_000)}
lostJobs: requeue
checks: [users, mom]
`,
  },
];

/** Address of every seat, by its name: the n-th environment's seats are 10.77.n.1 and upwards. */
export const seatAddresses = (): ReadonlyMap<string, string> =>
  new Map(environments.flatMap(({ seats }, at) => seats.map((seat, nth) => [seat, `10.77.${at + 1}.${nth + 1}`])));

/** A duration of domus.yaml. */
export const written = (ms: number): string => `${Math.max(100, Math.round(ms))}ms`;

/** The lab's domus.yaml. Polls are as fast as two cores carry; what is waited for is paced. */
export function domusYaml(folder: LabFolder, ports: ReadonlyMap<string, number>, pace: number, mode: string, port?: number): string {
  const paced = (ms: number, leastMs = 1_000): string => written(Math.max(leastMs, ms / pace));
  const hosts = [...ports].map(([name, port]) => `      ${name}: {address: 127.0.0.1, port: ${port}}`);
  const seats = environments.map(
    ({ name, seats: names }, at) =>
      `  ${name}: {names: "${name}-[01-0${names.length}].lab.example", addresses: 10.77.${at + 1}.1-10.77.${at + 1}.${names.length}, properties: [${name}]}`,
  );
  return `# Written by the lab.
deployment: lab
mode: ${mode}
batch:
  ${batchName}:
    driver: torque
    bin: ${folder.bin}
pools:
  classroom:
    defaults: {cores: ${hostCores}, memory: ${hostMemoryMiB / 1024}GiB, reserve: {cores: 1, memory: 2GiB}}
    hosts:
${hosts.join('\n')}
ssh:
  privateKey: ${folder.privateKey}
  knownHosts: ${folder.knownHosts}
store:
  images: ${folder.images}
  overlays: ${folder.overlays}
network: {bridge: ${bridge}}
seats:
${seats.join('\n')}
limits: {startsAtOnce: 8, startsAtOncePerHost: 2, startsPerHour: 1000, breakerPause: ${paced(60_000)}, breakerPauseMax: ${paced(600_000)}}
intervals:
  tick: 1s
  batchPoll: 1s
  hostPoll: 2s
  batchLimit: 15s
  lookLimit: 10s
  overlayLimit: 20s
  createLimit: 30s
  resizeLimit: 20s
  shutdownLimit: 20s
  destroyLimit: 20s
  nodeLimit: 10s
  cyclePause: 1s
  joinLimit: ${paced(300_000, 20_000)}
  schedulerCycle: ${paced(60_000, 5_000)}
  wideWait: ${paced(900_000, 20_000)}
${port === undefined ? '' : `api: {port: ${port}, plain: true}\n`}state: ${folder.state}
run: ${folder.run}
strays: remove
`;
}
