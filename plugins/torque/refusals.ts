import { Failure, type FailureKind } from '../../src/drivers/failure.js';

/** First match wins: what a command's last words mean. */
const sentences: readonly (readonly [RegExp, FailureKind])[] = [
  [/trqauthd|15137/, 'unreachable'],
  [
    /cannot connect to server|Cannot (connect to|resolve) specified server|Unable to communicate with|Can not resolve name for server|No default server/i,
    'unreachable',
  ],
  [/Unauthorized Request|insufficient permission|PERM_|can not be run as root/i, 'denied'],
  [/already exists/i, 'exists'],
  [/Unknown (Job|node|queue)(?!-attribute)|cannot locate (queue|specified node)/i, 'absent'],
  [/could not connect to MOM|timeout|timed out|Premature end|End of File|protocol/i, 'uncertain'],
  [/shutting down|too many|temporarily/i, 'busy'],
  [/Illegal|Undefined|Request invalid|Invalid request|exceeds|Unknown resource|bad state|rejected|read ?only|MSG=/i, 'refused'],
];

/** Exit codes that come without a sentence, too: errno or 15000 + n, modulo 256. */
const exits: Readonly<Record<number, FailureKind>> = {
  33: 'unreachable',
  111: 'unreachable',
  162: 'unreachable',
  153: 'absent',
  172: 'absent',
  159: 'denied',
  170: 'refused',
};

const trqauthd = 'trqauthd, which lets this machine speak to the batch server, does not answer: start it here';

/** The last sentence on stderr, for people. */
export function lastWords(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return (lines.at(-1) ?? '').replace(/\s+/g, ' ');
}

/** What a sentence of TORQUE means; undefined when it means nothing to us. */
export const kindOf = (text: string): FailureKind | undefined => sentences.find(([pattern]) => pattern.test(text))?.[1];

/** The Failure that a command's end stands for. An end that means nothing to us is `uncertain`. */
export function refusal(what: string, exit: number, stderr: string): Failure {
  const kind = kindOf(stderr) ?? exits[exit] ?? 'uncertain';
  const words = /trqauthd|15137/.test(stderr) ? trqauthd : lastWords(stderr) || 'no message';
  return new Failure(kind, `${what}: ${words} (exit ${exit})`);
}

/** `pbsnodes` without a single node in the list: 4.2 exits 1, 6.1 exits 2. A normal answer. */
export const meansNoNodes = (exit: number, stderr: string): boolean => exit !== 0 && /node list is empty|No nodes found/i.test(stderr);

/** Per node, what `qmgr` and `pbsnodes` complain of although they may exit 0. */
export function complaints(stderr: string): ReadonlyMap<string, Failure> {
  const found = new Map<string, Failure>();
  for (const line of stderr.split('\n')) {
    const match = /^qmgr obj=(\S*) svr=\S*: (.*)$/.exec(line.trim()) ?? /^Error \S+ node (\S+) - (.*)$/.exec(line.trim());
    if (match === null) continue;
    const [, node = '', text = ''] = match;
    if (!found.has(node)) found.set(node, new Failure(kindOf(text) ?? 'refused', `node ${node}: ${text.trim().replace(/\s+/g, ' ')}`));
  }
  return found;
}
