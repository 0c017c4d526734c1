import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyShell, hooksDir, run, type Shell } from './shells.js';

let runDir: string;
beforeAll(() => {
  runDir = mkdtempSync(join(tmpdir(), 'domus-filter-'));
  writeFileSync(
    join(runDir, 'environments.txt'),
    `# what the daemon says
environment grid grid grid,long grid,gridx grid,gridx,x86_64 4 8192 24
environment legacy sl5 legacy sl5 sl5 2 2048 6
environment short - long,short - - 2 4096 0
static 64 old
`,
  );
});
afterAll(() => rmSync(runDir, { recursive: true, force: true }));

const qsub = (shell: Shell, args: string, script: string, more: Record<string, string> = {}) =>
  run(shell, 'submit-filter', args.split(' ').filter(Boolean), { DOMUS_RUN: runDir, ...more }, script);

const sh = '#!/bin/sh\nsleep 1\n';
const wish = (name: string, more = ''): string => `#!/bin/sh\n#DOMUS env=${name}\n${more}sleep 1\n`;
const property = (environment: string, word: string): string => `domus: nodes of environment ${environment} are asked for by the property ${word}: `;

/** qsub's arguments, the script, and what the filter adds; '' = nothing. */
const passing: readonly (readonly [args: string, script: string, added: string])[] = [
  ['', sh, ''],
  ['-q legacy', sh, '#PBS -l nodes=1:sl5'],
  ['-q legacy@torque', sh, '#PBS -l nodes=1:sl5'],
  ['-qlegacy job.sh', sh, '#PBS -l nodes=1:sl5'],
  ['job.sh -q legacy', sh, '#PBS -l nodes=1:sl5'],
  ['', '#!/bin/sh\n#PBS -q legacy -N x\nsleep 1\n', '#PBS -l nodes=1:sl5'],
  ['-q nobodys', '#!/bin/sh\n#PBS -q legacy\nsleep 1\n', ''],
  ['-q long', sh, ''],
  ['', wish('legacy'), '#PBS -l nodes=1:sl5'],
  ['-t 1-5', wish('grid'), '#PBS -l nodes=1:grid'],
  ['-I -q legacy', '\n\n', '#PBS -l nodes=1:sl5'],
  ['-hI -q legacy', '\n\n', '#PBS -l nodes=1:sl5'],
  ['-C #XX', wish('grid'), '#XX -l nodes=1:grid'],
  ['-l walltime=1:00,mem=2gb -v A=nodes=3', wish('grid'), '#PBS -l nodes=1:grid'],
  ['-N -l', wish('grid'), '#PBS -l nodes=1:grid'],
  ['', '#DOMUS env=grid\nsleep 1\n', '#PBS -l nodes=1:grid'],
  ['', 'sleep 1\n#DOMUS env=grid\n', ''],
  ['', '#!/bin/sh\r\n#DOMUS env=grid\r\nsleep 1\r\n', '#PBS -l nodes=1:grid'],
  ['-l nodes=2:ppn=2:grid', wish('grid'), ''],
  ['-l nodes=1:gridx+2:grid:ppn=4', sh, ''],
  ['-l nodes=1:sl5 -q grid', sh, ''],
  ['-l nodes=wn07', wish('legacy'), ''],
  ['-l nodes=1:ppn=8:old', sh, ''],
  ['-l nodes=1:ppn=64 -q nobodys', sh, ''],
  ['-l neednodes=wn07 -q legacy', sh, ''],
  ['-q short -l nodes=1', wish('short'), ''],
];

const refused: readonly (readonly [args: string, script: string, sentence: string])[] = [
  ['-q legacy -l nodes=1:ppn=2 job.sh', sh, `${property('legacy', 'sl5')}type qsub -q legacy -l nodes=1:ppn=2:sl5 job.sh`],
  ['-qlegacy -lnodes=1,walltime=60', sh, `${property('legacy', 'sl5')}type qsub -qlegacy -lnodes=1:sl5,walltime=60`],
  ['-l procs=7', wish('grid'), `${property('grid', 'grid')}type qsub -l nodes=2:ppn=4:grid`],
  ['-l ncpus=3', wish('grid'), `${property('grid', 'grid')}type qsub -l nodes=1:ppn=3:grid`],
  ['', wish('legacy', '#PBS -l nodes=2:ppn=2,walltime=1\n'), `${property('legacy', 'sl5')}write #PBS -l nodes=2:ppn=2:sl5,walltime=1`],
  ['', wish('legacy', '#PBS -l nodes=2:\\\nppn=2\n'), `${property('legacy', 'sl5')}write #PBS -l nodes=2:ppn=2:sl5`],
  ['-l nodes=1:x86_64:sl5+2', wish('grid'), `${property('grid', 'grid')}type qsub -l nodes=1:x86_64:grid+2:grid`],
  ['-l nodes=1', wish('grid', '#PBS -l nodes=1:grid\n'), `${property('grid', 'grid')}type qsub -l nodes=1:grid`],
  ["-l nodes=1 it's", wish('grid'), `${property('grid', 'grid')}type qsub -l nodes=1:grid 'it'\\''s'`],
  ['-C', wish('grid'), `${property('grid', 'grid')}type qsub -l nodes=1:grid ...`],
  ['', wish('gird'), 'domus: there is no environment gird; there are: grid, legacy, short'],
  ['-q grid', wish('short'), 'domus: environment short is reached by its queue: type qsub -q long'],
  ['-l nodes=1:foo', sh, 'domus: no node has the property foo'],
  [
    '-l nodes=1:ppn=8:grid',
    sh,
    'domus: nobody can ever serve this job. environment grid: its largest node has 4 slots and 8192 MiB, the job asks for 8 slots on one node',
  ],
  ['-l nodes=30:grid', sh, 'domus: nobody can ever serve this job. environment grid: it has at most 24 nodes, the job asks for 30'],
  [
    '-l mem=9gb',
    wish('grid'),
    'domus: nobody can ever serve this job. environment grid: its largest node has 4 slots and 8192 MiB, the job asks for 1 slots of 9216 MiB on one node',
  ],
  [
    '-l pmem=3gb,nodes=1:ppn=4:grid',
    sh,
    'domus: nobody can ever serve this job. environment grid: its largest node has 4 slots and 8192 MiB, the job asks for 4 slots of 3072 MiB on one node',
  ],
];

