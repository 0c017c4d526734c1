import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { assemble, type Former } from './across.js';
import { checkApi, makeApi } from './api.js';
import { checkBoot, makeBoot } from './boot.js';
import { type Attached, checkWalltimes, makeCalendars } from './calendars.js';
import type { Config, Problem } from './config.js';
import type { Source } from './document.js';
import { freezeDeeply } from './freeze.js';
import { makeNotices } from './notices.js';
import { makePolicy } from './policy.js';
import { Problems } from './problem.js';
import { readDomus, readEnvironments } from './read.js';
import { revisionOf } from './revision.js';
import type { domusSchema } from './schema.js';
import { type Path, type Place, Spots } from './spots.js';

export type { Former } from './across.js';

/** A configuration, or everything that is wrong with it. `locate` finds where a value is written. */
export type Checked =
  | { readonly ok: true; readonly config: Config; readonly locate: (path: Path, at?: 'key' | 'value') => Place }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Checks the texts of domus.yaml (the first) and of the environment files, completely: pure, all problems at once. */
export function checkConfig(files: readonly Source[], former: Former = new Map(), attached: Attached = new Map()): Checked {
  const spots = new Spots();
  const problems = new Problems(spots);
  const paths = files.map((file) => file.path);
  const [main, ...others] = files;
  if (main === undefined) problems.addAt({ file: 'domus.yaml', line: 1, column: 1 }, { found: 'no file', expected: 'domus.yaml' });
  const read = main === undefined ? undefined : readDomus(main, spots, problems);
  const assembled = assemble(read, readEnvironments(others, spots, problems), former, problems);
  checkApi(read?.api, problems);
  const calendars = makeCalendars(read, attached, problems);
  checkWalltimes(assembled.environments, calendars, problems);
  checkBoot(read, assembled.hosts, problems);
  if (problems.any() || read === undefined) return { ok: false, problems: problems.all(paths) };
  const domus = read as z.output<typeof domusSchema>; // nothing is missing where nothing is wrong
  const policy = makePolicy(domus, assembled, former);
  return { ok: true, config: makeConfig(domus, policy, paths, calendars), locate: (path, at) => spots.place(path, at) };
}

/** Publishers of names are told whose names they are. */
function namesPart({ deployment, network }: z.output<typeof domusSchema>): Config['names'] & object {
  const { driver, ...settings } = network.names ?? { driver: 'dnsmasq' };
  return { driver, settings: { deployment, ...settings } };
}

function makeConfig(
  domus: z.output<typeof domusSchema>,
  policy: Omit<Config['policy'], 'revision'>,
  paths: readonly string[],
  calendars: Config['calendars'] & object,
): Config {
  const folder = dirname(resolve(paths[0] ?? ''));
  const api = makeApi(domus.api, folder);
  const part = ({ driver, ...settings }: { driver: string; [key: string]: unknown }) => ({ driver, settings });
  const { driver, settings } = part(domus.xen);
  const servers = Object.entries(domus.batch).map(([name, { scheduler, ...server }]) => ({ name, server: part(server), scheduler }));
  const schedulers = servers.flatMap(({ name, scheduler }) => (scheduler === undefined ? [] : [[name, part(scheduler)] as const]));
  const powers = Object.entries(domus.pools).flatMap(([name, { power }]) => (power === undefined ? [] : [[name, part(power)] as const]));
  const classrooms = Object.entries(domus.pools).flatMap(([name, { classroom }]) => (classroom === undefined ? [] : [[name, part(classroom)] as const]));
  const notices = makeNotices(domus.notices, folder);
  const boot = makeBoot(domus, folder);
  const content = {
    batch: Object.fromEntries(servers.map(({ name, server }) => [name, server])),
    ...(schedulers.length === 0 ? {} : { schedulers: Object.fromEntries(schedulers) }),
    ...(powers.length === 0 ? {} : { powers: Object.fromEntries(powers) }),
    ...(classrooms.length === 0 ? {} : { classrooms: Object.fromEntries(classrooms) }),
    ...(Object.keys(calendars).length === 0 ? {} : { calendars }),
    runner: part(domus.ssh),
    hypervisor: { driver, settings: { ...settings, imagesDir: domus.store.images, overlaysDir: domus.store.overlays } },
    ...(domus.network.names === undefined ? {} : { names: namesPart(domus) }),
    images: { here: domus.store.imagesHere ?? domus.store.images, overlaysHere: domus.store.overlaysHere ?? domus.store.overlays },
    stateDir: resolve(folder, domus.state),
    runDir: resolve(folder, domus.run),
    ...(domus.group === undefined ? {} : { group: domus.group }),
    keepHistoryMs: domus.history.keep,
    housekeeping: domus.history.housekeeping,
    ...(api === undefined ? {} : { api }),
    sessionMs: domus.api.session,
    ...(domus.hooks.port === undefined ? {} : { hooks: { address: domus.hooks.address, port: domus.hooks.port } }),
    ...(boot === undefined ? {} : { boot }),
    ...(domus.metrics.port === undefined ? {} : { metrics: { address: domus.metrics.address, port: domus.metrics.port } }),
  };
  const told = notices === undefined ? {} : { notices };
  const revision = revisionOf({ policy, content });
  return freezeDeeply({ policy: { ...policy, revision }, ...content, ...told, files: paths.map((path) => resolve(path)) });
}
