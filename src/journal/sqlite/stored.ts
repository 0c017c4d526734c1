import { Failure } from '../../drivers/failure.js';
import type { Reason } from '../../model/reason.js';
import { type Rows, type TableName, tableNames } from '../../model/rows.js';

type Kind = 'record' | 'numbers' | 'text';
const plain: Readonly<Partial<Record<TableName, Kind>>> = { starts: 'numbers', forgotten: 'text' };

const isKind: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  record: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  numbers: (value) => Array.isArray(value) && value.every((each) => typeof each === 'number'),
  text: (value) => typeof value === 'string',
};

function parsed(json: string, where: string, kind: Kind): unknown {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (thrown) {
    throw new Failure('garbled', `the journal's ${where} is no JSON`, { cause: thrown });
  }
  if (!isKind[kind](value)) throw new Failure('garbled', `the journal's ${where} is no ${kind}`);
  return value;
}

/** One stored row. Raises Failure `garbled` naming table and key. */
export const storedRow = (table: TableName, key: string, json: string): unknown => parsed(json, `row ${table}/${key}`, plain[table] ?? 'record');

/** The reason of a stored event. Raises Failure `garbled` naming the event. */
export const storedReason = (number: number, json: string): Reason => parsed(json, `event ${number}`, 'record') as Reason;

/** Live state from its stored rows. Raises Failure `garbled` naming the first row that cannot be read. */
export function storedRows(stored: Iterable<{ readonly table: string; readonly key: string; readonly json: string }>): Rows {
  const maps = new Map<string, Map<string, unknown>>(tableNames.map((name) => [name, new Map()]));
  for (const { table, key, json } of stored) {
    const map = maps.get(table);
    if (map === undefined) throw new Failure('garbled', `the journal has a row ${table}/${key} of a table that is not known`);
    map.set(key, storedRow(table as TableName, key, json));
  }
  return Object.fromEntries(maps) as unknown as Rows;
}
