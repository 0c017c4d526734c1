import { readFileSync } from 'node:fs';
import { schedule } from 'node-cron';
import { Changes } from './api/changes/changes.js';
import type { Estimator } from './api/week.js';
import { createClassifier } from './classify/classify.js';
import { systemClock } from './clock.js';
import type { Config } from './config/config.js';
import { loadConfig, stateFolderOf } from './config/load.js';
import { renderProblem } from './config/problem.js';
import { openDoors } from './daemon/doors.js';
import { withForecast } from './daemon/forecast.js';
import { withHours } from './daemon/hours.js';
import { Operations } from './daemon/operations.js';
import { batchDrivers, makeParts, type Parts } from './daemon/parts.js';
import { reload, remembered } from './daemon/reload.js';
import { within } from './deadline.js';
import { execaShell } from './drivers/execa-shell.js';
import { asFailure, Failure } from './drivers/failure.js';
import type { NameEntry } from './drivers/names.js';
import { openAskDoor } from './hooks/ask-door.js';
import { openNudgePipe } from './hooks/nudge-pipe.js';
import { Publication } from './hooks/publication.js';
import type { Journal } from './journal/contract.js';
import { openSqliteJournal } from './journal/sqlite/open.js';
import { Life } from './life.js';
import { createLog, type Log } from './log.js';
import type { Policy } from './model/policy.js';
import { because } from './model/reason.js';
import type { Classify } from './observe/groups.js';
import { packageFile } from './paths.js';

export interface DaemonOptions {
  readonly configFile: string;
  /** Take hosts over that another journal of the same deployment held: said by a person who knows that it is gone. */
  readonly takeOver: boolean;
  /** Lets the jobs of a week run again in the simulator; absent: nobody does. */
  readonly estimator?: Estimator;
}

/** Longest time to write the files of names, ms. */
const patienceMs = 5_000;

/** The whole daemon, until SIGTERM or SIGINT (exit 0), a broken journal (1), a wrong configuration (1), or another leader (4). */
export async function runDaemon(options: DaemonOptions): Promise<number> {
  const log = createLog();
  const clock = systemClock;
  const version = (JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string }).version;
  const stateDir = await stateFolderOf(options.configFile);
  const journal = stateDir === undefined ? undefined : await openSqliteJournal({ dir: stateDir, clock });
  try {
    const whole = await loadConfig(options.configFile, journal === undefined ? undefined : remembered(await journal.load()));
    if (!whole.ok || journal === undefined) return refuse(whole.ok ? [] : whole.problems.map(renderProblem));
    const made = await makeParts(whole, clock, log);
    if (!made.ok) return refuse(made.problems.map(renderProblem));
    try {
      return await live({ ...options, config: whole.config, parts: made.parts, journal, log, version });
    } finally {
      await made.parts.close();
    }
  } catch (thrown) {
    const failure = asFailure(thrown, 'domus run');
    log.fatal({ kind: failure.kind }, failure.message);
    process.stderr.write(`domus: ${failure.message}\n`);
    return failure instanceof Failure && failure.kind === 'refused' ? 4 : 1;
  } finally {
    await journal?.close();
  }
}

function refuse(problems: readonly string[]): number {
  process.stderr.write(`${problems.join('\n')}\ndomus: not started: ${problems.length} problem(s) in the configuration\n`);
  return 1;
}

interface Ready extends DaemonOptions {
  readonly config: Config;
  readonly parts: Parts;
  readonly journal: Journal;
  readonly log: Log;
  readonly version: string;
}

const classifyBy = (policy: Policy): Classify => {
  const classifier = createClassifier(policy);
  return (job, snapshot) => classifier(job, snapshot.queues);
};

const namesOf = ({ seats, services = {} }: Policy): readonly NameEntry[] =>
  [...Object.values(seats), ...Object.values(services)].map(({ name, address, mac }) => ({ name, address, mac }));

async function live(ready: Ready): Promise<number> {
  const operations = new Operations({ ...ready, clock: systemClock });
  try {
    return await lead(ready, operations);
  } finally {
    await operations.close();
  }
}

