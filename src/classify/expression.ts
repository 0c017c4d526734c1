import { type ASTNode, Environment as Cel } from '@marcbachmann/cel-js';

/** Names and types an expression may use. Numbers a job does not ask for are 0, words it does not have are empty. */
export const factTypes = {
  queue: 'string',
  owner: 'string',
  group: 'string',
  account: 'string',
  name: 'string',
  slots: 'int',
  nodes: 'int',
  ppn: 'int',
  memoryMiB: 'int',
  walltimeSeconds: 'int',
  properties: 'list<string>',
  array: 'bool',
} as const;

/** A job as plain data, for expressions. */
export interface Facts {
  readonly queue: string;
  readonly owner: string;
  readonly group: string;
  readonly account: string;
  readonly name: string;
  readonly slots: bigint;
  readonly nodes: bigint;
  readonly ppn: bigint;
  readonly memoryMiB: bigint;
  readonly walltimeSeconds: bigint;
  readonly properties: readonly string[];
  readonly array: boolean;
}

/** The answer for one job; an error is a sentence and never an answer. */
export type Answer = { readonly holds: boolean } | { readonly error: string };
export type Expression = (facts: Facts) => Answer;
/** A name for one job; an error is a sentence and never a name. */
export type Named = { readonly name: string } | { readonly error: string };
export type Naming = (facts: Facts) => Named;

/** Longest expression, characters. */
export const longestExpression = 1000;
const loops = new Set(['all', 'exists', 'exists_one', 'existsOne', 'filter', 'map']);

const cel = Object.entries(factTypes).reduce(
  (environment, [name, type]) => environment.registerVariable(name, type),
  new Cel({ limits: { maxAstNodes: 300, maxDepth: 40, maxListElements: 100, maxMapEntries: 20, maxCallArguments: 8 } }),
);

const isNode = (value: unknown): value is ASTNode => typeof value === 'object' && value !== null && 'op' in value && 'args' in value;

/** A loop inside a loop grows tenfold with each level; a pattern can hang on a name that a user chose. */
function forbidden(part: unknown, inLoop: boolean): string | undefined {
  if (Array.isArray(part)) {
    for (const item of part) {
      const found = forbidden(item, inLoop);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!isNode(part)) return undefined;
  const called = (part.op === 'call' || part.op === 'rcall') && part.args[0];
  if (called === 'matches') return 'matches() is not served: use startsWith, endsWith, contains or in';
  const isLoop = typeof called === 'string' && loops.has(called);
  if (isLoop && inLoop) return `${called}() inside another loop is not served`;
  return forbidden(part.args, inLoop || isLoop);
}

/** First line of an error, without the drawing of where. */
const firstLine = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown)).split('\n')[0]?.trim() ?? '';

type Run = (context: Record<string, unknown>) => unknown;
const givesOf = { bool: 'true or false', string: 'text' } as const;

function compile(text: string, gives: keyof typeof givesOf): { readonly run: Run } | { readonly problem: string } {
  if (text.length > longestExpression) return { problem: `it is ${text.length} characters long, at most ${longestExpression} are served` };
  try {
    const run = cel.parse(text);
    const problem = forbidden(run.ast, false);
    if (problem !== undefined) return { problem };
    const checked = run.check();
    if (!checked.valid) return { problem: firstLine(checked.error) };
    if (checked.type !== gives) return { problem: `it gives ${checked.type ?? 'something else'}, not ${givesOf[gives]}` };
    return { run };
  } catch (thrown) {
    return { problem: firstLine(thrown) };
  }
}

/** Reads a CEL expression over a job's facts, once. The problem is a sentence. */
export function compileExpression(text: string): { readonly expression: Expression } | { readonly problem: string } {
  const compiled = compile(text, 'bool');
  return 'problem' in compiled ? compiled : { expression: (facts) => evaluate(compiled.run, facts) };
}

/** Reads a CEL expression that gives a name for each job, once. The problem is a sentence. */
export function compileNaming(text: string): { readonly naming: Naming } | { readonly problem: string } {
  const compiled = compile(text, 'string');
  return 'problem' in compiled ? compiled : { naming: (facts) => nameBy(compiled.run, facts) };
}

function evaluate(run: Run, facts: Facts): Answer {
  try {
    const answer = run({ ...facts });
    return typeof answer === 'boolean' ? { holds: answer } : { error: 'it gave neither true nor false' };
  } catch (thrown) {
    return { error: firstLine(thrown) };
  }
}

function nameBy(run: Run, facts: Facts): Named {
  try {
    const answer = run({ ...facts });
    return typeof answer === 'string' ? { name: answer } : { error: 'it gave no text' };
  } catch (thrown) {
    return { error: firstLine(thrown) };
  }
}
