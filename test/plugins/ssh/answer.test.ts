import { expect, it } from 'vitest';
import { parseAnswer } from '../../../plugins/ssh/session.js';
import { Failure } from '../../../src/drivers/failure.js';

const whole = { v: 1, bootId: 'b', status: 'done', exit: 0, ops: [{ op: 'a', verb: 'look', state: 'done', startedAt: 1 }] };

it('takes an answer of the protocol', () => {
  expect(parseAnswer(JSON.stringify(whole), 'look')).toEqual(whole);
});

it.each([
  ['a login banner', 'Welcome to ws1!'],
  ['a banner before the answer', `Welcome\n${JSON.stringify(whole)}`],
  ['a cut line', JSON.stringify(whole).slice(0, -3)],
  ['another version', JSON.stringify({ ...whole, v: 2 })],
  ['no boot id', JSON.stringify({ ...whole, bootId: '' })],
  ['an unknown status', JSON.stringify({ ...whole, status: 'maybe' })],
  ['an exit that is a word', JSON.stringify({ ...whole, exit: '0' })],
  ['a fence without epoch', JSON.stringify({ ...whole, fence: { deployment: 'd', journal: 'j', life: 'l' } })],
  ['ops that are a word', JSON.stringify({ ...whole, ops: 'none' })],
])('takes %s as garbled', (_, text) => {
  let thrown: unknown;
  try {
    parseAnswer(text, 'look on ws1');
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(Failure);
  expect(thrown).toMatchObject({ kind: 'garbled', message: expect.stringMatching(/^look on ws1: /) });
});
