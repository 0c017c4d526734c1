import ssh2 from 'ssh2';

export interface Said {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A line to the sshd of a guest, as root: what a real mom, which is root's, has by being there. */
export class GuestLine {
  readonly #client: ssh2.Client;

  private constructor(client: ssh2.Client) {
    this.#client = client;
  }

  /** Raises an Error when nobody answers in time, or the key is not let in. */
  static open(address: string, privateKey: string, limitMs: number): Promise<GuestLine> {
    const client = new ssh2.Client();
    return new Promise((resolve, reject) => {
      client.on('error', reject); // after its opening: told by the end of what runs on it
      client.once('ready', () => resolve(new GuestLine(client)));
      client.connect({ host: address, username: 'root', privateKey, readyTimeout: limitMs, keepaliveInterval: 5_000, keepaliveCountMax: 6 });
    });
  }

  /** Runs a shell command there; the signal ends its session. Raises an Error when the line goes before its end. */
  run(command: string, options: { readonly stdin?: string; readonly signal?: AbortSignal } = {}): Promise<Said> {
    return new Promise((resolve, reject) => {
      this.#client.exec(command, (error, channel) => {
        if (error !== undefined) return reject(error);
        const out: Buffer[] = [];
        const err: Buffer[] = [];
        let exit: number | undefined;
        // what runs there goes with it: su ends what it began
        const end = (): void => {
          channel.signal('TERM');
          channel.close();
        };
        options.signal?.addEventListener('abort', end, { once: true });
        channel.on('data', (piece: Buffer) => out.push(piece));
        channel.stderr.on('data', (piece: Buffer) => err.push(piece));
        channel.on('exit', (code: number | null) => {
          exit = code ?? 255;
        });
        channel.on('close', () => {
          options.signal?.removeEventListener('abort', end);
          if (exit === undefined) reject(new Error(`the line ended before its command did`));
          else resolve({ exit, stdout: Buffer.concat(out).toString('utf8'), stderr: Buffer.concat(err).toString('utf8') });
        });
        channel.end(options.stdin ?? '');
      });
    });
  }

  close(): void {
    this.#client.end();
  }
}
