import { Client } from 'ssh2';
import { Failure, type FailureKind } from '../../src/drivers/failure.js';

export interface Way {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly privateKey: Buffer;
  readonly connectLimitMs: number;
  /** Its pinned keys, `ssh-ed25519 AAAA...`. */
  readonly keys: readonly string[];
}

const mostAnswer = 64 * 1024;
const codes: Readonly<Record<string, FailureKind>> = {
  ECONNREFUSED: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOTFOUND: 'unreachable',
};

const isPinned = (keys: readonly string[], key: Buffer): boolean => keys.some((pinned) => pinned.split(' ')[1] === key.toString('base64'));

/** Kind of a failure to connect: another key there is another system's (Dom0 has its own), so the classroom is not there. */
function kindOf(thrown: Error & { readonly level?: string; readonly code?: string }, strange: boolean): FailureKind {
  if (strange) return 'unreachable';
  if (thrown.level === 'client-authentication') return 'denied';
  return codes[thrown.code ?? ''] ?? 'unreachable';
}

/** One question and its answer over a connection of its own: a classroom is asked seldom. Raises Failure. */
export function ask(way: Way, request: string, what: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    let [sent, strange, settled] = [false, false, false];
    const settle = (act: () => void): void => {
      if (settled) return;
      settled = true;
      signal.removeEventListener('abort', cancel);
      client.destroy();
      act();
    };
    const fail = (kind: FailureKind, why: string, cause?: unknown): void =>
      settle(() => reject(new Failure(kind, `${what}: ${why}`, cause === undefined ? {} : { cause })));
    const cancel = (): void => fail(sent ? 'uncertain' : 'cancelled', sent ? 'sent, no answer' : 'cancelled before it was sent');
    if (signal.aborted) return cancel();
    signal.addEventListener('abort', cancel, { once: true });
    client.on('error', (thrown) => fail(sent ? 'uncertain' : kindOf(thrown, strange), strange ? 'another host key answers there' : thrown.message, thrown));
    client.on('close', () => fail(sent ? 'uncertain' : 'unreachable', 'the connection was closed'));
    client.on('ready', () => {
      client.exec('domus-classroom', (error, stream) => {
        if (error !== undefined) return fail('refused', error.message, error);
        sent = true;
        let answer = '';
        stream.on('data', (piece: Buffer) => {
          answer += piece.toString('utf8');
          if (answer.length > mostAnswer) fail('garbled', 'the answer does not end');
        });
        stream.on('close', () => settle(() => resolve(answer)));
        stream.end(request);
      });
    });
    client.connect({
      ...{ host: way.address, port: way.port, username: way.user, privateKey: way.privateKey, readyTimeout: way.connectLimitMs },
      hostVerifier: (key: Buffer) => {
        strange = !isPinned(way.keys, key);
        return !strange;
      },
    });
  });
}
