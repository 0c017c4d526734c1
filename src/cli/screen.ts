/** Where a command prints. Lines are made harmless and unstyled text only is bounded by `width`. */
export interface Screen {
  out(text: string): void;
  err(text: string): void;
  /** Standard output is a terminal. */
  readonly tty: boolean;
  readonly colour: boolean;
  /** Columns and rows; Infinity where output is no terminal. */
  readonly width: () => number;
  readonly height: () => number;
  /** Aborted by Ctrl-C, SIGTERM, or when nobody reads any more. */
  readonly ended: AbortSignal;
}

// Control characters, line and paragraph separators, and marks that turn the direction of text: what comes from outside may move no cursor.
const unsafe = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Text from outside on one line, with nothing a terminal would obey. */
export const harmless = (text: string): string => text.replace(unsafe, '?');

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const;
export type Paint = keyof typeof codes;

/** Text in a colour, where the screen shows colours. */
export const painted = (screen: Pick<Screen, 'colour'>, paint: Paint | undefined, text: string): string =>
  paint === undefined || !screen.colour ? text : `\u001b[${codes[paint]}m${text}\u001b[0m`;

/** The process's own standard streams. A reader that went away (EPIPE) ends the command quietly. */
export function processScreen(env: NodeJS.ProcessEnv): Screen {
  const ended = new AbortController();
  const gone = (thrown: NodeJS.ErrnoException): void => {
    ended.abort();
    if (thrown.code !== 'EPIPE') process.exitCode = 1;
  };
  process.stdout.on('error', gone);
  process.stderr.on('error', gone);
  const tty = process.stdout.isTTY === true;
  const write = (stream: NodeJS.WriteStream) => (text: string) => {
    if (!stream.destroyed && stream.writable) stream.write(text);
  };
  return {
    out: write(process.stdout),
    err: write(process.stderr),
    tty,
    colour: tty && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb',
    width: () => (tty ? process.stdout.columns : Number.POSITIVE_INFINITY),
    height: () => (tty ? process.stdout.rows : Number.POSITIVE_INFINITY),
    ended: ended.signal,
  };
}
