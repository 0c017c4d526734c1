import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const found = (program: string): boolean => (program.startsWith('/') ? existsSync(program) : spawnSync('which', [program]).status === 0);

/**
 * True where `program` (or the file of that path) is there, installed from Debian's `pkg` if need be (root only). Where it cannot be had the test
 * is to be skipped: this says so loudly, and the skipped test is counted.
 */
export function fromDebian(program: string, pkg: string): boolean {
  if (found(program)) return true;
  if (process.getuid?.() === 0 && found('apt-get')) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const install = (): number | null =>
      spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=180', 'install', '-y', '--no-install-recommends', pkg], { env, timeout: 240_000 }).status;
    if (install() !== 0) {
      spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=180', 'update'], { env, timeout: 120_000 });
      install();
    }
    if (found(program)) return true;
  }
  process.stderr.write(`NOT tested with ${program}, which is not installed (apt-get install ${pkg})\n`);
  return false;
}
