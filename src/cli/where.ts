import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseDocument } from 'yaml';

/** Options that every command knows. */
export interface Common {
  readonly config: string;
  readonly socket?: string;
  readonly runDir?: string;
  readonly json?: boolean;
  readonly color: boolean;
}

export const usualConfig = '/etc/domus/domus.yaml';
const usualRunDir = '/run/domus';

/** Folder of the daemon's sockets: as said, as domus.yaml says where this user may read it, or the usual one. */
async function runDirOf(options: Common): Promise<string> {
  if (options.runDir !== undefined) return options.runDir;
  try {
    const written: unknown = parseDocument(await readFile(options.config, 'utf8'), { prettyErrors: false }).get('run');
    return typeof written === 'string' ? resolve(dirname(options.config), written) : usualRunDir;
  } catch {
    return usualRunDir; // an ordinary user need not be able to read the configuration: then the usual place is right, or he says which
  }
}

/** Sockets to try, the one that may do more first. */
export async function socketsOf(options: Common): Promise<{ readonly control: string; readonly status: string }> {
  if (options.socket !== undefined) return { control: options.socket, status: options.socket };
  const runDir = await runDirOf(options);
  return { control: join(runDir, 'control.sock'), status: join(runDir, 'status.sock') };
}
