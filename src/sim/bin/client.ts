/**
 * The one small program behind every command of the lab: `node client.js SOCKET TOOL ARG...`. It carries argv, stdin,
 * user and folder to the lab, and prints what comes back. It starts often, so it imports the least.
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { filtered, filterOf } from './submit-filter.js';

const [, , socket = '', tool = '', ...argv] = process.argv;

/** Commands that read their standard input when they are called like this. */
function readsStdin(): boolean {
  if (tool === 'xl') return argv[0] === 'migrate-receive';
  if (tool === 'qmgr') return !argv.some((word) => word.startsWith('-c'));
  return tool === 'qsub' && script() === undefined;
}

/** qsub's options without a value, and those with one. */
const bare = 'fhIVXxz';
function script(): string | undefined {
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (!word.startsWith('-') || word === '-') return word === '-' ? undefined : word;
    const last = word.slice(-1);
    if (word.length === 2 && !bare.includes(last)) at += 1;
  }
  return undefined;
}

function read(file: string | number): string {
  return readFileSync(file, 'latin1');
}

function ask(stdin: string): void {
  const pieces: Buffer[] = [];
  const line = connect(socket);
  line.on('error', (error) => {
    process.stderr.write(`${tool}: the lab does not answer (${error.message})\n`);
    process.exitCode = 111;
  });
  line.on('data', (piece: Buffer) => pieces.push(piece));
  line.on('end', () => {
    const text = Buffer.concat(pieces).toString('utf8');
    if (text === '') {
      process.exitCode = 111;
      return;
    }
    const answer = JSON.parse(text) as { exit: number; stdout: string; stderr: string };
    process.stdout.write(Buffer.from(answer.stdout, 'latin1'));
    process.stderr.write(Buffer.from(answer.stderr, 'latin1'));
    process.exitCode = answer.exit;
  });
  const { PBS_DEFAULT: server } = process.env;
  const user = process.env['DOMUS_LAB_USER'] ?? process.env['USER'] ?? (process.getuid?.() === 0 ? 'root' : 'nobody');
  line.end(`${JSON.stringify({ tool, argv, stdin, user, uid: process.getuid?.() ?? -1, cwd: process.cwd(), server })}\n`);
}

/** A job's script goes through the site's submit filter first, where torque.cfg beside the socket names one. */
function submit(text: string): void {
  const filter = filterOf(join(dirname(socket), 'torque.cfg'));
  const answer = filter === undefined ? { script: text } : filtered(filter, argv, text, interactive);
  if ('script' in answer) {
    ask(answer.script);
    return;
  }
  process.stderr.write(answer.stderr);
  process.exitCode = answer.exit;
}

const interactive = tool === 'qsub' && argv.some((word) => /^-[EfhVXxz]*I/.test(word));
const file = tool === 'qsub' ? script() : undefined;
try {
  const text = interactive ? '\n\n' : file !== undefined ? read(file) : readsStdin() ? read(0) : '';
  if (tool === 'qsub') submit(text);
  else ask(text);
} catch (thrown) {
  process.stderr.write(`${tool}: ${file ?? 'stdin'}: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 1;
}
