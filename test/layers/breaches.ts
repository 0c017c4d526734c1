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
    return rule.node === 'any' || rule.node?.includes(name) || pureNode.includes(name) ? undefined : `${part} does not see ${specifier}`;
  }
  return rule.npm?.includes(packageOf(specifier)) ? undefined : `${part} does not see the package ${packageOf(specifier)}`;
}

function impurities(facts: Facts): readonly Mention[] {
  return [
    ...facts.imports.filter(({ text }) => text.startsWith('node:') && !pureNode.includes(text.slice(5))),
    ...facts.globals.filter(({ text }) => impureGlobals.test(text)),
    ...facts.members.filter(({ text }) => localeMembers.test(text)),
    ...facts.promises,
  ];
}

function* breachesOf(path: string, source: string): Generator<string> {
  const facts = factsOf(source);
  const part = partOf(path);
  const rule = table[part];
  if (rule === undefined) yield `${path}: part ${part} is not in the table`;
  if (facts.lines > longestFile) yield `${path}: ${facts.lines} lines, more than ${longestFile}`;
  if (path.startsWith('src/') && path.split('/').length > 4) yield `${path}: more than two folders deep under src`;
  for (const word of path.split('/').slice(1)) if (emptyNames.test(word)) yield `${path}: the name ${word} says nothing`;
  for (const { line } of facts.defaultExports) yield `${path}:${line}: default export`;
  for (const { text, line } of facts.imports) {
    const breach = rule === undefined ? undefined : importBreach(path, part, rule, text);
    if (breach !== undefined) yield `${path}:${line}: ${breach}`;
  }
  if (path !== dynamicImporter) for (const { line } of facts.dynamicImports) yield `${path}:${line}: only ${dynamicImporter} imports dynamically`;
  if (path !== timeReader)
    for (const { text, line } of facts.globals) if (timeGlobals.test(text)) yield `${path}:${line}: only ${timeReader} reads the time: ${text}`;
  if (pure.some((pattern) => pattern.test(path))) for (const { text, line } of impurities(facts)) yield `${path}:${line}: not pure: ${text}`;
}

/** Every breach of the layers in these sources (path from the top of the repository -> text), as sentences. */
export const breaches = (sources: ReadonlyMap<string, string>): readonly string[] => [...sources].flatMap(([path, source]) => [...breachesOf(path, source)]);
