import { z } from 'zod';
import { Failure } from '../../src/drivers/failure.js';
import type { ClassroomReading } from '../../src/model/tenancy.js';

const mostPeople = 50;
/** Names of people come from outside: plain, and bounded. */
const person = z.string().transform((name) => name.replace(/[^A-Za-z0-9_.@-]/g, '?').slice(0, 32) || '?');

const looked = z.object({
  v: z.literal(1),
  bootId: z.string().min(1).max(100).optional(),
  ready: z.boolean(),
  people: z.array(person).max(mostPeople).optional(),
});
const ordered = z.object({ v: z.literal(1), done: z.literal(true).optional(), refused: z.string().max(1000).optional() });

function json(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new Failure('garbled', `${what}: the answer is no JSON`, { cause: thrown });
  }
}

/** What a workstation says of itself. Raises Failure `garbled`, and `refused` where it refuses to say. */
export function parseLook(text: string, what: string): ClassroomReading {
  const value = json(text, what);
  const refused = ordered.safeParse(value);
  if (refused.success && refused.data.refused !== undefined) throw new Failure('refused', `${what}: ${plain(refused.data.refused)}`);
  const read = looked.safeParse(value);
  if (!read.success) throw new Failure('garbled', `${what}: ${read.error.issues[0]?.path.join('.')}: ${read.error.issues[0]?.message}`);
  const { ready, people, bootId } = read.data;
  return { ready, ...(people === undefined ? {} : { people }), ...(bootId === undefined ? {} : { bootId }) };
}

const plain = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);

/** Done, or why not. Raises Failure: `busy` under somebody who is logged in, `refused`, `garbled`. */
export function parseOrder(text: string, what: string): void {
  const read = ordered.safeParse(json(text, what));
  if (!read.success) throw new Failure('garbled', `${what}: ${read.error.issues[0]?.message}`);
  const { done, refused } = read.data;
  if (refused !== undefined) throw new Failure(refused.startsWith('busy:') ? 'busy' : 'refused', `${what}: ${plain(refused.replace(/^[a-z]+: /, ''))}`);
  if (done !== true) throw new Failure('garbled', `${what}: neither done nor refused`);
}

/** Keys (type and base64) by host, of an OpenSSH file; lines with hashed names or marks are left out. */
export function parseKnownHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [names = '', type = '', key = ''] = line.trim().split(/\s+/);
    if (names === '' || /^[#|@]/.test(names) || !/^[A-Za-z0-9+/]+=*$/.test(key)) continue;
    for (const name of names.split(',')) found.set(name, [...(found.get(name) ?? []), `${type} ${key}`]);
  }
  return found;
}

/** `Chassis Power is on`. */
export function parsePower(text: string, what: string): boolean {
  const said = /^Chassis Power is (on|off)$/m.exec(text);
  if (said === null) throw new Failure('garbled', `${what}: neither on nor off`);
  return said[1] === 'on';
}
