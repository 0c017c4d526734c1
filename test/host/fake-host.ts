import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Connection, Server, utils } from 'ssh2';
import { onTestFinished } from 'vitest';
import type { RunnerAnswer, RunnerRequest } from '../../src/drivers/runner.js';

const runner = join(import.meta.dirname, '../../host/domus-runner');
const fakes = join(import.meta.dirname, 'bin');
/** A shim in PATH may cost more than the interpreter. */
const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

export interface FakeDomain {
  readonly domid: number;
  readonly name: string;
  readonly uuid: string;
  readonly vcpus: number;
  readonly memory: number;
  readonly disks: readonly string[];
  /** As left behind by an `xl create` that was killed: in the table, not in the JSON. */
  readonly halfMade?: boolean;
  readonly state?: string;
}
interface FakeState {
  domains: FakeDomain[];
  next: number;
  totalMiB: number;
  cpus: number;
  reports: Record<string, string>;
}
/** How one verb of the fake `xl` (or `qemu-img`) misbehaves. */
export type Behaviour = Record<string, { readonly sleepS?: number; readonly gate?: string; readonly stderr?: string; readonly exit?: number }>;

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // it has ended meanwhile
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error; // it has ended meanwhile
  }
}

/** Ends everything of a session at once, as the loss of its terminal would. */
export function endSession(session: ReturnType<typeof spawn>, signal: 'SIGHUP' | 'SIGKILL'): void {
  if (session.pid === undefined || session.exitCode !== null || session.signalCode !== null) return;
  process.kill(-session.pid, signal);
}

/** A host's folder: the fake hypervisor, its store, and the real runner's configuration. */
export class FakeHost {
  readonly folder = mkdtempSync(join(tmpdir(), 'domus-host-'));
  readonly images = join(this.folder, 'images');
  readonly overlays = join(this.folder, 'overlays');

  constructor(settings: Record<string, unknown> = {}) {
    for (const name of ['bin', 'images/sl7/v1', 'overlays', 'admin']) mkdirSync(join(this.folder, name), { recursive: true });
    for (const name of readdirSync(fakes)) symlinkSync(join(fakes, name), join(this.folder, 'bin', name));
    writeFileSync(join(this.images, 'sl7/v1/disk.qcow2'), 'QFI\n');
    writeFileSync(join(this.folder, 'boot_id'), 'boot-1\n');
    writeFileSync(join(this.folder, 'calls.log'), '');
    this.behave({});
    this.state = { domains: [], next: 1, totalMiB: 16_384, cpus: 8, reports: {} };
    this.configure(settings);
  }

  configure(settings: Record<string, unknown>): void {
    const config = {
      state: join(this.folder, 'run'),
      images: this.images,
      overlays: this.overlays,
      bridge: 'xenbr0',
      path: `${join(this.folder, 'bin')}:/usr/bin:/bin`,
      bootId: join(this.folder, 'boot_id'),
      ...settings,
    };
    writeFileSync(join(this.folder, 'runner.json'), JSON.stringify(config));
  }
  get state(): FakeState {
    return JSON.parse(readFileSync(join(this.folder, 'state.json'), 'utf8')) as FakeState;
  }
  set state(state: FakeState) {
    writeFileSync(join(this.folder, 'state.json'), JSON.stringify(state));
  }
  behave(behaviour: Behaviour): void {
    writeFileSync(join(this.folder, 'behave.json'), JSON.stringify(behaviour));
  }
  /** Writes the `image.json` of a version that is in the store, as `domus image` would. */
  describeImage(name: string, version: string, pieceBytes = 65_536): void {
    const folder = join(this.images, name, version);
    const sum = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
    const files = readdirSync(folder).map((file) => {
      const data = readFileSync(join(folder, file));
      const pieces = Array.from({ length: Math.ceil(data.length / pieceBytes) }, (_, at) => sum(data.subarray(at * pieceBytes, (at + 1) * pieceBytes)));
      return { name: file, bytes: data.length, sha256: sum(data), pieces };
    });
    writeFileSync(join(folder, 'image.json'), JSON.stringify({ v: 1, pieceBytes, files }));
  }
  /** From here `ssh` reaches that host at that port, and there nothing but its runner's `--receive`. */
  reaches(port: number, other: FakeHost): void {
    writeFileSync(join(this.folder, 'peers.json'), JSON.stringify({ [port]: { runner, config: join(other.folder, 'runner.json') } }));
  }
  /** Every command line that `xl` and `qemu-img` were called with. */
  get calls(): readonly string[] {
    return readFileSync(join(this.folder, 'calls.log'), 'utf8').split('\n').slice(0, -1);
  }
  /** As after a power cut: RAM forgotten, guests gone, disks kept. */
  reboot(): void {
    rmSync(join(this.folder, 'run'), { recursive: true, force: true });
    writeFileSync(join(this.folder, 'boot_id'), 'boot-2\n');
    this.state = { ...this.state, domains: [], reports: {} };
  }
  /** The runner as the forced command would start it, in a session of its own. */
  start(): ReturnType<typeof spawn> {
    return spawn(python, ['-I', '-S', runner, '--config', join(this.folder, 'runner.json')], { stdio: 'pipe', detached: true });
  }
  /** How many processes of this host live whose command line names the program. */
  processes(program: string): number {
    const path = join(this.folder, 'bin', program);
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && commandLine(name).includes(path)).length;
  }
  /** The runner's answer to raw input, as text. */
  say(input: string): Promise<{ readonly out: string; readonly err: string; readonly exit: number | null }> {
    return new Promise((resolve, reject) => {
      const child = this.start();
      let out = '';
      let err = '';
      child.stdout?.on('data', (piece: Buffer) => {
        out += piece.toString();
      });
      child.stderr?.on('data', (piece: Buffer) => {
        err += piece.toString();
      });
      child.on('error', reject);
      child.on('close', (exit) => resolve({ out, err, exit }));
      child.stdin?.on('error', () => undefined); // it may end before it has read everything
      child.stdin?.end(input);
    });
  }
  async ask(request: unknown): Promise<RunnerAnswer> {
    const { out, err } = await this.say(JSON.stringify(request));
    if (!out.endsWith('}\n') || out.indexOf('\n') !== out.length - 1) throw new Error(`not one line: ${JSON.stringify(out)} ${err}`);
    return JSON.parse(out) as RunnerAnswer;
  }
  /** A look: `{v: 1, verb: 'look', ...}` with what differs. */
  look(overrides: Partial<RunnerRequest> = {}): Promise<RunnerAnswer> {
    return this.ask({ v: 1, verb: 'look', args: {}, limitMs: 10_000, ...overrides });
  }
  /** Ends what a test left running on this host, and removes the folder. */
  remove(): void {
    for (let tries = 1; ; tries++) {
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && commandLine(name).includes(this.folder))) kill(Number(pid));
      try {
        // Node's own retries look only once for what is in a folder: not for what was written after that look
        rmSync(this.folder, { recursive: true, force: true });
        return;
      } catch (error) {
        if (tries === 40) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
      }
    }
  }
}

