import type { InjectOptions } from 'fastify';
import { hashPassword } from '../../src/api/identity/password.js';
import type { Grant } from '../../src/api/identity/who.js';
import type { ErrorCode } from '../../src/api/schema/error.js';
import { givenAt } from '../given-present.js';
import type { Scene } from './scene.js';

/** Quick to work out: only tests take so little. */
export const cheap = (password: string) => hashPassword(password, { N: 2, r: 8, p: 1 });

/** A user with the password `correct horse NAME`. */
export async function settle(at: Scene, name: string, ...grants: Grant[]): Promise<void> {
  at.access.store.putUser({ name, grants, password: await cheap(`correct horse ${name}`), createdAt: givenAt });
}
/** Header of a token with these grants, which root made. */
export const bearer = (at: Scene, ...grants: Grant[]): { authorization: string } => ({
  authorization: `Bearer ${at.access.tokens.make('local:root', `t${Math.random()}`, grants, givenAt + 3_600_000).token}`,
});

export interface Said {
  readonly status: number;
  readonly code: ErrorCode | undefined;
  readonly body: Record<string, unknown>;
  readonly cookie: string | undefined;
  readonly headers: Record<string, unknown>;
}
export async function call(at: Scene, method: string, url: string, headers: Record<string, string> = {}, payload?: unknown): Promise<Said> {
  const options: InjectOptions = { method: method as 'GET', url: `/api/v1${url}`, headers, ...(payload === undefined ? {} : { payload: payload as object }) };
  const answer = await at.api.inject(options);
  const body = (answer.body === '' ? {} : answer.json()) as Record<string, unknown> & { error?: { code: ErrorCode } };
  const line = answer.headers['set-cookie'];
  return { status: answer.statusCode, code: body.error?.code, body, cookie: typeof line === 'string' ? line : undefined, headers: answer.headers };
}

/** The headers of a page that is signed in as somebody. */
export async function signedIn(at: Scene, name: string): Promise<Record<string, string>> {
  const { status, cookie, body } = await call(at, 'POST', '/session', {}, { name, password: `correct horse ${name}` });
  if (status !== 200 || cookie === undefined) throw new Error(`cannot sign in as ${name}: ${JSON.stringify(body)}`);
  return { cookie: cookie.split(';')[0]!, 'x-domus-csrf': String(body['csrf']) };
}