describe.each(everyShell)('the submit filter in $name', (shell) => {
  it.each(passing)('with qsub %s and script %j adds: %s', (args, script, added) => {
    const { exit, out, err } = qsub(shell, args, script);
    const first = script.startsWith('#!') ? script.slice(0, script.indexOf('\n') + 1) : '';
    expect({ exit, out, err }).toEqual({ exit: 0, out: added === '' ? script : `${first}${added}\n${script.slice(first.length)}`, err: '' });
  });

  it.each(refused)('refuses qsub %s with script %j', (args, script, sentence) => {
    expect(qsub(shell, args, script)).toEqual({ exit: 255, out: '', err: `${sentence}\n` });
  });

  it('lets everything pass as it is without the published file, and where that is nonsense', () => {
    expect(qsub(shell, '-q legacy -l nodes=1', wish('gird'), { DOMUS_RUN: '/nowhere' })).toEqual({ exit: 0, out: wish('gird'), err: '' });
    const odd = mkdtempSync(join(tmpdir(), 'domus-filter-'));
    writeFileSync(join(odd, 'environments.txt'), 'environment\n\u0000\u0001 static static\nenvironment a b c\n');
    expect(qsub(shell, '-q legacy', wish('gird'), { DOMUS_RUN: odd }).out).toBe(wish('gird'));
    rmSync(odd, { recursive: true });
  });

  it('hands every byte of a script on, and a line without an end', () => {
    const bytes = Array.from({ length: 255 }, (_, at) => String.fromCharCode(at + 1)).join('');
    const script = `#!/bin/sh\n#DOMUS env=grid\n: ${bytes}\n${'x'.repeat(200_000)}`;
    expect(qsub(shell, '', script).out).toBe(script.replace('#DOMUS', '#PBS -l nodes=1:grid\n#DOMUS'));
  });

  it('does nothing of what is written in arguments and scripts', () => {
    const trap = join(runDir, 'trapped');
    const nasty = `$(touch ${trap}) \`touch ${trap}\` ; touch ${trap} | %s%n \\\\ "`;
    const { exit } = run(
      shell,
      'submit-filter',
      ['-l', `nodes=1:${nasty}`, '-N', nasty, nasty],
      { DOMUS_RUN: runDir },
      `#PBS -l ${nasty}\n#DOMUS env=${nasty}\nsleep 1\n`,
    );
    expect([0, 255]).toContain(exit);
    expect(() => execFileSync('test', ['-e', trap])).toThrow();
  });

  it('nudges through the FIFO, and waits for nobody there', async () => {
    const place = mkdtempSync(join(tmpdir(), 'domus-filter-'));
    const fifo = join(place, 'nudge');
    execFileSync('mkfifo', ['-m', '666', fifo]);
    expect(qsub(shell, '', sh, { DOMUS_RUN: place })).toEqual({ exit: 0, out: sh, err: '' });
    const reader = spawn('head', ['-c', '1', fifo]);
    const heard = new Promise<string>((resolve) => reader.stdout.once('data', (byte: Buffer) => resolve(byte.toString())));
    await new Promise((resolve) => reader.once('spawn', resolve));
    expect(qsub(shell, '', sh, { DOMUS_RUN: place }).exit).toBe(0);
    const again = setInterval(() => void qsub(shell, '', sh, { DOMUS_RUN: place }), 200);
    expect(await heard).toBe('\n');
    clearInterval(again);
    rmSync(place, { recursive: true });
  });
});

describe('the submit filter', () => {
  it('lets the job pass when a tool is missing', () => {
    const bare = mkdtempSync(join(tmpdir(), 'domus-filter-'));
    const bin = join(bare, 'bin');
    mkdirSync(bin);
    for (const tool of ['cat']) {
      writeFileSync(join(bin, tool), `#!/bin/sh\nexec /bin/${tool} "$@"\n`);
      chmodSync(join(bin, tool), 0o755);
    }
    expect(run({ name: 'bare', argv: ['/bin/sh'], path: bin }, join(hooksDir, 'submit-filter'), ['-q', 'legacy'], { DOMUS_RUN: runDir }, sh).out).toBe(sh);
    rmSync(bare, { recursive: true });
  });
});