/** A fake host that is removed when the test ends. */
export function givenHost(settings: Record<string, unknown> = {}): FakeHost {
  const host = new FakeHost(settings);
  onTestFinished(() => host.remove());
  return host;
}

/** Keys as OpenSSH writes them. One in 250 that ssh2 1.17 makes cannot be read again (measured: 20 of 5,000): another is made. */
export function newKey(): { readonly private: string; readonly public: string } {
  for (;;) {
    const pair = utils.generateKeyPairSync('ed25519');
    if (!(utils.parseKey(pair.private) instanceof Error) && !(utils.parseKey(pair.public) instanceof Error)) return pair;
  }
}

/** Without it every answer waits 40 ms for a delayed acknowledgement. The type of ssh2's connections does not name it. */
function noDelay(connection: Connection): void {
  if ('setNoDelay' in connection && typeof connection.setNoDelay === 'function') connection.setNoDelay(true);
}

/** A real SSH server on loopback whose forced command is the runner, whatever is asked for. */
export class SshDoor {
  readonly #host: FakeHost;
  readonly #clientKey: string;
  readonly #open = new Set<Connection>();
  #server: Server | undefined;
  hostKey = newKey();
  port = 0;
  /** Connections made so far, and sessions open now and at most. */
  readonly seen = { connections: 0, commands: [] as string[], sessions: 0, mostSessions: 0 };

  constructor(host: FakeHost, clientPublicKey: string) {
    this.#host = host;
    this.#clientKey = clientPublicKey;
  }

  async listen(port = this.port): Promise<void> {
    const allowed = utils.parseKey(this.#clientKey);
    if (allowed instanceof Error) throw allowed;
    const server = new Server({ hostKeys: [this.hostKey.private] }, (connection) => this.#welcome(connection, allowed.getPublicSSH()));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
  }

  #welcome(connection: Connection, allowed: Buffer): void {
    noDelay(connection);
    this.seen.connections++;
    this.#open.add(connection);
    connection.on('error', () => undefined); // a test pulls the plug
    connection.on('close', () => this.#open.delete(connection));
    connection.on('authentication', (attempt) => {
      if (attempt.method === 'publickey' && attempt.key.data.equals(allowed)) attempt.accept();
      else attempt.reject(['publickey']);
    });
    connection.on('session', (accept) => {
      accept().on('exec', (start, _reject, info) => {
        this.seen.commands.push(info.command);
        this.seen.mostSessions = Math.max(this.seen.mostSessions, ++this.seen.sessions);
        const channel = start();
        const child = this.#host.start();
        channel.on('error', () => undefined);
        channel.on('close', () => {
          this.seen.sessions--;
          endSession(child, 'SIGHUP');
        });
        child.stdin?.on('error', () => undefined);
        channel.pipe(child.stdin!);
        child.stdout?.pipe(channel, { end: false });
        child.stderr?.pipe(channel.stderr, { end: false });
        child.on('close', (exit) => {
          channel.exit(exit ?? 255);
          channel.end();
        });
      });
    });
  }

  /** Every connection breaks; new ones are let in. */
  cut(): void {
    for (const connection of this.#open) connection.end();
    this.#open.clear();
  }
  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => (this.#server === undefined ? resolve() : this.#server.close(() => resolve())));
    this.#server = undefined;
  }
}
