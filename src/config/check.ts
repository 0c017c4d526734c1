import { basename, dirname, resolve } from 'node:path';
import cron from 'node-cron';
import type { z } from 'zod';
import { compileExpression } from '../classify/expression.js';
import type { Environment } from '../model/environment.js';
import { checkCarriers, checkShares } from './capacity.js';
import type { Config, Problem } from './config.js';
import { openSheet, type Source } from './document.js';
import { type EnvironmentFile, makeEnvironment } from './environment.js';
import { environmentSchema } from './environment-schema.js';
import { freezeDeeply } from './freeze.js';
import { type DomusFile, makeHosts } from './hosts.js';
import { makePolicy } from './policy.js';
import { Problems, shown } from './problem.js';
import { checkReferences, checkSeatOwners } from './references.js';
import { revisionOf } from './revision.js';
import { domusSchema } from './schema.js';
import { makePlaces } from './seats.js';
import { checkServing } from './serving.js';
import { word } from './shapes.js';
import { type Path, type Place, Spots } from './spots.js';
import { Walk } from './walk.js';

/** A configuration, or everything that is wrong with it. `locate` finds where a value is written. */
export type Checked =
  | { readonly ok: true; readonly config: Config; readonly locate: (path: Path) => Place }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Environments by name that no file describes any more but the journal remembers: their seats stay, their machines are drained. */
export type Former = ReadonlyMap<string, Environment>;

/** Checks the texts of domus.yaml (the first) and of the environment files, completely: pure, all problems at once. */
export function checkConfig(files: readonly Source[], former: Former = new Map()): Checked {
  const spots = new Spots();
  const problems = new Problems(spots);
  const paths = files.map((file) => file.path);
  const [main, ...others] = files;
  const domus = main === undefined ? undefined : readDomus(main, spots, problems);
  const environments = readEnvironments(others, spots, problems);
  const { hosts, policy } = checkAcross(domus, environments, former, problems);
  if (main === undefined) problems.addAt({ file: 'domus.yaml', line: 1, column: 1 }, { found: 'no file', expected: 'domus.yaml' });
  const found = problems.all(paths);
  if (found.length > 0 || domus === undefined || main === undefined || hosts === undefined || policy === undefined) return { ok: false, problems: found };
  const config = makeConfig(domus as z.output<typeof domusSchema>, policy, paths);
  return { ok: true, config, locate: (path) => spots.place(path) };
}

function readDomus(file: Source, spots: Spots, problems: Problems): DomusFile | undefined {
  const sheet = openSheet(file, [], spots, problems);
  if (sheet === undefined) return undefined;
  const domus = new Walk(sheet, spots, problems).read(domusSchema);
  for (const part of ['batch', 'pools'] as const)
    if (domus?.[part] !== undefined && Object.keys(domus[part]).length === 0)
      problems.add([part], { found: 'nothing', expected: `at least one entry under ${part}` });
  const schedule = domus?.history?.housekeeping;
  if (schedule !== undefined && !cron.validate(schedule))
    problems.add(['history', 'housekeeping'], { found: shown(schedule), expected: 'a cron expression such as 30 3 * * *' });
  const { breakerPause = 0, breakerPauseMax } = domus?.limits ?? {};
  if (breakerPauseMax !== undefined && breakerPause > breakerPauseMax)
    problems.add(['limits', 'breakerPauseMax'], { found: `${breakerPauseMax / 1000}s`, expected: `at least breakerPause, ${breakerPause / 1000}s` });
  return domus;
}

/** Environment files by name; a file that cannot be read at all still tells that the environment exists. */
function readEnvironments(files: readonly Source[], spots: Spots, problems: Problems): ReadonlyMap<string, EnvironmentFile | undefined> {
  const environments = new Map<string, EnvironmentFile | undefined>();
  for (const file of files) {
    const name = basename(file.path, '.yaml');
    const place = { file: file.path, line: 1, column: 1 };
    if (!file.path.endsWith('.yaml')) {
      problems.addAt(place, { found: `file ${basename(file.path)}`, expected: 'environment files called NAME.yaml' });
      continue;
    }
    if (!word.safeParse(name).success)
      problems.addAt(place, { found: `environment ${shown(name)}`, expected: 'a file name of a-z, 0-9 and -, starting with a letter' });
    const sheet = openSheet(file, ['environments', name], spots, problems);
    const read = sheet === undefined ? undefined : new Walk(sheet, spots, problems).read(environmentSchema);
    environments.set(name, read);
    const jobs = read?.serves?.jobs;
    const compiled = jobs === undefined ? undefined : compileExpression(jobs);
    if (compiled !== undefined && 'problem' in compiled)
      problems.add(['environments', name, 'serves', 'jobs'], {
        found: `expression ${shown(jobs)}: ${compiled.problem}`,
        expected: 'a CEL expression that is true or false',
      });
  }
  return environments;
}

/** Everything that one part of the configuration says of another. */
function checkAcross(domus: DomusFile | undefined, files: ReadonlyMap<string, EnvironmentFile | undefined>, former: Former, problems: Problems) {
  const readable = new Map([...files].filter((entry): entry is [string, EnvironmentFile] => entry[1] !== undefined));
  const sources = domus?.batch === undefined ? undefined : Object.keys(domus.batch);
  const pools = domus?.pools === undefined ? undefined : Object.keys(domus.pools);
  checkServing(readable, sources?.length === 1 ? sources[0] : undefined, problems);
  for (const [name, file] of readable) checkReferences(name, file, sources, pools, problems);
  checkShares(readable, pools ?? [], problems);
  const hosts = domus === undefined ? undefined : makeHosts(domus, problems);
  const places = domus === undefined ? undefined : makePlaces(domus, problems);
  if (places !== undefined) checkSeatOwners([...places.keys()], [...files.keys()], new Set(former.keys()), problems);
  const environments: Environment[] = [];
  for (const [name, file] of readable) {
    const environment = makeEnvironment(name, file, { sources, pools, seats: places?.get(name)?.length }, problems);
    if (environment === undefined) continue;
    environments.push(environment);
    checkCarriers(environment, hosts ?? [], domus?.guestOverhead ?? 0, problems);
  }
  if (domus === undefined || hosts === undefined || places === undefined || problems.any()) return { hosts, policy: undefined };
  return { hosts, policy: makePolicy(domus as z.output<typeof domusSchema>, hosts, environments, places, former) };
}

function makeConfig(domus: z.output<typeof domusSchema>, policy: Omit<Config['policy'], 'revision'>, paths: readonly string[]): Config {
  const folder = dirname(resolve(paths[0] ?? ''));
  const part = ({ driver, ...settings }: { driver: string; [key: string]: unknown }) => ({ driver, settings });
  const { driver, settings } = part(domus.xen);
  const content = {
    batch: Object.fromEntries(Object.entries(domus.batch).map(([name, written]) => [name, part(written)])),
    runner: part(domus.ssh),
    hypervisor: { driver, settings: { ...settings, imagesDir: domus.store.images, overlaysDir: domus.store.overlays } },
    ...(domus.network.names === undefined ? {} : { names: part(domus.network.names) }),
    stateDir: resolve(folder, domus.state),
    runDir: resolve(folder, domus.run),
    ...(domus.group === undefined ? {} : { group: domus.group }),
    keepHistoryMs: domus.history.keep,
    housekeeping: domus.history.housekeeping,
  };
  const revision = revisionOf({ policy, content });
  return freezeDeeply({ policy: { ...policy, revision }, ...content, files: paths.map((path) => resolve(path)) });
}
