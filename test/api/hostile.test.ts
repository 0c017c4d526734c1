import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Changes } from '../../src/api/changes/changes.js';
import { Audit } from '../../src/api/identity/audit.js';
import { listen, type OpenDoors, socketPath } from '../../src/api/listen.js';
import { systemClock } from '../../src/clock.js';
import { openSqliteJournal } from '../../src/journal/sqlite/open.js';
import { silentLog } from '../../src/log.js';
import { fromDebian } from '../debian.js';
import { busyDay, givenAccess, scene } from './scene.js';

const hasOpenssl = fromDebian('openssl', 'openssl');

/** All that a connection is answered until it is closed. */
const until = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    let said = '';
    socket.on('data', (bytes) => {
      said += String(bytes);
    });
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(said));
  });

describe('who means no good', () => {
  const folder = mkdtempSync(join(tmpdir(), 'domus-hostile-'));
  const files = { certificate: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  let doors: OpenDoors;
  const socket = () => connect(socketPath(folder, 'control'));

  beforeAll(async () => {
    if (hasOpenssl) {
      const form = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
      expect(spawnSync('openssl', [...form, '-keyout', files.key, '-out', files.certificate]).status).toBe(0);
    }
    const journal = await openSqliteJournal({ database: new Database(':memory:'), clock: systemClock });
    const reload = async () => ({ ok: true, problems: [], differences: [] });
    const common = { present: busyDay, changes: new Changes(systemClock, 't'), ...givenAccess(systemClock), journal, requestArrived: () => undefined };
    const options = { ...common, reload, clock: systemClock, log: silentLog, version: 't' };
    doors = await listen(options, { runDir: folder, ...(hasOpenssl ? { port: { address: '127.0.0.1', port: 0, tls: files } } : {}) });
  });
  afterAll(async () => {
    await doors.close();
    rmSync(folder, { recursive: true });
  });

  it('sends a body that is too large: it is refused before it is read', async () => {
    const line = socket();
    const answer = until(line);
    line.write('POST /api/v1/requests HTTP/1.1\r\nhost: domus\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n');
    line.write(`{"kind":"freeze","why":"${'x'.repeat(50_000)}`);
    expect(await answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*"code":"too-large"/);
  });

  it('sends a body of unknown length that never ends: it is cut at the limit', async () => {
    const line = socket();
    const answer = until(line);
    line.write('POST /api/v1/requests HTTP/1.1\r\nhost: domus\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n');
    for (let piece = 0; piece < 5; piece++) line.write(`1000\r\n${'x'.repeat(4096)}\r\n`);
    expect(await answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('sends the head byte after byte, or a body that does not come: the line is cut within seconds, and others are served meanwhile', async () => {
    const slow = socket();
    const stuck = socket();
    const ends = Promise.all([until(slow), until(stuck)]);
    let drops = 0; // counted instead of seconds: a busy machine is late with both
    const drip = setInterval(() => {
      drops++;
      if (slow.writable) slow.write('x-slow: 1\r\n');
    }, 500);
    slow.write('GET /api/v1/status HTTP/1.1\r\nhost: domus\r\n');
    stuck.write('POST /api/v1/requests HTTP/1.1\r\nhost: domus\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{');
    const other = socket();
    other.write('GET /api/v1/status HTTP/1.1\r\nhost: domus\r\nconnection: close\r\n\r\n');
    expect(await until(other)).toMatch(/^HTTP\/1\.1 200 /);
    const [head, body] = await ends;
    clearInterval(drip);
    expect(head).toMatch(/^(HTTP\/1\.1 408 [\s\S]*)?$/);
    expect(body).not.toMatch(/^HTTP\/1\.1 20/);
    expect(drops, 'half seconds').toBeLessThan(50);
  });

  it.runIf(hasOpenssl)('speaks plain HTTP or an old TLS to the port: no word of an answer', async () => {
    const port = doors.port ?? 0;
    const plain = connect(port, '127.0.0.1');
    plain.write('GET /api/v1/openapi.json HTTP/1.1\r\nhost: domus\r\n\r\n');
    expect(await until(plain)).not.toContain('200');
    const old = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' });
    const met = new Promise((resolve) => old.once('secureConnect', () => resolve('met')).once('error', ({ message }) => resolve(message)));
    expect(await met).not.toBe('met');
    const good = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    const spoken = new Promise((resolve) => good.once('secureConnect', () => resolve(good.getProtocol())));
    const answer = until(good);
    good.write('GET /api/v1/openapi.json HTTP/1.1\r\nhost: domus\r\nconnection: close\r\n\r\n');
    expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(['TLSv1.2', 'TLSv1.3']).toContain(await spoken);
  });
});

describe("a browser at a person's tunnel", () => {
  const here = { host: 'localhost:8080', origin: 'http://localhost:8080', 'sec-fetch-site': 'same-origin' };
  const wish = { kind: 'freeze', why: 'x' };
  const post = async (headers: Record<string, string>) =>
    (await (await scene('control')).api.inject({ method: 'POST', url: '/api/v1/requests', headers, payload: wish })).statusCode;
  const get = async (headers: Record<string, string>) => (await (await scene('control')).api.inject({ url: '/api/v1/status', headers })).statusCode;

  it('is served the page that it opened there, and so is a program', async () => {
    expect([await post(here), await get(here)]).toEqual([202, 200]);
    expect([await post({ host: 'domus' }), await get({ host: 'domus' })]).toEqual([202, 200]);
  });

  it('is refused what the page of another site sends, and every name that was made to lead there', async () => {
    expect(await post({ ...here, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await post({ host: 'localhost:8080', 'sec-fetch-site': 'cross-site' })).toBe(403);
    const led = { host: 'evil.example:8080', origin: 'http://evil.example:8080', 'sec-fetch-site': 'same-origin' };
    expect([await post(led), await get(led)]).toEqual([403, 403]);
    expect(await get({ host: 'localhost.evil.example', 'sec-fetch-site': 'none' })).toBe(403);
  });
});

it('a caller who is gone before he was answered has a line in the audit all the same', async () => {
  const at = await scene('port');
  await at.api.inject({ url: '/api/v1/status', remoteAddress: '10.0.0.9' });
  const lines: string[] = [];
  const audit = new Audit(at.clock, ({ from, outcome }) => lines.push(`${from} ${outcome}`));
  audit.count({ who: 'nobody', from: 'a connection that was gone', what: 'GET /status', why: '', outcome: '401' });
  audit.flush();
  expect(lines).toEqual(['a connection that was gone 401']);
});
