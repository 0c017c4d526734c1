import { createHmac } from 'node:crypto';

/** A host key as a person wrote it down: type and base64 text. */
export interface PinnedKey {
  readonly type: string;
  readonly key: string;
}

const keyType = /^(ssh-(rsa|ed25519)|ecdsa-sha2-nistp(256|384|521))$/;
const base64 = /^[A-Za-z0-9+/]{40,2000}={0,2}$/;

/** `ssh-ed25519 AAAA... [comment]` as a key; undefined when it is none. */
export function pinnedKey(text: string): PinnedKey | undefined {
  const [type = '', key = ''] = text.trim().split(/\s+/);
  return keyType.test(type) && base64.test(key) ? { type, key } : undefined;
}

/** `*` and `?` as in OpenSSH; no regular expression is made of what a file says. */
function globMatches(pattern: string, name: string): boolean {
  let at = 0;
  let p = 0;
  let star = -1;
  let starAt = 0;
  while (at < name.length) {
    if (pattern[p] === '*') {
      star = p++;
      starAt = at;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === name[at])) {
      p++;
      at++;
    } else if (star >= 0) {
      p = star + 1;
      at = ++starAt;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

function hashMatches(pattern: string, name: string): boolean {
  const [, , salt, hash] = pattern.split('|');
  if (salt === undefined || hash === undefined) return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

function lineIsFor(patterns: string, names: readonly string[]): boolean {
  const all = patterns.split(',');
  const matches = (pattern: string): boolean =>
    names.some((name) => (pattern.startsWith('|1|') ? hashMatches(pattern, name) : globMatches(pattern.toLowerCase(), name)));
  return all.some((p) => !p.startsWith('!') && matches(p)) && !all.some((p) => p.startsWith('!') && matches(p.slice(1)));
}

/** How OpenSSH writes a host at a port. */
export const knownAs = (host: string, port: number): string => (port === 22 ? host : `[${host}]:${port}`).toLowerCase();

/** Keys that a known_hosts file gives for any of the names, less those it revokes. Certificate authorities are not used. */
export function keysFor(file: string, names: readonly string[]): readonly PinnedKey[] {
  const keys: PinnedKey[] = [];
  const revoked = new Set<string>();
  for (const line of file.split('\n')) {
    const words = line.trim().split(/\s+/);
    const mark = words[0]?.startsWith('@') ? words.shift() : undefined;
    const [patterns, ...rest] = words;
    if (patterns === undefined || patterns === '' || patterns.startsWith('#') || !lineIsFor(patterns, names)) continue;
    const key = pinnedKey(rest.join(' '));
    if (key === undefined) continue;
    if (mark === '@revoked') revoked.add(key.key);
    else if (mark === undefined) keys.push(key);
  }
  return keys.filter((k) => !revoked.has(k.key));
}

/** Signature algorithms to ask for, so that the host shows the key that is pinned and not another of its keys. */
export function algorithmsOf(keys: readonly PinnedKey[]): readonly string[] {
  return [...new Set(keys.flatMap((k) => (k.type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [k.type])))];
}
