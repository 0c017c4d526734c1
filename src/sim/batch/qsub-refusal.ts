import type { Answer } from './answer.js';
import { failed } from './command.js';

/** qsub's no, thrown inside qsub only. */
export class Refusal extends Error {
  readonly answer: Answer;
  constructor(answer: Answer) {
    super(answer.stderr);
    this.answer = answer;
  }
}

/** The server's no. */
export const refuse = (exit: number, text: string): never => {
  throw new Refusal(failed(exit, `qsub: submit error (${text})`));
};

/** The client's own no, before it asks the server. */
export const fault = (text: string): never => {
  throw new Refusal(failed(1, text));
};
