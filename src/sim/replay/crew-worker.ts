/** One process of a crew: is told its assignment and tasks by messages, answers with runs, and ends with its parent. */

import type { CrewAnswer, CrewOrder } from './crew.js';
import { type Assignment, perform, type Task, workloadOfSource } from './task.js';
import type { Workload } from './workload.js';

let made: { readonly assignment: Assignment; readonly workload: Promise<Workload> } | undefined;
const answer = (message: CrewAnswer): void => {
  process.send?.(message);
};
const leastProgress = 0.01;

async function work(task: Task): Promise<void> {
  if (made === undefined) throw new Error('a task came before its assignment');
  let told = 0;
  const { workload: _, ...run } = await perform(task, await made.workload, made.assignment.site, (part) => {
    if (part < told + leastProgress) return;
    told = part;
    answer({ kind: 'progress', part });
  });
  answer({ kind: 'run', run });
}

process.on('disconnect', () => process.exit(0));
process.on('message', (order: CrewOrder) => {
  if (order.kind === 'assignment') {
    made = { assignment: order.assignment, workload: workloadOfSource(order.assignment.source) };
    made.workload.catch(() => undefined); // told by the task that needs it
    return;
  }
  work(order.task).catch((thrown: unknown) => {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    answer({ kind: 'failed', message: error.message, stack: error.stack ?? '' });
  });
});
