import { Failure } from '../../src/drivers/failure.js';
import { type BatchNode, isOffline, notePrefix, slotsUsed } from '../../src/model/batch.js';

/** Offline by a person: its note does not say that it is ours. */
export const isPersons = (node: BatchNode): boolean => isOffline(node) && !node.note.startsWith(notePrefix);

/** The listed node, if we may change it. Raises Failure `absent`, `refused` (a person's) or `busy` (np below what runs there). */
export function changeable(name: string, node: BatchNode | undefined, np: number | undefined): BatchNode {
  if (node === undefined) throw new Failure('absent', `node ${name} is not listed in the batch server`);
  if (isPersons(node)) {
    const note = node.note === '' ? 'without a note' : `with the note ${JSON.stringify(node.note)}`;
    throw new Failure('refused', `node ${name} was set offline by a person (${note}): left alone`);
  }
  if (np !== undefined && np < slotsUsed(node)) {
    throw new Failure('busy', `node ${name} has jobs on ${slotsUsed(node)} slots: np ${np} would be below that`);
  }
  return node;
}

/** What a change should have come to; undefined when it has, else what is different. */
export type Expectation = (node: BatchNode) => string | undefined;

export const admitted =
  (np: number): Expectation =>
  (node) => {
    if (isOffline(node)) return 'is still offline';
    if (node.note.startsWith(notePrefix)) return 'still has our note';
    return node.np === np ? undefined : `has np ${node.np}, not ${np}`;
  };

export const withheld =
  (note: string, np: number | undefined): Expectation =>
  (node) => {
    if (!isOffline(node)) return 'is not offline';
    if (!node.note.startsWith(note)) return `has the note ${JSON.stringify(node.note)}`;
    return np === undefined || node.np === np ? undefined : `has np ${node.np}, not ${np}`;
  };
