import type { Answer, RouteKey, SentTo } from './routes/table.js';
import type { Change, Difference, Greeting } from './schema/changes.js';
import type { ErrorBody, ErrorCode } from './schema/error.js';

/** One question on its way. */
export interface Call {
  readonly method: string;
  /** Below the server's root: `/api/v1/jobs?limit=5`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}
/** What came back; a body is read whole or in pieces. */
export interface Reply {
  readonly status: number;
  readonly header: (name: string) => string | null | undefined;
  readonly text: () => Promise<string>;
  readonly pieces: () => AsyncIterable<Uint8Array>;
}
/** The way to the server: `fetchWay` in a browser, a unix socket for the command line. Raises what the way raises. */
export type Way = (call: Call) => Promise<Reply>;

/** An error that the API answered with. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: ErrorCode | 'unreadable';
  readonly remedy: string | undefined;
  readonly details: readonly string[];
  constructor(status: number, error: Partial<ErrorBody['error']>) {
    super(error.message ?? `the answer (status ${status}) is none of Domus's API`);
    this.name = 'ApiProblem';
    this.status = status;
    this.code = error.code ?? 'unreadable';
    this.remedy = error.remedy;
    this.details = error.details ?? [];
  }
}

/** One message of `GET /changes`. */
export type ChangeEvent =
  | { readonly event: 'hello' | 'reset'; readonly id: string; readonly data: Greeting }
  | { readonly event: 'change'; readonly id: string; readonly data: Change };

/** What a route is sent; nothing where it takes nothing. */
export type Sendable<K extends RouteKey> = keyof SentTo<K> extends never ? { readonly [_ in never]: never } : SentTo<K>;
type Loose = { readonly params?: object; readonly query?: object; readonly body?: unknown };
/** Routes that answer in pages. */
export type Lists = { readonly [K in RouteKey]: Answer<K> extends { readonly next?: string | undefined } ? K : never }[RouteKey];

/** The field of a list's answer that holds its entries. */
export type FieldOf<K extends Lists> = Exclude<keyof Answer<K>, 'total' | 'next'>;

/** Asks for page after page, as far as `most` entries, and puts them together as one answer. */
export async function everyPage<K extends Lists>(
  field: FieldOf<K>,
  ask: (more: { limit?: number; cursor?: string }) => Promise<Answer<K>>,
  most = Number.POSITIVE_INFINITY,
): Promise<Answer<K>> {
  const entries: unknown[] = [];
  for (let cursor: string | undefined; ; ) {
    const limit = Math.min(10_000, most - entries.length);
    const answer = await ask({ ...(most === Number.POSITIVE_INFINITY ? {} : { limit }), ...(cursor === undefined ? {} : { cursor }) });
    entries.push(...(answer[field] as readonly unknown[]));
    cursor = (answer as { readonly next?: string }).next;
    if (cursor !== undefined && entries.length < most) continue;
    const { next: _, ...whole } = answer as { readonly next?: string };
    return { ...whole, [field]: entries } as Answer<K>;
  }
}

function pathOf(key: string, { params = {}, query = {} }: Loose): string {
  const values = new Map(Object.entries(params));
  const path = key.slice(key.indexOf(' ') + 1).replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(values.get(name))));
  const asked = new URLSearchParams(Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] as [string, string]])));
  return `/api/v1${path}${asked.size === 0 ? '' : `?${asked}`}`;
}

function parsed(status: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiProblem(status, {});
  }
}

/** Answers kept to be asked for by their ETag. */
const mostKept = 50;

/** The whole API, typed by its own route table; no dependency, for Node and browsers. */
export class ApiClient {
  readonly #way: Way;
  readonly #headers: () => Readonly<Record<string, string>>;
  readonly #kept = new Map<string, { readonly etag: string; readonly answer: unknown }>();

  /** `headers` are sent with every call: a token, or the session's CSRF word. */
  constructor(way: Way, headers: () => Readonly<Record<string, string>> = () => ({})) {
    this.#way = way;
    this.#headers = headers;
  }

