/** Says what is going on, on stderr, and runs commands quietly: their output is shown only when they fail. */
import { spawn } from 'node:child_process';
import process from 'node:process';

const animated = process.stderr.isTTY === true && process.env.CI === undefined;
const seconds = (sinceMs) => `${((Date.now() - sinceMs) / 1000).toFixed(0)} s`;

/** A line for people. */
export const say = (line) => process.stderr.write(`${line}\n`);

/** One line, then exit code 1. */
export function giveUp(line) {
  say(`domus: ${line}`);
  process.exit(1);
}

/** Runs argv to its end. Resolves to its exit code (127 when it cannot be started) and its output, both streams together. */
export function run(argv, { env = {}, cwd = process.cwd(), inherit = false } = {}) {
  return new Promise((resolve) => {
    const [command, ...args] = argv;
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: inherit ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout?.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', (error) => resolve({ exit: 127, output: `${command}: ${error.message}` }));
    child.on('close', (code, signal) => resolve({ exit: code ?? 128, output: signal === null ? output : `${output}\nended by ${signal}` }));
  });
}

/** Shows `what` while `work` goes on, and how long it took. */
export async function during(what, usually, work) {
  const since = Date.now();
  const line = `${what} (usually ${usually})`;
  if (!animated) say(`${line} ...`);
  let turn = 0;
  const draw = () => process.stderr.write(`\r\u001b[K${'|/-\\'[turn++ % 4]} ${line} ${seconds(since)}`);
  const timer = animated ? setInterval(draw, 200) : undefined;
  try {
    return await work();
  } finally {
    clearInterval(timer);
    say(`${animated ? '\r\u001b[K' : ''}${what}: ${seconds(since)}`);
  }
}

/** The last lines of a log, indented. */
export const tail = (output, lines = 40) =>
  output
    .trimEnd()
    .split('\n')
    .slice(-lines)
    .map((line) => `    ${line}`)
    .join('\n');
