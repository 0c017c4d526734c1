import type { z } from 'zod';
import { type Environment, npOf, ownDiskMiB } from '../model/environment.js';
import type { environmentSchema } from './environment-schema.js';
import { writeMebibytes } from './memory.js';
import type { Problems } from './problem.js';
import { makeRange } from './range.js';
import type { Path } from './spots.js';
import type { Partly } from './walk.js';

export type EnvironmentFile = Partly<z.output<typeof environmentSchema>>;

/** What the rest of the configuration says; absent parts could not be read. */
export interface Around {
  readonly sources: readonly string[] | undefined;
  readonly pools: readonly string[] | undefined;
  /** Seats of this environment. */
  readonly seats: number | undefined;
}

type Hardware = Pick<Environment, 'cores' | 'memoryMiB' | 'memoryPerCoreMiB' | 'diskMiB' | 'scratch' | 'swapMiB' | 'cpus'>;

/** Scratch space, swap and CPUs, where they are asked for. */
function makeOwn(
  { scratch, swap, cpus }: NonNullable<EnvironmentFile['machine']>,
  leastMiB: number,
  path: Path,
  problems: Problems,
): Pick<Environment, 'scratch' | 'swapMiB' | 'cpus'> {
  const { size, on } = scratch ?? {};
  if (on === 'memory' && size !== undefined && size >= leastMiB)
    problems.add([...path, 'machine', 'scratch', 'size'], {
      found: writeMebibytes(size),
      expected: `less than the smallest memory ${writeMebibytes(leastMiB)}`,
    });
  return {
    ...(size === undefined || on === undefined ? {} : { scratch: { on, sizeMiB: size } }),
    ...(swap === undefined ? {} : { swapMiB: swap }),
    ...(cpus === undefined ? {} : { cpus }),
  };
}

function makeHardware(file: EnvironmentFile, path: Path, problems: Problems): Hardware | undefined {
  const machine = file.machine ?? {};
  const cores = makeRange(machine.cores, [...path, 'machine', 'cores'], String, problems);
  const memoryMiB = makeRange(machine.memory, [...path, 'machine', 'memory'], writeMebibytes, problems);
  if (cores === undefined || memoryMiB === undefined || machine.disk === undefined) return undefined;
  const memoryPerCoreMiB = machine.perCore ?? Math.max(1, Math.floor(memoryMiB.max / cores.max));
  if (memoryPerCoreMiB > memoryMiB.max)
    problems.add([...path, 'machine', 'perCore'], {
      found: writeMebibytes(memoryPerCoreMiB),
      expected: `at most the largest memory ${writeMebibytes(memoryMiB.max)}`,
    });
  return { cores, memoryMiB, memoryPerCoreMiB, diskMiB: machine.disk, ...makeOwn(machine, memoryMiB.min, path, problems) };
}

/** min, max, spare and feasibility against each other and against the number of seats. */
function makeCounts(file: EnvironmentFile, seats: number | undefined, path: Path, problems: Problems): { readonly max: number } | undefined {
  const { min = 0, max, spare = 0, feasibility = 0 } = file;
  const most = seats === undefined ? undefined : seats - feasibility;
  if (seats !== undefined && feasibility > 0 && feasibility >= seats)
    problems.add([...path, 'feasibility'], { found: String(feasibility), expected: `fewer than its ${seats} seat(s)` });
  else if (most !== undefined) {
    if (min > most) problems.add([...path, 'min'], { found: String(min), expected: `at most ${most}, its seats without feasibility seats` });
    if (max !== undefined && max > most)
      problems.add([...path, 'max'], { found: String(max), expected: `at most ${most}, its seats without feasibility seats` });
  }
  if (max !== undefined && min > max) problems.add([...path, 'min'], { found: String(min), expected: `at most the max ${max}` });
  if (max !== undefined && spare > max) problems.add([...path, 'spare'], { found: String(spare), expected: `at most the max ${max}` });
  const top = max ?? most;
  return top === undefined ? undefined : { max: Math.max(0, top) };
}

/** Bounds that hold the share itself. */
function makeBounds({ share = 0, shareWithin }: EnvironmentFile, path: Path, problems: Problems): Pick<Environment, 'shareWithin'> {
  const { min, max } = shareWithin ?? {};
  if (min === undefined || max === undefined) return {};
  if (min > max) problems.add([...path, 'shareWithin', 'min'], { found: String(min), expected: `at most the max ${max}` });
  else if (share < min || share > max) problems.add([...path, 'shareWithin'], { found: `${min} to ${max}`, expected: `bounds around the share ${share}` });
  return { shareWithin: { min, max } };
}

/** An environment as its file says; whatever is wrong in it is added to the problems. Absent when it cannot be made. */
export function makeEnvironment(name: string, file: EnvironmentFile, around: Around, problems: Problems): Environment | undefined {
  const path = ['environments', name];
  const hardware = makeHardware(file, path, problems);
  const counts = makeCounts(file, around.seats, path, problems);
  const source = file.serves?.source ?? (around.sources?.length === 1 ? around.sources[0] : undefined);
  const pools = file.pools ?? around.pools;
  const { mode, image, boot, serves, min, spare, feasibility, idle, priority, share, bootDeadline, keepFailed, lostJobs, checks, moves } = file;
  const written = { mode, min, spare, idle, priority, share, bootDeadline, keepFailed, lostJobs, checks, feasibility, moves };
  if (hardware === undefined || counts === undefined || source === undefined || pools === undefined) return undefined;
  if (!isWhole(written) || !isWhole(image) || serves === undefined || boot?.type === undefined || boot.kernel === undefined) return undefined;
  return {
    name,
    mode: written.mode,
    image: { name: image.name, version: image.version },
    reimage: { atOnce: image.atOnce, busy: image.busy },
    boot: { type: boot.type, kernel: boot.kernel, args: boot.args ?? [], ...(boot.ramdisk === undefined ? {} : { ramdisk: boot.ramdisk }) },
    ...hardware,
    serves: {
      source,
      queues: serves.queues ?? [],
      properties: serves.properties ?? [],
      accounts: serves.accounts ?? [],
      ...(serves.jobs === undefined ? {} : { jobs: serves.jobs }),
    },
    pools,
    min: written.min,
    max: counts.max,
    spare: written.spare,
    feasibilitySeats: written.feasibility,
    ...(file.maxWalltime === undefined ? {} : { maxWalltimeMs: file.maxWalltime }),
    idleMs: written.idle,
    priority: written.priority,
    share: written.share,
    ...makeBounds(file, path, problems),
    bootDeadlineMs: written.bootDeadline,
    keepFailedMs: written.keepFailed,
    moves: ownDiskMiB(hardware) > 0 ? 'never' : written.moves, // what is on a host's own disk stays there
    lostJobs: written.lostJobs,
    checks: written.checks,
  };
}

type Whole<T> = { readonly [K in keyof T]-?: Exclude<T[K], undefined> };
function isWhole<T extends object>(part: T | undefined): part is T & Whole<T> {
  return part !== undefined && Object.values(part).every((value) => value !== undefined);
}

/** np of its largest machine: what its seats have at rest. */
export const largestNp = (environment: Environment): number => npOf(environment, { cores: environment.cores.max, memoryMiB: environment.memoryMiB.max });
