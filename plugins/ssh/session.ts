import type { Client, ClientChannel } from 'ssh2';
import { z } from 'zod';
import { Failure } from '../../src/drivers/failure.js';
import type { RunnerAnswer, RunnerRequest } from '../../src/drivers/runner.js';

const mostErrorBytes = 8192;
const word = z.string().max(200);

const fence = z.object({ deployment: word, journal: word, epoch: z.number().int(), life: word });
const answerSchema = z.object({
  v: z.literal(1),
  bootId: word.min(1),
  op: word.exactOptional(),
  status: z.enum(['done', 'running', 'unknown', 'refused', 'hung']),
  exit: z.number().int().exactOptional(),
  stdout: z.string().exactOptional(),
  stderr: z.string().exactOptional(),
  message: z.string().exactOptional(),
  warning: z.string().max(2000).exactOptional(),
  fence: fence.exactOptional(),
  ops: z.array(z.object({ op: word, verb: word, state: z.enum(['running', 'done']), startedAt: z.number() })).exactOptional(),
  look: z.record(z.string(), z.unknown()).exactOptional(),
});

/** A runner's one line. Raises Failure `garbled`. */
export function parseAnswer(text: string, what: string): RunnerAnswer {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw new Failure('garbled', `${what}: the runner's answer is no JSON: ${JSON.stringify(text.slice(0, 100))}`, { cause: thrown });
  }
  const read = answerSchema.safeParse(value);
  if (read.success) return read.data;
  throw new Failure('garbled', `${what}: the runner's answer: ${read.error.issues[0]?.path.join('.')}: ${read.error.issues[0]?.message}`);
}

/** What came when the session had closed. */
interface Closed {
  readonly out: string;
  readonly err: string;
  readonly exit: number | undefined;
}

/** An answer, or why there is none. Exit 126 and 127: the forced command is not there, so nothing was begun. */
function answerOf(closed: Closed, what: string): RunnerAnswer {
  if (closed.out !== '') return parseAnswer(closed.out, what);
  const err = closed.err.trim().slice(0, 500);
  if (closed.exit === 126 || closed.exit === 127) throw new Failure('refused', `${what}: domus-runner cannot be run there: ${err}`);
  const end = closed.exit === undefined ? 'the session was lost' : `the runner ended with status ${closed.exit}`;
  throw new Failure('uncertain', `${what}: sent, and ${end} without an answer${err === '' ? '' : `: ${err}`}`);
}

function open(client: Client, what: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    const lost = (): void => reject(new Failure('unreachable', `${what}: the connection was lost before it was sent`));
    client.once('close', lost);
    const opened = (error: Error | undefined, channel: ClientChannel): void => {
      client.removeListener('close', lost);
      if (error) reject(new Failure('unreachable', `${what}: no session: ${error.message}`, { cause: error }));
      else resolve(channel);
    };
    try {
      client.exec('domus-runner', opened);
    } catch (thrown) {
      opened(thrown instanceof Error ? thrown : new Error(String(thrown)), undefined as never);
    }
  });
}

/**
 * One question in a session of its own. Raises Failure: `unreachable` (no session, so nothing was sent), `uncertain`
 * (sent, no answer), `cancelled` (the signal came before it was sent), `garbled`, `refused` (no runner there).
 */
export async function converse(client: Client, what: string, request: RunnerRequest, mostBytes: number, signal: AbortSignal): Promise<RunnerAnswer> {
  const channel = await open(client, what);
  if (signal.aborted) {
    channel.close();
    throw new Failure('cancelled', `${what}: cancelled before it was sent`);
  }
  const closed = await new Promise<Closed>((resolve, reject) => {
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let outBytes = 0;
    let errBytes = 0;
    let exit: number | undefined;
    const giveUp = (failure: Failure): void => {
      signal.removeEventListener('abort', aborted);
      channel.close();
      reject(failure);
    };
    const aborted = (): void => giveUp(new Failure('uncertain', `${what}: sent, and no answer in time`));
    signal.addEventListener('abort', aborted, { once: true });
    channel.on('data', (piece: Buffer) => {
      outBytes += piece.length;
      if (outBytes > mostBytes) giveUp(new Failure('garbled', `${what}: the answer is longer than ${mostBytes} bytes`));
      else out.push(piece);
    });
    channel.stderr.on('data', (piece: Buffer) => {
      if (errBytes < mostErrorBytes) err.push(piece);
      errBytes += piece.length;
    });
    channel.on('exit', (code: number | null) => {
      exit = code ?? undefined;
    });
    channel.on('error', () => undefined); // 'close' follows and tells
    channel.on('close', () => {
      signal.removeEventListener('abort', aborted);
      resolve({ out: Buffer.concat(out).toString('utf8'), err: Buffer.concat(err).toString('utf8'), exit });
    });
    channel.end(JSON.stringify(request));
  });
  return answerOf(closed, what);
}
