import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { leanHeap } from '../src/service/heap.js';

const parts: readonly (readonly [string, number])[] = [
  ['tenth', 10],
  ['third', 3],
  ['full', 1],
];

/** Heap that jobs, readings, worlds and plans must do with when it is asked what they need: an unbounded one grows with what the collector lets lie. */
const lean = ['--max-old-space-size=200', '--max-semi-space-size=8'];

/** What must be reached with it all the same. */
const leanFigures = [
  'PeakMiB',
  'EndHeldMiB',
  'PlanFirstMs',
  'PlanFirstCpuMs',
  'PlanOnePercentMs',
  'PlanOnePercentCpuMs',
  'JoinOnePercentMs',
  'JoinOnePercentCpuMs',
] as const;

/** How long the thread is kept where every job that waits is wide: each look for one is a look at all hosts and machines. */
const wideFigures = [
  'Groups',
  'PlanFirstStallMs',
  'PlanFirstStallCpuMs',
  'PlanFirstCpuMs',
  'PlanFirstCutCpuMs',
  'PlanOnePercentStallMs',
  'PlanOnePercentStallCpuMs',
  'PlanOnePercentCpuMs',
  'PlanOnePercentCutCpuMs',
  'TickFirstStallMs',
  'TickFirstStallCpuMs',
  'TickOnePercentStallMs',
  'TickOnePercentStallCpuMs',
] as const;

/** Figures of the world divided by `part`, measured in a process of its own. */
function measured(part: number, flags: readonly string[] = [], words: readonly string[] = []): Promise<Readonly<Record<string, number>>> {
  const child = spawn(process.execPath, [...flags, fileURLToPath(new URL('./plan-part.js', import.meta.url)), String(part), ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve(JSON.parse(said) as Record<string, number>) : reject(new Error(`1/${part} ended with ${code}`))));
  });
}

/**
 * Thinking about 100,000 waiting jobs, 1,000 hosts, 8,000 machines and 40 environments, and about parts of that: whole
 * plans and joins, and the daemon's own loop with its journal. `...StallMs`: the longest time for which a timer of the
 * same thread had to wait meanwhile; `...IdleStallMs`: the same while nothing is done, so what the machine itself adds.
 * `...CpuMs`: processor time of the thread, which a busy machine does not make longer by much; `...CutCpuMs`: the most of
 * it from one cut of the work to the next. `...PlanFirstPeakMiB`: the whole process when
 * the first plan stands, all jobs and readings included; `...HeldMiB`: what jobs, readings, world and plan take together;
 * `...PeakMiB`: the whole process in the end, after all these rounds, with what the collector had not yet taken away;
 * `...EndHeldMiB`: what is still needed of that; `fullLean...`:
 * the same, and the times, with a heap of 200 MiB at most (`node --max-old-space-size=200`), in which all of it must be done;
 * `fullWide...`: where each of the 100,000 jobs asks for 2, 4, 8, 16 or 32 slots that may lie anywhere;
 * `fullLoopPeakMiB`: the whole process when only the loop has worked in it, with what `domus run` tells V8 of its heap.
 */
async function run(): Promise<Record<string, number>> {
  const figures: Record<string, number> = {};
  for (const [name, part] of parts) {
    for (const [figure, value] of Object.entries(await measured(part))) figures[`${name}${figure}`] = Math.round(value * 10) / 10;
  }
  const bounded = await measured(1, lean);
  for (const figure of leanFigures) figures[`fullLean${figure}`] = Math.round((bounded[figure] ?? Number.NaN) * 10) / 10;
  const wide = await measured(1, [leanHeap], ['wide']);
  for (const figure of wideFigures) figures[`fullWide${figure}`] = Math.round((wide[figure] ?? Number.NaN) * 10) / 10;
  figures['fullLoopPeakMiB'] = Math.round((await measured(1, [leanHeap], ['loop']))['PeakMiB'] ?? Number.NaN);
  return figures;
}

export const bench = { name: 'plan', run };
