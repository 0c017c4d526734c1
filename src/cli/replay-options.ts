import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { parse } from 'yaml';
import { readDuration } from '../config/duration.js';
import { readMebibytes } from '../config/memory.js';
import { type BaselineName, baselineNames } from '../sim/replay/baselines.js';
import type { PolicyWish } from '../sim/replay/site.js';
import type { Scenario, Task } from '../sim/replay/task.js';
import type { Refill } from '../sim/replay/workload.js';
import { CliError, exits } from './exits.js';

/** What `domus replay` was told, as commander gives it. */
export interface ReplayOptions {
  readonly example?: true;
  readonly classesBy: string;
  readonly classes?: readonly string[];
  readonly hosts?: number;
  readonly cores?: number;
  readonly memoryPerCore: number;
  readonly coresPer: number;
  readonly widest?: number;
  readonly jobs?: number;
  readonly days?: number;
  readonly baselines: readonly BaselineName[];
  readonly domus: boolean;
  readonly alwaysOn?: true;
  readonly policy: readonly string[];
  readonly shake?: number;
  readonly seed: number;
  readonly refill: readonly Refill[];
  readonly targets?: true;
  readonly report?: string;
  readonly processes: number;
}

/** Runs that targets are judged by where none are asked for: fewer cannot tell 10 % from chance. */
const runsForTargets = 5;

/** A whole number for an option. */
export function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) throw new InvalidArgumentError(`expected a whole number, ${least} to ${most}.`);
    return value;
  };
}

/** `immediate,30s`. */
export function readRefills(text: string): readonly Refill[] {
  return text.split(',').map((word) => {
    if (word.trim() === 'immediate') return 'immediate';
    const duration = readDuration(word);
    if (!('value' in duration) || duration.value < 1000) throw new InvalidArgumentError('expected immediate, or how often the scheduler looks, such as 30s.');
    return { cycleMs: duration.value };
  });
}

/** `pool,static-mean`, `all` or `none`. */
export function readBaselines(text: string): readonly BaselineName[] {
  if (text === 'none') return [];
  if (text === 'all') return baselineNames;
  return text.split(',').map((word) => {
    const found = baselineNames.find((name) => name === word.trim());
    if (found === undefined) throw new InvalidArgumentError(`expected some of ${baselineNames.join(', ')}; all or none.`);
    return found;
  });
}

export function readList(text: string): readonly string[] {
  const words = text.split(',').map((word) => word.trim());
  if (words.includes('')) throw new InvalidArgumentError('expected names with commas between, such as 2,6,3.');
  return words;
}

export function readMemory(text: string): number {
  const memory = readMebibytes(text);
  if ('value' in memory && memory.value > 0) return memory.value;
  throw new InvalidArgumentError(`expected ${'expected' in memory ? memory.expected : 'more than nothing'}.`);
}

const policyParts = ['domus', 'environment', 'environments'];
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A policy file: YAML with `domus` (keys of domus.yaml: limits, intervals, ...), `environment` (keys of an environment file, for every class) and
 * `environments` (the same by class), each over Domus's defaults.
 */
export function readPolicy(file: string): PolicyWish {
  let read: unknown;
  try {
    read = parse(readFileSync(file, 'utf8'));
  } catch (thrown) {
    throw new CliError(exits.no, `policy file ${file} cannot be read: ${(thrown as Error).message.split('\n')[0]}`, { cause: thrown });
  }
  if (!isRecord(read)) throw new CliError(exits.no, `policy file ${file} holds no settings: expected ${policyParts.join(', ')}`);
  const unknown = Object.keys(read).filter((key) => !policyParts.includes(key));
  const flat = policyParts.filter((key) => read[key] !== undefined && !isRecord(read[key]));
  const shallow = isRecord(read['environments']) ? Object.entries(read['environments']).filter(([, each]) => !isRecord(each)) : [];
  const wrong = [
    ...unknown.map((key) => `${key}: expected one of ${policyParts.join(', ')}`),
    ...[...flat, ...shallow.map(([key]) => `environments.${key}`)].map((key) => `${key}: expected settings by name`),
  ];
  if (wrong.length > 0) throw new CliError(exits.no, `policy file ${file}:`, { details: wrong });
  return read as PolicyWish;
}

/** A policy file's scenario. */
export const policyName = (file: string): string => file.replace(/^.*\//, '').replace(/\.ya?ml$/, '');

/** Everything that is replayed, the baselines first. Throws where two policies would have one name. */
export function scenariosOf({ baselines, domus, alwaysOn, policy }: Pick<ReplayOptions, 'baselines' | 'domus' | 'alwaysOn' | 'policy'>): readonly Scenario[] {
  const named = policy.map((file): Scenario => ({ kind: 'domus', name: policyName(file), policy: readPolicy(file) }));
  const scenarios: readonly Scenario[] = [
    ...baselines.map((name): Scenario => ({ kind: 'baseline', name })),
    ...(domus ? [{ kind: 'domus', name: 'domus' } as const] : []),
    ...(alwaysOn ? [{ kind: 'domus', name: 'domus-always-on', alwaysOn } as const] : []),
    ...named,
  ];
  const twice = scenarios.find((each, at) => scenarios.findIndex((other) => other.name === each.name) !== at);
  if (twice !== undefined) throw new CliError(exits.usage, `two scenarios would be called ${twice.name}: give the policy file another name`);
  if (scenarios.length === 0) throw new CliError(exits.usage, 'nothing to replay: --no-domus and --baselines none');
  return scenarios;
}

/** One task for every scenario, kind of refill and seed. */
export function tasksOf(scenarios: readonly Scenario[], options: Pick<ReplayOptions, 'refill' | 'seed' | 'shake' | 'targets'>): readonly Task[] {
  const runs = options.shake ?? (options.targets ? runsForTargets : 0);
  const seeds = Array.from({ length: Math.max(1, runs) }, (_, at) => options.seed + at);
  return options.refill.flatMap((refill) => scenarios.flatMap((scenario) => seeds.map((seed): Task => ({ scenario, seed, shake: runs > 0, refill }))));
}
