import { setFlagsFromString } from 'node:v8';
import type { Command } from 'commander';
import { runDaemon } from '../daemon.js';
import { leanHeap } from '../service/heap.js';
import { createEstimator } from '../sim/week/estimator.js';
import { type Context, commonOf, ends } from './context.js';

/** `domus run`. */
export function addRun(program: Command, context: Context): void {
  program
    .command('run')
    .description('be the daemon, in the foreground, until SIGTERM or SIGINT (guests and jobs go on)')
    .option('--take-over', 'take hosts over that another journal of this deployment held: only when you know that it is gone')
    .action(
      ends(context, async (options: { takeOver?: boolean }, command: Command) => {
        const { config } = commonOf(command, context);
        setFlagsFromString(leanHeap);
        const estimator = createEstimator({ clock: context.clock });
        return runDaemon({ configFile: config, takeOver: options.takeOver === true, estimator });
      }),
    );
}
