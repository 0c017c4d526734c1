import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { within } from '../../src/deadline.js';
import { execaShell } from '../../src/drivers/execa-shell.js';
import { Failure } from '../../src/drivers/failure.js';

const shell = execaShell(systemClock);
const never = new AbortController().signal;
const node = (script: string, ...args: readonly string[]): readonly string[] => [process.execPath, '-e', script, ...args];
const folder = mkdtempSync(join(tmpdir(), 'domus-shell-'));
afterAll(() => rmSync(folder, { recursive: true }));

const failureOf = async (work: Promise<unknown>): Promise<Failure> => {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof Failure)) throw new Error(`a Failure was expected, not ${String(thrown)}`);
  return thrown;
};
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
/** The first piece of output, as a process id. */
async function pidFrom(chunks: AsyncIterable<Uint8Array>): Promise<{ readonly pid: number; readonly rest: Promise<void> }> {
  const pieces = chunks[Symbol.asyncIterator]();
  const first = await pieces.next();
  const drain = async (): Promise<void> => {
    while (!(await pieces.next()).done);
  };
  return { pid: Number(Buffer.from(first.value ?? [])), rest: drain() };
}

describe('the real shell', () => {
  it('gives exit code, output as bytes, and errors as text', async () => {
    const script = 'process.stdout.write(Buffer.from([0, 255, 10])); process.stderr.write("no\\n"); process.exitCode = 7';
    const finished = await shell.run(node(script), { signal: never });
    expect(finished).toEqual({ exit: 7, stdout: Buffer.from([0, 255, 10]), stderr: 'no\n' });
  });

  it('passes arguments as they are, never through a shell', async () => {
    const words = ['$HOME; echo', '', '*', "it's", 'a\nb'];
    const { stdout } = await shell.run(node('process.stdout.write(JSON.stringify(process.argv.slice(1)))', ...words), { signal: never });
    expect(JSON.parse(stdout.toString())).toEqual(words);
  });

  it('feeds standard input, and gives none where none is asked for', async () => {
    const echo = 'process.stdin.pipe(process.stdout)';
    expect((await shell.run(node(echo), { signal: never, stdin: 'a\nb\n' })).stdout.toString()).toBe('a\nb\n');
    expect((await shell.run(node(echo), { signal: never })).stdout.toString()).toBe('');
  });

  it('asks for messages in English', async () => {
    const { stdout } = await shell.run(node('process.stdout.write(process.env.LC_ALL ?? "")'), { signal: never });
    expect(stdout.toString()).toBe('C');
  });

  it('raises unreachable for a command that is not there, or may not be run', async () => {
    const plain = join(folder, 'plain');
    writeFileSync(plain, '#!/bin/sh\n');
    chmodSync(plain, 0o644);
    for (const file of [join(folder, 'nothing'), plain]) {
      const failure = await failureOf(shell.run([file], { signal: never }));
      expect(failure.kind).toBe('unreachable');
      expect(failure.message).toContain(file);
      const { chunks, end } = shell.stream([file], { signal: never });
      for await (const chunk of chunks) expect(chunk).toBeUndefined();
      expect((await failureOf(end)).kind).toBe('unreachable');
    }
  });

  it('raises cancelled, and starts nothing, when the signal was aborted before', async () => {
    const mark = join(folder, 'mark');
    const failure = await failureOf(shell.run(node('require("fs").writeFileSync(process.argv[1], "")', mark), { signal: AbortSignal.abort() }));
    expect(failure.kind).toBe('cancelled');
    await expect(import('node:fs/promises').then((fs) => fs.access(mark))).rejects.toThrow();
  });

  it('stops reading more than it was told to, and ends the command', async () => {
    const endless = 'const piece = "x".repeat(65536); (function more() { process.stdout.write(piece, more); })()';
    expect((await failureOf(shell.run(node(endless), { signal: never, maxBytes: 1_000_000 }))).kind).toBe('garbled');
    const exactly = await shell.run(node('process.stdout.write("x".repeat(1000))'), { signal: never, maxBytes: 1000 });
    expect(exactly.stdout).toHaveLength(1000);
  });

  it('keeps only the beginning of endless complaints', async () => {
    const { exit, stderr } = await shell.run(node('process.stderr.write("y".repeat(3_000_000))'), { signal: never });
    expect(exit).toBe(0);
    expect(stderr).toHaveLength(256 * 1024);
  });

  it('gives output in pieces while the command still runs', async () => {
    const script = 'process.stdout.write("one"); process.stdin.on("data", () => process.exit(3))';
    const { chunks, end } = shell.stream(node(script), { signal: never, stdin: 'go' });
    const seen: string[] = [];
    for await (const chunk of chunks) seen.push(Buffer.from(chunk).toString());
    expect(seen.join('')).toBe('one');
    expect((await end).exit).toBe(3);
  });

  it('ends a command that its caller gives up, asking first', async () => {
    const stop = new AbortController();
    const script =
      'process.on("SIGTERM", () => { process.stdout.write("bye"); process.exit(0); }); process.stdout.write(String(process.pid)); setInterval(() => {}, 1000)';
    const { chunks, end } = shell.stream(node(script), { signal: stop.signal });
    const { pid, rest } = await pidFrom(chunks);
    expect(isAlive(pid)).toBe(true);
    stop.abort();
    expect((await failureOf(end)).kind).toBe('uncertain');
    await rest;
    expect(isAlive(pid)).toBe(false);
  });

  it('kills a command that does not listen', async () => {
    const stop = new AbortController();
    const script = 'process.on("SIGTERM", () => {}); process.stdout.write(String(process.pid)); setInterval(() => {}, 1000)';
    const { chunks, end } = shell.stream(node(script), { signal: stop.signal });
    const { pid, rest } = await pidFrom(chunks);
    stop.abort(new Failure('uncertain', 'no answer within 1 s'));
    const failure = await failureOf(end);
    expect(failure.message).toBe('no answer within 1 s');
    await rest;
    expect(isAlive(pid)).toBe(false);
  });

  it('answers in time even when a grandchild keeps the output open', async () => {
    const script = `
      const { spawn } = require('child_process');
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
      process.stdout.write(String(child.pid));
      setInterval(() => {}, 1000);`;
    const stop = new AbortController();
    const { chunks, end } = shell.stream(node(script), { signal: stop.signal });
    const { pid, rest } = await pidFrom(chunks);
    try {
      stop.abort();
      expect((await failureOf(end)).kind).toBe('uncertain');
      await rest;
    } finally {
      process.kill(pid);
    }
  });

  it('ends with the limit of whoever bounds it', async () => {
    const work = within(systemClock, 300, 'sleeping', undefined, (signal) => shell.run(node('setInterval(() => {}, 1000)'), { signal }));
    const failure = await failureOf(work);
    expect(failure).toMatchObject({ kind: 'uncertain', message: 'sleeping: no answer within 0.3 s' });
  });

  it('calls a command that somebody else killed uncertain', async () => {
    const failure = await failureOf(shell.run(node('process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000)'), { signal: never }));
    expect(failure.kind).toBe('uncertain');
    expect(failure.message).toContain('SIGKILL');
  });
});
