import type { Finding } from '../../src/drivers/batch.js';
import { Failure } from '../../src/drivers/failure.js';
import type { JobList } from '../../src/drivers/job-lists.js';
import { whoAmI } from './commands.js';
import { type Listed, rightsOf } from './parse.js';
import type { Questions } from './questions.js';

/**
 * Are we operator? Nothing tells without changing something, except: the server shows `neednodes` of jobs to managers
 * only (a proof, where such a job is), and its lists of operators and managers (a hint: they name hosts, too, as the
 * server sees them).
 */
export async function examineRights(questions: Questions, server: Listed, jobs: JobList, signal: AbortSignal): Promise<Finding> {
  if (jobs.showsNeednodes === true) return { level: 'ok', what: 'we are manager (operator would do): the server shows us what it shows to managers only' };
  const user = await userName(questions, signal);
  const remedy = `qmgr -c 'set server operators += ${user ?? 'USER'}@HOST' as a manager, HOST as the batch server calls this machine`;
  const entries = [...rightsOf(server, 'managers'), ...rightsOf(server, 'operators')];
  if (user === undefined || entries.length === 0) {
    return {
      level: 'warning',
      what: 'whether we are operator cannot be told without changing something (the server shows no list, and no job to tell by)',
      remedy,
    };
  }
  const mine = entries.filter((entry) => entry === user || entry.startsWith(`${user}@`));
  if (mine.length === 0) return { level: 'error', what: `user ${user} is neither among the operators nor the managers of the batch server`, remedy };
  return { level: 'ok', what: `user ${user} is listed as operator or manager (${mine.join(', ')}); whether this machine is meant, the first change will show` };
}

async function userName(questions: Questions, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { exit, stdout } = await questions.run(whoAmI, signal);
    const name = stdout.toString('utf8').trim();
    return exit === 0 && name !== '' ? name : undefined;
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.kind === 'unreachable') return undefined;
    throw thrown;
  }
}
