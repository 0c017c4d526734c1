import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.js';
import { execaShell } from '../../src/drivers/execa-shell.js';
import { nudgePath, openNudgePipe } from '../../src/hooks/nudge-pipe.js';
import { silentLog } from '../../src/log.js';

let runDir: string;
beforeEach(() => {
  runDir = mkdtempSync(join(tmpdir(), 'domus-nudge-'));
});
afterEach(() => rmSync(runDir, { recursive: true, force: true }));

/** A pipe whose nudges and pauses are counted; a pause ends when the test says so. */
async function opened() {
  const heard: (() => void)[] = [];
  let nudges = 0;
  const resumes: (() => void)[] = [];
  const clock: Clock = {
    ...systemClock,
    sleep: (ms, signal) => (ms === 1000 ? new Promise((resolve) => resumes.push(resolve)) : systemClock.sleep(ms, signal)),
  };
  const nudge = (): void => {
    nudges += 1;
    for (const tell of heard.splice(0)) tell();
  };
  const pipe = await openNudgePipe({ runDir, shell: execaShell(systemClock), clock, log: silentLog, nudge });
  return {
    pipe,
    nudges: () => nudges,
    next: () => new Promise<void>((resolve) => heard.push(resolve)),
    resume: () => {
      for (const go of resumes.splice(0)) go();
    },
  };
}

describe('the FIFO for nudges', () => {
  it('takes any byte for "look now", and reads once a second whatever comes', async () => {
    const { pipe, nudges, next, resume } = await opened();
    const path = nudgePath(runDir);
    expect(lstatSync(path).mode & 0o777).toBe(0o666);
    const first = next();
    execFileSync('sh', ['-c', 'echo x 9<>"$1" >&9', 'sh', path]);
    await first;
    for (let i = 0; i < 50; i++) execFileSync('sh', ['-c', 'echo flood 9<>"$1" >&9', 'sh', path]);
    expect(nudges()).toBe(1);
    const second = next();
    resume();
    await second;
    expect(nudges()).toBe(2);
    await pipe.close();
  });

  it('is gone when the daemon is, and takes the place of anything else', async () => {
    writeFileSync(nudgePath(runDir), 'no pipe');
    const { pipe } = await opened();
    expect(lstatSync(nudgePath(runDir)).isFIFO()).toBe(true);
    await pipe.close();
    expect(() => lstatSync(nudgePath(runDir))).toThrow('ENOENT');
  });

  it('of a killed daemon is used again, and keeps no writer waiting', async () => {
    execFileSync('mkfifo', [nudgePath(runDir)]);
    execFileSync('sh', ['-c', 'echo 9<>"$1" >&9', 'sh', nudgePath(runDir)], { timeout: 5_000 });
    const { pipe, next } = await opened();
    const heard = next();
    execFileSync('sh', ['-c', 'echo 9<>"$1" >&9', 'sh', nudgePath(runDir)]);
    await heard;
    await pipe.close();
  });

  it('that cannot be made is done without', async () => {
    rmSync(runDir, { recursive: true });
    const { pipe, nudges } = await opened();
    await pipe.close();
    expect(nudges()).toBe(0);
  });
});
