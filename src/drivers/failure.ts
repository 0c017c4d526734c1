/**
 * One kind per *reaction* (act/reactions.ts is the table):
 * absent: the thing is not there; exists: it is there already; unreachable: surely not begun; uncertain: sent, no
 * (clear) answer: look before repeating; busy: try later; full: no space or memory; refused: the other side will not
 * (fence, rule); denied: a right is missing, a person is told; garbled: an answer that cannot be read; cancelled: we
 * stopped asking before it was sent.
 */
export const failureKinds = ['absent', 'exists', 'unreachable', 'uncertain', 'busy', 'full', 'refused', 'denied', 'garbled', 'cancelled'] as const;
export type FailureKind = (typeof failureKinds)[number];

/** Raised by every driver. The message is a sentence: what, where, how long. */
export class Failure extends Error {
  readonly kind: FailureKind;
  constructor(kind: FailureKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'Failure';
    this.kind = kind;
  }
}

/** Any thrown thing as a Failure; what nobody classified is `uncertain`. */
export function asFailure(thrown: unknown, what: string): Failure {
  if (thrown instanceof Failure) return thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new Failure('uncertain', `${what}: ${text}`, { cause: thrown });
}
