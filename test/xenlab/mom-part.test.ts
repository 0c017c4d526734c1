import { copyFileSync, existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FoundTorque } from '../../xenlab/torque/found.js';
import { momPart } from '../../xenlab/torque/image.js';

test("this machine's pbs_mom becomes an overlay: the program, the packages of what it loads, and the settings that docs/images.md names", () => {
  const here = mkdtempSync(join(tmpdir(), 'torque-'));
  const mom = join(here, 'pbs_mom');
  copyFileSync('/bin/true', mom); // any program that loads a library of Debian's
  const torque: FoundTorque = {
    version: '6.1.3',
    home: '/var/spool/torque',
    programs: new Map([['pbs_mom', mom]]),
    folders: [here],
    scheduler: { kind: 'pbs_sched', program: join(here, 'pbs_sched') },
  };
  const folder = join(here, 'overlay');
  const seat = { name: 'light-01.xen.example', address: '10.77.0.101' };
  const part = momPart(torque, { name: 'pbs.xen.example', address: '10.77.0.1' }, [seat], folder);
  expect(part.packages).toContain('libc6');
  expect(part.settings).toEqual([
    'PBS_SERVER=pbs.xen.example',
    'PBS_HOME=/var/spool/torque',
    `PBS_MOM=${mom}`,
    'USECP="*:/home /home"',
    'TMPDIR=/scratch',
    'MOM_EXTRA_FILE=/etc/domus/mom-lines',
  ]);
  expect(readFileSync(join(folder, mom))).toEqual(readFileSync('/bin/true'));
  expect(existsSync(join(folder, 'lib')), "Debian's own libraries come with their packages").toBe(false);
  expect(readFileSync(join(folder, 'etc/domus/hosts'), 'utf8')).toBe('10.77.0.1 pbs.xen.example pbs\n10.77.0.101 light-01.xen.example light-01\n');
  expect(part.commands).toContainEqual([mom, '--version']);
  expect(part.checks).toEqual(['mom']);
});
