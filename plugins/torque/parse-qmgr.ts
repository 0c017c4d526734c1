import { garbled } from './parse-text.js';

/** One object of the server with its attributes, as `qmgr` or `qstat -f` lists it. Values added with `+=` are joined by commas. */
export interface Listed {
  readonly kind: 'server' | 'queue' | 'node';
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/**
 * `qmgr -c 'list ...'`, `qstat -Qf` and `qstat -Bf`: a line `Queue: sl5` or `Server torque.example.org`, then indented
 * `key = value` lines, long ones folded. Raises Failure `garbled` for anything else; nothing at all is an empty list.
 */
export function parseListed(text: string): readonly Listed[] {
  const objects: { kind: Listed['kind']; name: string; attributes: Map<string, string> }[] = [];
  for (const line of unfolded(text)) {
    if (line.trim() === '') continue;
    const heading = /^(Server|Queue|Node):? (\S+)\s*$/.exec(line);
    if (heading !== null) {
      objects.push({ kind: (heading[1] ?? '').toLowerCase() as Listed['kind'], name: heading[2] ?? '', attributes: new Map() });
      continue;
    }
    const attribute = /^\s+([\w.]+) = (.*)$/.exec(line) ?? /^\s+([\w.]+) =()$/.exec(line);
    const object = objects.at(-1);
    if (attribute === null || object === undefined) garbled('a list of attributes should read like "key = value"', line);
    object.attributes.set(attribute[1] ?? '', (attribute[2] ?? '').trimEnd());
  }
  return objects;
}

/** `qstat` folds with newline and tab inside a value; `qmgr` after a comma, with many blanks. */
function unfolded(text: string): readonly string[] {
  const lines: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const last = lines.length - 1;
    const folded = /^\t(?![\w.]+ =( |$))/.test(line) ? line.slice(1) : /^ {9,}\S/.test(line) ? line.trimStart() : undefined;
    if (folded !== undefined && folded.trim() !== '' && last >= 0) lines[last] = (lines[last] ?? '') + folded;
    else lines.push(line);
  }
  return lines;
}

/** `qmgr -c 'print server'`: the commands that would make it so. The server itself has no name there. Raises `garbled`. */
export function parsePrinted(text: string): readonly Listed[] {
  const objects = new Map<string, Listed & { readonly attributes: Map<string, string> }>();
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const { kind, name, key, value, adds } = directive(line);
    const id = `${kind} ${name}`;
    const object = objects.get(id) ?? { kind, name, attributes: new Map<string, string>() };
    objects.set(id, object);
    if (key === undefined) continue;
    const before = adds ? object.attributes.get(key) : undefined;
    object.attributes.set(key, before === undefined ? value : `${before},${value}`);
  }
  return [...objects.values()];
}

interface Directive {
  readonly kind: Listed['kind'];
  readonly name: string;
  /** Absent for `create`. */
  readonly key: string | undefined;
  readonly value: string;
  readonly adds: boolean;
}

function directive(line: string): Directive {
  const made = /^create (queue|node) (\S+)\s*$/.exec(line);
  if (made !== null) return { kind: made[1] as Listed['kind'], name: made[2] ?? '', key: undefined, value: '', adds: false };
  const set = /^set (server)() ([\w.]+) (\+?)= ?(.*)$/.exec(line) ?? /^set (queue|node) (\S+) ([\w.]+) (\+?)= ?(.*)$/.exec(line);
  if (set === null) garbled('a printed line should read like "set queue NAME key = value"', line);
  return { kind: set[1] as Listed['kind'], name: set[2] ?? '', key: set[3] ?? '', value: (set[5] ?? '').trimEnd(), adds: set[4] === '+' };
}
