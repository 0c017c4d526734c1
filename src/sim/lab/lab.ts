import { setMaxListeners } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { systemClock } from '../../clock.js';
import type { GuestEvent } from '../datacentre.js';
import { Daemon } from './daemon.js';
import { type LabFolder, layOut } from './folder.js';
import { type LabOptions, parseTrouble } from './options.js';
import { type LabOut, Screen } from './screen.js';
import { environments } from './site.js';
import { Story } from './story.js';
import { remainsOf, summarise, told } from './summary.js';
import { LabWorld } from './world.js';

export type { LabOptions } from './options.js';
export type { LabOut } from './screen.js';

const usualPace = 12;
const happened: Readonly<Record<GuestEvent['kind'], string>> = {
  made: 'was made',
  up: 'is up',
  stopped: 'is stopped',
  died: 'died',
  resized: 'changes its size',
  moved: 'moves',
};

/** Opens the embedded lab, runs the main job in it, and answers with an exit code: 0 all well, 1 something is not. Raises an Error for options that cannot be. */
export async function runLab(options: LabOptions, out: LabOut): Promise<number> {
  const clock = systemClock;
  const screen = new Screen(out, () => clock.mono());
  const { seed = 1, pace = usualPace, kills = 0 } = options;
  const troubles = (options.trouble ?? []).map(parseTrouble);
  const folder = layOut(options.dir === undefined ? mkdtempSync(join(tmpdir(), 'domus-lab-')) : resolve(options.dir));
  const stop = new AbortController();
  setMaxListeners(0, stop.signal); // every step of the story waits on it
  const world = new LabWorld(folder, {
    seed,
    pace,
    failed: (error) => screen.say(`the lab itself: ${error instanceof Error ? error.message : String(error)}`),
  });
  const daemon = new Daemon(folder, clock, (why) => screen.say(why));
  const story = new Story({ world, daemon, screen, clock, pace, seed, kills, stop: stop.signal });
  const lab: Lab = { options: { ...options, seed, pace, kills }, screen, folder, stop, world, daemon, story };
  const give = (): void => stop.abort();
  options.signal?.addEventListener('abort', give, { once: true });
  process.once('SIGINT', give);
  process.once('SIGTERM', give);
  try {
    await world.open(options.mode ?? 'act', options.port);
    screen.head(headOf(lab));
    const firstJobSeconds = listen(lab);
    daemon.start();
    story.begin();
    for (const trouble of troubles) story.afflict(trouble);
    await lived(lab);
    stop.abort();
    await daemon.stop();
    return concluded(lab, firstJobSeconds());
  } finally {
    stop.abort();
    process.removeListener('SIGINT', give);
    process.removeListener('SIGTERM', give);
    await daemon.stop();
    await story.close();
    await world.close();
  }
}

interface Lab {
  readonly options: LabOptions & { readonly seed: number; readonly pace: number; readonly kills: number };
  readonly screen: Screen;
  readonly folder: LabFolder;
  readonly stop: AbortController;
  readonly world: LabWorld;
  readonly daemon: Daemon;
  readonly story: Story;
}

/** Says what happens to jobs and guests; the answer tells when the first job ran. */
function listen({ world, screen }: Lab): () => number | null {
  let first: number | null = null;
  world.core.on('job-started', ({ job, run }) => {
    first ??= screen.seconds();
    screen.say(`job ${job.id} runs on ${run.nodes.join(', ')}`);
  });
  world.core.on('job-ended', ({ job, why }) => screen.say(`job ${job.id} ${why}`));
  world.centre.heard = ({ kind, host, guest }) => screen.say(`guest ${guest.plan.name} on ${host.name} ${happened[kind]}`);
  return () => first;
}

/** Until everything is done, the time is over, or somebody stops it. */
async function lived({ options, stop, story, world, screen }: Lab): Promise<void> {
  const limitMs = options.durationMs ?? (options.untilDone ? 300_000 + options.kills * 10_000 : undefined);
  if (limitMs !== undefined) void systemClock.sleep(limitMs, stop.signal).then(() => stop.abort());
  if (options.untilDone) {
    if (!(await story.ended())) screen.say('given up');
    return;
  }
  while (!stop.signal.aborted) {
    screen.draw(world);
    await systemClock.sleep(2_000, stop.signal);
  }
}

/** Closes the book: the summary, and the exit code. */
function concluded({ options, world, folder, daemon, story, screen }: Lab, firstJobSeconds: number | null): number {
  const { seed, pace } = options;
  const run = { kills: daemon.kills, seed, pace, firstJobSeconds, seconds: screen.seconds(), unserved: story.unserved, explained: story.explained };
  const summary = summarise(world.centre, remainsOf(world.centre, folder, environments), run);
  const well = summary.ok || options.untilDone !== true;
  screen.print(told(summary));
  if (!well) screen.print(`The end of the daemon's log (${folder.daemonLog}):\n${daemon.lastWords()}`);
  if (options.json) screen.print(JSON.stringify(summary));
  if (options.dir === undefined && well) rmSync(folder.root, { recursive: true, force: true });
  return well ? 0 : 1;
}

function headOf({ folder, options }: Lab): string {
  const { seed, pace, kills } = options;
  return [
    `The Domus laboratory: four hosts, three environments, one TORQUE server. Seed ${seed}, pace ${pace}${kills > 0 ? `, ${kills} kills` : ''}.`,
    ...(options.port === undefined
      ? []
      : [`The page: the first link to it is the last lines of ${folder.daemonLog} in a moment (grep link= ${folder.daemonLog}).`]),
    'In another terminal:',
    `  export PATH=${folder.bin}:$PATH`,
    '  echo "sleep 120" | qsub -q grid -l nodes=1:ppn=2:grid      then qstat, pbsnodes',
    `  npx domus watch --config ${folder.config}`,
    `Everything lies in ${folder.root}; the daemon writes ${folder.daemonLog}.`,
  ].join('\n');
}
