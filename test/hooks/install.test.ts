import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lineDiff } from '../../src/hooks/line-diff.js';
import { withFilter, withNodeCheck } from '../../src/hooks/settings.js';
import { packageFile } from '../../src/paths.js';
import { typed } from '../cli/desk.js';

const spool = '/var/spool/torque';
let root: string;
const at = (path: string): string => join(root, path);
const mode = (path: string): string => (statSync(at(path)).mode & 0o7777).toString(8);
const hooks = (line: string, config = '/nowhere/domus.yaml') => typed(['--config', config, 'hooks', ...line.split(' '), '--root', root]);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'domus-install-'));
  mkdirSync(at(`${spool}/mom_priv`), { recursive: true });
  writeFileSync(at(`${spool}/mom_priv/config`), '$pbsserver torque\n$prologalarm 60\n');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('domus hooks install', () => {
  it('says what it would write, where, whose and with which mode, and writes nothing', async () => {
    const { exit, out } = await hooks('install');
    expect(exit).toBe(0);
    expect(out).toContain('new     root:root  0755  /usr/local/lib/domus/submit-filter\n');
    expect(out).toContain(`new     root:root  0644  ${spool}/torque.cfg\n    + SUBMITFILTER /usr/local/lib/domus/submit-filter\n`);
    expect(out).toContain(`new     root:root  0500  ${spool}/mom_priv/prologue\n`);
    expect(out).toContain('    + $node_check_script /usr/local/lib/domus/node-check\n');
    expect(out).toContain('$prologalarm is 60 already and stays (Domus would write 30)');
    expect(out).toContain('14 file(s) to write: add --apply\n');
    expect(existsSync(at('/usr'))).toBe(false);
    expect(readFileSync(at(`${spool}/mom_priv/config`), 'utf8')).toBe('$pbsserver torque\n$prologalarm 60\n');
  });

  it('writes with --apply, keeps a copy of the settings it changes, and then finds nothing to do', async () => {
    const first = await hooks('install --apply');
    expect(first.exit).toBe(0);
    expect(mode('/usr/local/lib/domus/submit-filter')).toBe('755');
    expect(mode('/usr/local/lib/domus/job-world.awk')).toBe('644');
    for (const hook of ['prologue', 'prologue.parallel', 'epilogue', 'epilogue.parallel']) {
      expect(mode(`${spool}/mom_priv/${hook}`)).toBe('500');
      expect(readFileSync(at(`${spool}/mom_priv/${hook}`), 'utf8')).toBe(readFileSync(packageFile('hooks', hook), 'utf8'));
    }
    expect(readFileSync(at(`${spool}/mom_priv/config.before-domus`), 'utf8')).toBe('$pbsserver torque\n$prologalarm 60\n');
    const again = await hooks('install --apply');
    expect(again.out).not.toContain('wrote');
    expect(existsSync(at(`${spool}/mom_priv/config.before-domus.1`))).toBe(false);
    expect((await hooks('show')).exit).toBe(0);
  });

  it('puts right what others may write to, and what has another text', async () => {
    await hooks('install --apply');
    chmodSync(at(`${spool}/mom_priv/prologue`), 0o757);
    writeFileSync(at('/usr/local/lib/domus/health'), '#!/bin/sh\n# domus hook: health\nexit 0\n');
    const { exit, out } = await hooks('show');
    expect(exit).toBe(1);
    expect(out).toContain(`change  root:root  0500  ${spool}/mom_priv/prologue (mode was 0757)\n`);
    expect(out).toContain('2 file(s) missing or different');
    await hooks('install --apply');
    expect(mode(`${spool}/mom_priv/prologue`)).toBe('500');
    expect((await hooks('show')).exit).toBe(0);
  });

  it("never replaces a site's own prologue, and says what to put into it", async () => {
    writeFileSync(at(`${spool}/mom_priv/prologue`), '#!/bin/sh\nmount /scratch\n');
    const { out } = await hooks('install worker --apply');
    expect(out).toContain(
      `left                    ${spool}/mom_priv/prologue\n    yours stays; to have Domus asked, begin it with  /usr/local/lib/domus/admit-job "$@"; [ $? -ne 75 ] || exit 2\n`,
    );
    expect(readFileSync(at(`${spool}/mom_priv/prologue`), 'utf8')).toBe('#!/bin/sh\nmount /scratch\n');
  });

  it('leaves alone what is no plain file, and what TORQUE has not here', async () => {
    symlinkSync('/etc/passwd', at(`${spool}/mom_priv/epilogue`));
    const { out } = await hooks('install worker');
    expect(out).toContain(`left                    ${spool}/mom_priv/epilogue\n    a symbolic link stands there\n`);
    rmSync(at(spool), { recursive: true });
    expect((await hooks('install worker')).out).toContain('its folder is not there');
  });

  it('does not follow a link out of the image', async () => {
    mkdirSync(at('/usr'));
    const outside = mkdtempSync(join(tmpdir(), 'domus-outside-'));
    symlinkSync(outside, at('/usr/local'));
    const { exit, err } = await hooks('install --apply');
    expect(exit).toBe(4);
    expect(err).toContain(`leads out of ${root}`);
    expect(existsSync(join(outside, 'lib/domus/submit-filter'))).toBe(false);
    rmSync(outside, { recursive: true });
  });

  it('tells the node check where the jobs of this mom are', async () => {
    mkdirSync(at('/etc/torque/mom_priv'), { recursive: true });
    await hooks('install worker --apply --spool /etc/torque');
    expect(readFileSync(at('/usr/local/lib/domus/node-check'), 'utf8')).toMatch(/^mom=\$\{DOMUS_MOM:-\/etc\/torque\/mom_priv\}$/m);
  });

  it('knows the folder of the sockets and the environments from the configuration', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'domus-site-'));
    const example = readFileSync(packageFile('domus.example.yaml'), 'utf8');
    writeFileSync(join(folder, 'domus.yaml'), `${example}\nrun: /run/other\nenvironments: ${packageFile('environments')}\n`);
    const { exit, out } = await hooks('install --apply', join(folder, 'domus.yaml'));
    expect([exit, out]).toEqual([0, expect.stringContaining('/etc/domus/environments.txt')]);
    expect(readFileSync(at('/usr/local/lib/domus/submit-filter'), 'utf8')).toMatch(/^run=\$\{DOMUS_RUN:-\/run\/other\}$/m);
    expect(readFileSync(at('/etc/domus/environments.txt'), 'utf8')).toContain('environment legacy sl5 legacy sl5 sl5 2 2048 6\n');
    rmSync(folder, { recursive: true });
  });

  it('prints one document for programs', async () => {
    const { out } = await typed(['--json', '--config', '/nowhere', 'hooks', 'install', 'submit', '--root', root]);
    const { steps } = JSON.parse(out) as { steps: { kind: string; path: string; owner: string; mode: string }[] };
    expect(steps.at(-1)).toMatchObject({ kind: 'write', path: `${spool}/torque.cfg`, owner: 'root', mode: '0644' });
  });
});

