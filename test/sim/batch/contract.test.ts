import { plugin } from '../../../plugins/torque/index.js';
import type { Batch } from '../../../src/drivers/batch.js';
import { silentLog } from '../../../src/log.js';
import { BatchCore } from '../../../src/sim/batch/core.js';
import { VirtualBatch } from '../../../src/sim/batch/driver.js';
import { InProcessShell } from '../../../src/sim/batch/in-process-shell.js';
import type { BatchOptions } from '../../../src/sim/batch/options.js';
import { VirtualClock } from '../../../src/sim/clock.js';
import { Random } from '../../../src/sim/random.js';
import { type BatchBench, batchContract } from '../../contract/batch.js';

type MakeDriver = (core: BatchCore, clock: VirtualClock) => Batch;

function bench(make: MakeDriver, version: NonNullable<BatchOptions['version']>): BatchBench {
  const clock = new VirtualClock();
  const core = new BatchCore({
    agenda: clock,
    random: new Random(7),
    version,
    managers: ['root'],
    operators: ['domus'],
    resolves: (name) => /^wn0[1-4]$/.test(name),
  });
  return {
    driver: make(core, clock),
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

const throughText: MakeDriver = (core, clock) =>
  plugin.create(
    { readBackTries: 4, readBackPauseMs: 500, maxOutputMiB: 64 },
    { shell: new InProcessShell(core, 'domus', 20), clock, log: silentLog, name: 'main' },
  );
const direct: MakeDriver = (core, clock) => new VirtualBatch({ core, clock, random: new Random(3), source: 'main', user: 'domus' });

for (const version of ['4.2.10', '6.1.3'] as const) {
  batchContract(`the TORQUE plugin over an emulated ${version}`, async () => bench(throughText, version));
  batchContract(`the direct driver of an emulated ${version}`, async () => bench(direct, version));
}
