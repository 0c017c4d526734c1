import { basename } from 'node:path';
import cron from 'node-cron';
import { isMap, type Node } from 'yaml';
import { compileExpression, factTypes } from '../classify/expression.js';
import { openSheet, resolved, type Sheet, type Source } from './document.js';
import { writeDuration } from './duration.js';
import type { EnvironmentFile } from './environment.js';
import { environmentSchema } from './environment-schema.js';
import type { DomusFile } from './hosts.js';
import { nearest } from './nearest.js';
import { checkNotices } from './notices.js';
import { type Problems, shown } from './problem.js';
import { domusSchema } from './schema.js';
import type { ServiceFile } from './service.js';
import { serviceSchema } from './service-schema.js';
import { word } from './shapes.js';
import type { Spots } from './spots.js';
import { Walk } from './walk.js';

const facts = Object.keys(factTypes);

/** domus.yaml by its schema; what could be read of it. */
export function readDomus(file: Source, spots: Spots, problems: Problems): DomusFile | undefined {
  const sheet = openSheet(file, [], spots, problems);
  if (sheet === undefined) return undefined;
  const domus = new Walk(sheet, spots, problems).read(domusSchema);
  for (const part of ['batch', 'pools'] as const)
    if (domus?.[part] !== undefined && Object.keys(domus[part]).length === 0)
      problems.add([part], { found: 'nothing', expected: `at least one entry under ${part}` });
  checkNotices(domus?.notices, problems);
  const schedule = domus?.history?.housekeeping;
  if (schedule !== undefined && !cron.validate(schedule))
    problems.add(['history', 'housekeeping'], { found: shown(schedule), expected: 'a cron expression such as 30 3 * * *' });
  const { breakerPause = 0, breakerPauseMax } = domus?.limits ?? {};
  if (breakerPauseMax !== undefined && breakerPause > breakerPauseMax)
    problems.add(['limits', 'breakerPauseMax'], { found: writeDuration(breakerPauseMax), expected: `at least breakerPause, ${writeDuration(breakerPause)}` });
  return domus;
}

/** Files of `environments/` by name, jobs' environments and permanent machines apart. */
export interface EnvironmentFiles {
  readonly environments: ReadonlyMap<string, EnvironmentFile | undefined>;
  readonly services: ReadonlyMap<string, ServiceFile | undefined>;
}

/** The word that tells which schema a file follows. */
const isService = ({ root, document }: Sheet): boolean => isMap(root) && resolved(root.get('kind', true) as Node | undefined, document)?.toJSON() === 'service';

/** Environment files by name; a file that cannot be read at all still tells that the environment exists. */
export function readEnvironments(files: readonly Source[], spots: Spots, problems: Problems): EnvironmentFiles {
  const environments = new Map<string, EnvironmentFile | undefined>();
  const services = new Map<string, ServiceFile | undefined>();
  for (const file of files) {
    const name = basename(file.path, '.yaml');
    const place = { file: file.path, line: 1, column: 1 };
    if (!file.path.endsWith('.yaml')) {
      problems.addAt(place, { found: `file ${basename(file.path)}`, expected: 'environment files called NAME.yaml' });
      continue;
    }
    if (!word.safeParse(name).success) {
      problems.addAt(place, { found: `environment ${shown(name)}`, expected: 'a file name of a-z, 0-9 and -, starting with a letter' });
      continue;
    }
    const sheet = openSheet(file, ['environments', name], spots, problems);
    if (sheet !== undefined && isService(sheet)) {
      services.set(name, new Walk(sheet, spots, problems).read(serviceSchema));
      continue;
    }
    const read = sheet === undefined ? undefined : new Walk(sheet, spots, problems).read(environmentSchema);
    environments.set(name, read);
    checkExpression(name, read?.serves?.jobs, problems);
  }
  return { environments, services };
}

function checkExpression(name: string, jobs: string | undefined, problems: Problems): void {
  const compiled = jobs === undefined ? undefined : compileExpression(jobs);
  if (compiled === undefined || 'expression' in compiled) return;
  const variable = /^Unknown variable: (\w+)$/.exec(compiled.problem)?.[1];
  problems.add(['environments', name, 'serves', 'jobs'], {
    found: `expression ${shown(jobs)}: ${compiled.problem}`,
    expected: variable === undefined ? 'a CEL expression that is true or false' : `one of ${facts.join(', ')}`,
    nearest: variable === undefined ? undefined : nearest(variable, facts),
  });
}
