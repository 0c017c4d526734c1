import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type TLSSocket } from 'node:tls';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { type BootSeen, bootState } from '../model/boot.js';
import type { BootServer } from './server.js';
import { overlaysOf } from './site.js';

const helloLimitMs = 10_000;
/** A dead line is noticed within about 25 s: Linux probes after this, then each second ten times. */
const keepAliveMs = 15_000;
/** A Dom0 whose presence was only restarted is back within this. */
const backWithinMs = 15_000;
const pongLimitMs = 5_000;
const mostBytes = 4096;
const mostLines = 1000;

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const equal = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(hashOf(a)), Buffer.from(hashOf(b)));

interface Hello {
  readonly host: string;
  readonly boot: string;
  readonly once?: string;
  readonly word?: string;
}

/** The first line of a host, or undefined where it is none. */
function helloOf(line: string): Hello | undefined {
  try {
    const { v, host, boot, once, word } = JSON.parse(line) as Record<string, unknown>;
    const text = (value: unknown): value is string => typeof value === 'string' && value.length <= 200;
    if (v !== 1 || !text(host) || !text(boot) || !/^[0-9a-f-]{36}$/.test(boot)) return undefined;
    return { host, boot, ...(text(once) ? { once } : {}), ...(text(word) ? { word } : {}) };
  } catch {
    return undefined; // said to the caller as a refusal
  }
}

export interface DoorParts {
  readonly server: BootServer;
  readonly clock: Clock;
  readonly log: Log;
  /** What a host is told beside its key. Raises Failure. */
  readonly authorizedKeys: () => Promise<string>;
  /** Something that files or exports depend on was written. */
  readonly changed: () => void;
}

/**
 * Where hosts show their one-time secret and hold a line for as long as their Dom0 runs. It writes `seen/HOST` and nothing
 * else. A host is answered only from its own address, only with the secret of its choice within its window, and a secret
 * is good for one boot; the same boot may ask again (its answer may have been lost).
 */
export class Door {
  readonly #parts: DoorParts;
  readonly #lines = new Map<string, TLSSocket>();
  readonly #ended = new AbortController();
  #close: () => Promise<void> = () => Promise.resolve();

  constructor(parts: DoorParts) {
    this.#parts = parts;
  }

