import { readFile } from 'node:fs/promises';
import { execa } from 'execa';

/** Limit of one question to the site's directory, ms. */
const directoryLimitMs = 5000;

/** Asks a name service table, first the local file, then (LDAP, SSSD) through getent; undefined when nobody knows the key. Raises what reading raises. */
async function entry(table: 'passwd' | 'group', matches: (fields: readonly string[]) => boolean, key: string): Promise<readonly string[] | undefined> {
  const inFile = (await readFile(`/etc/${table}`, 'utf8')).split('\n').map((line) => line.split(':'));
  const local = inFile.find(matches);
  if (local !== undefined) return local;
  const answer = await execa('getent', [table, key], { reject: false, timeout: directoryLimitMs, maxBuffer: 65_536, stdin: 'ignore' });
  if (answer.exitCode === 2) return undefined;
  if (answer.exitCode !== 0) throw new Error(`getent ${table} ${key} failed: ${answer.shortMessage ?? answer.stderr}`);
  const line = answer.stdout.split('\n')[0]?.split(':');
  return line !== undefined && matches(line) ? line : undefined;
}

/** Login name of a user id; undefined when it has none. */
export const userName = async (uid: number): Promise<string | undefined> => (await entry('passwd', (f) => f[2] === String(uid), String(uid)))?.[0];

/** Number of a group; undefined when there is none of that name. */
export async function groupId(name: string): Promise<number | undefined> {
  const found = (await entry('group', (f) => f[0] === name, name))?.[2];
  return found === undefined ? undefined : Number(found);
}
