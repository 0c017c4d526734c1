import { createServer, type Server } from 'node:http';
import type { Log } from '../log.js';

export interface Page {
  readonly type: string;
  readonly text: string;
}

/** A port of its own for Prometheus: `GET /metrics` and nothing else. Raises Error when it cannot be had (taken, no such address). */
export async function openMetricsPort(where: { readonly address: string; readonly port: number }, page: () => Promise<Page>, log: Log): Promise<Server> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0];
    if (path !== '/metrics' || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(path === '/metrics' ? 405 : 404, { 'content-type': 'text/plain' }).end('only GET /metrics is served here\n');
      return;
    }
    page().then(
      ({ type, text }) => response.writeHead(200, { 'content-type': type }).end(request.method === 'HEAD' ? undefined : text),
      (thrown: unknown) => {
        log.error({ cause: String(thrown) }, 'could not gather the metrics');
        response.writeHead(500, { 'content-type': 'text/plain' }).end('the metrics could not be gathered: the log says why\n');
      },
    );
  });
  server.maxConnections = 32;
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(where.port, where.address, resolve));
  server.on('error', (thrown) => log.warn({ cause: thrown.message }, 'the port of the metrics failed'));
  return server;
}

export const closePort = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
