import { readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { type CDPSession, chromium } from 'playwright-core';
import { systemClock } from '../src/clock.js';
import { packageFile } from '../src/paths.js';
import { changeAt, type PageSite, type Rates, siteOf } from './page-site.js';

const machines = 5_000;
const seconds = 20;
/**
 * 1,250 hosts and their batch server answer within 15 s: four ticks a second; a job of an hour starts and ends on each machine
 * (3 a second); sentences that count on are sent once a minute (5,000 / 60); hosts change what is free with the machines.
 */
const ticksPerSecond = 4;
const rates: Rates = { machines: 2, sentences: 21, hosts: 3 };

const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

interface Followers {
  readonly server: Server;
  readonly address: string;
  tell(event: string, data: object): void;
}

/** The page's files, and the lists of one site; `tell` sends to everybody who follows. */
async function serve(site: PageSite): Promise<Followers> {
  const followers = new Set<ServerResponse>();
  const lists: Readonly<Record<string, object>> = {
    status: site.status,
    environments: { total: site.environments.length, environments: site.environments },
    hosts: { total: site.hosts.length, hosts: site.hosts },
    machines: { total: site.machines.length, machines: site.machines },
    plan: site.plan,
    session: { name: 'bench', how: 'group', grants: [{ role: 'operator' }] },
    requests: { total: 0, requests: [] },
  };
  const texts = new Map(Object.entries(lists).map(([name, body]) => [name, JSON.stringify(body)]));
  const server = createServer((request, reply) => {
    const path = (request.url ?? '/').replace(/\?.*/, '');
    if (path === '/api/v1/changes') {
      reply.writeHead(200, { 'content-type': 'text/event-stream' });
      reply.write(`event: hello\ndata: ${JSON.stringify({ revision: 1, at: site.status.at })}\n\n`);
      followers.add(reply);
      return;
    }
    const text = texts.get(path.replace('/api/v1/', ''));
    if (text !== undefined) reply.writeHead(200, { 'content-type': 'application/json' }).end(text);
    else if (path.startsWith('/api/')) reply.writeHead(404, { 'content-type': 'application/json' }).end('{"error":{"code":"no-route","message":"none"}}');
    else {
      const file = path === '/' ? 'index.html' : path.replace(/^\/assets\//, '');
      reply.writeHead(200, { 'content-type': types[extname(file)] ?? 'text/plain' }).end(readFileSync(join(packageFile('dist', 'web'), file)));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    server,
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tell: (event, data) => {
      for (const each of followers) each.write(`event: ${event}\nid: bench-${systemClock.mono()}\ndata: ${JSON.stringify(data)}\n\n`);
    },
  };
}

type Costs = Readonly<Record<string, number>>;
async function costs(cdp: CDPSession): Promise<Costs> {
  const { metrics } = await cdp.send('Performance.getMetrics');
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}
const rounded = (value: number): number => Math.round(value * 10) / 10;

/** What the page costs a browser while it follows 5,000 machines: processor time of its thread, ms in each second. Needs Debian's chromium. */
export const bench = {
  name: 'page',
  async run(): Promise<Record<string, number>> {
    const site = siteOf(machines, systemClock.wall());
    const { server, address, tell } = await serve(site);
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
      page.setDefaultTimeout(120_000);
      const cdp = await page.context().newCDPSession(page);
      await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
      await page.goto(address);
      await page
        .locator('.guest')
        .nth(machines - 1)
        .waitFor({ state: 'attached' });
      await systemClock.sleep(3000);
      const loaded = await costs(cdp);
      const began = systemClock.mono();
      let revision = 1;
      while (systemClock.mono() - began < seconds * 1000) {
        revision++;
        tell('change', changeAt(site, rates, revision, systemClock.wall()));
        await systemClock.sleep(began + ((revision - 1) * 1000) / ticksPerSecond - systemClock.mono());
      }
      await systemClock.sleep(500);
      const after = await costs(cdp);
      const lasted = (systemClock.mono() - began) / 1000;
      const perSecond = (name: string): number => rounded((1000 * ((after[name] ?? 0) - (loaded[name] ?? 0))) / lasted);
      const shown = await page.locator('.figures dd').first().textContent();
      if (shown?.replace(',', '') !== String(revision % 1000)) throw new Error(`the page shows ${shown}, not ${revision % 1000}: it did not follow`);
      return {
        ...{ machines, hosts: site.hosts.length, ticksPerSecond: rounded((revision - 1) / lasted) },
        ...{
          scriptMsPerSecond: perSecond('ScriptDuration'),
          layoutMsPerSecond: perSecond('LayoutDuration'),
          styleMsPerSecond: perSecond('RecalcStyleDuration'),
        },
        ...{
          taskMsPerSecond: perSecond('TaskDuration'),
          loadScriptMs: rounded(1000 * (loaded['ScriptDuration'] ?? 0)),
          loadTaskMs: rounded(1000 * (loaded['TaskDuration'] ?? 0)),
        },
        ...{ heapMB: rounded((after['JSHeapUsedSize'] ?? 0) / 1e6), nodes: after['Nodes'] ?? 0 },
      };
    } finally {
      await browser.close();
      server.closeAllConnections();
      server.close();
    }
  },
};
