import type { TestContext } from 'vitest';
import { plugin } from '../../plugins/torque/index.js';
import { systemClock } from '../../src/clock.js';
import type { Batch } from '../../src/drivers/batch.js';
import { execaShell } from '../../src/drivers/execa-shell.js';
import type { Shell } from '../../src/drivers/shell.js';
import { silentLog } from '../../src/log.js';
import type { BatchBench } from '../contract/bench.js';
import { never } from '../contract/bench.js';
import { renaming, runningAs } from './shells.js';
import { type RealSite, testNodes, testQueue } from './site.js';

type Said = Awaited<ReturnType<BatchBench['run']>>;

/** A real server as a bench: what the suite lists is removed before and after each test, and nothing else is touched. */
export class RealBench implements BatchBench {
  readonly driver: Batch;
  readonly #site: RealSite;
  readonly #shell: Shell;
  readonly #context: TestContext;
  readonly #jobs: string[] = [];
  #before: readonly string[] = [];

  constructor(site: RealSite, context: TestContext) {
    this.#site = site;
    this.#context = context;
    this.#shell = renaming(execaShell(systemClock), site.names);
    const shell = runningAs(site.operator, this.#shell);
    const place = site.bin === undefined ? {} : { bin: site.bin };
    this.driver = ownOnly(
      plugin.create({ ...place, readBackTries: 4, readBackPauseMs: 500, maxOutputMiB: 64 }, { shell, clock: systemClock, log: silentLog, name: 'main' }),
    );
  }

  async open(): Promise<this> {
    await this.#clear();
    const { stdout } = await this.run(['qmgr', '-c', 'list server']);
    this.#before = ['scheduling', 'scheduler_iteration'].flatMap((name) => {
      const value = new RegExp(`^\\s*${name} = (\\S+)$`, 'm').exec(stdout)?.[1];
      return value === undefined ? [] : [`set server ${name} = ${value}`];
    });
    return this;
  }

  async submit(user: string, qsubArgs: readonly string[], script: string): Promise<string> {
    const shorter = script.replace(/sleep (\d+)/, (_, seconds: string) => `sleep ${Math.max(1, Math.ceil(Number(seconds) / this.#site.pace))}`);
    const as = runningAs(this.#site.users.get(user) ?? user, this.#shell);
    const { exit, stdout, stderr } = await as.run(this.#at(['qsub', '-o', '/dev/null', '-e', '/dev/null', ...qsubArgs]), { signal: never, stdin: shorter });
    if (exit !== 0) throw new Error(`qsub ${qsubArgs.join(' ')}: exit ${exit}, ${stderr}`);
    const id = stdout.toString('utf8').trim();
    this.#jobs.push(id);
    return id;
  }

  async run(argv: readonly string[]): Promise<Said> {
    const { exit, stdout, stderr } = await this.#shell.run(this.#at(argv), { signal: never });
    return { exit, stdout: stdout.toString('utf8'), stderr };
  }

  async momUp(node: string, cores: number): Promise<void> {
    await this.#mom(['up', node, String(cores)]);
  }

  async momDown(node: string): Promise<void> {
    await this.#mom(['down', node]);
  }

  async advance(ms: number): Promise<void> {
    const { settleMs, pace } = this.#site;
    await systemClock.sleep(Math.min(ms, settleMs + ms / pace));
  }

  async close(): Promise<void> {
    await this.#clear();
    for (const directive of this.#before) await this.run(['qmgr', '-c', directive]);
    await this.driver.close();
  }

  async #mom(words: readonly string[]): Promise<void> {
    if (this.#site.mom === undefined) this.#context.skip('needs workers to raise and fell: DOMUS_TORQUE_MOM is not set');
    else await this.#must([this.#site.mom, ...words]);
  }

  async #must(argv: readonly string[]): Promise<void> {
    const { exit, stderr } = await this.#shell.run(argv, { signal: never });
    if (exit !== 0) throw new Error(`${argv.join(' ')}: exit ${exit}, ${stderr}`);
  }

  /** Jobs, nodes and queue of the suite go; what is not there need not go. */
  async #clear(): Promise<void> {
    const { jobs, nodes, queues } = await this.driver.read(never);
    const ours = jobs.filter((job) => job.queue === testQueue && job.state !== 'complete').map((job) => job.id);
    for (const id of new Set([...ours, ...this.#jobs.splice(0)])) await this.run(['qdel', '-p', id]);
    for (const { name } of nodes) {
      if (this.#site.mom !== undefined) await this.#mom(['down', name]);
      await this.run(['qmgr', '-c', `delete node ${name}`]);
    }
    for (const { name } of queues) await this.run(['qmgr', '-c', `delete queue ${name}`]);
    const left = await this.driver.read(never);
    if (left.nodes.length > 0) throw new Error(`nodes of an earlier test cannot be deleted: ${left.nodes.map((node) => node.name).join(', ')}`);
    for (let tries = 0; tries < 30 && (await this.driver.read(never)).queues.length > 0; tries++) {
      await systemClock.sleep(1_000); // completed jobs keep it for keep_completed
      await this.run(['qmgr', '-c', `delete queue ${testQueue}`]);
    }
  }

  #at(argv: readonly string[]): readonly string[] {
    const [command = '', ...args] = argv;
    return [this.#site.bin === undefined ? command : `${this.#site.bin}/${command}`, ...args];
  }
}

/** The driver with eyes for the suite's own nodes, queue and jobs only. */
function ownOnly(driver: Batch): Batch {
  return {
    read: async (signal) => {
      const all = await driver.read(signal);
      return {
        ...all,
        nodes: all.nodes.filter((node) => testNodes.some((name) => name === node.name)),
        queues: all.queues.filter((queue) => queue.name === testQueue),
        jobs: all.jobs.filter((job) => job.queue === testQueue && job.state !== 'complete'),
      };
    },
    readNode: (node, signal) => driver.readNode(node, signal),
    admit: (admission, signal) => driver.admit(admission, signal),
    withhold: (node, note, np, signal) => driver.withhold(node, note, np, signal),
    cycle: (signal) => driver.cycle(signal),
    requeue: (job, signal) => driver.requeue(job, signal),
    advance: (job, before, signal) => driver.advance(job, before, signal),
    close: () => driver.close(),
  };
}
