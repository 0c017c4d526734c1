import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Planner } from '../../src/api/what-if.js';
import type { HistoryReader } from '../../src/history/contract.js';
import type { Present } from '../../src/model/present.js';
import { because } from '../../src/model/reason.js';
import { serviceOf } from '../../src/sim/rehearsal-policy.js';
import { busyDay, type Scene, scene } from '../api/scene.js';
import { givenAt } from '../given-present.js';
import { openBrowser } from './browser.js';
import { builtPage } from './built.js';
import { givenSeries } from './history.js';
import { givenWeek } from './week.js';

const shots = process.env['DOMUS_SCREENSHOTS'];
const history: HistoryReader = {
  ...{ series: givenSeries, accounts: () => [], hours: () => ({ environments: [], pools: [] }), beganAt: () => 0 },
  ...{ hosts: () => [], stays: () => [], thoughts: () => [] },
};

const browser: Browser | undefined = await openBrowser();

/** One start more for every ten machines that grid may have. */
const whatIf: Planner = async ({ revision, at }, policy) => {
  const starts = Array.from({ length: Math.floor(policy.environments['grid']!.max / 10) }, (_, each) => ({
    kind: 'start' as const,
    subject: `seat:grid-${each + 10}.example.org`,
    environment: 'grid',
    host: 'post11',
    why: 'job 12.srv waits in queue grid',
  }));
  return {
    tookMs: 12,
    before: { decisions: [], recorded: [] },
    after: { at, revision, due: at, mode: 'act', decisions: starts, recorded: [], deeds: [], reasons: [] },
    unserved: { before: 1, after: 1 },
    waiting: [{ environment: 'grid', jobs: 1 }],
  };
};

interface Served {
  readonly scene: Scene;
  readonly address: string;
}
async function served(door: 'control' | 'status'): Promise<Served> {
  const made = await scene(door, { history, whatIf, week: { answer: () => givenWeek } });
  made.changes.publish(made.present!);
  await made.api.listen({ host: '127.0.0.1', port: 0 });
  return { scene: made, address: `http://127.0.0.1:${(made.api.server.address() as AddressInfo).port}` };
}

/** The booting machine is ready, ten seconds later. */
function later(): Present {
  const present = busyDay();
  const machines = new Map(present.world.machines);
  const booting = machines.get('grid-02.example.org#4')!;
  machines.set('grid-02.example.org#4', { ...booting, phase: 'ready', slotsFree: 2 });
  return { ...present, revision: present.revision + 1, at: givenAt + 10_000, world: { ...present.world, machines } };
}

