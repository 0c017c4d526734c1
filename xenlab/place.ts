import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

/** The wire of the laboratory: one flat network, as in a room of PCs. `server` is this side of it, `homes` the site's own file server. */
export const wire = { bridge: 'br0', prefix: '10.77.0', server: '10.77.0.1', homes: '10.77.0.2', netmask: '255.255.255.0', domain: 'xen.example' } as const;

/** One emulated workstation. */
export interface Post {
  readonly name: string;
  readonly address: string;
  readonly mac: string;
}

const post = (n: number): Post => ({ name: `post0${n}`, address: `${wire.prefix}.${10 + n}`, mac: `52:54:00:0a:4d:0${n}` });
/** Rooms are numbered from one. Each is a network namespace of its own, so addresses need not differ; names of hosts do, for whoever reads. */
const room = Number(process.env['DOMUS_XENLAB_ROOM'] ?? 1);
/** Of this room's lines, where two are open at once. */
export const mark = room === 1 ? '' : `[${room}]`;
/** Two, which two cores can emulate; DOMUS_XENLAB_HOSTS makes it one to three. What needs more is skipped then. */
export const posts: readonly Post[] = [1, 2, 3].slice(0, Number(process.env['DOMUS_XENLAB_HOSTS'] ?? 2)).map((n) => post(n + 3 * (room - 1)));

/** Where everything of one run lies: all below one folder that goes when nothing failed. */
export interface Place {
  readonly root: string;
  /** One file of serial output for each workstation. */
  readonly consoles: string;
  /** What dnsmasq, Ganesha and others say. */
  readonly logs: string;
  readonly sockets: string;
  at(...parts: readonly string[]): string;
}

export function placeAt(root: string): Place {
  const at = (...parts: readonly string[]): string => join(root, ...parts);
  const place: Place = { root, consoles: at('consoles'), logs: at('logs'), sockets: at('sockets'), at };
  for (const folder of [place.consoles, place.logs, place.sockets]) mkdirSync(folder, { recursive: true });
  return place;
}

/** What `tools/test-xen.mjs` tells: this process lives in the laboratory's own network, `outside` leads back to the machine's. */
export function surroundings(): { readonly root: string; readonly outside: string } {
  const root = process.env['DOMUS_XENLAB_ROOT'];
  const outside = process.env['DOMUS_XENLAB_OUTSIDE'];
  if (root === undefined || outside === undefined) throw new Error('the laboratory is opened by npm run test:xen, which makes its network');
  return { root, outside };
}
