import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Changes } from '../../src/api/changes/changes.js';
import { accessOver } from '../../src/api/identity/open.js';
import { AccessStore, prepared } from '../../src/api/identity/store.js';
import { listen, type OpenDoors } from '../../src/api/listen.js';
import { systemClock } from '../../src/clock.js';
import { openSqliteJournal } from '../../src/journal/sqlite/open.js';
import { silentLog } from '../../src/log.js';
import { busyDay } from '../api/scene.js';
import { fromDebian } from '../debian.js';
import { openBrowser } from './browser.js';
import { builtPage } from './built.js';

const browser: Browser | undefined = fromDebian('openssl', 'openssl') ? await openBrowser() : undefined;
const password = 'correct horse battery';

describe.skipIf(browser === undefined)('the page behind TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'domus-port-'));
  const files = { certificate: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  const { access, audit, close } = accessOver(new AccessStore(prepared(new Database(':memory:'))), systemClock, 43_200_000);
  const present = { ...busyDay(), at: Date.now() };
  const changes = new Changes(systemClock, 'test');
  let doors: OpenDoors;
  let address = '';

  beforeAll(async () => {
    builtPage();
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const made = spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-keyout', files.key, '-out', files.certificate, ...subject],
    ]);
    expect(made.status, String(made.stderr)).toBe(0);
    const journal = await openSqliteJournal({ database: new Database(':memory:'), clock: systemClock });
    changes.publish(present);
    const reload = async () => ({ ok: true, problems: [], differences: [] });
    const parts = { present: () => present, changes, access, audit, journal, requestArrived: () => undefined, reload, clock: systemClock, log: silentLog };
    doors = await listen({ ...parts, version: 'test' }, { runDir: join(folder, 'run'), port: { address: '127.0.0.1', port: 0, tls: files } });
    address = `https://127.0.0.1:${doors.port}`;
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await doors.close();
    close();
    rmSync(folder, { recursive: true });
  });

  const visit = async () => {
    const context = await browser!.newContext({ ignoreHTTPSErrors: true });
    return { context, page: await context.newPage() };
  };

  it('lets the first administrator in by the one-time link, once; then by name and password; and out again', async () => {
    const { context, page } = await visit();
    const { code } = access.makeLink(undefined);
    await page.goto(`${address}/#link=${code}`);
    await page.getByLabel('Name').fill('ada');
    await page.getByLabel('Password').fill('short');
    await page.getByRole('button', { name: 'Choose it and sign in' }).click();
    await page.getByRole('alert').waitFor(); // too short
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Choose it and sign in' }).click();
    await page.locator('.host').first().waitFor();
    expect(page.url()).toBe(`${address}/#/now`); // the link is not left in the address
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict', name: expect.stringMatching(/^__Host-/) });
    expect(await page.evaluate('document.cookie')).toBe('');

    await page.getByRole('button', { name: 'ada: sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect((await context.request.get(`${address}/api/v1/status`)).status()).toBe(401);

    await page.goto(`${address}/?again#link=${code}`);
    await page.getByLabel('Name').fill('eve');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Choose it and sign in' }).click();
    expect(await page.getByRole('alert').textContent()).toContain('the link is unknown, used or too old');

    await page.goto(`${address}/?in#/now`);
    await page.getByLabel('Name').fill('ada');
    await page.getByLabel('Password').fill('wrong horse battery');
    await page.getByRole('button', { name: 'Sign in' }).click();
    expect(await page.getByRole('alert').textContent()).toContain('do not belong together');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('.host').first().waitFor();
    await context.close();
  });

  it('takes no wish that lacks the word against forgery, or comes from the page of another site', async () => {
    const { context, page } = await visit();
    const { code } = access.makeLink('ada');
    await page.goto(`${address}/#link=${code}&name=ada`);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Choose it and sign in' }).click();
    await page.locator('.host').first().waitFor();
    const post = (headers: object) =>
      page.evaluate(
        `fetch('/api/v1/requests', { method: 'POST', headers: ${JSON.stringify({ 'content-type': 'application/json', ...headers })}, body: '{"kind":"freeze","why":"x"}' }).then((answer) => answer.json())`,
      );
    expect(await post({})).toMatchObject({ error: { code: 'forged' } });
    expect(await post({ 'x-domus-csrf': 'guessed' })).toMatchObject({ error: { code: 'forged' } });
    const other = await context.newPage();
    await other.route('https://evil.example/', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<form method="post" action="${address}/api/v1/requests" enctype="text/plain"><input name='{"kind":"freeze","why":"' value='"}'></form>`,
      }),
    );
    await other.goto('https://evil.example/');
    const answered = other.waitForResponse(`${address}/api/v1/requests`);
    await other.evaluate('document.forms[0].submit()');
    expect((await answered).status()).toBeGreaterThanOrEqual(400);
    expect((await access.store.users()).map(({ name }) => name)).toEqual(['ada']);
    await page.getByRole('button', { name: 'ada: sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await context.close();
  });
});
