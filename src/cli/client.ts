import { unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ApiClient, ApiProblem, everyPage, type FieldOf, type Lists, type Sendable } from '../api/client.js';
import { identityHeader } from '../api/identity/file-owner.js';
import type { Answer, RouteKey } from '../api/routes/table.js';
import { CliError, type Exit, exits } from './exits.js';
import { socketWay } from './socket-way.js';

const codeOf = (thrown: unknown): string => (thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '');
const sentenceOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

const exitOf: Readonly<Partial<Record<ApiProblem['code'], Exit>>> = {
  unknown: exits.no,
  ambiguous: exits.no,
  'reload-refused': exits.no,
  'too-dear': exits.no,
  busy: exits.no,
  invalid: exits.usage,
  'not-yours': exits.refused,
  forbidden: exits.refused,
  'sign-in': exits.refused,
};

function refused(socket: string, problem: ApiProblem): CliError {
  if (problem.code === 'unreadable') return new CliError(exits.unreachable, `${socket} does not speak Domus's API: ${problem.message}`, { cause: problem });
  const remedy = problem.remedy === undefined ? [] : [problem.remedy];
  const details = problem.details.length > 0 ? problem.details : remedy;
  return new CliError(exitOf[problem.code] ?? exits.unreachable, problem.message, { details, cause: problem });
}

const absent = (socket: string, thrown: unknown): CliError => {
  const why = codeOf(thrown) === 'ENOENT' ? 'there is no such socket' : sentenceOf(thrown);
  return new CliError(exits.unreachable, `the daemon cannot be reached at ${socket}: ${why} (is "domus run" running? see --run-dir and --config)`, {
    cause: thrown,
  });
};

/** The daemon, through whichever of its doors this user may use. */
export class Client {
  readonly #sockets: { readonly control: string; readonly status: string };
  #door: 'control' | 'status' | undefined;
  readonly #ways = new Map<string, ApiClient>();
  #proof: Readonly<Record<string, string>> = {};

  constructor(sockets: { readonly control: string; readonly status: string }) {
    this.#sockets = sockets;
  }

  /** Reads; where only the status door is open, proves who asks. Raises CliError. */
  async read<K extends RouteKey>(key: K, sent: Sendable<K>): Promise<Answer<K>> {
    const { control, status } = this.#sockets;
    if (this.#door !== 'status') {
      try {
        const answer = await this.#ask(control, key, sent, {});
        this.#door = 'control';
        return answer;
      } catch (thrown) {
        if (thrown instanceof CliError) throw thrown;
        if (control === status || this.#door === 'control') throw absent(control, thrown);
      }
    }
    try {
      const answer = await this.#ask(status, key, sent, await this.#prove(status));
      this.#door = 'status';
      return answer;
    } catch (thrown) {
      throw thrown instanceof CliError ? thrown : absent(status, thrown);
    }
  }

  /** A list as far as `most` entries, page by page. Raises CliError. */
  all<K extends Lists>(key: K, field: FieldOf<K>, sent: Sendable<K>, most?: number): Promise<Answer<K>> {
    const asked = sent as { readonly query?: object };
    return everyPage<K>(field, (more) => this.read(key, { ...sent, query: { ...asked.query, ...more } } as Sendable<K>), most);
  }

  /** Wishes, as oneself. Raises CliError `refused` for who may not. */
  async act<K extends RouteKey>(key: K, sent: Sendable<K>): Promise<Answer<K>> {
    const socket = this.#sockets.control;
    try {
      return await this.#ask(socket, key, sent, await this.#prove(socket));
    } catch (thrown) {
      if (thrown instanceof CliError) throw thrown;
      const code = codeOf(thrown);
      if (code !== 'EACCES' && code !== 'EPERM') throw absent(socket, thrown);
      throw new CliError(exits.refused, `you may not act: ${socket} is open to root and to members of Domus's group only`, { cause: thrown });
    }
  }

  async #ask<K extends RouteKey>(socket: string, key: K, sent: Sendable<K>, proof: Readonly<Record<string, string>>): Promise<Answer<K>> {
    const api = this.#ways.get(socket) ?? new ApiClient(socketWay(socket), () => this.#proof);
    this.#ways.set(socket, api);
    this.#proof = proof;
    try {
      return await api.ask(key, sent);
    } catch (thrown) {
      throw thrown instanceof ApiProblem ? refused(socket, thrown) : thrown;
    }
  }

  /** Answers a challenge with a new empty file, whose owner is who asks. */
  async #prove(socket: string): Promise<Readonly<Record<string, string>>> {
    const { nonce } = await this.#ask(socket, 'GET /identity/challenge', {}, {});
    if (!/^[\w-]{8,64}$/.test(nonce)) throw new CliError(exits.unreachable, `${socket} does not speak Domus's API: it sent no challenge`);
    const file = join(dirname(socket), 'whoami', nonce);
    try {
      await writeFile(file, '', { flag: 'wx', mode: 0o600 });
    } catch (thrown) {
      await unlink(file).catch(() => undefined); // best effort: the daemon sweeps its folder
      throw new CliError(exits.unreachable, `cannot prove who asks: ${sentenceOf(thrown)}`, { cause: thrown });
    }
    return { [identityHeader]: nonce };
  }
}