async function lead({ configFile, config: first, parts, log, version, takeOver }: Ready, operations: Operations): Promise<number> {
  const clock = systemClock;
  let config = first;
  let tookMs: number | undefined;
  const policyNow = () => withForecast(withHours(config, clock.wall()), operations.history, clock.wall());
  const publication = new Publication(config.runDir, log);
  const changes = new Changes(clock, version);
  const { journal } = operations;
  const life = await Life.begin({
    policy: policyNow(),
    classify: classifyBy(config.policy),
    batch: batchDrivers(parts),
    schedulers: parts.schedulers,
    powers: parts.powers,
    classrooms: parts.classrooms,
    ...(parts.boots === undefined ? {} : { boots: parts.boots }),
    hypervisor: parts.hypervisor,
    journal,
    clock,
    log,
    version,
    takeOver,
    published: (present) => {
      publication.follow(present);
      operations.follow(present);
      changes.publish(present);
    },
    ticked: (ms) => {
      tookMs = ms;
      operations.ticked(ms);
    },
  });
  await operations.begin(life.ledger.rows, life.lease.fence);
  if (config.policy.power?.forecast !== undefined) life.adopt(policyNow(), classifyBy(config.policy)); // its past is open now
  const publishNames = async (): Promise<void> => {
    const { names } = parts;
    if (names === undefined || config.policy.mode === 'watch') return;
    const entries = namesOf(config.policy);
    const changed = await within(clock, patienceMs, 'publishing the names', undefined, (signal) => names.publish(entries, signal));
    if (changed) log.info({ seats: entries.length }, 'published names');
  };
  await publishNames();
  const reloading = () =>
    reload({
      configFile,
      config: () => config,
      rows: () => life.ledger.rows,
      tell: (reason) => life.tell('daemon', reason),
      adopt: async (next) => {
        config = next;
        parts.follow(next);
        life.adopt(policyNow(), classifyBy(next.policy));
        await operations.adopt(next);
        await publishNames();
      },
    });
  const requestArrived = (): void => {
    life.observer.nudged();
    life.loop.changed();
  };
  let renew = async (): Promise<void> => undefined;
  const options = {
    present: () => life.present,
    changes,
    journal,
    requestArrived,
    reload: async () => {
      await renew();
      return reloading();
    },
    tickTookMs: () => tookMs,
    clock,
    log,
    version,
    ...operations.served(),
  };
  const doors = await openDoors({ ...options, config, tell: (text) => process.stderr.write(text) });
  renew = () => doors.renew().catch((thrown: unknown) => log.error({ cause: String(thrown) }, 'keeps the old certificate'));
  const pipe = await openNudgePipe({ runDir: config.runDir, shell: execaShell(clock), clock, log, nudge: requestArrived });
  const askDoor = config.hooks && (await openAskDoor({ ...config.hooks, clock, log, present: () => life.present, hurry: requestArrived }));
  const housekeeping = schedule(config.housekeeping, async () => {
    const removed = await journal.trim(clock.wall() - config.keepHistoryMs);
    doors.trim(clock.wall() - config.keepHistoryMs);
    log.info({ removed }, 'trimmed the history');
  });
  // what the calendars say of the time ahead, and what was usual, is worked out anew each day
  const calendars = schedule('17 4 * * *', () => {
    if (config.calendars !== undefined || config.policy.power?.forecast !== undefined) life.adopt(policyNow(), classifyBy(config.policy));
  });
  const status = (): string => `leads, epoch ${life.lease.fence.epoch}, mode ${config.policy.mode}`;
  const onHangup = async (): Promise<void> => {
    await operations.service.reloading();
    const { ok, problems, differences } = await options.reload();
    log.info({ ok, problems, differences }, 'reloaded on SIGHUP');
    await operations.service.ready(ok ? status() : `${status()}; the configuration was refused: ${problems[0] ?? ''}`);
  };
  const onEnd = (signal: NodeJS.Signals): void => {
    log.info({ signal }, 'stops: guests and jobs go on');
    void operations.service.stopping();
    life.stop();
  };
  process.on('SIGHUP', onHangup).on('SIGTERM', onEnd).on('SIGINT', onEnd);
  await operations.service.ready(status());
  try {
    await life.run();
    await life.tell('daemon', because('daemon-stopped', { why: 'asked to' }));
    return 0;
  } finally {
    process.off('SIGHUP', onHangup).off('SIGTERM', onEnd).off('SIGINT', onEnd);
    await housekeeping.stop();
    await calendars.stop();
    await pipe.close();
    await askDoor?.close();
    await publication.settled();
    await doors.close();
  }
}
