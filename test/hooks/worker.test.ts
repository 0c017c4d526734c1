import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageFile } from '../../src/paths.js';
import { everyShell, hooksDir, run, type Shell } from './shells.js';

const environments = 'environment grid grid grid grid grid 4 8192 24\nenvironment legacy sl5 legacy sl5 sl5 2 2048 6\nstatic 8 -\n';

/** argv and environment of a recorded call of a real mom. */
function recorded(file: string): { args: string[]; env: Record<string, string> } {
  const text = readFileSync(packageFile('test', 'fixtures', 'torque', file), 'utf8');
  const args = [...text.matchAll(/^argv\[(\d+)\]=(.*)$/gm)].filter(([, at]) => at !== '0').map(([, , word]) => word ?? '');
  const [, section] = text.split('-- env\n');
  const lines = (section?.split('-- stdin')[0] ?? '').trim().split('\n');
  return { args, env: Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])) };
}

let place: string;
const at = (...parts: string[]): string => join(place, ...parts);
const check = (name: string, body: string): void => {
  writeFileSync(at('checks', name), `#!/bin/sh\n${body}\n`);
  chmodSync(at('checks', name), 0o755);
};

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'domus-worker-'));
  for (const folder of ['checks', 'etc', 'lib', 'mom_priv']) mkdirSync(at(folder));
  writeFileSync(at('etc', 'environments.txt'), environments);
  writeFileSync(at('cmdline'), 'root=/dev/xvda quiet domus.environment=legacy domus.checks=users,disk\n');
  for (const hook of ['admit-job', 'health', 'node-check']) copyFileSync(join(hooksDir, hook), at('lib', hook));
  for (const hook of ['prologue', 'prologue.parallel', 'epilogue', 'epilogue.parallel']) copyFileSync(join(hooksDir, hook), at('mom_priv', hook));
  check('users', 'exit 0');
  check('disk', 'exit 0');
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

const surroundings = (): Record<string, string> => ({
  DOMUS_LIB: at('lib'),
  DOMUS_ETC: at('etc'),
  DOMUS_CHECKS: at('checks'),
  DOMUS_RUN: at('run'),
  DOMUS_CMDLINE: at('cmdline'),
  DOMUS_REPORT: at('report'),
  DOMUS_LIMIT: '1',
  DOMUS_PAUSE: '0',
});

/** A hook as the mom calls it; `resources` and `queue` in place of the recorded ones. */
function momRuns(shell: Shell, hook: string, resources?: string, queue?: string) {
  const { args, env } = recorded(`dump-${hook}.${hook.endsWith('parallel') ? 'wn02' : 'wn01'}.txt`);
  if (resources !== undefined) args[4] = resources;
  if (queue !== undefined) args[5] = queue;
  return run(shell, at('mom_priv', hook), args, { ...env, PATH: shell.path, ...surroundings() });
}
const nodeCheck = (shell: Shell) => run(shell, at('lib', 'node-check'), [], surroundings());
const flag = (): string | undefined => (existsSync(at('run', 'unfit')) ? readFileSync(at('run', 'unfit'), 'utf8') : undefined);

/** What the job asks for, its queue, and whether a worker of `legacy` takes it. */
const belongings: readonly (readonly [resources: string, queue: string, taken: boolean])[] = [
  ['neednodes=1:sl5,nodes=1:sl5', 'legacy', true],
  ['neednodes=1:sl5,nodes=1:sl5', 'anything', true],
  ['neednodes=1:ppn=2,nodes=1:ppn=2,walltime=01:00:00', 'legacy', true],
  ['neednodes=sl5', 'grid', true],
  ['neednodes=1,nodes=1', 'nobodys', true],
  ['walltime=01:00:00', 'nobodys', true],
  ['', '', true],
  ['nodes=1:grid+1:ppn=2:sl5', 'grid', true],
  ['neednodes=1:ppn=2,nodes=1:ppn=2', 'grid', false],
  ['nodes=1:grid', 'legacy', false],
  ['neednodes=grid', 'legacy', false],
  ['nodes=2:ppn=2:grid#shared', 'nobodys', false],
];

