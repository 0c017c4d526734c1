import { readFile, stat } from 'node:fs/promises';
import { publicKeyOf } from '../boot/keys.js';
import type { BootParts, BootServer } from '../boot/server.js';
import type { Clock } from '../clock.js';
import type { Config } from '../config/config.js';
import { makeBootServer, textSetting } from '../daemon/boot.js';
import { CliError, exits } from './exits.js';
import { wholeConfig } from './loaded.js';

/** The boot server that the configuration describes. Raises CliError where it describes none. */
export async function bootServerOf(configFile: string, clock: Clock): Promise<{ readonly server: BootServer; readonly config: Config }> {
  const { config } = await wholeConfig(configFile);
  const server = makeBootServer(config, clock);
  if (server === undefined)
    throw new CliError(exits.no, `${configFile} describes no boot server: write boot: {server: ADDRESS, network: NETWORK} (docs/pool.md)`);
  return { server, config };
}

const runnerLine = (server: string, key: string): string =>
  `command="/usr/bin/python3 -I -S /usr/lib/domus/domus-runner",restrict,from="${server}" ${key} domus\n`;

/** The hosts' authorized_keys: Domus's own key, bound to the runner and to the server's address, and the administrators'. Raises CliError. */
export async function authorizedKeysOf(config: Config): Promise<string> {
  const { boot, runner } = config;
  const file = textSetting(runner.settings, 'privateKey');
  if (boot === undefined || file === undefined) throw new CliError(exits.no, 'ssh.privateKey is missing: hosts would let nobody in');
  const admins = boot.adminKeys === undefined ? '' : (await readFile(boot.adminKeys, 'utf8')).trim();
  return `${runnerLine(boot.server, publicKeyOf(file, await readFile(file, 'utf8')))}${admins === '' ? '' : `${admins}\n`}`;
}

/** The configuration of a process that runs on. `changed`: the boot server's new parts, when its files are others than at the last time it was asked. Raises CliError. */
export function followConfig(file: string, first: Config, clock: Clock): { config(): Config; changed(): Promise<BootParts | undefined> } {
  let config = first;
  let marks: string | undefined;
  const marksOf = async (): Promise<string> => {
    const seen = await Promise.all(config.files.map(async (path) => stat(path).catch(() => undefined))); // one that is gone is a change, too
    return seen.map((each) => (each === undefined ? '-' : `${each.ino} ${each.size} ${each.mtimeMs}`)).join();
  };
  return {
    config: () => config,
    changed: async () => {
      const now = await marksOf();
      if (now === marks) return undefined;
      const known = marks !== undefined;
      marks = now;
      if (!known) return undefined;
      const fresh = await bootServerOf(file, clock);
      config = fresh.config;
      marks = await marksOf();
      return fresh.server.parts;
    },
  };
}
