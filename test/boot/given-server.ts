import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BootServer } from '../../src/boot/server.js';
import type { Clock } from '../../src/clock.js';
import { execaShell } from '../../src/drivers/execa-shell.js';
import type { BootSettings, PoolBoot } from '../../src/model/boot.js';
import type { HostSpec } from '../../src/model/host.js';
import { classroom, noon, settings } from './given-boot.js';

/** Time stands until somebody says how much of it passes. */
export class HandClock implements Clock {
  #now = 0;
  #sleepers: { readonly until: number; readonly wake: () => void }[] = [];

  wall(): number {
    return noon + this.#now;
  }
  mono(): number {
    return this.#now;
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = (): void => {
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#sleepers.push({ until: this.#now + ms, wake });
      signal?.addEventListener('abort', wake, { once: true });
    });
  }
  pass(ms: number): void {
    this.#now += ms;
    const due = this.#sleepers.filter(({ until }) => until <= this.#now);
    this.#sleepers = this.#sleepers.filter(({ until }) => until > this.#now);
    for (const { wake } of due) wake();
  }
}

/** Resolves when `is` holds; what it waits for comes from files and sockets, which no clock moves. */
export async function until(is: () => Promise<boolean> | boolean, what: string): Promise<void> {
  for (let turns = 0; turns < 3000; turns++) {
    if (await is()) return;
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  throw new Error(`never came: ${what}`);
}

/** A built root as far as the boot server looks into it. */
export function putRoot(roots: string, version: string): void {
  mkdirSync(join(roots, version, 'boot'), { recursive: true });
  mkdirSync(join(roots, version, 'root'), { recursive: true });
  writeFileSync(join(roots, version, 'root/root.squashfs'), 'a root');
  const root = { version, sum: 'a'.repeat(64), kernel: 'k', xen: 'x', files: 1, sizeMB: 1, builtAt: noon, packages: [], boot: {} };
  writeFileSync(join(roots, version, 'root.json'), JSON.stringify(root));
}

export interface Room {
  readonly server: BootServer;
  readonly folder: string;
  readonly clock: Clock;
}

/** A boot server with hosts post01.. at these addresses, its store, a root v1, in a folder of its own. */
export async function room(addresses: readonly string[], clock: Clock, more: Partial<BootSettings> & { readonly boot?: PoolBoot } = {}): Promise<Room> {
  const folder = mkdtempSync(join(tmpdir(), 'domus-room-'));
  for (const part of ['images', 'overlays', 'state']) mkdirSync(join(folder, part));
  const { boot = classroom, ...rest } = more;
  const own = settings({ folder: join(folder, 'boot'), roots: join(folder, 'roots'), pools: { lab: boot }, ...rest });
  putRoot(own.roots, 'v1');
  const hosts = addresses.map((address, at): HostSpec => {
    const iron = { cores: 4, memoryMiB: 8192, port: 22, reserve: { cores: 1, memoryMiB: 1024 } };
    return { name: `post0${at + 1}`, pool: 'lab', address, mac: `52:54:00:00:00:1${at + 1}`, ...iron };
  });
  const server = new BootServer({
    deployment: 'physics',
    settings: own,
    bridge: 'xenbr0',
    images: join(folder, 'images'),
    overlays: join(folder, 'overlays'),
    hosts,
    stateDir: join(folder, 'state'),
    clock,
    shell: execaShell(clock),
  });
  await server.records.prepare();
  await server.records.putRoots({ wanted: 'v1', hosts: {}, failed: [] });
  return { server, folder, clock };
}