  /** Asks one route: `ask('GET /jobs', {query: {queue: 'grid'}})`. What has not changed is the same object again. Raises ApiProblem. */
  async ask<K extends RouteKey>(key: K, sent: Sendable<K>, signal?: AbortSignal): Promise<Answer<K>> {
    const path = pathOf(key, sent);
    const method = key.slice(0, key.indexOf(' '));
    const { body } = sent as Loose;
    const known = method === 'GET' ? this.#kept.get(path) : undefined;
    const reply = await this.#way({
      method,
      path,
      headers: {
        accept: 'application/json',
        ...this.#headers(),
        ...(known === undefined ? {} : { 'if-none-match': known.etag }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (reply.status === 304 && known !== undefined) return known.answer as Answer<K>;
    const answer = parsed(reply.status, await reply.text());
    if (reply.status >= 400) throw new ApiProblem(reply.status, (answer as Partial<ErrorBody>).error ?? {});
    const etag = reply.header('etag');
    if (method === 'GET' && typeof etag === 'string') this.#keep(path, etag, answer);
    return answer as Answer<K>;
  }

  /** A whole list, page by page. Raises ApiProblem. */
  all<K extends Lists>(key: K, field: FieldOf<K>, sent: Sendable<K>): Promise<Answer<K>> {
    return everyPage<K>(field, (more) => this.ask(key, { ...sent, query: { ...(sent as Loose).query, ...more } } as Sendable<K>));
  }

  /**
   * What each tick changes, until the connection ends; then ask again with the id of the last message. After `hello` and
   * `reset` read the lists; then `merge` every change.
   */
  async *changes(lastId?: string, signal?: AbortSignal): AsyncGenerator<ChangeEvent, void, undefined> {
    const headers = { accept: 'text/event-stream', ...this.#headers(), ...(lastId === undefined ? {} : { 'last-event-id': lastId }) };
    const reply = await this.#way({ method: 'GET', path: '/api/v1/changes', headers, ...(signal === undefined ? {} : { signal }) });
    if (reply.status >= 400) throw new ApiProblem(reply.status, (parsed(reply.status, await reply.text()) as Partial<ErrorBody>).error ?? {});
    const decoder = new TextDecoder();
    let rest = '';
    for await (const piece of reply.pieces()) {
      const messages = (rest + decoder.decode(piece, { stream: true })).split('\n\n');
      rest = messages.pop() ?? '';
      for (const message of messages) {
        const event = changeEvent(message);
        if (event !== undefined) yield event;
      }
    }
  }

  #keep(path: string, etag: string, answer: unknown): void {
    this.#kept.delete(path);
    this.#kept.set(path, { etag, answer });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > mostKept && oldest !== undefined) this.#kept.delete(oldest);
  }
}

/** One server-sent message; undefined for a comment (a sign of life). */
export function changeEvent(message: string): ChangeEvent | undefined {
  const fields = new Map(message.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()]));
  const data = fields.get('data');
  if (data === undefined) return undefined;
  return { event: fields.get('event') ?? 'change', id: fields.get('id') ?? '', data: JSON.parse(data) } as ChangeEvent;
}

/** A record with the fields of a difference: null = the field is gone. */
export function patched<R extends object>(record: R | undefined, set: Readonly<Record<string, unknown>>): R {
  return Object.fromEntries(Object.entries({ ...record, ...set }).filter(([, value]) => value !== null)) as R;
}

/** A list, by key (`id` of machines, `name` of hosts and environments), with a difference; records that did not change stay the same objects. */
export function merge<R extends object>(records: ReadonlyMap<string, R>, key: 'id' | 'name', change: Difference | undefined): ReadonlyMap<string, R> {
  if (change === undefined) return records;
  const merged = new Map(records);
  for (const set of change.set ?? []) merged.set(String(set[key]), patched(merged.get(String(set[key])), set));
  for (const name of change.gone ?? []) merged.delete(name);
  return merged;
}

/** What `fetchWay` needs of `fetch`. */
interface FetchReply {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | { getReader(): { read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }> } } | null;
  text(): Promise<string>;
}
type Fetch = (
  url: string,
  options: { method: string; headers: Record<string, string>; body?: string; signal?: AbortSignal; credentials: 'same-origin' },
) => Promise<FetchReply>;

async function* piecesOf(body: FetchReply['body']): AsyncGenerator<Uint8Array, void, undefined> {
  if (body === null) return;
  if (!('getReader' in body)) {
    yield* body;
    return;
  }
  const reader = body.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) if (read.value !== undefined) yield read.value;
}

/** The way of browsers (base '') and of Node (base `https://domus.example.org:8443`). */
export const fetchWay =
  (fetch: Fetch, base = ''): Way =>
  async ({ method, path, headers, body, signal }) => {
    const options = {
      method,
      headers: { ...headers },
      credentials: 'same-origin' as const,
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    };
    const reply = await fetch(`${base}${path}`, options);
    return { status: reply.status, header: (name) => reply.headers.get(name), text: () => reply.text(), pieces: () => piecesOf(reply.body) };
  };
