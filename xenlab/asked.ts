import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { LabFolder } from '../src/sim/lab/folder.js';

/**
 * What the daemon's API answers at a path below /api/v1, through its control socket: for chapters that look every second or two.
 * A command of Domus would spend a good part of a core on starting, which the emulated PCs need. Raises an Error when it does not answer.
 */
export function asked<T>({ run }: LabFolder, path: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath: join(run, 'control.sock'), path: `/api/v1${path}`, timeout: 60_000 }, (answer) => {
      text(answer).then((said) => {
        if (answer.statusCode === 200) resolve(JSON.parse(said) as T);
        else reject(new Error(`GET ${path}: ${answer.statusCode}: ${said.slice(0, 500)}`));
      }, reject);
    });
    call.on('timeout', () => call.destroy(new Error(`GET ${path}: no answer within a minute`)));
    call.on('error', reject);
    call.end();
  });
}
