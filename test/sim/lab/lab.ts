import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LabOptions, runLab } from '../../../src/sim/lab/lab.js';
import type { Summary } from '../../../src/sim/lab/summary.js';

/** A lab in a folder of its own, with everything it said. */
export interface LabRun {
  readonly dir: string;
  readonly said: string[];
  /** Settles when the lab has ended. */
  readonly end: Promise<{ readonly exit: number; readonly summary: Summary }>;
  /** Every command that reached the batch server or a host, without its instant. */
  commands(): readonly string[];
  /** Ends it, if it has not ended, and removes its folder. */
  remove(): Promise<void>;
}

export function lab(options: LabOptions): LabRun {
  const dir = mkdtempSync(join(tmpdir(), 'domus-lab-'));
  const said: string[] = [];
  const stop = new AbortController();
  const end = runLab({ json: true, dir, signal: stop.signal, ...options }, { write: (text) => said.push(text) }).then((exit) => ({
    exit,
    summary: JSON.parse(said.at(-1) ?? '') as Summary,
  }));
  return {
    dir,
    said,
    end,
    commands: () =>
      readFileSync(join(dir, 'commands.log'), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/^\S+ /, '')),
    remove: async () => {
      stop.abort();
      await end;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
