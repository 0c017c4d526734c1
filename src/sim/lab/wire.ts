import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One call of an emulated command. Texts hold one byte per character (latin1), so that any byte passes. */
export interface Call {
  readonly tool: string;
  readonly argv: readonly string[];
  readonly stdin: string;
  readonly user: string;
  /** -1 where there is none. */
  readonly uid: number;
  readonly cwd: string;
}

export interface Answer {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Answers a call; `undefined` = never. The signal tells that the caller has gone. */
export type Front = (call: Call, gone: AbortSignal) => Promise<Answer | undefined>;

const mostBytes = 16 * 1024 * 1024;

/** An open socket; closing it leaves nobody waiting. */
export interface Listening {
  close(): Promise<void>;
}

/** Listens on a unix socket for the thin clients of the lab's commands. */
export function listen(socket: string, front: Front, failed: (error: unknown) => void): Promise<Listening> {
  const lines = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (line) => {
    lines.add(line);
    line.once('close', () => lines.delete(line));
    const pieces: Buffer[] = [];
    let bytes = 0;
    const gone = new AbortController();
    line.on('error', () => gone.abort());
    line.on('close', () => gone.abort());
    line.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes > mostBytes) line.destroy();
      else pieces.push(piece);
    });
    line.on('end', () => {
      const call = readCall(Buffer.concat(pieces).toString('utf8'));
      if (call === undefined) {
        line.destroy();
        return;
      }
      front(call, gone.signal).then(
        (answer) => {
          if (answer !== undefined) line.end(JSON.stringify(answer));
        },
        (thrown: unknown) => {
          failed(thrown);
          line.destroy();
        },
      );
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, () => {
      chmodSync(socket, 0o666);
      const close = (): Promise<void> => {
        for (const line of lines) line.destroy();
        return new Promise((closed) => server.close(() => closed()));
      };
      resolve({ close });
    });
  });
}

function readCall(text: string): Call | undefined {
  let value: Partial<Call>;
  try {
    value = JSON.parse(text) as Partial<Call>;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
  const { tool, argv, stdin, user, uid, cwd } = value;
  if (typeof tool !== 'string' || !Array.isArray(argv) || !argv.every((word) => typeof word === 'string')) return undefined;
  return {
    tool,
    argv,
    stdin: typeof stdin === 'string' ? stdin : '',
    user: typeof user === 'string' ? user : 'nobody',
    uid: typeof uid === 'number' ? uid : -1,
    cwd: typeof cwd === 'string' ? cwd : '/',
  };
}

/** Root folder of the repository, from the sources and from the build alike. */
export function repository(): string {
  const here = fileURLToPath(import.meta.url);
  const at = here.lastIndexOf(join('src', 'sim', 'lab'));
  const root = here.slice(0, at - 1);
  return root.endsWith(`${'/'}dist`) ? dirname(root) : root;
}

/** Writes the shell wrappers that carry these commands to the socket. */
export function writeWrappers(folder: string, socket: string, tools: readonly string[]): void {
  const client = join(repository(), 'dist', 'src', 'sim', 'bin', 'client.js');
  mkdirSync(folder, { recursive: true });
  for (const tool of tools) {
    const file = join(folder, tool);
    writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${client}' '${socket}' ${tool} "$@"\n`);
    chmodSync(file, 0o755);
  }
}

/** The real submit filter, told where this lab's daemon publishes; `qsub` runs it as torque.cfg says. */
export function writeFilter({ bin, run, torqueCfg }: { readonly bin: string; readonly run: string; readonly torqueCfg: string }): void {
  const file = join(bin, 'domus-submit-filter');
  writeFileSync(file, `#!/bin/sh\nDOMUS_RUN='${run}' exec '${join(repository(), 'hooks', 'submit-filter')}' "$@"\n`);
  chmodSync(file, 0o755);
  writeFileSync(torqueCfg, `SUBMITFILTER ${file}\n`);
}