describe('settings of TORQUE', () => {
  const ours = 'SUBMITFILTER /usr/local/lib/domus/submit-filter\n';
  it.each([
    ['', ours],
    ['QSUBSLEEP 1', `QSUBSLEEP 1\n${ours}`],
    [ours, ours],
    ['SUBMITFILTER /site/filter\n', 'SUBMITFILTER /site/filter\n'],
    ['submitfilter=/site/filter\n', 'submitfilter=/site/filter\n'],
  ])('torque.cfg %j becomes %j', (before, after) => {
    expect(withFilter(before).text).toBe(after);
    expect(withFilter(withFilter(before).text)).toEqual({ text: after, notes: withFilter(before).notes });
  });

  it('a site without any of them gets all four lines of the mom, once', () => {
    const { text, notes } = withNodeCheck('$loglevel 3');
    expect([text, notes]).toEqual([
      '$loglevel 3\n$prologalarm 30\n$node_check_script /usr/local/lib/domus/node-check\n$node_check_interval 1\n$down_on_error true\n',
      [],
    ]);
    expect(withNodeCheck(text)).toEqual({ text, notes: [] });
  });
});

describe('a difference', () => {
  it('shows what goes and what comes, with two lines around', () => {
    const before = 'a\nb\nc\nd\ne\nf\n';
    expect(lineDiff(before, 'a\nb\nc\nX\ne\nf\n')).toEqual(['  b', '  c', '- d', '+ X', '  e', '  f']);
    expect(lineDiff(before, before)).toEqual([]);
    expect(lineDiff('', 'a\n')).toEqual(['+ a']);
    expect(lineDiff('a\nb\n', 'b\n')).toEqual(['- a', '  b']);
  });
});
