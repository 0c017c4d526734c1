import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compiled } from '../compiled.js';
import { type Desk, openDesk } from './desk.js';

interface Finished {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

/** Another user who may, like root, read this checkout wherever it lies, and nothing else: the clone of a newcomer may be in a folder of mode 700. */
const as = (uid: number): string[] => [
  ...['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--inh-caps=-all,+dac_read_search', '--ambient-caps=-all,+dac_read_search', '--'],
];

/** The real program as a process of its own, as another user where one is named. */
function domus(argv: readonly string[], uid?: number): Promise<Finished> {
  const [program = '', ...args] = [...(uid === undefined ? [] : as(uid)), process.execPath, compiled('src/cli/main.ts'), ...argv];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/', env: { PATH: process.env['PATH'] } });
  let out = '';
  let err = '';
  child.stdout.on('data', (bytes) => {
    out += bytes;
  });
  child.stderr.on('data', (bytes) => {
    err += bytes;
  });
  return new Promise((resolve) => child.once('close', (exit) => resolve({ exit, out, err })));
}

describe('domus as a process', () => {
  let desk: Desk;
  beforeEach(async () => {
    desk = await openDesk();
  });
  afterEach(async () => desk.close());

  it('ends quietly when nobody reads its output any more', async () => {
    const child = spawn(process.execPath, [compiled('src/cli/main.ts'), 'show', 'machines', '--json', '--run-dir', desk.runDir], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let err = '';
    child.stderr.on('data', (bytes) => {
      err += bytes;
    });
    const exit = await new Promise((resolve) => child.once('close', resolve));
    expect([exit, err]).toEqual([0, '']);
  });

  it('exits with 2 for a wrong line and 3 for a daemon that is not there', async () => {
    expect((await domus(['bogus'])).exit).toBe(2);
    expect((await domus(['show', 'machines', '--run-dir', '/nowhere'])).exit).toBe(3);
  });

  it('finds the sockets by the configuration that it may read', async () => {
    const config = join(mkdtempSync(join(tmpdir(), 'domus-cli-')), 'domus.yaml');
    writeFileSync(config, `run: ${desk.runDir}\n`);
    expect(await domus(['show', 'hosts', '--config', config])).toMatchObject({ exit: 0, out: expect.stringContaining('post11') });
  });

  it.runIf(process.getuid?.() === 0)('lets an ordinary user read and ask why, hides whose the jobs are, and refuses his wishes', async () => {
    const nobody = 65534;
    spawnSync('chmod', ['755', desk.runDir]);
    const jobs = await domus(['show', 'jobs', '--run-dir', desk.runDir], nobody);
    expect(jobs).toMatchObject({ exit: 0, err: '' });
    expect(jobs.out).toContain('12.srv');
    expect(jobs.out).not.toMatch(/anna|bob/);
    expect(await domus(['why', 'bio', '--run-dir', desk.runDir], nobody)).toMatchObject({ exit: 0, out: expect.stringContaining('advise mode') });
    const wish = await domus(['freeze', '--run-dir', desk.runDir], nobody);
    expect(wish).toMatchObject({ exit: 4, out: '', err: expect.stringContaining('you may not act') });
    expect(await desk.requests()).toEqual([]);
  });

  it.each(['bash', 'zsh', 'fish'])('prints a completion script for %s that names every command', async (shell) => {
    const { exit, out } = await domus(['completion', shell]);
    expect(exit).toBe(0);
    for (const word of ['show', 'why', 'drain', 'completion', 'proposals']) expect(out).toContain(word);
  });

  it('completes commands, lists and options in a real bash', async () => {
    const { out } = await domus(['completion', 'bash']);
    const script = join(mkdtempSync(join(tmpdir(), 'domus-cli-')), 'completion.bash');
    writeFileSync(script, out);
    const complete = (...words: string[]): string[] => {
      const program = `. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _domus; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return spawnSync('bash', ['-c', program, 'bash', script, ...words], { encoding: 'utf8' })
        .stdout.split('\n')
        .filter(Boolean);
    };
    expect(complete('domus', 'unc')).toEqual(['uncordon']);
    expect(complete('domus', 'show', 'ma')).toEqual(['machines']);
    expect(complete('domus', '--json', 'show', 'se')).toEqual(['seats', 'services']);
    expect(complete('domus', 'cordon', '--dr')).toEqual(['--drain']);
    expect(complete('domus', 'completion', 'z')).toEqual(['zsh']);
  });
});
