/** One directive of qmgr's language. */
export type Verb = 'create' | 'delete' | 'set' | 'unset' | 'list' | 'print' | 'active' | 'quit';
export type ObjectKind = 'server' | 'queue' | 'node';
export interface Change {
  readonly name: string;
  readonly op: '=' | '+=' | '-=' | '';
  readonly value: string;
}
export interface Directive {
  readonly verb: Verb;
  readonly object: ObjectKind;
  readonly names: readonly string[];
  readonly changes: readonly Change[];
}

const verbs: readonly Verb[] = ['create', 'delete', 'set', 'unset', 'list', 'print', 'active', 'quit'];
const objects: readonly ObjectKind[] = ['server', 'queue', 'node'];
const abbreviated = <T extends string>(words: readonly T[], word: string): T | undefined => words.find((full) => full.startsWith(word.toLowerCase()));

/** A directive, or the sentence qmgr prints instead. */
export function parseDirective(line: string): Directive | string {
  const [, verbWord = '', objectWord = '', rest = ''] = /^\s*(\S+)\s*(\S*)\s*(.*)$/s.exec(line) ?? [];
  const verb = verbWord === 'exit' ? 'quit' : abbreviated(verbs, verbWord);
  if (verb === undefined) return `qmgr: Illegal operation: ${verbWord}\nTry 'help' if you are having trouble.`;
  if (verb === 'quit') return { verb, object: 'server', names: [], changes: [] };
  const object = abbreviated(objects, objectWord);
  if (object === undefined || objectWord === '') return `qmgr: Illegal object type: ${objectWord}.`;
  const [names, tail] = object === 'server' ? [[], rest] : namesOf(rest);
  const changes = parseChanges(tail, verb === 'list' || verb === 'print' || verb === 'unset');
  return typeof changes === 'string' ? `qmgr: ${changes}` : { verb, object, names, changes };
}

/** `a,b,c` up to the first blank; `@default` and nothing mean all. */
function namesOf(rest: string): [string[], string] {
  const [, list = '', tail = ''] = /^(\S*)\s*(.*)$/s.exec(rest) ?? [];
  return [list.split(',').filter((name) => name !== '' && !name.startsWith('@')), tail];
}

/** `np=2,properties="a,b",note = 'x y'`; a piece without an operator goes on with the value before. */
function parseChanges(text: string, bare: boolean): Change[] | string {
  const found: { name: string; op: Change['op']; value: string }[] = [];
  let rest = text.trim();
  while (rest !== '') {
    const match = /^([A-Za-z_][\w.-]*)\s*(\+=|-=|=)\s*("[^"]*"|'[^']*'|[^,]*)\s*(?:,\s*|$)/s.exec(rest);
    const piece = /^([^,]*)(?:,\s*|$)/s.exec(rest)!;
    if (match !== null) {
      const value = match[3]!.trim();
      found.push({ name: match[1]!, op: match[2] as Change['op'], value: /^["']/.test(value) ? value.slice(1, -1) : value });
    } else if (bare) found.push({ name: piece[1]!.trim(), op: '', value: '' });
    else if (found.length > 0) found.at(-1)!.value += `,${piece[1]!.trim()}`;
    else return `Syntax error - ${rest}`;
    const length = (match ?? piece)[0].length;
    rest = length === 0 ? '' : rest.slice(length);
  }
  return found;
}
