import type { NodeJob } from '../../src/model/batch.js';
import type { ExecSlots } from '../../src/model/job.js';
import { garbled } from './parse-text.js';

/** More slots than any node has: such a number is noise. */
const mostSlots = 100_000;

/** How many slots `0`, `0-3` or `0-1,4` name; undefined when it is neither. */
function slotsOf(text: string): number | undefined {
  let sum = 0;
  for (const part of text.split(',')) {
    const match = /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(part.trim());
    if (match === null) return undefined;
    const slots = match[2] === undefined ? 1 : Number(match[2]) - Number(match[1]) + 1;
    if (slots < 1 || slots > mostSlots) return undefined;
    sum += slots;
  }
  return sum;
}

function add<T>(sums: Map<T, number>, key: T, slots: number): void {
  sums.set(key, (sums.get(key) ?? 0) + slots);
}

/**
 * A node's `<jobs>`: `0/1.srv,1/1.srv` (4.2) or `0-1/0.srv,2/7.srv` (6.1; `0,2/7.srv` names two slots). One entry a
 * job. Raises `garbled`: a job overlooked here would be a job killed.
 */
export function parseNodeJobs(text: string): readonly NodeJob[] {
  const sums = new Map<string, number>();
  let open = '';
  for (const part of text.split(',')) {
    if (part.trim() === '' && open === '') continue;
    const slash = part.indexOf('/');
    if (slash < 0) {
      open += `${part},`;
      continue;
    }
    const slots = slotsOf(open + part.slice(0, slash));
    const id = part.slice(slash + 1).trim();
    if (slots === undefined || id === '') garbled("a node's jobs should read like 0/1.server", text);
    add(sums, id, slots);
    open = '';
  }
  if (open !== '') garbled("a node's jobs should read like 0/1.server", text);
  return [...sums].map(([id, slots]) => ({ id, slots }));
}

/** `exec_host`: `wn01/0+wn01/1` (4.2) or `wn02/0-1+wn01/0` (6.1). One entry a node, in order. Raises `garbled`. */
export function parseExecHosts(text: string): readonly ExecSlots[] {
  const sums = new Map<string, number>();
  for (const part of text.split('+')) {
    const slash = part.lastIndexOf('/');
    const slots = slash < 1 ? undefined : slotsOf(part.slice(slash + 1));
    if (slots === undefined) garbled('exec_host should read like node/0+node/1', text);
    add(sums, part.slice(0, slash).trim(), slots);
  }
  return [...sums].map(([node, slots]) => ({ node, slots }));
}
