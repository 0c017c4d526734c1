import { Trouble } from '../trouble.js';
import type { Answer, CommandIo } from './answer.js';
import type { Command, Context } from './command.js';
import { commandName, failed, isChange } from './command.js';
import type { JobEvents } from './events.js';
import { type Facts, factsOf } from './facts.js';
import { qdel, qhold, qorder, qrerun, qrls } from './job-commands.js';
import { checkjob, releasehold, setspri, showconfig, showq } from './maui.js';
import type { Mom } from './mom.js';
import { fellMom, raiseMom } from './moms.js';
import type { BatchOptions } from './options.js';
import { pbsnodes } from './pbsnodes.js';
import { qalter } from './qalter.js';
import { qmgr } from './qmgr.js';
import { qstat } from './qstat.js';
import { qsub } from './qsub.js';
import { startServer, stopServer } from './restart.js';
import { Scheduler } from './scheduler.js';
import { Server } from './server.js';
import type { BatchTrouble } from './trouble.js';
import { refused, unauthorised } from './unreachable.js';

const commands: Readonly<Record<string, Command>> = { qsub, qstat, pbsnodes, qmgr, qdel, qrerun, qalter, qhold, qorder, qrls };
/** Maui's, where it schedules. */
const mauiCommands: Readonly<Record<string, Command>> = { showq, checkjob, releasehold, setspri, showconfig };

/** The commands that belong on PATH in the lab. */
export const commandNames: readonly string[] = [...Object.keys(commands), 'qterm', 'pbs_server'];

/** An emulated TORQUE server with its scheduler: opened empty, living by the agenda, deterministic by the random numbers. */
export class BatchCore {
  /** What it remembers: for the direct driver and for tests. */
  readonly server: Server;
  readonly scheduler: Scheduler;
  /** What becomes of each command or call, for a while or by its number. */
  readonly ailments: Trouble;

  constructor(options: BatchOptions) {
    this.server = new Server(options);
    this.scheduler = new Scheduler(this.server);
    this.ailments = new Trouble(() => options.agenda.now());
  }

  /** Switches for what shall go wrong. */
  get trouble(): BatchTrouble {
    return this.server.trouble;
  }

  /** One command to its end, at once; `answer` adds slowness and silence. */
  run(argv: readonly string[], io: CommandIo): Answer {
    const name = commandName(argv);
    const args = argv.slice(1);
    const { server } = this;
    if (name === 'qterm' || name === 'pbs_server') return this.#service(name, io);
    const known = this.scheduler.maui === undefined ? commands : { ...commands, ...mauiCommands };
    const command = Object.hasOwn(known, name) ? known[name] : undefined;
    if (command === undefined) return failed(127, `${name}: command not found`);
    if (server.trouble.trqauthdDown) return unauthorised(name, server);
    if (server.trouble.refuse || !server.up) return refused(name, server);
    const context: Context = { server, scheduler: this.scheduler, maui: this.scheduler.maui, io };
    const answer = command(args, context);
    const denies = server.trouble.lie === 'done-but-failed' && answer.exit === 0 && isChange(argv);
    return denies ? failed(1, `${name}: End of File`) : answer;
  }

  /** What that command says when pbs_server cannot be reached. */
  unreachable(command: string): Answer {
    return refused(command.replace(/^.*\//, ''), this.server);
  }

  #service(name: string, io: CommandIo): Answer {
    if (!this.server.isManager(io.user)) return failed(159, `${name}: Unauthorized Request  MSG=operation not permitted`);
    if (name === 'pbs_server') startServer(this.server);
    else if (!this.server.up || this.server.trouble.refuse) return refused('qterm', this.server);
    else stopServer(this.server);
    return { stdout: '', stderr: '', exit: 0 };
  }

  /** The worker of that name boots: its mom starts with an empty spool and reports at once. */
  momUp(node: string, mom: Mom): void {
    raiseMom(this.server, node, mom);
  }

  /** The worker dies without a word: its jobs are lost, the server notices later. */
  momDown(node: string): void {
    fellMom(this.server, node);
  }

  /** `qterm -t quick; pbs_server`. */
  restart(): void {
    stopServer(this.server);
    startServer(this.server);
  }

  /** Listens; the returned function stops it. */
  on<K extends keyof JobEvents>(kind: K, listener: (event: JobEvents[K]) => void): () => void {
    return this.server.events.on(kind, listener);
  }

  /** What really happened to every job. */
  facts(): Facts {
    return factsOf(this.server);
  }

  /** Ends its periodic entries on the agenda. */
  close(): void {
    this.scheduler.stop();
  }
}
