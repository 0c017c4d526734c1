import { describe, expect, it } from 'vitest';
import { plugin } from '../../../plugins/torque/index.js';
import { queueCounts } from '../../../plugins/torque/parse.js';
import { Sparing, signsOf } from '../../../plugins/torque/sparing.js';
import type { JobList } from '../../../src/drivers/job-lists.js';
import type { Shell } from '../../../src/drivers/shell.js';
import { silentLog } from '../../../src/log.js';
import type { BatchNode } from '../../../src/model/batch.js';
import { InProcessShell } from '../../../src/sim/batch/in-process-shell.js';
import { textOf } from './fixtures.js';
import { never, stage } from './stage.js';

const list: JobList = { jobs: [], warnings: [], unreadable: 0, showsNeednodes: undefined };
const node = (name: string, jobs: readonly string[], momJobs: readonly string[] = []): BatchNode => ({
  ...{ name, states: ['free'], np: 4, properties: [], note: '', momJobs },
  jobs: jobs.map((id) => ({ id, slots: 1 })),
});

describe('a dear list of jobs', () => {
  it('is spared while nothing shows a change, three times in a row', () => {
    const sparing = new Sparing();
    expect(sparing.spared('a', 0)).toBeUndefined();
    sparing.learn('a', list, 5_000, 0);
    expect([1, 2, 3, 4].map(() => sparing.spared('a', 0))).toEqual([list, list, list, undefined]);
    sparing.learn('a', list, 5_000, 0);
    expect(sparing.spared('a', 0)).toBe(list);
  });

  it('is read once it is a minute old, however seldom it was spared: what no count shows is seen then', () => {
    const sparing = new Sparing();
    sparing.learn('a', list, 5_000, 1_000);
    expect([60_999, 61_000].map((mono) => sparing.spared('a', mono))).toEqual([list, undefined]);
  });

  it('is read when anything shows a change, when nothing can be compared, and always when it is cheap', () => {
    const sparing = new Sparing();
    sparing.learn('a', list, 5_000, 0);
    expect([sparing.spared('b', 0), sparing.spared(undefined, 0), sparing.spared('a', 0)]).toEqual([undefined, undefined, list]);
    sparing.learn('a', list, 999, 0);
    expect(sparing.spared('a', 0)).toBeUndefined();
    sparing.learn(undefined, list, 5_000, 0);
    expect(sparing.spared(undefined, 0)).toBeUndefined();
  });

  it('shows a change by a count, a job on a node in either view, another node, a jump of the clock', () => {
    const nodes = [node('wn01', ['1.srv'], ['1.srv']), node('wn02', [])];
    const before = signsOf('grid 1', nodes, 0);
    expect(signsOf('grid 1', [...nodes], 10)).toBe(before);
    const others = [
      signsOf('grid 2', nodes, 0),
      signsOf('grid 1', [node('wn01', ['2.srv'], ['1.srv']), node('wn02', [])], 0),
      signsOf('grid 1', [node('wn01', ['1.srv']), node('wn02', [])], 0),
      signsOf('grid 1', nodes.slice(0, 1), 0),
      signsOf('grid 1', nodes, 3_600_000),
    ];
    expect(new Set([before, ...others]).size).toBe(6);
    expect(signsOf(undefined, nodes, 0)).toBeUndefined();
  });

  it.each(['qstat-Qf.txt', 'v6-qstat-Qf.txt'])('is judged by the counts of every recorded queue: %s', (file) => {
    const counts = queueCounts(textOf(file));
    expect(counts?.split('\n')).toHaveLength(textOf(file).match(/^Queue: /gm)?.length ?? 0);
    expect(counts).toMatch(/Queued:\d+ Held:\d+ Waiting:\d+ Running:\d+/);
    expect(queueCounts(textOf(file).replace(/Queued:(\d+)/, 'Queued:7$1'))).not.toBe(counts);
    expect(queueCounts('Queue: grid\n    queue_type = Execution\n')).toBeUndefined();
  });

  it('is read again at once when a job came, and the fourth time in any case', async () => {
    const { core, clock, root, until } = stage();
    root('qmgr', '-c', 'create queue grid queue_type=execution,enabled=true,started=true');
    const quick = new InProcessShell(core, 'domus', 100);
    const dear = new InProcessShell(core, 'domus', 2_000);
    const shell: Shell = { run: (argv, options) => quick.run(argv, options), stream: (argv, options) => dear.stream(argv, options) };
    const checked = plugin.config.safeParse({});
    if (!checked.success) throw new Error('the default configuration should be valid');
    const driver = plugin.create(checked.data, { shell, clock, log: silentLog, name: 'main' });
    const lists = (): number => dear.ran.length;
    let cost: number | undefined;
    const read = async (): Promise<readonly number[]> => {
      const { jobs, costMs } = await until(driver.read(never));
      cost = costMs;
      return [jobs.length, lists()];
    };
    expect([await read(), await read(), await read()]).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
    expect(cost).toBe(0);
    const submitted = core.run(['qsub', '-q', 'grid'], { user: 'alice', stdin: 'sleep 60\n' });
    expect((await until(Promise.resolve(submitted))).stderr).toBe('');
    expect(await read()).toEqual([1, 2]);
    expect([await read(), await read(), await read(), await read()]).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
      [1, 3],
    ]);
    expect(cost).toBe(1_900);
  });
});