describe.each(everyShell)('on a worker, in $name', (shell) => {
  describe.each(shell === everyShell[0] ? ['prologue', 'prologue.parallel'] : ['prologue'])('the %s', (hook) => {
    it('lets a job run that a real mom started', () => {
      expect(momRuns(shell, hook, undefined, 'legacy')).toEqual({ exit: 0, out: '', err: '' });
    });

    it.each(belongings)('of environment legacy, of a job with "%s" in queue "%s": taken is %s', (resources, queue, taken) => {
      const { exit, err } = momRuns(shell, hook, resources, queue);
      expect(exit).toBe(taken ? 0 : 2);
      expect(err).toBe(
        taken
          ? ''
          : 'domus: job 21.torque.example.org cannot run on this machine now (it is queued again, unless it is interactive): it belongs to environment grid, this is legacy\n',
      );
      expect(flag()).toBeUndefined();
    });

    it('sends a job back that would last beyond the time at which its host is due back, and tells the host how many are here', () => {
      const now = Math.floor(Date.now() / 1000);
      const store = (back: string): void => {
        writeFileSync(at('lib', 'xenstore-read'), `#!/bin/sh\n[ "$1" = domus-return-by ] && echo '${back}'\n`, { mode: 0o755 });
        writeFileSync(at('lib', 'xenstore-write'), `#!/bin/sh\nprintf '%s' "$*" >'${at('told')}'\n`, { mode: 0o755 });
      };
      const withStore: Shell = { ...shell, path: `${at('lib')}:${shell.path}` };
      const taken = (resources: string): boolean => momRuns(withStore, hook, resources, 'legacy').exit === 0;
      for (const [back, resources, is] of [
        [String(now + 3700), 'nodes=1:sl5,walltime=01:00:00', true],
        [String(now + 3500), 'nodes=1:sl5,walltime=01:00:00', false],
        [String(now + 3500), 'nodes=1:sl5,walltime=00:08:09', true],
        [String(now + 3500), 'nodes=1:sl5', true], // nobody knows: its queue bounds it
        [String(now - 5), 'nodes=1:sl5', false],
        ['0', 'nodes=1:sl5,walltime=99:00:00', true],
        ['soon', 'nodes=1:sl5,walltime=99:00:00', true],
      ] as const) {
        store(back);
        expect(taken(resources), `${back} ${resources}`).toBe(is);
      }
      store(String(now + 60));
      mkdirSync(at('mom_priv', 'jobs'));
      for (const jobs of [0, 1]) {
        expect(run(withStore, at('lib', 'node-check'), [], { ...surroundings(), PATH: withStore.path, DOMUS_MOM: at('mom_priv') }).exit).toBe(0);
        expect(readFileSync(at('told'), 'utf8')).toMatch(new RegExp(`^data/domus-jobs ${jobs} ${now + 60} ${String(now).slice(0, -3)}\\d+$`));
        writeFileSync(at('mom_priv', 'jobs', '7.srv.JB'), '');
      }
      rmSync(at('told'));
      // its jobs cannot be counted there: that is not none
      expect(run(withStore, at('lib', 'node-check'), [], { ...surroundings(), PATH: withStore.path, DOMUS_MOM: at('elsewhere') }).exit).toBe(0);
      expect(existsSync(at('told'))).toBe(false);
    });

    it('sends the job back and leaves a flag when a check fails, and asks nobody outside', () => {
      check('disk', 'echo "no space\u0007 on /scratch"; exit 3');
      const { exit, err } = momRuns(shell, hook, undefined, 'legacy');
      expect(exit).toBe(2);
      expect(err).toContain('unless it is interactive): disk: no space  on /scratch');
      expect(flag()).toBe('disk: no space  on /scratch\n');
    });

    it('waits for a check no longer than its limit, nor for what the check leaves behind', () => {
      check('users', 'sleep 30 & exit 0');
      expect(momRuns(shell, hook, undefined, 'legacy').exit).toBe(0);
      check('users', 'sleep 30');
      expect(momRuns(shell, hook, undefined, 'legacy').exit).toBe(2);
      expect(flag()).toBe('users takes longer than 1 s\n');
    });

    it('takes no job while the machine is being emptied', () => {
      mkdirSync(at('run'));
      writeFileSync(at('run', 'drain'), 'by hand\n');
      expect(momRuns(shell, hook, undefined, 'legacy')).toMatchObject({ exit: 2, err: expect.stringContaining('is being emptied') });
    });

    it('lets every job run on a machine that is not of Domus', () => {
      writeFileSync(at('cmdline'), 'root=/dev/sda1 quiet\n');
      check('disk', 'exit 1');
      expect(momRuns(shell, hook, 'nodes=1:grid', 'grid').exit).toBe(0);
    });

    it('never answers 1, whatever is broken behind it', () => {
      const whole = readFileSync(at('lib', 'admit-job'), 'utf8');
      for (const broken of [
        '#!/bin/sh\nif then (\n',
        '#!/nowhere\n',
        '#!/bin/sh\nexit 1\n',
        '#!/bin/sh\nexit 2\n',
        '#!/bin/sh\nkill -9 $$\n',
        whole.slice(0, whole.length / 2),
      ]) {
        writeFileSync(at('lib', 'admit-job'), broken);
        expect([broken, momRuns(shell, hook, 'nodes=1:grid', 'grid').exit]).toEqual([broken, 0]);
      }
      rmSync(at('lib', 'admit-job'));
      expect(momRuns(shell, hook).exit).toBe(0);
    });

    it('lets the job run when health is missing or broken, or there is no list of environments', () => {
      rmSync(at('etc', 'environments.txt'));
      writeFileSync(at('lib', 'health'), '#!/bin/sh\nif then (\n');
      expect(momRuns(shell, hook, 'nodes=1:grid', 'grid').exit).toBe(0);
      rmSync(at('lib', 'health'));
      expect(momRuns(shell, hook, 'nodes=1:grid', 'grid').exit).toBe(0);
    });
  });

  it.each(['epilogue', 'epilogue.parallel'])('the %s ends well, with a daemon or without', (hook) => {
    expect(momRuns(shell, hook)).toEqual({ exit: 0, out: '', err: '' });
  });

  it('the node check says ERROR while the check that refused a job still fails, tells the readiness report, and forgets when it passes', () => {
    writeFileSync(at('report'), `#!/bin/sh\necho "$1" >>${at('told')}\n`);
    chmodSync(at('report'), 0o755);
    expect(nodeCheck(shell)).toEqual({ exit: 0, out: '', err: '' });
    check('disk', 'echo full; exit 1');
    expect(nodeCheck(shell).out).toBe('');
    expect(momRuns(shell, 'prologue', undefined, 'legacy').exit).toBe(2);
    expect(nodeCheck(shell).out).toBe('ERROR domus: disk: full\n');
    check('disk', 'exit 0');
    expect(nodeCheck(shell).out).toBe('');
    expect(flag()).toBeUndefined();
    expect(readFileSync(at('told'), 'utf8')).toBe('once\nonce\n');
  });

  it('the node check says ERROR while somebody empties the machine', () => {
    mkdirSync(at('run'));
    writeFileSync(at('run', 'drain'), 'new kernel\nmore\n');
    expect(nodeCheck(shell).out).toBe('ERROR domus: the machine is being emptied. new kernel\n');
  });
});