  /** Listens. A line that an earlier life held is taken as lost now. Raises what `listen` raises. */
  async open(address: string, port: number): Promise<void> {
    const { server, log, clock } = this.#parts;
    const { key, cert } = await server.door();
    for (const { host, seen } of await server.known())
      if (seen !== undefined && seen.lost === undefined) await server.records.putSeen(host.name, { ...seen, lost: { at: clock.wall(), how: 'silent' } });
    const tls = createServer({ key, cert, minVersion: 'TLSv1.3', handshakeTimeout: helloLimitMs }, (socket) => {
      this.#meet(socket).catch((thrown) => {
        log.warn({ from: socket.remoteAddress, why: thrown instanceof Error ? thrown.message : String(thrown) }, 'a line at the door failed');
        socket.destroy();
      });
    });
    tls.maxConnections = mostLines;
    tls.on('tlsClientError', (_, socket) => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      tls.once('error', reject);
      tls.listen(port, address, () => {
        tls.off('error', reject);
        resolve();
      });
    });
    this.#close = () =>
      new Promise((resolve) => {
        for (const socket of this.#lines.values()) socket.destroy();
        tls.close(() => resolve());
      });
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await this.#close();
  }

  /**
   * Somebody with this host's address asked for boot files. Either its Dom0 answers now (then it was somebody else, which
   * is logged), or it is gone.
   */
  async suspect(host: string): Promise<void> {
    const { server, clock, log } = this.#parts;
    const seen = await server.records.seen(host);
    if (seen === undefined || seen.lost?.how === 'gone') return;
    const line = this.#lines.get(host);
    if (line !== undefined && (await this.#answers(line))) {
      log.warn({ host }, 'somebody else with the address of a running host asked for boot files');
      return;
    }
    const latest = await server.records.seen(host);
    if (latest === undefined || latest.boot !== seen.boot || this.#lines.get(host) !== line) return;
    this.#lines.delete(host); // so that its close is not taken for a loss of its own
    line?.destroy();
    await this.#lost(host, latest.boot, { at: clock.wall(), how: 'gone' });
  }

  async #answers(line: TLSSocket): Promise<boolean> {
    const { clock } = this.#parts;
    const timer = new AbortController();
    const pong = new Promise<boolean>((resolve) => {
      line.once('data', () => resolve(true));
      line.once('close', () => resolve(false));
    });
    line.write('?\n');
    const answer = await Promise.race([pong, clock.sleep(pongLimitMs, timer.signal).then(() => false)]);
    timer.abort();
    return answer;
  }

  async #meet(socket: TLSSocket): Promise<void> {
    const { log } = this.#parts;
    socket.setKeepAlive(true, keepAliveMs);
    socket.on('error', () => undefined); // its close is what counts; the code is read there
    const from = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    const hello = helloOf(await this.#firstLine(socket));
    const answer = hello === undefined ? { refused: 'this is not how a host speaks' } : await this.#admit(hello, from);
    if ('refused' in answer) {
      log.warn({ from, host: hello?.host.slice(0, 60), why: answer.refused }, 'refused at the door');
      socket.end(`${JSON.stringify({ v: 1, refused: answer.refused })}\n`);
      return;
    }
    if (hello === undefined || socket.destroyed) return;
    this.#hold(hello, socket);
    socket.write(`${JSON.stringify({ v: 1, ...answer })}\n`);
    this.#parts.changed();
  }

  async #firstLine(socket: TLSSocket): Promise<string> {
    const { clock } = this.#parts;
    const timer = new AbortController();
    let text = '';
    const line = new Promise<string>((resolve) => {
      const read = (chunk: Buffer): void => {
        text += chunk.toString('latin1');
        if (!text.includes('\n') && text.length <= mostBytes) return;
        socket.off('data', read);
        resolve(text.split('\n', 1)[0] ?? '');
      };
      socket.on('data', read);
      socket.once('close', () => resolve(''));
    });
    const first = await Promise.race([line, clock.sleep(helloLimitMs, timer.signal).then(() => '')]);
    timer.abort();
    return first;
  }

  /** Who it is, checked; and everything it needs. */
  async #admit(hello: Hello, from: string): Promise<{ readonly refused: string } | Readonly<Record<string, unknown>>> {
    const { server, clock, log } = this.#parts;
    const { settings, images, overlays, bridge, deployment } = server.parts;
    const spec = server.hosts().find(({ name }) => name === hello.host);
    if (spec === undefined || spec.address !== from) return { refused: 'no host of that name has this address' };
    const [choice, seen] = await Promise.all([server.records.choice(spec.name), server.records.seen(spec.name)]);
    const places = { images, overlays: overlaysOf(overlays, settings, spec) };
    if (hello.word !== undefined) {
      if (seen === undefined || seen.boot !== hello.boot || !equal(hashOf(hello.word), seen.word)) return { refused: 'that word is not of this boot' };
      const { lost: _, ...back } = seen;
      await server.records.putSeen(spec.name, back);
      return places;
    }
    const state = bootState(choice, seen, clock.wall(), settings.closeAfterMs);
    const again = choice !== undefined && seen?.choice === choice.id && seen.boot === hello.boot && clock.wall() < choice.until;
    if (choice === undefined || (state.window === undefined && !again)) return { refused: 'its window is not open: domus boot enrol opens it' };
    if (hello.once === undefined || !equal(hello.once, choice.secret)) return { refused: 'that is not the secret of this boot' };
    const key = await server.records.key(spec.name);
    const root = (await server.known()).find(({ host }) => host.name === spec.name)?.host.root?.version;
    if (key === undefined || root === undefined) return { refused: 'it has no key or no root: domus boot publish' };
    const word = randomBytes(24).toString('base64url');
    const authorizedKeys = await this.#parts.authorizedKeys();
    await server.records.putSeen(spec.name, { choice: choice.id, boot: hello.boot, word: hashOf(word), root, since: clock.wall(), up: false });
    log.info({ host: spec.name, root }, 'gave a host its key');
    const runner = { images, overlays, bridge, deployment, poweroff: ['/usr/sbin/poweroff'], reboot: ['/usr/sbin/reboot'] };
    const told = { ...places, word, hostKey: key.private, authorizedKeys, runner };
    const moving = await server.migrationKey();
    if (moving === undefined) return told;
    const receive = `command="/usr/bin/python3 -I -S /usr/lib/domus/domus-runner --receive",restrict ${moving.public} domus-migration\n`;
    return { ...told, authorizedKeys: `${authorizedKeys}${receive}`, migration: { key: moving.private, knownHosts: await server.knownHosts() } };
  }

  #hold(hello: Hello, socket: TLSSocket): void {
    const { clock, log } = this.#parts;
    this.#lines.get(hello.host)?.destroy();
    this.#lines.set(hello.host, socket);
    let code = '';
    socket.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code ?? '';
    });
    socket.on('data', (chunk) => {
      if (chunk.includes('"up"')) this.#up(hello).catch((thrown) => log.warn({ host: hello.host, why: String(thrown) }, 'cannot note that a host is up'));
    });
    socket.once('close', () => {
      if (this.#lines.get(hello.host) !== socket) return; // a newer line took its place
      this.#lines.delete(hello.host);
      if (this.#ended.signal.aborted) return;
      const silent = code === 'ETIMEDOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH';
      log.info({ host: hello.host, code }, silent ? 'lost the line of a host: it may live' : 'a host ended its line');
      this.#lost(hello.host, hello.boot, { at: clock.wall(), how: 'silent' })
        .then(() => (silent ? undefined : this.#goneUnlessBack(hello)))
        .catch((thrown) => log.warn({ host: hello.host, why: String(thrown) }, 'cannot note that a host is lost'));
    });
  }

  /** It ended its line, or another system answered there: unless its presence comes back in a moment, its Dom0 is over. */
  async #goneUnlessBack({ host, boot }: Hello): Promise<void> {
    const { clock } = this.#parts;
    await clock.sleep(backWithinMs, this.#ended.signal);
    if (this.#ended.signal.aborted || this.#lines.has(host)) return;
    await this.#lost(host, boot, { at: clock.wall(), how: 'gone' });
  }

  async #lost(host: string, boot: string, lost: NonNullable<BootSeen['lost']>): Promise<void> {
    const { server } = this.#parts;
    const seen = await server.records.seen(host);
    if (seen === undefined || seen.boot !== boot || seen.lost?.how === 'gone') return;
    await server.records.putSeen(host, { ...seen, lost });
    this.#parts.changed();
  }

  async #up({ host, boot }: Hello): Promise<void> {
    const { server, log } = this.#parts;
    const seen = await server.records.seen(host);
    if (seen === undefined || seen.boot !== boot || seen.up) return;
    await server.records.putSeen(host, { ...seen, up: true });
    log.info({ host }, 'a host is up');
    this.#parts.changed();
  }
}
