import { Parser } from 'xml2js';
import type { BatchNode } from '../../src/model/batch.js';
import { parseNodeJobs } from './parse-slots.js';
import { clean, count, garbled, instant } from './parse-text.js';

/**
 * `pbsnodes -x`. All or nothing: a node that were left out would be taken for gone, so one ill-formed node makes the
 * whole answer Failure `garbled`. (No nodes at all is another answer: an exit code and a sentence.)
 */
export function parseNodes(text: string): readonly BatchNode[] {
  if (text.trim() === '') garbled('a list of nodes should begin with <Data>', text);
  // several names asked for may come as several documents
  return text
    .trim()
    .split(/(?<=<\/Data>)\s*(?=<)/)
    .flatMap(parseDocument);
}

function parseDocument(text: string): readonly BatchNode[] {
  const root = parseXml(clean(text));
  if (!isRecord(root) || !('Data' in root)) garbled('a list of nodes should begin with <Data>', text);
  const { Data: data } = root;
  if (data === '') return [];
  const nodes = isRecord(data) ? data['Node'] : undefined;
  if (!Array.isArray(nodes)) garbled('<Data> should hold nodes', text);
  return nodes.map(parseNode);
}

/** xml2js calls back before it returns (`async` is off). */
function parseXml(text: string): unknown {
  let answer: unknown;
  let failure: unknown;
  try {
    new Parser({ explicitArray: true, async: false }).parseString(text, (error: Error | null, result: unknown) => {
      if (error !== null) failure ??= error;
      else answer = result;
    });
  } catch (thrown) {
    failure ??= thrown;
  }
  if (failure !== undefined) garbled(`a list of nodes is not well-formed (${firstLine(failure)})`, text.slice(-60));
  return answer;
}

const firstLine = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown)).split('\n', 1)[0] ?? '';
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function parseNode(value: unknown): BatchNode {
  const element = (name: string): string | undefined => {
    const found = isRecord(value) ? value[name] : undefined;
    const first: unknown = Array.isArray(found) ? found[0] : undefined;
    return typeof first === 'string' ? first.trim() : undefined;
  };
  const name = element('name');
  if (name === undefined || name === '') garbled('a node has no name', JSON.stringify(value) ?? '');
  const np = count(element('np'));
  if (np === undefined) garbled(`node ${name} has no np`, element('np') ?? '');
  const state = element('state');
  if (state === undefined || state === '') garbled(`node ${name} has no state`, '');
  const status = parseStatus(element('status') ?? '');
  return {
    name,
    states: words(state, ','),
    np,
    properties: words(element('properties') ?? '', ','),
    jobs: parseNodeJobs(element('jobs') ?? ''),
    momJobs: status.jobs,
    note: element('note') ?? '',
    ...(status.reportedAt === undefined ? {} : { reportedAt: status.reportedAt }),
  };
}

const words = (text: string, separator: string): readonly string[] =>
  text
    .split(separator)
    .map((word) => word.trim())
    .filter((word) => word !== '');

/** What the mom said last: `rectime` (written by the server's clock) and its own `jobs`. Its order and its other words differ by version. */
function parseStatus(text: string): { readonly reportedAt: number | undefined; readonly jobs: readonly string[] } {
  let reportedAt: number | undefined;
  const jobs: string[] = [];
  for (const item of text.split(',')) {
    const at = item.indexOf('=');
    const key = item.slice(0, Math.max(0, at)).trim();
    if (key === 'rectime') reportedAt ??= instant(item.slice(at + 1));
    else if (key === 'jobs') jobs.push(...words(item.slice(at + 1), ' '));
  }
  return { reportedAt: reportedAt === 0 ? undefined : reportedAt, jobs };
}
