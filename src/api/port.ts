import { readFile } from 'node:fs/promises';
import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import { type ApiOptions, type Certificate, createApi } from './api.js';
import { portDoor } from './doors.js';
import type { FileOwners } from './identity/file-owner.js';
import type { Doors } from './listen.js';

export interface Port {
  readonly port: number;
  renew(): Promise<void>;
  close(): Promise<void>;
}

/** Connections of one address at a time. */
const mostOfOne = 64;

/** Lets no single address take all connections. */
function boundConnections(server: Server): void {
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const from = socket.remoteAddress ?? '?';
    const count = (open.get(from) ?? 0) + 1;
    if (count > mostOfOne) {
      socket.destroy();
      return;
    }
    open.set(from, count);
    socket.once('close', () => {
      const left = (open.get(from) ?? 1) - 1;
      if (left > 0) open.set(from, left);
      else open.delete(from);
    });
  });
}

/** Raises Error naming the file that cannot be read. */
async function certificateOf(tls: { readonly certificate: string; readonly key: string } | undefined): Promise<Certificate | undefined> {
  if (tls === undefined) return undefined;
  const read = (file: string): Promise<string> =>
    readFile(file, 'utf8').catch((thrown: unknown) => {
      throw new Error(`${file} cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown });
    });
  return { cert: await read(tls.certificate), key: await read(tls.key) };
}

/** Opens the port. Raises Error when its certificate or the port itself cannot be had. */
export async function openPort(options: ApiOptions, owners: FileOwners, where: NonNullable<Doors['port']>): Promise<Port> {
  const certificate = await certificateOf(where.tls);
  const api = createApi(options, portDoor(options.access, certificate !== undefined), owners, certificate);
  const server = api.server as Server;
  boundConnections(server);
  await api.listen({ host: where.address, port: where.port });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : where.port,
    renew: async () => {
      const renewed = await certificateOf(where.tls);
      if (renewed !== undefined) server.setSecureContext(renewed);
    },
    close: async () => {
      await api.close();
    },
  };
}
