import type { Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { type BootSeen, counts } from '../model/boot.js';
import type { HostSpec } from '../model/host.js';
import { Admission, type AdmissionParts, type Hello, helloOf } from './admission.js';

const helloLimitMs = 10_000;
/** A dead line is noticed within about 25 s: Linux probes after this, then each second ten times. */
const keepAliveMs = 15_000;
/** A Dom0 whose presence was only restarted is back within this. */
const backWithinMs = 15_000;
const pongLimitMs = 5_000;
const mostBytes = 4096;
const mostLines = 1000;
/** Of one address, at a time: the line that is held, one that takes its place, and a few that are told no. */
const mostOfOne = 8;

export interface DoorParts extends AdmissionParts {
  /** Something that files or exports depend on was written. */
  readonly changed: () => void;
}

/**
 * Where hosts are told their one-time secret, show it, and hold a line for as long as their Dom0 runs. It writes `seen/HOST`
 * and nothing else. A host is answered only from its own address, only with the secret of its choice within its window, and
 * a secret is good for one boot; the same boot may ask again (its answer may have been lost). Where a second boot shows the
 * right one, there are two of one host: both are shut out, and its key is forgotten.
 */
export class Door {
  readonly #parts: DoorParts;
  readonly #admission: Admission;
  readonly #lines = new Map<string, TLSSocket>();
  readonly #ended = new AbortController();
  /** By host: who asks is answered one after the other, so that no two are admitted by one secret. */
  readonly #turns = new Map<string, Promise<unknown>>();
  /** Losses that could not be written down (a full disk), by host. */
  readonly #owed = new Map<string, { readonly boot: string; readonly lost: NonNullable<BootSeen['lost']> }>();
  /** By address. */
  readonly #open = new Map<string, number>();
  #close: () => Promise<void> = () => Promise.resolve();

  constructor(parts: DoorParts) {
    this.#parts = parts;
    this.#admission = new Admission(parts, (host, seen) => this.#end(host, seen));
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
    tls.on('connection', (socket: Socket) => this.#count(socket));
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

  #count(socket: Socket): void {
    const from = socket.remoteAddress ?? '';
    const now = (this.#open.get(from) ?? 0) + 1;
    if (now > mostOfOne) return void socket.destroy();
    this.#open.set(from, now);
    socket.once('close', () => {
      const left = (this.#open.get(from) ?? 1) - 1;
      if (left === 0) this.#open.delete(from);
      else this.#open.set(from, left);
    });
  }

  /** Ends the line of a boot that was shut out, for good: its word is worth nothing from now on. */
  async shutOut(host: string): Promise<void> {
    await this.#inTurn(host, async () => {
      const { server, log } = this.#parts;
      const [choice, seen] = await Promise.all([server.records.choice(host), server.records.seen(host)]);
      if (seen === undefined || counts(choice, seen) || seen.word === '') return;
      log.warn({ host, boot: seen.boot }, 'shut out the boot that held the line of a host');
      await this.#end(host, seen);
    });
  }

  async #end(host: string, seen: BootSeen): Promise<void> {
    const { server, clock } = this.#parts;
    await server.records.putSeen(host, { ...seen, word: '', lost: { at: clock.wall(), how: 'gone' } });
    const line = this.#lines.get(host);
    this.#lines.delete(host); // so that its close is not taken for a loss of its own
    line?.destroy();
    this.#parts.changed();
  }

  #inTurn<T>(host: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(host) ?? Promise.resolve()).then(work);
    this.#turns.set(
      host,
      turn.catch(() => undefined), // its own caller hears of it
    );
    return turn;
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
    socket.setKeepAlive(true, keepAliveMs);
    socket.on('error', () => undefined); // its close is what counts; the code is read there
    const from = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    const hello = helloOf(await this.#firstLine(socket));
    const spec = this.#parts.server.hosts().find(({ name }) => name === hello?.host);
    if (hello !== undefined && spec !== undefined && spec.address === from) return await this.#inTurn(spec.name, () => this.#reply(hello, spec, socket));
    this.#refuse(socket, hello, hello === undefined ? 'this is not how a host speaks' : 'no host of that name has this address');
  }

  #refuse(socket: TLSSocket, hello: Hello | undefined, why: string): void {
    this.#parts.log.warn({ from: socket.remoteAddress, host: hello?.host.slice(0, 60), why }, 'refused at the door');
    socket.end(`${JSON.stringify({ v: 1, refused: why })}\n`);
    socket.destroySoon(); // nobody who was refused keeps a place
  }

  async #reply(hello: Hello, spec: HostSpec, socket: TLSSocket): Promise<void> {
    const answer = await this.#admission.answer(hello, spec);
    if ('refused' in answer) return this.#refuse(socket, hello, String(answer['refused']));
    if (hello.ask) {
      socket.end(`${JSON.stringify({ v: 1, ...answer })}\n`);
      socket.destroySoon();
      return;
    }
    if (socket.destroyed) return;
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

  #hold(hello: Hello, socket: TLSSocket): void {
    const { clock, log } = this.#parts;
    this.#owed.delete(hello.host);
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
    const { server, log } = this.#parts;
    await this.#inTurn(host, async () => {
      const seen = await server.records.seen(host);
      if (seen === undefined || seen.boot !== boot || seen.lost?.how === 'gone') return;
      try {
        await server.records.putSeen(host, { ...seen, lost });
        if (this.#owed.delete(host)) return;
      } catch (thrown) {
        if (this.#owed.get(host)?.lost === lost) return; // said already
        this.#owed.set(host, { boot, lost });
        log.error({ host, how: lost.how, why: String(thrown) }, 'cannot write down that a host is lost');
      }
      this.#parts.changed();
    });
  }

  /** Writes down what could not be written before; the hosts that are gone for which that still fails. */
  async settle(): Promise<ReadonlySet<string>> {
    for (const [host, { boot, lost }] of [...this.#owed]) await this.#lost(host, boot, lost);
    return new Set([...this.#owed].flatMap(([host, { lost }]) => (lost.how === 'gone' ? [host] : [])));
  }

  async #up({ host, boot }: Hello): Promise<void> {
    const { server, log } = this.#parts;
    await this.#inTurn(host, async () => {
      const seen = await server.records.seen(host);
      if (seen === undefined || seen.boot !== boot || seen.up) return;
      await server.records.putSeen(host, { ...seen, up: true });
      log.info({ host }, 'a host is up');
      this.#parts.changed();
    });
  }
}
