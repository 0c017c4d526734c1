import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { sshConfig } from '../../../plugins/ssh/config.js';
import { algorithmsOf, keysFor, knownAs, pinnedKey } from '../../../plugins/ssh/known-hosts.js';

const a = `ssh-ed25519 ${'A'.repeat(68)}`;
const b = `ssh-ed25519 ${'B'.repeat(68)}`;
const keyOf = (line: string): string => line.split(' ')[1] ?? '';
const found = (file: string, name = 'ws1'): string[] => keysFor(file, [name]).map((k) => k.key);
const hashed = (name: string): string => {
  const salt = Buffer.from('0123456789abcdefghij');
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
};

it.each<[string, string, readonly string[]]>([
  ['a plain line', `ws1 ${a}`, [a]],
  ['a line with a comment', `ws1 ${a} root@ws1 installed`, [a]],
  ['several names', `ws0,ws1,10.0.0.1 ${a}`, [a]],
  ['names in capitals', `WS1 ${a}`, [a]],
  ['a pattern', `ws* ${a}`, [a]],
  ['a pattern with ?', `w?1 ${a}`, [a]],
  ['a pattern that names it out', `ws*,!ws1 ${a}`, []],
  ['a hashed name', `${hashed('ws1')} ${a}`, [a]],
  ['the hash of another', `${hashed('ws2')} ${a}`, []],
  ['two keys', `ws1 ${a}\nws1 ${b}`, [a, b]],
  ['a revoked key', `ws1 ${a}\n@revoked * ${a}\nws1 ${b}`, [b]],
  ['a certificate authority', `@cert-authority ws1 ${a}`, []],
  ['a remark', `# ws1 ${a}`, []],
  ['another host', `ws10 ${a}`, []],
  ['another port', `[ws1]:2222 ${a}`, []],
  ['a key that is none', `ws1 ssh-ed25519 notakey`, []],
  ['a kind of key that is none', `ws1 ssh-none ${'A'.repeat(68)}`, []],
  ['nothing', '', []],
  ['a name alone', 'ws1', []],
])('%s', (_, file, keys) => {
  expect(found(file)).toEqual(keys.map(keyOf));
});

it('knows a host at a port of its own only in brackets', () => {
  expect(knownAs('WS1', 22)).toBe('ws1');
  expect(found(`[ws1]:2222 ${a}`, knownAs('ws1', 2222))).toEqual([keyOf(a)]);
  expect(found(`ws1 ${a}`, knownAs('ws1', 2222))).toEqual([]);
});

it.skipIf(!existsSync('/usr/bin/ssh-keygen'))('reads the names that OpenSSH itself has hashed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'domus-known-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'known_hosts');
  const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDWIXRBgBYEtrH3xGoUlVZAjTTRgXQNMgkYpSxvUhV7V';
  writeFileSync(file, `ws1 ${key}\n[ws2]:2222 ${key}\n`);
  execFileSync('/usr/bin/ssh-keygen', ['-H', '-f', file], { stdio: 'ignore' });
  const text = readFileSync(file, 'utf8');
  expect(text).not.toContain('ws1');
  expect(found(text)).toEqual([keyOf(key)]);
  expect(found(text, knownAs('ws2', 2222))).toEqual([keyOf(key)]);
  expect(found(text, 'ws3')).toEqual([]);
});

it('asks an RSA host for signatures of today, never of SHA-1', () => {
  expect(algorithmsOf([{ type: 'ssh-rsa', key: 'x' }, pinnedKey(a)!])).toEqual(['rsa-sha2-512', 'rsa-sha2-256', 'ssh-ed25519']);
});

it.each([
  ['a password', { privateKey: '/k', password: 'x' }],
  ['no key', {}],
  ['a relative path', { privateKey: 'id' }],
  ['a pinned key that is none', { privateKey: '/k', hostKeys: { ws1: 'SHA256:abc' } }],
  ['no sessions', { privateKey: '/k', sessionsPerHost: 0 }],
  ['a login with a blank', { privateKey: '/k', user: 'a b' }],
])('refuses a configuration with %s', (_, settings) => {
  expect(sshConfig.safeParse(settings).success).toBe(false);
});
