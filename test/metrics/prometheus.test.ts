import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { silentLog } from '../../src/log.js';
import { createMetrics } from '../../src/metrics/metrics.js';
import { MetricsObserver } from '../../src/metrics/observer.js';
import { closePort, openMetricsPort } from '../../src/metrics/port.js';
import { busyDay } from '../api/scene.js';
import { fromDebian } from '../debian.js';

const docs = (name: string): string => new URL(`../../docs/prometheus/${name}`, import.meta.url).pathname;
const there = fromDebian('promtool', 'prometheus');
const page = async (): Promise<{ type: string; text: string }> => {
  const observer = new MetricsObserver(createMetrics('1'));
  observer.follow(busyDay());
  observer.ticked(12);
  observer.started('grid', 90_000);
  return observer.page();
};
const promtool = (args: readonly string[], options: { input?: string; cwd?: string } = {}) => {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8', ...options });
  return { status, said: `${stdout}${stderr}` };
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await closePort(server);
  return port;
}

describe('the port of the metrics', () => {
  it('answers GET /metrics, and nothing else', async () => {
    const server = await openMetricsPort({ address: '127.0.0.1', port: 0 }, page, silentLog);
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const answers = await Promise.all([
      fetch(`${at}/metrics`),
      fetch(`${at}/metrics?x=1`, { method: 'HEAD' }),
      fetch(`${at}/metrics`, { method: 'POST' }),
      fetch(`${at}/api/v1/status`),
      fetch(`${at}/metrics/../etc/passwd`),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 405, 404, 404]);
    expect(await answers[0]?.text()).toContain('domus_tick_duration_seconds_count 1');
    await closePort(server);
  });

  it('says 500 when the metrics cannot be gathered', async () => {
    const server = await openMetricsPort({ address: '127.0.0.1', port: 0 }, () => Promise.reject(new Error('no')), silentLog);
    expect((await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`)).status).toBe(500);
    await closePort(server);
  });
});

describe.skipIf(!there)('a real Prometheus', () => {
  it('finds nothing to lint in names, types, units and help', async () => {
    const { text } = await page();
    const ours = text.split(/^(?=# HELP )/m).filter((part) => part.startsWith('# HELP domus_')); // the process's own are prom-client's affair
    expect(ours.length).toBeGreaterThan(25);
    expect(promtool(['check', 'metrics'], { input: ours.join('') })).toEqual({ status: 0, said: '' });
  });

  it('takes the example configuration and the alert rules, and they fire when they should', () => {
    expect(promtool(['check', 'config', docs('prometheus.example.yml')])).toMatchObject({ status: 0 });
    expect(promtool(['check', 'rules', docs('domus-alerts.yml')])).toMatchObject({ status: 0, said: expect.stringContaining('10 rules found') });
    const folder = mkdtempSync(join(tmpdir(), 'domus-prometheus-'));
    copyFileSync(docs('domus-alerts.yml'), join(folder, 'domus-alerts.yml'));
    copyFileSync(new URL('alerts.test.yml', import.meta.url), join(folder, 'alerts.test.yml'));
    expect(promtool(['test', 'rules', 'alerts.test.yml'], { cwd: folder })).toMatchObject({ status: 0, said: expect.stringContaining('SUCCESS') });
  });

  it('scrapes the port, and answers every query of the dashboard', { timeout: 60_000 }, async () => {
    const server = await openMetricsPort({ address: '127.0.0.1', port: 0 }, page, silentLog);
    const folder = mkdtempSync(join(tmpdir(), 'domus-prometheus-'));
    const port = await freePort();
    const target = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    writeFileSync(
      join(folder, 'prometheus.yml'),
      `global: {scrape_interval: 1s}\nscrape_configs: [{job_name: domus, static_configs: [{targets: ['${target}']}]}]\nrule_files: ['${docs('domus-alerts.yml')}']\n`,
    );
    const args = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`];
    const prometheus = spawn('prometheus', args, { stdio: 'ignore' });
    const query = async (text: string): Promise<{ status: string; data: { result: readonly { value: readonly [number, string] }[] } }> =>
      (await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(text)}`)).json() as never;
    try {
      for (const until = systemClock.mono() + 40_000; systemClock.mono() < until; await systemClock.sleep(200)) {
        const up = await query('up{job="domus"} == 1 and on () domus_hosts').catch(() => undefined);
        if (up?.status === 'success' && (await query('domus_tick_duration_seconds_count')).data.result.length > 0) break;
      }
      expect((await query('up{job="domus"}')).data.result[0]?.value[1]).toBe('1');
      expect((await query('domus_hosts{state="unknown"}')).data.result[0]?.value[1]).toBe('1');
      const dashboard = JSON.parse(readFileSync(new URL('../../docs/grafana/domus.json', import.meta.url), 'utf8')) as {
        panels: { targets: { expr: string }[] }[];
      };
      const exprs = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr.replaceAll('$environment', '.*')));
      expect(exprs.length).toBeGreaterThan(20);
      for (const expr of exprs) expect(await query(expr), expr).toMatchObject({ status: 'success' });
      expect((await query('sum(domus_jobs_waiting{environment=~".*"})')).data.result[0]?.value[1]).toBe('3');
    } finally {
      prometheus.kill('SIGKILL');
      await closePort(server);
    }
  });
});
