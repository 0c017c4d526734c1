import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { compiled } from '../compiled.js';
import { openBrowser } from '../page/browser.js';
import { builtPage } from '../page/built.js';

/** Walks every view of the page of a daemon in the lab, that works; screenshots go to DOMUS_SCREENSHOTS. */
const shots = process.env['DOMUS_SCREENSHOTS'] ?? mkdtempSync(join(tmpdir(), 'domus-shots-'));
const mode = process.env['DOMUS_LAB_MODE'] ?? 'act';
const browser = await openBrowser();
const password = 'correct horse battery';

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });

describe.skipIf(browser === undefined)(`the page of a daemon at work in the lab, mode ${mode}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'dl-'));
  let lab: ChildProcess;
  let address = '';
  let link = '';

  beforeAll(async () => {
    const main = compiled('src/cli/main.ts');
    builtPage();
    mkdirSync(shots, { recursive: true });
    const port = await freePort();
    address = `http://127.0.0.1:${port}`;
    lab = spawn(process.execPath, [main, 'lab', '--dir', folder, '--port', String(port), '--mode', mode, '--pace', '6'], { stdio: 'ignore' });
    const log = join(folder, 'daemon.log');
    await vi.waitFor(
      () => {
        link = /#link=\S+/.exec(readFileSync(log, 'utf8'))?.[0] ?? '';
        if (link === '') throw new Error('no link to the page yet');
      },
      { timeout: 120_000, interval: 500 },
    );
  });
  afterAll(async () => {
    await browser?.close();
    const ended = new Promise((resolve) => lab.once('exit', resolve));
    lab.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows every view on every size and scheme, without a complaint', async () => {
    const complaints: string[] = [];
    const context = await browser!.newContext({ viewport: { width: 1280, height: 900 } });
    const first = await context.newPage();
    await first.goto(`${address}/${link}`);
    await first.getByLabel('Name').fill('ada');
    await first.getByLabel('Password').fill(password);
    await first.getByRole('button', { name: 'Choose it and sign in' }).click();
    await first.locator('.host').first().waitFor({ timeout: 60_000 });
    await first.locator('.card').first().waitFor();
    await first.waitForTimeout(Number(process.env['DOMUS_LAB_WAIT'] ?? 20_000)); // jobs wait, machines come
    const cookies = await context.cookies();
    const sizes = [
      ['desktop', { viewport: { width: 1280, height: 900 } }],
      ['desktop dark', { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' }],
      ['phone', { viewport: { width: 390, height: 844 }, isMobile: true, deviceScaleFactor: 2 }],
      ['phone dark', { viewport: { width: 390, height: 844 }, isMobile: true, deviceScaleFactor: 2, colorScheme: 'dark' }],
    ] as const;
    for (const [name, options] of sizes) {
      const its = await browser!.newContext(options);
      await its.addCookies(cookies);
      const page = await its.newPage();
      page.on('pageerror', (error) => complaints.push(`${name}: ${error}`));
      page.on('console', (message) => message.type() === 'error' && complaints.push(`${name}: ${message.text()}`));
      const shot = async (view: string): Promise<void> => {
        await page.waitForTimeout(700);
        expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), `${view} on ${name}`).toBe(true);
        await page.screenshot({ path: join(shots, `lab ${mode} ${view} ${name}.png`), fullPage: true });
      };
      await page.goto(`${address}/#/now`);
      await page.locator('.host').first().waitFor();
      await shot('now');
      await page.goto(`${address}/#/why/environment/grid`);
      await page.locator('.chain').first().waitFor();
      await shot('why');
      await page.goto(`${address}/#/time/day`);
      await page.locator('.plot').first().waitFor();
      await shot('time');
      await page.goto(`${address}/#/do`);
      await page.getByRole('heading', { name: 'Would be done' }).waitFor();
      await shot('plan');
      await page.goto(`${address}/#/week`);
      await page.getByRole('heading', { name: 'Decided, and only written down' }).waitFor();
      await shot('week');
      await page.goto(`${address}/#/if`);
      await page.getByRole('button', { name: 'See the plan' }).click();
      await page.locator('.notice.good').waitFor({ timeout: 60_000 });
      await shot('what if');
      await its.close();
    }
    expect(complaints).toEqual([]);
    await context.close();
  });
});
