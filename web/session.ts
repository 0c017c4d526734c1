import { ApiClient, fetchWay } from '../src/api/client.js';
import type { Answer } from '../src/api/routes/table.js';
import type { GrantRecord } from '../src/api/schema/identity.js';

/** Who looks at the page. */
export type Person = Answer<'GET /session'>;

let person: Person | undefined;

/** A connection that was kept for later may be cut just as it is used: what only reads is asked once more. */
const patiently: typeof fetch = async (input, init) => {
  try {
    return await fetch(input, init);
  } catch (thrown) {
    if ((init?.method ?? 'GET') !== 'GET' || init?.signal?.aborted === true) throw thrown;
    await new Promise((resolve) => setTimeout(resolve, 300));
    return fetch(input, init);
  }
};

export const client = new ApiClient(fetchWay(patiently), () => (person?.csrf === undefined ? {} : { 'x-domus-csrf': person.csrf }));

/** Raises ApiProblem `sign-in` where nobody is signed in. */
export async function whoAmI(): Promise<Person> {
  person = await client.ask('GET /session', {});
  return person;
}
/** Raises ApiProblem. */
export async function signIn(name: string, password: string): Promise<Person> {
  person = await client.ask('POST /session', { body: { name, password } });
  return person;
}
/** The first visit: a one-time link becomes a password. Raises ApiProblem. */
export async function signInByLink(code: string, password: string, name: string | undefined): Promise<Person> {
  person = await client.ask('POST /session/link', { body: { code, password, ...(name === undefined ? {} : { name }) } });
  return person;
}
export async function signOut(): Promise<void> {
  await client.ask('DELETE /session', {});
  person = undefined;
}

const covers = ({ pools, environments }: GrantRecord, pool: string | undefined, environment: string | undefined): boolean =>
  (pools === undefined && environments === undefined) ||
  (pool !== undefined && pools?.includes(pool) === true) ||
  (environment !== undefined && environments?.includes(environment) === true);

/** May this person act on what is there? The daemon decides; the page only hides what it would refuse. */
export const mayAct = (who: Person | undefined, place: { readonly pool?: string | undefined; readonly environment?: string | undefined }): boolean =>
  (who?.grants ?? []).some((grant) => (grant.role === 'operator' || grant.role === 'admin') && covers(grant, place.pool, place.environment));

/** Has this person anything at all to act on? */
export const mayAnything = (who: Person | undefined): boolean => (who?.grants ?? []).some(({ role }) => role === 'operator' || role === 'admin');
