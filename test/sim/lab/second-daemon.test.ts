import { spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { domus, program } from '../../../src/sim/lab/daemon.js';
import { type LabRun, lab } from './lab.js';

const patienceMs = 300_000;
let run: LabRun | undefined;
afterEach(async () => {
  await run?.remove();
  run = undefined;
});

/** A copy of the lab's configuration with a journal of its own, whose batch commands are written down. */
function copyOf(dir: string): { readonly config: string; readonly commands: () => readonly string[] } {
  const own = join(dir, 'second');
  mkdirSync(join(own, 'run'), { recursive: true });
  mkdirSync(join(own, 'bin'));
  const log = join(own, 'commands.log');
  for (const tool of ['qstat', 'pbsnodes', 'qmgr', 'qrerun', 'qorder']) {
    const file = join(own, 'bin', tool);
    writeFileSync(file, `#!/bin/sh\necho "${tool} $*" >> '${log}'\nexec '${join(dir, 'bin', tool)}' "$@"\n`);
    chmodSync(file, 0o755);
  }
  cpSync(join(dir, 'environments'), join(own, 'environments'), { recursive: true });
  const text = readFileSync(join(dir, 'domus.yaml'), 'utf8')
    .replace(/^state: .*$/m, `state: ${own}/state`)
    .replace(/^run: .*$/m, `run: ${own}/run`)
    .replace(/^( +bin): .*$/m, `$1: ${own}/bin`);
  const config = join(own, 'domus.yaml');
  writeFileSync(config, text);
  return { config, commands: () => (existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : []) };
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = systemClock.mono() + patienceMs / 2;
  while (!holds()) {
    if (systemClock.mono() > deadline) throw new Error(`waited in vain for ${what}`);
    await systemClock.sleep(100);
  }
}

it('a second daemon with its own journal is refused by every host, changes nothing, and nothing is hurt', { timeout: patienceMs }, async () => {
  const first = lab({ untilDone: true, seed: 8, pace: 20, durationMs: patienceMs - 60_000 });
  run = first;
  await until('the first job', () => first.said.some((line) => / runs on /.test(line)));
  const { config, commands } = copyOf(first.dir);
  const second = spawn(process.execPath, [program(), 'run', '--config', config], { stdio: 'ignore' });
  const gone = new Promise<void>((resolve) => second.once('exit', () => resolve()));
  try {
    await until('a few polls of the second', () => commands().filter((line) => line.startsWith('qstat -t')).length >= 5);
    const said = await domus({ config, bin: join(first.dir, 'bin') }, ['show', 'hosts']);
    expect(said.stdout.match(/it refuses us/g)).toHaveLength(4);
    const { exit, summary } = await first.end;
    expect(summary.violations).toEqual([]);
    expect(summary).toMatchObject({ ok: true, lost: 0, runTwice: 0, invariantViolations: 0 });
    expect(exit).toBe(0);
    const reads = /^(qstat|pbsnodes -x|qmgr -c (list|print) )/;
    expect(commands().filter((line) => !reads.test(line))).toEqual([]);
  } finally {
    second.kill('SIGTERM');
    await gone;
  }
});
