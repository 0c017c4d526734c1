import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageFile } from '../../src/paths.js';

export const hooksDir = packageFile('hooks');

/** A shell and a PATH: the system's sh, and busybox with nothing beside it. */
export interface Shell {
  readonly name: string;
  readonly argv: readonly string[];
  readonly path: string;
}

const find = (name: string): string | undefined => ['/usr/bin', '/bin', '/usr/local/bin'].map((folder) => join(folder, name)).find(existsSync);

/** A folder where every tool that the hooks name is busybox. */
function busyboxOnly(busybox: string): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'domus-busybox-')), 'bin');
  mkdirSync(folder);
  for (const tool of ['awk', 'cat', 'cut', 'date', 'head', 'id', 'mkdir', 'mktemp', 'mv', 'nc', 'rm', 'sh', 'sleep', 'tail', 'timeout', 'tr'])
    symlinkSync(busybox, join(folder, tool));
  return folder;
}

function shells(): readonly Shell[] {
  const usual = '/usr/bin:/bin';
  const [dash, busybox, bash] = ['dash', 'busybox', 'bash'].map(find);
  if (busybox === undefined) process.stderr.write('hooks: NOT tested with busybox, which is not installed (apt-get install busybox)\n');
  return [
    { name: 'sh', argv: ['/bin/sh'], path: usual },
    ...(dash === undefined ? [] : [{ name: 'dash', argv: [dash], path: usual }]),
    ...(bash === undefined ? [] : [{ name: 'bash as sh', argv: [bash, '--posix'], path: usual }]),
    ...(busybox === undefined ? [] : [{ name: 'busybox alone', argv: [busybox, 'sh'], path: busyboxOnly(busybox) }]),
  ];
}
export const everyShell = shells();

export interface Ran {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a hook to its end, at most 20 s. Texts are latin1: any byte passes. */
export function run(shell: Shell, hook: string, args: readonly string[], env: Readonly<Record<string, string>>, stdin = ''): Ran {
  const [program, ...first] = shell.argv;
  const path = hook.startsWith('/') ? hook : join(hooksDir, hook);
  const { status, stdout, stderr } = spawnSync(program ?? '', [...first, path, ...args], {
    env: { PATH: shell.path, ...env },
    input: Buffer.from(stdin, 'latin1'),
    timeout: 20_000,
  });
  return { exit: status, out: stdout.toString('latin1'), err: stderr.toString('latin1') };
}
