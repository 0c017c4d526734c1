import { unlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import type { ErrorBody } from '../api/errors.js';
import { type Challenge, identityHeader } from '../api/identity.js';
import { CliError, exits } from './exits.js';

/** Longest silence of the daemon before a command gives up, ms. */
const patienceMs = 15_000;
/** Largest answer read, bytes. */
const mostBytes = 256 * 1024 * 1024;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}
interface Call {
  readonly method?: 'GET' | 'POST';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const codeOf = (thrown: unknown): string => (thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '');

/** One question over a unix socket. Raises what the socket raises, or CliError for an answer that is no JSON. */
function ask(socketPath: string, path: string, { method = 'GET', body, headers = {} }: Call = {}): Promise<Answer> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const type = payload === undefined ? {} : { 'content-type': 'application/json' };
    const call = request({ socketPath, path: `/api/v1/${path}`, method, headers: { ...headers, ...type }, timeout: patienceMs }, (answer) => {
      const pieces: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (piece: Buffer) => {
        bytes += piece.length;
        if (bytes > mostBytes) call.destroy(new Error(`the answer is larger than ${mostBytes} bytes`));
        else pieces.push(piece);
      });
      answer.on('error', reject);
      answer.on('end', () => {
        try {
          resolve({ status: answer.statusCode ?? 0, body: JSON.parse(Buffer.concat(pieces).toString('utf8')) });
        } catch (thrown) {
          reject(new CliError(exits.unreachable, `${socketPath} does not speak Domus's API: its answer is no JSON`, { cause: thrown }));
        }
      });
    });
    call.on('timeout', () => call.destroy(new Error(`no answer within ${patienceMs / 1000} s`)));
    call.on('error', reject);
    call.end(payload);
  });
}

const exitOf = { unknown: exits.no, ambiguous: exits.no, 'reload-refused': exits.no, invalid: exits.usage, 'not-yours': exits.refused } as const;

function checked(answer: Answer): unknown {
  if (answer.status < 400) return answer.body;
  const { error } = answer.body as Partial<ErrorBody>;
  const code = error?.code ?? 'internal';
  const exit = code in exitOf ? exitOf[code as keyof typeof exitOf] : exits.unreachable;
  throw new CliError(exit, error?.message ?? `the daemon answered with status ${answer.status}`, { details: error?.details ?? [] });
}

const absent = (socket: string, thrown: unknown): CliError => {
  const why = codeOf(thrown) === 'ENOENT' ? 'there is no such socket' : thrown instanceof Error ? thrown.message : String(thrown);
  return new CliError(exits.unreachable, `the daemon cannot be reached at ${socket}: ${why} (is "domus run" running? see --run-dir and --config)`, {
    cause: thrown,
  });
};

/** The daemon, through whichever of its doors this user may use. */
export class Client {
  readonly #sockets: { readonly control: string; readonly status: string };
  #door: 'control' | 'status' | undefined;

  constructor(sockets: { readonly control: string; readonly status: string }) {
    this.#sockets = sockets;
  }

  /** Reads; where only the status door is open, proves who asks. Raises CliError. */
  async read<T>(path: string): Promise<T> {
    if (this.#door !== 'status') {
      try {
        const answer = await ask(this.#sockets.control, path);
        this.#door = 'control';
        return checked(answer) as T;
      } catch (thrown) {
        if (thrown instanceof CliError) throw thrown;
        if (this.#sockets.control === this.#sockets.status || this.#door === 'control') throw absent(this.#sockets.control, thrown);
      }
    }
    const headers = await this.#prove(this.#sockets.status);
    const answer = await ask(this.#sockets.status, path, { headers }).catch((thrown: unknown) => {
      throw thrown instanceof CliError ? thrown : absent(this.#sockets.status, thrown);
    });
    this.#door = 'status';
    return checked(answer) as T;
  }

  /** Wishes, as oneself. Raises CliError `refused` for who may not. */
  async act<T>(path: string, body?: unknown): Promise<T> {
    const socket = this.#sockets.control;
    try {
      const headers = await this.#prove(socket);
      return checked(await ask(socket, path, { method: 'POST', headers, ...(body === undefined ? {} : { body }) })) as T;
    } catch (thrown) {
      if (thrown instanceof CliError) throw thrown;
      const code = codeOf(thrown);
      if (code !== 'EACCES' && code !== 'EPERM') throw absent(socket, thrown);
      throw new CliError(exits.refused, `you may not act: ${socket} is open to root and to members of Domus's group only`, { cause: thrown });
    }
  }

  /** Answers a challenge with a new empty file, whose owner is who asks. */
  async #prove(socket: string): Promise<Readonly<Record<string, string>>> {
    const answer = await ask(socket, 'identity/challenge').catch((thrown: unknown) => {
      throw codeOf(thrown) === 'EACCES' || thrown instanceof CliError ? thrown : absent(socket, thrown);
    });
    const { nonce } = checked(answer) as Challenge;
    if (!/^[\w-]{8,64}$/.test(nonce)) throw new CliError(exits.unreachable, `${socket} does not speak Domus's API: it sent no challenge`);
    const file = join(dirname(socket), 'whoami', nonce);
    try {
      await writeFile(file, '', { flag: 'wx', mode: 0o600 });
    } catch (thrown) {
      await unlink(file).catch(() => undefined); // best effort: the daemon sweeps its folder
      throw new CliError(exits.unreachable, `cannot prove who asks: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown });
    }
    return { [identityHeader]: nonce };
  }
}
