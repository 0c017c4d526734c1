import { type ChildProcess, spawn } from 'node:child_process';
import { timingSafeEqual } from 'node:crypto';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import ssh2, { type AuthContext, type Connection, type ServerChannel } from 'ssh2';
import type { Clock } from '../../clock.js';
import type { FakeHost } from '../hosts/host.js';
import type { Fortune } from '../trouble.js';

export interface SshHostOptions {
  readonly host: FakeHost;
  readonly clock: Clock;
  /** 0 = any free one. */
  readonly port: number;
  readonly hostKey: string;
  /** The keys that may come in, as written in `authorized_keys`, each with its forced command. */
  readonly doors: readonly SshDoor[];
  readonly pace: number;
  readonly failed: (error: unknown) => void;
}

export interface SshDoor {
  readonly key: string;
  readonly command: readonly string[];
}

const mostInput = 256 * 1024;
const slowStepMs = 1_000;

/** One host's sshd on loopback: whatever is asked runs the forced command of the key that came in. */
export class SshHost {
  readonly #options: SshHostOptions;
  readonly #server: NetServer;
  readonly #sockets = new Set<Socket>();
  readonly #children = new Set<ChildProcess>();
  readonly #closed = new AbortController();
  port = 0;

  constructor(options: SshHostOptions) {
    this.#options = options;
    const doors = options.doors.map(({ key, command }) => {
      const allowed = ssh2.utils.parseKey(key);
      if (allowed instanceof Error) throw allowed;
      return { allowed: allowed.getPublicSSH(), command };
    });
    const ssh = new ssh2.Server({ hostKeys: [options.hostKey] }, (connection) => this.#serve(connection, doors));
    this.#server = createServer((socket) => {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      if (options.host.up) ssh.injectSocket(socket);
      else socket.destroy();
    });
  }

  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port, '127.0.0.1', () => {
        const address = this.#server.address();
        this.port = typeof address === 'object' && address !== null ? address.port : 0;
        resolve();
      });
    });
  }

  /** The host loses power: nobody says goodbye. */
  cut(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.cut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(connection: Connection, doors: readonly { readonly allowed: Buffer; readonly command: readonly string[] }[]): void {
    let command: readonly string[] = [];
    connection.on('error', () => undefined); // a client that was killed: its socket's end says it all
    connection.on('authentication', (context) => {
      const door = doors.find(({ allowed }) => mayEnter(context, allowed));
      command = door?.command ?? [];
      if (door === undefined) context.reject(['publickey']);
      else context.accept();
    });
    connection.on('session', (accept) => {
      const session = accept();
      session.on('exec', (take, _reject, asked) => {
        const channel = take();
        channel.on('error', () => undefined);
        this.#exec(channel, command, asked.command).catch(this.#options.failed);
      });
    });
  }

  async #exec(channel: ServerChannel, command: readonly string[], asked: string): Promise<void> {
    const { host, clock, pace } = this.#options;
    const fortune = host.trouble.meet('ssh');
    if (fortune.kind === 'silent') return;
    if (fortune.kind === 'refuse') return leave(channel, 255, 'connection refused by the administrator\n');
    if (fortune.kind === 'slow') await clock.sleep((slowStepMs * fortune.factor) / pace, this.#closed.signal);
    const { exit, stdout, stderr } = await this.#run(channel, command, asked);
    if (fortune.kind === 'late') await clock.sleep(120_000 / pace, this.#closed.signal);
    if (channel.destroyed) return;
    channel.write(spoiled(stdout, fortune));
    leave(channel, exit, stderr);
  }

  #run(channel: ServerChannel, command: readonly string[], asked: string): Promise<{ exit: number; stdout: Buffer; stderr: string }> {
    const [program = '', ...args] = command;
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, SSH_ORIGINAL_COMMAND: asked } });
    this.#children.add(child);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let taken = 0;
    child.stdin.on('error', () => undefined); // it may end before it has read everything
    channel.on('data', (piece: Buffer) => {
      taken += piece.length;
      if (taken <= mostInput) child.stdin.write(piece);
    });
    channel.on('end', () => child.stdin.end());
    channel.on('close', () => child.stdin.end());
    child.stdout.on('data', (piece: Buffer) => out.push(piece));
    child.stderr.on('data', (piece: Buffer) => err.push(piece));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        this.#children.delete(child);
        resolve({ exit: code ?? 137, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString('utf8') });
      });
    });
  }
}

function mayEnter(context: AuthContext, allowed: Buffer): boolean {
  if (context.method !== 'publickey') return false;
  const { key, signature, blob, hashAlgo } = context;
  if (key.data.length !== allowed.length || !timingSafeEqual(key.data, allowed)) return false;
  if (signature === undefined || blob === undefined) return true; // it only asks whether this key would do
  const parsed = ssh2.utils.parseKey(`${key.algo} ${key.data.toString('base64')}`);
  return !(parsed instanceof Error) && parsed.verify(blob, signature, hashAlgo) === true;
}

function spoiled(stdout: Buffer, fortune: Fortune): Buffer {
  if (fortune.kind !== 'garbled' && fortune.kind !== 'lie' && fortune.kind !== 'pretend') return stdout;
  return Buffer.concat([stdout.subarray(0, Math.floor(stdout.length / 2)), Buffer.from([0x1b, 0xff, 0x00, 0x7b])]);
}

function leave(channel: ServerChannel, exit: number, stderr: string): void {
  if (stderr !== '') channel.stderr.write(stderr);
  channel.exit(exit);
  channel.end();
}
