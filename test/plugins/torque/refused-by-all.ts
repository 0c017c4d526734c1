import { expect } from 'vitest';
import { parseListed, parseNodes, parsePrinted } from '../../../plugins/torque/parse.js';
import { bytesOf, jobsOf, textOf } from './fixtures.js';

/** A recorded file and what it must be read as. */
export type Cases = Readonly<Record<string, () => void>>;

/** What a person's command prints is not what we ask for: it must be refused, never half understood. */
export function isRefusedByAllReaders(file: string): void {
  const { text, bytes } = { text: textOf(file), bytes: bytesOf(file) };
  expect(() => jobsOf(bytes)).toThrow(/should begin with <Data>/);
  expect(() => parseNodes(text)).toThrow(/list of nodes/);
  expect(() => parseListed(text)).toThrow(/key = value/);
  expect(() => parsePrinted(text)).toThrow(/should read like/);
}
