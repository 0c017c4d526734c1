import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { GuestPart } from '../batch.js';
import type { Seat } from '../moms.js';
import { type FoundTorque, librariesOf } from './found.js';
import { hostsFile } from './machine.js';

/** Faster than a site would have it: a wait of the laboratory is shorter. */
const momLines = ['$status_update_time 5', '$check_poll_time 5', '$loglevel 3'];

/** The Debian package that brings a library; undefined where it is TORQUE's own. */
function packageOf(library: string): string | undefined {
  const paths = [library, realpathSync(library)];
  const spellings = paths.flatMap((path) => [path, path.replace(/^\/usr\/lib\//, '/lib/'), path.replace(/^\/lib\//, '/usr/lib/')]);
  for (const path of new Set(spellings)) {
    const name = /^([a-z0-9][a-z0-9.+-]*)(?::[a-z0-9]+)?: /m.exec(spawnSync('dpkg', ['-S', path], { encoding: 'utf8' }).stdout)?.[1];
    if (name !== undefined) return name.startsWith('libtorque') ? undefined : name;
  }
  return undefined;
}

/** This machine's pbs_mom as an overlay of an image, with what it loads; and its settings, as docs/images.md says. */
export function momPart(torque: FoundTorque, server: Seat, seats: readonly Seat[], folder: string): GuestPart {
  const mom = torque.programs.get('pbs_mom') ?? '';
  // pbs_demux gathers the output of interactive and multi-node jobs, momctl is the administrator's
  const programs = [mom, ...['pbs_demux', 'momctl'].map((name) => join(dirname(mom), name)).filter((file) => existsSync(file))];
  const libraries = [...new Set(programs.flatMap(librariesOf))].map((file) => [file, packageOf(file)] as const);
  const own = libraries.flatMap(([file, name]) => (name === undefined ? [file] : []));
  for (const file of [...programs, ...own]) {
    const there = join(folder, file);
    mkdirSync(dirname(there), { recursive: true });
    copyFileSync(file, there);
  }
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write('etc/domus/hosts', hostsFile([server, ...seats]).replace(/^127.*\n/, ''));
  write('etc/domus/mom-lines', `${momLines.join('\n')}\n`);
  write('etc/ld.so.conf.d/torque.conf', [...new Set(own.map((file) => `${dirname(file)}\n`))].join(''));
  return {
    packages: [...new Set(libraries.flatMap(([, name]) => (name === undefined ? [] : [name])))].sort(),
    settings: [
      `PBS_SERVER=${server.name}`,
      `PBS_HOME=${torque.home}`,
      `PBS_MOM=${mom}`,
      'USECP="*:/home /home"',
      'TMPDIR=/scratch',
      'MOM_EXTRA_FILE=/etc/domus/mom-lines',
    ],
    overlay: folder,
    // the second says at once when this machine's pbs_mom does not run on the image's libraries
    commands: [['/sbin/ldconfig'], [mom, '--version']],
    checks: ['mom'],
  };
}
