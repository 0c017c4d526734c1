import { readFile } from 'node:fs/promises';
import { Client, type ConnectConfig, type ServerHostKeyAlgorithm } from 'ssh2';
import { Failure } from '../../src/drivers/failure.js';
import type { SshConfig } from './config.js';
import { algorithmsOf, keysFor, knownAs, type PinnedKey, pinnedKey } from './known-hosts.js';

/** Where a host is. */
export interface Place {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

async function fileOf(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    throw new Failure('denied', `${what} cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown });
  }
}

async function pinnedKeys(config: SshConfig, place: Place): Promise<readonly PinnedKey[]> {
  const written = config.hostKeys[place.name];
  const own = written === undefined ? undefined : pinnedKey(written);
  if (own !== undefined) return [own];
  const names = [knownAs(place.name, place.port), knownAs(place.address, place.port)];
  const keys = config.knownHosts === undefined ? [] : keysFor(await fileOf(config.knownHosts, 'the file of known host keys'), names);
  if (keys.length === 0) {
    const where = config.knownHosts ?? 'hostKeys';
    const how = `ssh-keyscan -p ${place.port} ${place.address}`;
    throw new Failure('refused', `the host key of ${place.name} is not known: compare what "${how}" prints with the host's own, then add it to ${where}`);
  }
  return keys;
}

/** A level of ssh2's errors, and what it says. */
const levelOf = (error: Error): string => ('level' in error && typeof error.level === 'string' ? error.level : '');

function causeOf(error: Error, place: Place, user: string): Failure {
  const where = `${place.name} (${place.address}:${place.port})`;
  if (levelOf(error) === 'client-authentication') {
    return new Failure('denied', `${where} does not let ${user} in with this key: put Domus's public key into its authorized_keys`, { cause: error });
  }
  return new Failure('unreachable', `${where}: ${error.message}`, { cause: error });
}

/**
 * One connection, ready for sessions. Raises Failure: `unreachable`; `denied` (the host refuses the key, or ours cannot be read);
 * `refused` (host key unknown or changed).
 */
export async function connect(config: SshConfig, place: Place, signal: AbortSignal): Promise<Client> {
  const pinned = await pinnedKeys(config, place);
  const privateKey = await fileOf(config.privateKey, "Domus's private key");
  if (signal.aborted) throw new Failure('unreachable', `${place.name}: not connected in time`);
  const client = new Client();
  let wrongKey: Failure | undefined;
  const options: ConnectConfig = {
    host: place.address,
    port: place.port,
    username: config.user,
    privateKey,
    authHandler: ['publickey'],
    // The limit is the caller's signal: one clock for everything.
    readyTimeout: 0,
    keepaliveInterval: config.keepAliveMs,
    keepaliveCountMax: 3,
    algorithms: { serverHostKey: algorithmsOf(pinned) as ServerHostKeyAlgorithm[] },
    hostVerifier: (key: Buffer): boolean => {
      const shown = key.toString('base64');
      if (pinned.some((k) => k.key === shown)) return true;
      wrongKey = new Failure(
        'refused',
        `${place.name} shows another host key than the one pinned: if it was reinstalled, compare and replace the pinned key; if not, somebody is in between`,
      );
      return false;
    },
  };
  return new Promise((resolve, reject) => {
    const fail = (failure: Failure): void => {
      signal.removeEventListener('abort', tooLate);
      client.on('error', () => undefined); // what follows the first cause is not news
      client.end();
      client.destroy();
      reject(failure);
    };
    const tooLate = (): void =>
      fail(new Failure('unreachable', `${place.name} (${place.address}:${place.port}): no connection within ${config.connectLimitMs / 1000} s`));
    signal.addEventListener('abort', tooLate, { once: true });
    client.once('ready', () => {
      signal.removeEventListener('abort', tooLate);
      client.removeAllListeners('error').removeAllListeners('close');
      resolve(client);
    });
    client.once('error', (error) => fail(wrongKey ?? causeOf(error, place, config.user)));
    client.once('close', () => fail(wrongKey ?? new Failure('unreachable', `${place.name} (${place.address}:${place.port}) closed the connection`)));
    try {
      client.connect(options);
    } catch (thrown) {
      fail(new Failure('denied', `Domus's private key ${config.privateKey} cannot be used: ${thrown instanceof Error ? thrown.message : String(thrown)}`));
    }
  });
}
