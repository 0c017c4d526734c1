/** A finished command. Output is bounded: more than `maxBytes` raises Failure `garbled`. */
export interface Finished {
  readonly exit: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string;
  readonly maxBytes?: number;
  readonly signal: AbortSignal;
}

/** Local commands: argv arrays, never a shell string. A non-zero exit is an answer, not a Failure. */
export interface Shell {
  /** Raises Failure `unreachable` when it cannot be started, `uncertain`/`cancelled` when the signal ended it (the process is killed). */
  run(argv: readonly string[], options: RunOptions): Promise<Finished>;
  /** Standard output in pieces as it comes; `end` settles after the process has. */
  stream(
    argv: readonly string[],
    options: RunOptions,
  ): { readonly chunks: AsyncIterable<Uint8Array>; readonly end: Promise<{ readonly exit: number; readonly stderr: string }> };
}