describe.skipIf(browser === undefined)('the page in a browser', () => {
  let inside: Served;
  let outside: Served;
  const complaints: string[] = [];

  beforeAll(async () => {
    builtPage();
    inside = await served('control');
    outside = await served('status');
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    for (const { scene: each } of [inside, outside]) {
      each.changes.close();
      await each.api.close();
    }
  });

  async function open({ address }: Served, hash: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser!.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    await page.clock.setFixedTime(givenAt + 5000);
    page.on('console', (message) => message.text().includes('Content Security Policy') && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(`${address}/${hash}`);
    return page;
  }
  async function shot(page: Page, name: string): Promise<void> {
    if (shots === undefined) return;
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
  }
  const fitsAcross = (page: Page): Promise<boolean> => page.evaluate('document.documentElement.scrollWidth <= innerWidth');
  const sizes = [
    ['desktop', {}],
    ['phone', { viewport: { width: 390, height: 844 }, isMobile: true, deviceScaleFactor: 2 }],
    ['dark desktop', { colorScheme: 'dark' }],
  ] as const;

  it('says how many permanent machines are up, and why one is not', async () => {
    const site = await served('control');
    const { world, plan, policy, ...rest } = busyDay();
    const service = serviceOf('post11-s.example.org', 1, { home: 'post11' });
    const reasons = new Map([
      ...plan.reasons,
      ['service:post11-s.example.org', [because('service-no-room', { cores: 1, memory: 256, detail: 'post11 is full' })]],
    ]);
    site.scene.present = { ...rest, world, plan: { ...plan, reasons }, policy: { ...policy, services: { [service.name]: service } } };
    const page = await open(site, '#/now');
    const part = page.getByRole('region', { name: 'permanent machines' });
    await part.waitFor();
    expect(await part.textContent()).toContain('0 of 1 up');
    expect(await part.getByRole('listitem').textContent()).toBe('post11-s down no host has room for its 1 core(s) and 256 MiB: post11 is full');
    await shot(page, 'permanent machines');
    await part.getByRole('link').click();
    await page.getByText('no host has room for its 1 core(s)').first().waitFor();
    await page.context().close();
    site.scene.changes.close();
    await site.scene.api.close();
  });

  it.each(sizes)('shows what there is now, on a %s', async (name, options) => {
    const page = await open(inside, '#/now', options);
    await page.getByRole('link', { name: /^grid-01#1 \(grid\): ready/ }).waitFor();
    expect(await page.locator('.card h2').allTextContents()).toEqual(['grid', 'bio']);
    expect(await page.locator('.alarm').first().textContent()).toBe('Host post13 is silent for 1 min: no route to host');
    expect(await page.locator('.host-cordoned .state').textContent()).toContain('new disk');
    expect(await fitsAcross(page)).toBe(true);
    await shot(page, `now ${name}`);
    await page.context().close();
  });

  it.each(sizes)('tells why, plots the past and shows the plan, on a %s', async (name, options) => {
    const page = await open(inside, '#/now', options);
    await page.getByRole('link', { name: /^grid-01#1 \(grid\): ready/ }).waitFor(); // it listens to keys by now
    await page.keyboard.press('/');
    await page.getByLabel('Why is it as it is?').fill('grid-02');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'machine grid-02.example.org#4' }).waitFor();
    expect(await page.locator('.chain').first().textContent()).toContain('the guest boots, no readiness report yet');
    await shot(page, `why ${name}`);
    await page.keyboard.press('Tab');
    await page.goto(page.url().replace(/#.*/, '#/time/day'));
    await page.locator('.plot canvas').nth(6).waitFor();
    expect(await fitsAcross(page)).toBe(true);
    await shot(page, `time ${name}`);
    await page.goto(page.url().replace(/#.*/, '#/do'));
    await page.getByRole('heading', { name: 'Would be done' }).waitFor();
    await shot(page, `plan ${name}`);
    await page.goto(page.url().replace(/#.*/, '#/week'));
    await page.getByRole('heading', { name: 'What would have come of it: an estimate' }).waitFor();
    expect(await page.locator('.card.hue-0, .card', { hasText: 'would start' }).first().textContent()).toContain('waited47 minwould have6 min');
    expect(await fitsAcross(page)).toBe(true);
    await shot(page, `week ${name}`);
    await page.context().close();
  });

  it('paints with less than 100 kB on the way', async () => {
    const context = await browser!.newContext();
    const page = await context.newPage();
    const answers: Promise<{ readonly responseBodySize: number; readonly responseHeadersSize: number }>[] = [];
    page.on('requestfinished', (request) => answers.push(request.sizes()));
    await page.goto(inside.address);
    await page.locator('.host').first().waitFor();
    const sizes = await Promise.all(answers);
    const total = sizes.reduce((sum, each) => sum + each.responseBodySize + each.responseHeadersSize, 0);
    process.stdout.write(`first paint: ${total} bytes in ${sizes.length} answers\n`);
    expect(total).toBeGreaterThan(10_000);
    expect(total).toBeLessThan(100_000);
    await page.context().close();
  });

  it('says what a drain does to whom, asks why, and sends the wish', async () => {
    const page = await open(inside, '#/why/machine/grid-01.example.org%231');
    await page.getByRole('button', { name: 'drain …' }).click();
    await page.locator('.preview li').waitFor();
    expect(await page.locator('.preview li').allTextContents()).toEqual(['grid-01#1 takes no new jobs, leaves when its job has ended: 11.srv of anna']);
    await shot(page, 'drain');
    await page.getByLabel('Why? Everybody sees it.').fill('a new disk');
    await page.getByRole('button', { name: 'Yes, drain' }).click();
    await expect.poll(() => inside.scene.nudged).toBe(1);
    const { requests } = (await (await fetch(`${inside.address}/api/v1/requests`)).json()) as { requests: readonly object[] };
    expect(requests).toMatchObject([{ kind: 'drain', subject: 'grid-01.example.org#1', why: 'a new disk', state: 'open' }]);
    await page.context().close();
  });

  it('lets a share be set within its bounds, and says what each would come to', async () => {
    const page = await open(inside, '#/why/environment/bio');
    await page.getByRole('button', { name: 'set the share …' }).click();
    await page.getByLabel("Per cent of its pools' cores, 0 to 50").fill('60');
    await page.locator('dialog .notice', { hasText: 'may be 0 % to 50 %' }).waitFor();
    expect(await page.getByRole('button', { name: 'Yes, set the share' }).isDisabled()).toBe(true);
    await page.getByLabel("Per cent of its pools' cores, 0 to 50").fill('25');
    await page.getByLabel('For how long').selectOption('for a day');
    await page.locator('.preview li', { hasText: 'is guaranteed' }).waitFor();
    await shot(page, 'share');
    await page.getByLabel('Why? Everybody sees it.').fill('a deadline');
    const sent = page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/requests'));
    await page.getByRole('button', { name: 'Yes, set the share' }).click();
    expect((await sent).postDataJSON()).toEqual({ kind: 'share', subject: 'bio', why: 'a deadline', drain: false, share: 0.25, forMs: 86_400_000 });
    await page.context().close();
  });

  it('offers to forget what belongs to nobody', async () => {
    const page = await open(inside, '#/do');
    await page.getByRole('button', { name: 'forget …' }).click();
    await page.locator('.preview li', { hasText: 'is not reported any more' }).waitFor();
    await page.context().close();
  });

  it('shows the plan of other limits, and changes nothing', async () => {
    const page = await open(inside, '#/if');
    await page.getByLabel('at most').fill('40');
    const sent = page.waitForRequest((request) => request.url().endsWith('/plan/what-if'));
    await page.getByRole('button', { name: 'See the plan' }).click();
    expect((await sent).postDataJSON()).toEqual({ environments: { grid: { max: 40 } } });
    await page.locator('.notice.good').waitFor();
    expect(await page.locator('.decisions').first().locator('b').allTextContents()).toEqual(
      ['grid-10', 'grid-11', 'grid-12', 'grid-13'].map((seat) => `start ${seat} on post11`),
    );
    await shot(page, 'what if');
    await page.context().close();
  });

  it.each(sizes)('shows who owns the room when, in its own time, and what will not be free for a maintenance, on a %s', async (name, options) => {
    const made = await served('control');
    const present = made.scene.present!;
    const hour = 3_600_000;
    const day = 24 * hour;
    const open8 = Date.UTC(2026, 0, 5, 7); // eight o'clock in Berlin
    const windows = Array.from({ length: 12 }, (_, at) => ({
      kind: 'open' as const,
      since: open8 + at * day,
      until: open8 + at * day + 12 * hour,
      name: '',
      offsetMs: hour,
    }));
    const exam = { kind: 'reserved' as const, since: open8 + 12 * hour, until: open8 + 15 * hour, name: 'exam', offsetMs: hour };
    const hours = { zone: 'Europe/Berlin', windows: [...windows, exam].sort((a, b) => a.since - b.since), since: givenAt - day, until: givenAt + 60 * day };
    const row = { id: 'm-1', of: 'post11', hosts: ['post11'], who: 'ada', why: 'new memory', at: givenAt, due: givenAt + 60_000, until: givenAt + day };
    const rows = { ...present.world.rows, maintenances: new Map([[row.id, row]]) };
    made.scene.present = { ...present, policy: { ...present.policy, windows: { lab: hours } }, world: { ...present.world, rows } };
    const page = await open(made, '#/rooms', options);
    await page.locator('.calendar li').first().waitFor();
    expect(await page.locator('.calendar li').count()).toBe(14);
    expect(await page.locator('.calendar .what').first().textContent()).toBe('open 08:00–20:00, reserved (exam) 20:00–23:00');
    expect(await page.locator('.calendar .what').last().textContent()).toBe('closed');
    expect(await page.locator('.room', { hasText: 'm-1' }).locator('.bad-line').textContent()).toContain('post11');
    expect(await fitsAcross(page)).toBe(true);
    await shot(page, `calendar ${name}`);
    await page.context().close();
    await made.scene.api.close();
  });

  it('offers nothing to who may do nothing', async () => {
    const page = await open(outside, '#/why/machine/grid-01.example.org%231');
    await page.getByRole('heading', { name: 'Now, because' }).waitFor();
    expect(await page.getByRole('button', { name: /drain|hold/ }).count()).toBe(0);
    await page.context().close();
  });

  it('follows what changes, and redraws only that', async () => {
    const page = await open(inside, '#/now');
    const coming = page.locator('.guest.is-coming');
    await coming.waitFor();
    await page.evaluate(
      "window.redrawn = new Set(); new MutationObserver((list) => list.forEach(({ target }) => redrawn.add((target.closest?.('.guest') ?? target.parentElement?.closest('.guest'))?.textContent))).observe(document.querySelector('.pool'), { subtree: true, childList: true, attributes: true, characterData: true })",
    );
    inside.scene.present = later();
    inside.scene.changes.publish(inside.scene.present);
    await page.locator('.guest.is-idle', { hasText: 'grid-02' }).waitFor();
    expect(await page.evaluate('[...redrawn].filter((name) => name !== undefined)')).toEqual(['grid-02']);
    await page.context().close();
  });

  it('asks for nothing that its policy forbids', () => {
    expect(complaints).toEqual([]);
  });
});
