import { resolve } from 'node:path';
import type { z } from 'zod';
import type { Problems } from './problem.js';
import type { domusSchema } from './schema.js';
import type { Partly } from './walk.js';

/** The port that people and programs reach the API through. */
export interface ApiPort {
  readonly address: string;
  readonly port: number;
  /** Absent: without TLS, on this machine only. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** What a browser is told to open, without a slash at its end. */
  readonly url: string;
}
type Part = z.output<typeof domusSchema>['api'];

const isLoopback = (address: string): boolean => address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);

/** A port is under TLS, or plain on this machine and said to be so. */
export function checkApi(written: Partly<Part> | undefined, problems: Problems): void {
  const { port, address, certificate, key, plain = false } = written ?? {};
  const path = (name: string) => ['api', name];
  if (port === undefined) return;
  if (certificate !== undefined && key === undefined)
    problems.add(path('certificate'), { found: 'a certificate', expected: 'its key beside it: api.key' }, 'key');
  if (key !== undefined && certificate === undefined)
    problems.add(path('key'), { found: 'a key', expected: 'its certificate beside it: api.certificate' }, 'key');
  if (certificate !== undefined || key !== undefined) {
    if (plain) problems.add(path('plain'), { found: 'true, with a certificate', expected: 'one of them' }, 'key');
    return;
  }
  if (!plain)
    problems.add(path('port'), { found: 'a port without TLS', expected: 'api.certificate and api.key, or api.plain: true on this machine only' }, 'key');
  else if (address !== undefined && !isLoopback(address))
    problems.add(path('address'), { found: address, expected: 'an address of this machine only, such as 127.0.0.1: nothing else is served without TLS' });
}

export function makeApi({ port, address, certificate, key, url }: Part, folder: string): ApiPort | undefined {
  if (port === undefined) return undefined;
  const tls = certificate === undefined || key === undefined ? undefined : { certificate: resolve(folder, certificate), key: resolve(folder, key) };
  const host = address.includes(':') ? `[${address}]` : address;
  return {
    address,
    port,
    ...(tls === undefined ? {} : { tls }),
    url: (url ?? `${tls === undefined ? 'http' : 'https'}://${host}:${port}`).replace(/\/+$/, ''),
  };
}
