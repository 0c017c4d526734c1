import { chmod, chown, mkdir, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { type ApiOptions, createApi } from './api.js';
import { localDoor } from './doors.js';
import { FileOwners } from './identity/file-owner.js';
import { groupId, userName } from './identity/people.js';
import { openPort, type Port } from './port.js';

/** Where the doors are, and who may come through the second. */
export interface Doors {
  /** Folder of `status.sock`, `control.sock` and `whoami/`; made when it is not there. */
  readonly runDir: string;
  /** Unix group of `control.sock`; absent: only root and the daemon's own user. */
  readonly group?: string;
  /** The port for pages and programs elsewhere; absent: only the sockets. */
  readonly port?: { readonly address: string; readonly port: number; readonly tls?: { readonly certificate: string; readonly key: string } };
  /** Told why the port cannot be had, where one can do without; absent: that is raised. */
  readonly portFailed?: (why: string) => void;
}

const failed =
  ({ portFailed }: Doors) =>
  (thrown: unknown): undefined => {
    if (portFailed === undefined) throw thrown;
    portFailed(thrown instanceof Error ? thrown.message : String(thrown));
  };

/** The open doors. */
export interface OpenDoors {
  /** Port that was opened, where one was; 0 was asked for: any. */
  readonly port?: number;
  /** Reads the certificate anew: those that renew themselves change under the same name. Raises what reading raises. */
  renew(): Promise<void>;
  close(): Promise<void>;
}
export const socketPath = (runDir: string, door: 'status' | 'control'): string => join(runDir, `${door}.sock`);

const someoneListens = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

async function open(api: FastifyInstance, path: string, mode: number, gid: number | undefined): Promise<void> {
  if (await someoneListens(path)) throw new Error(`another process listens on ${path} already`);
  await unlink(path).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code !== 'ENOENT') throw thrown;
  });
  await api.listen({ path });
  if (gid !== undefined) await chown(path, -1, gid);
  await chmod(path, mode);
}

/** Opens both unix sockets, for everybody and for the group. Raises Error when the folder, a socket or the group cannot be had. */
export async function listen(options: ApiOptions, doors: Doors): Promise<OpenDoors> {
  const gid = doors.group === undefined ? undefined : await groupId(doors.group);
  if (doors.group !== undefined && gid === undefined) throw new Error(`there is no group "${doors.group}" on this machine`);
  await mkdir(doors.runDir, { recursive: true });
  await chmod(doors.runDir, 0o755);
  const owners = new FileOwners(doors.runDir, options.clock, userName);
  await owners.prepare();
  const status = createApi(options, localDoor('status', owners, options.access), owners);
  const control = createApi(options, localDoor('control', owners, options.access), owners);
  let port: Port | undefined;
  const close = async (): Promise<void> => {
    options.changes.close();
    await Promise.all([status.close(), control.close(), port?.close()]);
  };
  try {
    await open(control, socketPath(doors.runDir, 'control'), gid === undefined ? 0o600 : 0o660, gid);
    await open(status, socketPath(doors.runDir, 'status'), 0o666, undefined);
    port = doors.port === undefined ? undefined : await openPort(options, owners, doors.port).catch(failed(doors));
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return { ...(port === undefined ? {} : { port: port.port }), renew: async () => port?.renew(), close };
}
