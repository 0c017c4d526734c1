import type { Clock } from '../clock.js';
import type { Checked, Former } from '../config/check.js';
import type { Problem } from '../config/config.js';
import { loadConfig, stateFolderOf } from '../config/load.js';
import { renderProblem } from '../config/problem.js';
import { makeParts, type Parts } from '../daemon/parts.js';
import { Failure } from '../drivers/failure.js';
import { peekRows } from '../journal/sqlite/peek.js';
import { createLog } from '../log.js';
import { CliError, exits } from './exits.js';

export type Whole = Extract<Checked, { ok: true }>;

/** The configuration as the daemon would take it: an environment whose file is gone is no problem while the journal remembers its machines. */
export async function checkedConfig(file: string): Promise<Checked> {
  const stateDir = await stateFolderOf(file);
  return loadConfig(file, stateDir === undefined ? undefined : remembered(stateDir));
}

function remembered(stateDir: string): Former | undefined {
  try {
    return peekRows(stateDir)?.environments;
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.kind === 'denied') return undefined; // only root and the daemon may read the journal: the check is then a little stricter
    throw thrown;
  }
}

/** A whole configuration. Raises CliError with every problem. */
export async function wholeConfig(file: string): Promise<Whole> {
  const checked = await checkedConfig(file);
  if (checked.ok) return checked;
  throw new CliError(exits.no, `${checked.problems.length} problem(s) in the configuration`, { details: checked.problems.map(renderProblem) });
}

/** What the plugins find wrong in their own parts; nobody is asked anything. */
export async function pluginProblems(whole: Whole, clock: Clock): Promise<readonly Problem[]> {
  const made = await makeParts(whole, clock, createLog('silent'));
  if (!made.ok) return made.problems;
  await made.parts.close();
  return [];
}

/** Works with the real drivers of the configuration, and lets them go. Raises CliError for settings that a plugin refuses. */
export async function withParts<T>(whole: Whole, clock: Clock, work: (parts: Parts) => Promise<T>): Promise<T> {
  const made = await makeParts(whole, clock, createLog('silent'));
  if (!made.ok) throw new CliError(exits.no, `${made.problems.length} problem(s) in the configuration`, { details: made.problems.map(renderProblem) });
  try {
    return await work(made.parts);
  } finally {
    await made.parts.close();
  }
}
