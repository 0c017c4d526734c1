/** What the exit code of `domus` says. */
export const exits = {
  ok: 0,
  /** The answer is no, or problems were found. */
  no: 1,
  usage: 2,
  unreachable: 3,
  refused: 4,
} as const;
export type Exit = (typeof exits)[keyof typeof exits];

/** Ends a command with a sentence on standard error and an exit code. */
export class CliError extends Error {
  readonly exit: Exit;
  readonly details: readonly string[];
  constructor(exit: Exit, message: string, options: { readonly cause?: unknown; readonly details?: readonly string[] } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'CliError';
    this.exit = exit;
    this.details = options.details ?? [];
  }
}
