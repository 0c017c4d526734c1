import { plugin } from '../../../plugins/maui/index.js';
import { silentLog } from '../../../src/log.js';
import { BatchCore } from '../../../src/sim/batch/core.js';
import { VirtualBatch } from '../../../src/sim/batch/driver.js';
import { InProcessShell } from '../../../src/sim/batch/in-process-shell.js';
import { VirtualClock } from '../../../src/sim/clock.js';
import { Random } from '../../../src/sim/random.js';
import { type SchedulerBench, schedulerContract } from '../../contract/scheduler.js';

function bench(): SchedulerBench {
  const clock = new VirtualClock();
  const core = new BatchCore({
    ...{ agenda: clock, random: new Random(7), managers: ['root'], operators: ['domus'], resolves: (name: string) => /^wn0[1-4]$/.test(name) },
    maui: { deferMs: 3_600_000, deferCount: 24, admins: ['root', 'domus'] },
  });
  return {
    driver: new VirtualBatch({ core, clock, random: new Random(3), source: 'main', user: 'domus' }),
    scheduler: plugin.create({ reasonsAtOnce: 5, maxOutputMiB: 16 }, { shell: new InProcessShell(core, 'domus', 20), clock, log: silentLog, name: 'main' }),
    submit: async (user, args, script) => {
      const { exit, stdout, stderr } = core.run(['qsub', ...args], { user, stdin: script });
      if (exit !== 0) throw new Error(`qsub ${args.join(' ')}: exit ${exit}, ${stderr}`);
      return stdout.trim();
    },
    run: async (argv) => core.run(argv, { user: 'root' }),
    momUp: (node, cores) => core.momUp(node, { cores, usersResolve: true }),
    momDown: (node) => core.momDown(node),
    advance: async (ms) => void (await clock.run(clock.now() + ms)),
    close: async () => core.close(),
  };
}

schedulerContract('the Maui plugin over an emulated Maui', async () => bench());
