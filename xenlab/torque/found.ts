import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Which of TORQUE's programs the laboratory types. */
export const commands = ['qsub', 'qstat', 'qdel', 'qrerun', 'qorder', 'qmgr', 'pbsnodes'] as const;
const daemons = ['pbs_server', 'pbs_mom', 'trqauthd'] as const;
/** The first that is there. */
const schedulers = ['pbs_sched', 'maui'] as const;

/** A TORQUE of this machine. */
export interface FoundTorque {
  readonly version: string;
  /** What it was built with: every program of it looks there. */
  readonly home: string;
  /** Absolute paths by their names. */
  readonly programs: ReadonlyMap<(typeof commands)[number] | (typeof daemons)[number], string>;
  /** Where its programs lie, and the libraries of their own that they load. */
  readonly folders: readonly string[];
  readonly scheduler: { readonly kind: (typeof schedulers)[number]; readonly program: string };
}

/** There is none to use, and why. */
export interface NoTorque {
  readonly why: string;
}

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not to be run
  }
};

/**
 * The TORQUE to use, by DOMUS_XENLAB_TORQUE: `none`, a folder with its `bin` and `sbin`, or (not said) what is on `path`. Raises an
 * Error when a folder was named from which it cannot be started.
 */
export function findTorque(wish: string | undefined, path: string): FoundTorque | NoTorque {
  if (wish === 'none') return { why: 'DOMUS_XENLAB_TORQUE=none' };
  const folders = wish === undefined ? path.split(':').filter((folder) => folder.startsWith('/')) : [join(wish, 'bin'), join(wish, 'sbin')];
  const find = (name: string): string | undefined => folders.map((folder) => join(folder, name)).find(isProgram);
  const found = lookFor(find);
  if ('why' in found && wish !== undefined) throw new Error(`DOMUS_XENLAB_TORQUE=${wish}: ${found.why}`);
  return found;
}

/** The files that the loader finds for a program, by the names that it looks for. Raises an Error when one is missing. */
export function librariesOf(program: string): readonly string[] {
  const { status, stdout, stderr } = spawnSync('ldd', [program], { encoding: 'utf8', timeout: 20_000 });
  if (/not a dynamic executable|statically linked/.test(`${stdout ?? ''}${stderr ?? ''}`)) return [];
  const lost = /^\s*(\S+) => not found$/m.exec(stdout ?? '')?.[1];
  if (status !== 0 || lost !== undefined) throw new Error(`ldd ${program}: ${lost === undefined ? stderr : `${lost} is not found`}`);
  return [...stdout.matchAll(/=> (\/\S+) \(0x/g)].map(([, file = '']) => file);
}

function lookFor(find: (name: string) => string | undefined): FoundTorque | NoTorque {
  const all = [...commands, ...daemons].map((name) => [name, find(name)] as const);
  const missing = all.flatMap(([name, program]) => (program === undefined ? [name] : []));
  if (missing.length > 0) return { why: `no ${missing.join(', ')} of TORQUE` };
  const kind = schedulers.find((name) => find(name) !== undefined);
  if (kind === undefined) return { why: `TORQUE without a scheduler (${schedulers.join(' or ')})` };
  const programs = new Map(all.map(([name, program]) => [name, realpathSync(program ?? '')]));
  const about = spawnSync(programs.get('pbs_server') ?? '', ['--about'], { encoding: 'utf8', timeout: 20_000 });
  const said = `${about.stdout ?? ''}${about.stderr ?? ''}`;
  const home = /^serverhome:\s+(\/\S+)$/im.exec(said)?.[1];
  const version = /^version:\s+(\S+)$/im.exec(said)?.[1];
  if (home === undefined || version === undefined) return { why: `pbs_server --about does not say home and version: ${said.trim().slice(0, 200)}` };
  if (!existsSync(home)) return { why: `the home of TORQUE, ${home}, is not there` };
  const scheduler = { kind, program: realpathSync(find(kind) ?? '') };
  const files = [...programs.values(), scheduler.program];
  const folders = [...new Set(files.flatMap((file) => [file, ...librariesOf(file)]).map((file) => dirname(file)))];
  return { version, home, programs, folders, scheduler };
}
