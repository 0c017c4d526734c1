import { type IncomingMessage, request } from 'node:http';
import type { Reply, Way } from '../api/client.js';

/** Longest silence of the daemon before a command gives up, ms. */
const patienceMs = 15_000;
/** Largest answer read, bytes. */
const mostBytes = 256 * 1024 * 1024;

async function textOf(answer: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > mostBytes) throw new Error(`the answer is larger than ${mostBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** The API over one of the daemon's unix sockets. Raises what the socket raises. */
export const socketWay =
  (socketPath: string): Way =>
  ({ method, path, headers, body, signal }) =>
    new Promise<Reply>((resolve, reject) => {
      const call = request({ socketPath, path, method, headers: { ...headers }, timeout: patienceMs, ...(signal === undefined ? {} : { signal }) }, (answer) =>
        resolve({
          status: answer.statusCode ?? 0,
          header: (name) => String(answer.headers[name] ?? ''),
          text: () => textOf(answer),
          pieces: () => answer as AsyncIterable<Uint8Array>,
        }),
      );
      call.on('timeout', () => call.destroy(new Error(`no answer within ${patienceMs / 1000} s`)));
      call.on('error', reject);
      call.end(body);
    });
