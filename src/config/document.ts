import { type Document, isAlias, LineCounter, type Node, parseDocument, visit } from 'yaml';
import type { Problems } from './problem.js';
import type { Path, Place, Spots } from './spots.js';

/** Larger files are refused. */
const largest = 1 << 20;

/** One file of the configuration. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** A file's YAML, still as nodes with positions. */
export interface Sheet {
  readonly root: Node | null;
  readonly document: Document;
  readonly prefix: Path;
  place(offset: number): Place;
}

/** Reads one file as YAML; what is wrong with its syntax is added to the problems. Absent when nothing below can be read. */
export function openSheet(source: Source, prefix: Path, spots: Spots, problems: Problems): Sheet | undefined {
  const start: Place = { file: source.path, line: 1, column: 1 };
  spots.record(prefix, { key: start, value: start, depth: prefix.length });
  if (source.text.length > largest) {
    problems.addAt(start, { found: `${source.text.length} characters`, expected: 'a file of at most 1MiB' });
    return undefined;
  }
  const lines = new LineCounter();
  const document = parseDocument(source.text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file: source.path, line: Math.max(1, line), column: Math.max(1, col) };
  };
  let readable = true;
  for (const { code, message, pos } of document.errors) {
    if (code === 'DUPLICATE_KEY') continue; // said by the walk, with the key's name
    readable = false;
    const found = code === 'MULTIPLE_DOCS' ? 'a second document (---)' : (message.split('\n')[0] ?? message);
    problems.addAt(place(pos[0]), { found, expected: code === 'MULTIPLE_DOCS' ? 'one document' : 'well-formed YAML' });
  }
  visit(document, {
    Alias(_, alias) {
      const target = alias.resolve(document);
      const at = alias.range?.[0] ?? 0;
      const inside = target?.range != null && target.range[0] <= at && at < target.range[2];
      if (target !== undefined && !inside) return;
      readable = false;
      problems.addAt(place(at), { found: `*${alias.source}`, expected: inside ? 'an alias outside of what it names' : `an anchor &${alias.source} above` });
    },
  });
  return readable ? { root: document.contents, document, prefix, place } : undefined;
}

/** What an alias stands for; any other node is itself. */
export function resolved(node: Node | null | undefined, document: Document): Node | null | undefined {
  return isAlias(node) ? (node.resolve(document) ?? null) : node;
}
