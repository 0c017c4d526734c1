import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ssh2 from 'ssh2';

const pieceBytes = 1 << 20;

/** Where everything of one lab lies. */
export interface LabFolder {
  readonly root: string;
  readonly config: string;
  readonly environments: string;
  /** The store, as every host mounts it. */
  readonly images: string;
  readonly overlays: string;
  /** `qsub` and its sisters, to put on PATH. */
  readonly bin: string;
  readonly batchSocket: string;
  /** Names the submit filter, as TORQUE's torque.cfg. */
  readonly torqueCfg: string;
  readonly privateKey: string;
  readonly knownHosts: string;
  /** The key by which hosts reach one another. */
  readonly migrationKey: string;
  readonly state: string;
  readonly run: string;
  readonly daemonLog: string;
  /** Every command that reached the batch server or a host. */
  readonly commandLog: string;
  host(name: string): string;
}

/** Paths that the runner, a unix socket (107 bytes) and a shell line all take as they are. */
const plain = /^\/[A-Za-z0-9_./+-]{1,60}$/;

/** Lays out the folder. Raises an Error that says what is wrong with its name. */
export function layOut(root: string): LabFolder {
  if (!plain.test(root)) throw new Error(`the lab's folder ${root} must be an absolute path of at most 60 plain characters (letters, digits, . _ + -)`);
  const at = (...parts: string[]): string => join(root, ...parts);
  const folder: LabFolder = {
    root,
    config: at('domus.yaml'),
    environments: at('environments'),
    images: at('store', 'images'),
    overlays: at('store', 'overlays'),
    bin: at('bin'),
    batchSocket: at('batch.sock'),
    torqueCfg: at('torque.cfg'),
    privateKey: at('id_ed25519'),
    knownHosts: at('known_hosts'),
    migrationKey: at('migration'),
    state: at('state'),
    run: at('run'),
    daemonLog: at('daemon.log'),
    commandLog: at('commands.log'),
    host: (name) => at('hosts', name),
  };
  for (const made of ['hosts', 'store', 'state', 'run', 'bin', 'environments', 'daemon.log', 'commands.log', 'batch.sock', 'torque.cfg'])
    rmSync(at(made), { recursive: true, force: true });
  for (const made of [folder.environments, folder.images, folder.overlays, folder.bin, folder.state, folder.run]) mkdirSync(made, { recursive: true });
  return folder;
}

const sumOf = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

/** A version of an image in the store, with its manifest: its files hold nothing. */
export function stockImage(folder: LabFolder, image: { readonly name: string; readonly version: string }, files: readonly string[]): void {
  const place = join(folder.images, image.name, image.version);
  mkdirSync(place, { recursive: true });
  const kept = ['disk.qcow2', ...files].map((name) => {
    const data = Buffer.from(`${image.name} ${image.version} ${name} of the laboratory\n`);
    writeFileSync(join(place, name), data);
    return { name, bytes: data.length, sha256: sumOf(data), pieces: [sumOf(data)] };
  });
  writeFileSync(join(place, 'image.json'), `${JSON.stringify({ ...image, pieceBytes, files: kept })}\n`);
}

export interface KeyPair {
  readonly private: string;
  readonly public: string;
}

export function newKey(comment: string): KeyPair {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment });
    // one in 250 of the keys that ssh2 1.17 makes cannot be read back (20 of 5,000 measured)
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error) && !(ssh2.utils.parseKey(pair.public) instanceof Error)) return pair;
  }
}

/** Writes a private key as its owner's alone, with the public one beside it. */
export function writeKey(file: string, key: KeyPair): void {
  writeFileSync(file, key.private, { mode: 0o600 });
  chmodSync(file, 0o600);
  writeFileSync(`${file}.pub`, `${key.public}\n`);
}
