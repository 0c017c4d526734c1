import { type Figures, figuresOf } from '../replay/metrics.js';
import type { Refill, Run } from '../replay/workload.js';
import { waitMs } from './counted.js';

/** A mean over the runs of a scenario and how far they lie apart. NaN where nothing was measured. */
export interface Spread {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** One scenario under one kind of refill: its runs and what they have in common. */
export interface Scene {
  readonly scenario: string;
  readonly refill: Refill;
  readonly kind: 'subject' | 'ideal' | 'fixed' | 'other';
  /** What people call it. */
  readonly name: string;
  /** Its colour and dash number. */
  readonly tone: number;
  readonly runs: readonly Run[];
  /** Of each run, in the same order. */
  readonly measured: readonly Figures[];
}

/** The scenes of one kind of refill and the parts they play. */
export interface Stage {
  readonly refill: Refill;
  readonly scenes: readonly Scene[];
  /** What the report is about: `domus`, or the first policy where there is none of that name. */
  readonly subject?: Scene;
  readonly ideal?: Scene;
  /** Of the fixed partitions the one whose users wait less; one with all hosts always on, where there is one. */
  readonly fixed?: Scene;
  /** The same partition, with idle hosts switched off. */
  readonly saving?: Scene;
}

export function spread(values: readonly number[]): Spread {
  const known = values.filter((value) => Number.isFinite(value));
  if (known.length === 0) return { mean: Number.NaN, low: Number.NaN, high: Number.NaN };
  return { mean: known.reduce((sum, value) => sum + value, 0) / known.length, low: Math.min(...known), high: Math.max(...known) };
}

/** Of every run of a scene one figure, together. */
export const spreadOf = (scene: Scene, figure: (measured: Figures, run: Run) => number): Spread =>
  spread(scene.measured.map((measured, index) => figure(measured, scene.runs[index]!)));

/** Mean over the runs of the mean wait, ms. */
export const meanWait = (scene: Scene): number => spreadOf(scene, (figures) => waitMs(figures, 'mean')).mean;

const known: Readonly<Record<string, { readonly name: string; readonly kind: Scene['kind']; readonly tone: number }>> = {
  domus: { name: 'Domus', kind: 'subject', tone: 0 },
  pool: { name: 'Ideal pool', kind: 'ideal', tone: 2 },
  'static-mean': { name: 'Fixed, by mean load', kind: 'fixed', tone: 1 },
  'static-peak': { name: 'Fixed, by peak load', kind: 'fixed', tone: 3 },
  'pool-power': { name: 'Ideal pool, idle hosts off', kind: 'ideal', tone: 5 },
  'static-mean-power': { name: 'Fixed, by mean load, idle hosts off', kind: 'fixed', tone: 7 },
  'static-peak-power': { name: 'Fixed, by peak load, idle hosts off', kind: 'fixed', tone: 6 },
};
const savingSuffix = '-power';
/** Is it one in which idle hosts are switched off, without Domus? Its jobs wait as long as without. */
export const isSaving = ({ scenario }: Pick<Scene, 'scenario'>): boolean => scenario.endsWith(savingSuffix);
const tonesOfOthers = [4, 6, 7, 5];
const order: Readonly<Record<Scene['kind'], number>> = { subject: 0, other: 1, fixed: 2, ideal: 3 };

export const refillKey = (refill: Refill): string => (refill === 'immediate' ? 'immediate' : `cycle ${refill.cycleMs}`);

function sceneOf(scenario: string, runs: readonly Run[], others: readonly string[]): Scene {
  const { name, kind, tone } = (Object.hasOwn(known, scenario) ? known[scenario] : undefined) ?? {
    name: scenario,
    kind: 'other' as const,
    tone: tonesOfOthers[Math.max(0, others.indexOf(scenario)) % tonesOfOthers.length]!,
  };
  return { scenario, refill: runs[0]!.refill, kind, name, tone, runs, measured: runs.map(figuresOf) };
}

function groups<T>(items: readonly T[], key: (item: T) => string): readonly (readonly [key: string, items: readonly T[]])[] {
  const found = new Map<string, T[]>();
  for (const item of items) found.set(key(item), [...(found.get(key(item)) ?? []), item]);
  return [...found];
}

function stageOf(runs: readonly Run[], others: readonly string[]): Stage {
  const scenes = groups(runs, ({ scenario }) => scenario)
    .map(([scenario, all]) => sceneOf(scenario, all, others))
    .sort((a, b) => order[a.kind] - order[b.kind]);
  const subject = scenes.find(({ kind }) => kind === 'subject') ?? scenes.find(({ kind }) => kind === 'other');
  const shortest = (of: readonly Scene[]): Scene | undefined => [...of].sort((a, b) => meanWait(a) - meanWait(b))[0];
  const better = (kind: Scene['kind']): Scene | undefined => {
    const all = scenes.filter((scene) => scene.kind === kind);
    return shortest(all.filter((scene) => !isSaving(scene))) ?? shortest(all);
  };
  const [ideal, fixed] = [better('ideal'), better('fixed')];
  const saving = scenes.find(({ scenario }) => scenario === `${fixed?.scenario}${savingSuffix}`);
  return { refill: runs[0]!.refill, scenes, ...(subject && { subject }), ...(ideal && { ideal }), ...(fixed && { fixed }), ...(saving && { saving }) };
}

/** Runs by kind of refill, in the order in which they came; of each the scenarios, the subject first and the ideal last. */
export function stages(runs: readonly Run[]): readonly Stage[] {
  const others = [...new Set(runs.map(({ scenario }) => scenario))].filter((scenario) => !Object.hasOwn(known, scenario));
  return groups(runs, ({ refill }) => refillKey(refill)).map(([, of]) => stageOf(of, others));
}

/** Of a scene's runs the one in the middle by mean wait: the one that is drawn over time. */
export function typicalRun({ runs, measured }: Scene): Run {
  const byWait = runs.map((run, index) => ({ run, wait: waitMs(measured[index]!, 'mean') })).sort((a, b) => a.wait - b.wait);
  return byWait[Math.floor((byWait.length - 1) / 2)]!.run;
}
