import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** What a submit filter made of a script: the new one, or qsub's words and end. */
export type Filtered = { readonly script: string } | { readonly stderr: string; readonly exit: number };

/** Scripts are larger than this seldom. */
const mostBytes = 16 * 1024 * 1024;

/** The filter that a torque.cfg names. */
export function filterOf(torqueCfg: string): string | undefined {
  if (!existsSync(torqueCfg)) return undefined;
  return /^SUBMITFILTER\s+(\S+)\s*$/m.exec(readFileSync(torqueCfg, 'utf8'))?.[1];
}

/**
 * Runs the filter as qsub does (measured on 4.2.10): argv is qsub's own, the script on standard input, as the user; 255
 * rejects, any other status is an error, and both end qsub with 1 (2 for an interactive job, which has no script but two
 * line ends).
 * Scripts hold one byte per character (latin1).
 */
export function filtered(filter: string, argv: readonly string[], script: string, interactive: boolean): Filtered {
  const run = spawnSync(filter, [...argv], { input: Buffer.from(script, 'latin1'), stdio: ['pipe', 'pipe', 'inherit'], maxBuffer: mostBytes });
  if (run.status === 0) return { script: run.stdout.toString('latin1') };
  const rejected =
    'qsub: Your job has been administratively rejected by the queueing system.\nqsub: There may be a more detailed explanation prior to this notice.\n';
  return { stderr: run.status === 255 ? rejected : 'qsub: submit filter returned an error code, aborting job submission.\n', exit: interactive ? 2 : 1 };
}
