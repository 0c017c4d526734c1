import { Failure, type FailureKind } from '../../src/drivers/failure.js';
import { tidy } from './parse.js';

/** First match wins: what a command's words mean. */
const sentences: readonly (readonly [RegExp, FailureKind])[] = [
  [/not authorized|permission/i, 'denied'],
  [/cannot connect|connection refused|cannot request service|cannot (?:get|locate) (?:the )?server|no such host/i, 'unreachable'],
  [/(?:invalid|unknown|cannot (?:locate|find)) job|no jobs? found/i, 'absent'],
  [/priority must be in the range/i, 'exists'],
  [/lost connection|time(?:d )?out|cannot receive/i, 'uncertain'],
];

/** The Failure that a command's end stands for; job ids are left to the caller, so that equal troubles read alike. */
export function refusal(what: string, exit: number, said: string): Failure {
  const kind = sentences.find(([pattern]) => pattern.test(said))?.[1] ?? 'uncertain';
  return new Failure(kind, `${what}: ${tidy(said) || 'no message'} (exit ${exit})`);
}
