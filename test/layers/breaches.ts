import { posix } from 'node:path';
import { type Facts, factsOf, type Mention } from './facts.js';
import { dynamicImporter, emptyNames, longestFile, pure, pureNode, type Rule, table, timeReader } from './table.js';

/** Which part a file belongs to: see `table`. */
export function partOf(path: string): string {
  const [top = '', second = '', third] = path.split('/');
  if (top === 'plugins') return `${top}/${second}`;
  if (top !== 'src') return top;
  return third === undefined ? second.replace(/\.[jt]s$/, '') : second;
}

const timeModules = ['timers', 'timers/promises', 'perf_hooks'];
const timeGlobals =
  /^(Date\.now|Date\(\)|new Date\(\)|performance(\..*)?|setTimeout|setInterval|setTimeout\(\)|process\.(hrtime|uptime)|Temporal(\..*)?|AbortSignal\.timeout|globalThis(\..*)?)$/;
const impureGlobals = /^(Math\.random|Promise(\..*)?|new Promise|(process|console|crypto|fetch|Intl|queueMicrotask|setImmediate|require)(\(\)|\..*)?)$/;
const localeMembers = /^(toLocale\w*|localeCompare|getHours|getMinutes|getDay|getDate|getMonth|getFullYear|getTimezoneOffset)$/;

/** npm package of a bare specifier: `@a/b/c` -> `@a/b`. */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

function importBreach(path: string, part: string, rule: Rule, specifier: string): string | undefined {
  if (specifier.startsWith('.')) {
    const target = partOf(posix.join(posix.dirname(path), specifier));
    return target === part || rule.sees.includes(target) ? undefined : `${part} does not see ${target}`;
  }
  if (specifier.startsWith('node:')) {
    const name = specifier.slice(5);
    if (timeModules.includes(name)) return `only ${timeReader} reads the time: ${specifier}`;
    return rule.node === 'any' || rule.node?.includes(name) ? undefined : `${part} does not see ${specifier}`;
  }
  return rule.npm?.includes(packageOf(specifier)) ? undefined : `${part} does not see the package ${packageOf(specifier)}`;
}

function impurities(facts: Facts): readonly Mention[] {
  return [
    ...facts.ofNode.filter(({ text }) => !pureNode.test(text)),
    ...facts.globals.filter(({ text }) => impureGlobals.test(text)),
    ...facts.members.filter(({ text }) => localeMembers.test(text)),
    ...facts.promises,
  ];
}

/** Each rule by itself: what it says of one file, as (line or nothing, sentence). */
type Saying = (path: string, facts: Facts, part: string, isPure: boolean) => readonly (readonly [number | undefined, string])[];

const rules: readonly Saying[] = [
  (_path, _facts, part) => (table[part] === undefined ? [[undefined, `part ${part} is not in the table`]] : []),
  (_path, { lines }) => (lines > longestFile ? [[undefined, `${lines} lines, more than ${longestFile}`]] : []),
  (path) => (path.startsWith('src/') && path.split('/').length > 4 ? [[undefined, 'more than two folders deep under src']] : []),
  (path) =>
    path
      .split('/')
      .filter((word) => emptyNames.test(word))
      .map((word) => [undefined, `the name ${word} says nothing`]),
  (_path, { defaultExports }) => defaultExports.map(({ line }) => [line, 'default export']),
  (path, { imports }, part) => {
    const rule = table[part] ?? { sees: [], npm: [], node: 'any' };
    return imports.flatMap(({ text, line }) => {
      const breach = importBreach(path, part, rule, text);
      return breach === undefined ? [] : [[line, breach]];
    });
  },
  (path, { dynamicImports }) => (path === dynamicImporter ? [] : dynamicImports.map(({ line }) => [line, `only ${dynamicImporter} imports dynamically`])),
  (path, { globals }) =>
    path === timeReader
      ? []
      : globals.filter(({ text }) => timeGlobals.test(text)).map(({ text, line }) => [line, `only ${timeReader} reads the time: ${text}`]),
  (_path, facts, _part, isPure) => (isPure ? impurities(facts).map(({ text, line }) => [line, `not pure: ${text}`]) : []),
];

/** Files of the same part that a file imports. */
const neighbours = (path: string, { imports }: Facts): readonly string[] =>
  imports
    .filter(({ text }) => text.startsWith('.'))
    .map(({ text }) => posix.join(posix.dirname(path), text).replace(/\.js$/, '.ts'))
    .filter((target) => partOf(target) === partOf(path));

/** The pure files, and what they import of their own part. */
function pureFiles(facts: ReadonlyMap<string, Facts>): ReadonlySet<string> {
  const found = new Set([...facts.keys()].filter((path) => pure.some((pattern) => pattern.test(path))));
  for (const path of found) {
    const of = facts.get(path);
    if (of !== undefined) for (const target of neighbours(path, of)) found.add(target); // a set's loop meets what is added on the way
  }
  return found;
}

/** Every breach of the layers in these sources (path from the top of the repository -> text), as sentences. */
export function breaches(sources: ReadonlyMap<string, string>): readonly string[] {
  const facts = new Map([...sources].map(([path, source]) => [path, factsOf(source)]));
  const pures = pureFiles(facts);
  return [...facts].flatMap(([path, of]) =>
    rules.flatMap((rule) =>
      rule(path, of, partOf(path), pures.has(path)).map(([line, sentence]) => `${path}${line === undefined ? '' : `:${line}`}: ${sentence}`),
    ),
  );
}
