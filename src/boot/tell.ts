import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import { within } from '../deadline.js';
import { Failure } from '../drivers/failure.js';
import type { Shell } from '../drivers/shell.js';
import type { BootSettings } from '../model/boot.js';
import { exportsFile } from './exports.js';

const exportfsLimitMs = 20_000;

/** Sends SIGHUP to the process of a pid file, if that is what it should be. True when it was told. */
async function hangUp(pidFile: string, names: readonly string[]): Promise<boolean> {
  const pid = (await readFile(pidFile, 'utf8').catch(() => '')).trim();
  if (!/^[1-9]\d{1,9}$/.test(pid)) return false;
  const running = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim();
  if (!names.includes(running)) return false;
  try {
    process.kill(Number(pid), 'SIGHUP');
    return true;
  } catch (thrown) {
    throw new Failure('denied', `cannot tell ${running} (process ${pid}) to read its files: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}

async function exportfs(shell: Shell, clock: Clock): Promise<string> {
  const { exit, stderr } = await within(clock, exportfsLimitMs, 'exportfs -ra', undefined, (signal) => shell.run(['exportfs', '-ra'], { signal }));
  if (exit !== 0) throw new Failure('refused', `exportfs -ra: ${stderr.trim().slice(0, 300)}`);
  return "the kernel's NFS server was told";
}

/**
 * Tells the servers of what changed: dnsmasq reads its hosts anew, the NFS server its exports (also where nothing changed
 * and it is `due` to hear of them). What is served by TFTP needs no word. A server that does not run will read the files
 * when it starts, and is said to be down. `heard`: the NFS server was told. Raises Failure.
 */
export async function tell(
  changed: readonly string[],
  due: boolean,
  { settings, shell }: { readonly settings: BootSettings; readonly shell: Shell },
  clock: Clock,
): Promise<{ readonly said: readonly string[]; readonly heard: boolean }> {
  const said: string[] = [];
  if (changed.includes('dhcp-hosts'))
    said.push((await hangUp(join(settings.folder, 'dnsmasq.pid'), ['dnsmasq'])) ? 'dnsmasq was told' : 'dnsmasq does not run');
  if (changed.includes('dnsmasq.conf')) said.push('dnsmasq wants a restart: its own configuration changed');
  const exports = changed.includes(exportsFile(settings));
  if (!exports && !due) return { said, heard: false };
  if (settings.nfs === 'kernel') return { said: [...said, await exportfs(shell, clock)], heard: true };
  const heard = await hangUp(join(settings.folder, 'ganesha.pid'), ['ganesha.nfsd']);
  if (exports || heard) said.push(heard ? 'ganesha was told' : 'ganesha does not run');
  return { said, heard };
}
