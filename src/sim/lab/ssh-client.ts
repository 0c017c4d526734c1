import { readFileSync } from 'node:fs';
import ssh2 from 'ssh2';
import type { Answer } from './wire.js';

interface Line {
  readonly host: string;
  readonly user: string;
  readonly port: number;
  readonly keyFile: string;
  readonly knownHosts: string;
  readonly command: string;
}

/** The words of an `ssh` command line that are met here: `-T`, `-o NAME=VALUE`, `-i KEY`, `-p PORT`, `USER@HOST`, the command. */
export function readSsh(argv: readonly string[]): Line | undefined {
  const options = new Map<string, string>();
  let at = 0;
  for (; argv[at]?.startsWith('-') === true; at++) {
    const option = argv[at] ?? '';
    if (option === '-T') continue;
    const value = argv[++at] ?? '';
    if (option !== '-o') options.set(option, value);
    else options.set(value.slice(0, value.indexOf('=')), value.slice(value.indexOf('=') + 1));
  }
  const [user, host] = (argv[at] ?? '').split('@');
  const [keyFile, knownHosts, port] = [options.get('-i'), options.get('UserKnownHostsFile'), Number(options.get('-p') ?? '22')];
  if (user === undefined || host === undefined || keyFile === undefined || knownHosts === undefined || !(port > 0)) return undefined;
  return { host, user, port, keyFile, knownHosts, command: argv.slice(at + 1).join(' ') };
}

const failed = (stderr: string): Answer => ({ exit: 255, stdout: '', stderr });

/** As much of OpenSSH's client as hosts need to reach one another: strict host keys, one key of its own, one command. */
export function ssh(argv: readonly string[], input: string, gone: AbortSignal): Promise<Answer | undefined> {
  const line = readSsh(argv);
  if (line === undefined) return Promise.resolve(failed('usage: ssh [-T] [-o option] [-i identity_file] [-p port] destination [command]\n'));
  return new Promise((resolve) => {
    const client = new ssh2.Client();
    const end = (answer: Answer | undefined): void => {
      gone.removeEventListener('abort', leave);
      client.end();
      resolve(answer);
    };
    const leave = (): void => {
      client.destroy();
      end(undefined);
    };
    gone.addEventListener('abort', leave);
    client.on('error', (error) => end(failed(`${saidBy(line, error)}\n`)));
    client.on('close', () => end(failed(`Connection to ${line.host} closed by remote host.\n`)));
    client.on('ready', () => run(client, line.command, input, end));
    client.connect({
      ...{ host: line.host, port: line.port, username: line.user, privateKey: readFileSync(line.keyFile) },
      hostVerifier: (key: Buffer) => isKnown(line, key),
    });
  });
}

function isKnown({ host, port, knownHosts }: Line, key: Buffer): boolean {
  const wanted = `[${host}]:${port} ssh-ed25519 ${key.toString('base64')}`;
  return readFileSync(knownHosts, 'utf8').split('\n').includes(wanted);
}

function saidBy({ host, port }: Line, error: Error & { readonly level?: string; readonly code?: string }): string {
  if (error.code === 'ECONNREFUSED') return `ssh: connect to host ${host} port ${port}: Connection refused`;
  if (/Host denied/.test(error.message)) return 'Host key verification failed.';
  return error.level === 'client-authentication' ? `root@${host}: Permission denied (publickey).` : `ssh: ${error.message}`;
}

function run(client: ssh2.Client, command: string, input: string, end: (answer: Answer) => void): void {
  client.exec(command, (error, channel) => {
    if (error !== undefined) {
      end(failed(`ssh: ${error.message}\n`));
      return;
    }
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let exit = 255;
    channel.on('data', (piece: Buffer) => out.push(piece));
    channel.stderr.on('data', (piece: Buffer) => err.push(piece));
    channel.on('exit', (code: number | null) => {
      exit = code ?? 255;
    });
    channel.on('close', () => end({ exit, stdout: Buffer.concat(out).toString('latin1'), stderr: Buffer.concat(err).toString('latin1') }));
    channel.end(input);
  });
}
