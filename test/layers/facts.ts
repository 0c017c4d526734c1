import { parseAst } from 'rolldown/parseAst';

/** One mention in a file: a specifier or a name, and the line it stands on. */
export interface Mention {
  readonly text: string;
  readonly line: number;
}

/** What a source file says that the rules ask about, read from its syntax tree: words in comments and strings do not count. */
export interface Facts {
  readonly lines: number;
  /** Static imports and re-exports, type-only ones and `import('x')` types included. */
  readonly imports: readonly Mention[];
  /** What is taken of Node's modules, by name or from the whole: `fs.readFileSync`; `fs.*` where the whole is handed on. */
  readonly ofNode: readonly Mention[];
  readonly dynamicImports: readonly Mention[];
  /** Names used and not declared in the file: `setTimeout`; with the member where one is taken: `Date.now`; with `()` where built without arguments: `new Date()`. */
  readonly globals: readonly Mention[];
  /** Names of members taken of anything: `localeCompare`. */
  readonly members: readonly Mention[];
  /** `async`, `await`, and promises in types. */
  readonly promises: readonly Mention[];
  readonly defaultExports: readonly Mention[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
const nameOf = (value: unknown): string | undefined => (isNode(value) && value.type === 'Identifier' ? (value['name'] as string) : undefined);

/** Places where an identifier is a label of something, not a use of a name. */
const labels: Readonly<Record<string, readonly string[]>> = {
  MemberExpression: ['property'],
  Property: ['key'],
  PropertyDefinition: ['key'],
  AccessorProperty: ['key'],
  MethodDefinition: ['key'],
  TSPropertySignature: ['key'],
  TSMethodSignature: ['key'],
  TSIndexSignature: ['parameters'],
  TSQualifiedName: ['right'],
  TSTypeReference: ['typeName'],
  TSTypeParameter: ['name'],
  TSNamedTupleMember: ['label'],
  TSTypePredicate: ['parameterName'],
  ImportSpecifier: ['imported', 'local'],
  ExportSpecifier: ['exported'],
  LabeledStatement: ['label'],
  BreakStatement: ['label'],
  ContinueStatement: ['label'],
};

/** Every node with its parent and the key it hangs on. */
function* walk(node: Node, parent?: Node, key = ''): Generator<Place> {
  yield { node, parent, key };
  for (const [name, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield* walk(child, node, name);
  }
}

/** Names that a pattern declares. */
function declared(pattern: unknown): string[] {
  if (!isNode(pattern)) return [];
  const name = nameOf(pattern);
  if (name !== undefined) return [name];
  if (pattern.type === 'ArrayPattern') return (pattern['elements'] as unknown[]).flatMap(declared);
  if (pattern.type === 'ObjectPattern') return (pattern['properties'] as Node[]).flatMap((p) => declared(p['value'] ?? p['argument']));
  return declared(pattern['left'] ?? pattern['argument'] ?? pattern['parameter']);
}

/** Names that a node declares. */
function declarations(node: Node): string[] {
  if (node.type === 'VariableDeclarator') return declared(node['id']);
  if (/^(Import.*Specifier)$/.test(node.type)) return declared(node['local']);
  if (node.type === 'CatchClause') return declared(node['param']);
  const parameters = Array.isArray(node['params']) ? node['params'].flatMap(declared) : [];
  return [...parameters, ...(/Function|Class/.test(node.type) ? declared(node['id']) : [])];
}

function isLabel(parent: Node | undefined, key: string): boolean {
  if (parent === undefined) return false;
  return (labels[parent.type]?.includes(key) ?? false) && parent['computed'] !== true && parent['shorthand'] !== true;
}

/** A global's use with what is taken of it. */
function use(name: string, parent: Node | undefined, key: string): string {
  if (parent?.type === 'MemberExpression' && key === 'object') return `${name}.${nameOf(parent['property']) ?? '[]'}`;
  if (key === 'callee' && (parent?.['arguments'] as unknown[] | undefined)?.length === 0)
    return parent?.type === 'NewExpression' ? `new ${name}()` : `${name}()`;
  return name;
}

type Place = { readonly node: Node; readonly parent: Node | undefined; readonly key: string };
type Kind = Exclude<keyof Facts, 'lines'>;

const specifierOf = (node: Node): string | undefined =>
  isNode(node['source']) && typeof node['source']['value'] === 'string' ? node['source']['value'] : undefined;

/** What the file itself declares: its own names, and those that stand for a whole module of Node's. */
interface Declared {
  readonly own: ReadonlySet<string>;
  readonly wholes: ReadonlyMap<string, string>;
}

/** `fs` of `... from 'node:fs'`. */
const nodeModule = (node: Node | undefined): string | undefined => /^node:(.*)$/.exec((node === undefined ? undefined : specifierOf(node)) ?? '')?.[1];

/** What each kind of mention looks for in a node; the text to note, or nothing. */
const looks: Readonly<Record<Kind, (place: Place, declared: Declared) => string | undefined>> = {
  imports: ({ node }) => (node.type === 'ImportExpression' ? undefined : specifierOf(node)),
  ofNode(place, { wholes }) {
    const { node, parent, key } = place;
    const from = nodeModule(parent);
    if (from !== undefined) {
      if (node.type === 'ImportSpecifier') return `${from}.${nameOf(node['imported']) ?? '*'}`;
      const named = Array.isArray(parent?.['specifiers']) && parent['specifiers'].length > 0;
      return node.type === 'ExportSpecifier' || (node.type === 'Literal' && !named) ? `${from}.*` : undefined;
    }
    const whole = wholes.get(nameOf(node) ?? '');
    if (whole === undefined || isLabel(parent, key) || parent?.type.startsWith('Import')) return undefined;
    return use(whole, parent, key).replace(/^([^.]*)(\(\))?$/, '$1.*');
  },
  dynamicImports: ({ node }) => (node.type === 'ImportExpression' ? (specifierOf(node) ?? '') : undefined),
  globals({ node, parent, key }, { own }) {
    const name = nameOf(node);
    return name === undefined || own.has(name) || isLabel(parent, key) ? undefined : use(name, parent, key);
  },
  members: ({ node }) => (node.type === 'MemberExpression' && node['computed'] !== true ? nameOf(node['property']) : undefined),
  promises({ node }) {
    if (node['async'] === true) return 'async';
    if (node.type === 'AwaitExpression' || node['await'] === true) return 'await';
    return node.type === 'TSTypeReference' && nameOf(node['typeName']) === 'Promise' ? 'Promise' : undefined;
  },
  defaultExports: ({ node }) =>
    node.type === 'ExportDefaultDeclaration' || (node.type === 'ExportSpecifier' && nameOf(node['exported']) === 'default') ? 'default' : undefined,
};

/** Reads one TypeScript source. Raises a syntax error. */
export function factsOf(source: string): Facts {
  const root = parseAst(source, { lang: 'ts' }) as unknown as Node;
  const lineStarts = [0, ...[...source.matchAll(/\n/g)].map((newline) => newline.index + 1)];
  const lineOf = (node: Node): number => lineStarts.filter((start) => start <= node.start).length;
  const places = [...walk(root)];
  const wholes = places.flatMap(({ node, parent }) => {
    const from = /^Import(Default|Namespace)Specifier$/.test(node.type) ? nodeModule(parent) : undefined;
    return from === undefined ? [] : [[nameOf(node['local']) ?? '', from] as const];
  });
  const declared: Declared = { own: new Set(places.flatMap(({ node }) => declarations(node))), wholes: new Map(wholes) };
  const noted = (kind: Kind): readonly Mention[] =>
    places.flatMap((place) => {
      const text = looks[kind](place, declared);
      return text === undefined ? [] : [{ text, line: lineOf(place.node) }];
    });
  const lines = source.replace(/\n$/, '').split('\n').length;
  return {
    lines,
    imports: noted('imports'),
    ofNode: noted('ofNode'),
    dynamicImports: noted('dynamicImports'),
    globals: noted('globals'),
    members: noted('members'),
    promises: noted('promises'),
    defaultExports: noted('defaultExports'),
  };
}
