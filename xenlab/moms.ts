import { createSocket, type Socket } from 'node:dgram';
import { systemClock } from '../src/clock.js';
import type { BatchCore } from '../src/sim/batch/core.js';
import type { BatchJob } from '../src/sim/batch/job.js';
import { GuestLine } from './guest-line.js';

export interface Seat {
  readonly name: string;
  readonly address: string;
}

export interface MomsOptions {
  readonly core: BatchCore;
  readonly seats: readonly Seat[];
  /** Root's way into the guests: the image lets this key in. */
  readonly privateKey: string;
  /** Told of every mom that comes and goes, and of every job that one takes. */
  readonly heard: (line: string) => void;
}

const port = 15_003;
/** A mom reports every two seconds; one that is silent this long is dead. */
const silentMs = 40_000;

/** What pbs_mom does for a job: its world, then the script in a login shell of its owner, in his home, its output there. */
function wrapper(job: BatchJob, nodes: readonly string[], seats: readonly Seat[]): string {
  const number = job.id.replace(/\..*$/, '');
  const spool = '/var/spool/domus-lab';
  const known = seats.map(({ name, address }) => `${address} ${name} ${name.replace(/\..*$/, '')}\\n`).join('');
  const world = `PBS_JOBID=${job.id} PBS_JOBNAME=${job.name} PBS_O_WORKDIR=$HOME PBS_ENVIRONMENT=PBS_BATCH PBS_NODEFILE=${spool}/${number}.nodes`;
  return [
    'set -e',
    `mkdir -p ${spool}; chmod 755 ${spool}`,
    `printf '${nodes.map((node) => `${node}\\n`).join('')}' > ${spool}/${number}.nodes`,
    // the resolver of the site, for jobs that reach their sisters
    `[ -e ${spool}/known ] || { printf '${known}' >> /etc/hosts; touch ${spool}/known; }`,
    `cat > ${spool}/${number}.sh; chmod 644 ${spool}/${number}.sh ${spool}/${number}.nodes`,
    `exec runuser -l ${job.owner} -c 'cd; ${world} sh ${spool}/${number}.sh > ${job.name}.o${number} 2> ${job.name}.e${number}'`,
  ].join('\n');
}

/**
 * The laboratory's moms. The batch server is the laboratory's, but what runs is real: a mom is up while it reports from inside its
 * guest, and a job is its script, carried out in that guest by its owner, with his home and his output files.
 */
export class Moms {
  readonly #options: MomsOptions;
  readonly #socket: Socket;
  readonly #life = new AbortController();
  readonly #lastHeard = new Map<string, number>();
  readonly #watching: Promise<void>;

  constructor(options: MomsOptions) {
    this.#options = options;
    this.#socket = createSocket('udp4');
    this.#socket.on('error', (error) => options.heard(`the moms' port: ${error.message}`));
    this.#socket.on('message', (text, { address }) => this.#hear(text.toString('latin1'), address));
    this.#socket.bind(port);
    this.#watching = this.#watch();
  }

  async close(): Promise<void> {
    this.#life.abort();
    this.#socket.close();
    await this.#watching;
  }

  /** A report counts only from the seat's own address. */
  #hear(text: string, from: string): void {
    const { core, seats, heard } = this.#options;
    const [, name, cores, kib] = /^mom (\S+) (\d+) (\d+)\n$/.exec(text) ?? [];
    const seat = seats.find((each) => each.name === name && each.address === from);
    if (seat === undefined) return;
    const before = core.server.moms.get(seat.name);
    this.#lastHeard.set(seat.name, systemClock.mono());
    if (before?.spec.cores === Number(cores)) return;
    if (before !== undefined) {
      // a guest that was resized: the mom tells its new size, its jobs go on
      core.server.moms.set(seat.name, Object.assign(before, { spec: { ...before.spec, cores: Number(cores) } }));
      return;
    }
    heard(`mom of ${seat.name} is up: ${cores} core(s), ${Math.round(Number(kib) / 1024)} MiB`);
    core.momUp(seat.name, {
      cores: Number(cores),
      memoryMiB: Math.round(Number(kib) / 1024),
      usersResolve: true,
      carryOut: (job, nodes, signal) => this.#carryOut(seat, job, nodes, signal),
    });
  }

  async #watch(): Promise<void> {
    const { core, heard } = this.#options;
    while (!this.#life.signal.aborted) {
      await systemClock.sleep(1_000, this.#life.signal);
      for (const [name, at] of this.#lastHeard) {
        if (systemClock.mono() - at < silentMs) continue;
        this.#lastHeard.delete(name);
        heard(`mom of ${name} is silent`);
        core.momDown(name);
      }
    }
  }

  async #carryOut({ address }: Seat, job: BatchJob, nodes: readonly string[], signal: AbortSignal): Promise<number> {
    const { heard, seats, privateKey } = this.#options;
    heard(`job ${job.id} begins on ${nodes.join(', ')}`);
    const line = await GuestLine.open(address, privateKey, 60_000);
    try {
      const { exit, stderr } = await line.run(wrapper(job, nodes, seats), { stdin: job.script, signal });
      heard(`job ${job.id} ended with status ${exit}${stderr === '' ? '' : ` (${stderr.trim().slice(0, 200)})`}`);
      return exit;
    } catch (error) {
      // a mom that dies tells nobody: the job is what the server last heard of it, until somebody says otherwise
      heard(`nothing more is heard of job ${job.id}: ${error instanceof Error ? error.message : String(error)}`);
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      throw error;
    } finally {
      line.close();
    }
  }
}
