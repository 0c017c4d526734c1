import { escapeXml } from './bytes.js';
import type { Report } from './mom.js';
import { currentReport } from './moms.js';
import { statesOf, type WorkerNode } from './node.js';
import type { Server } from './server.js';

/** A node's attributes in the server's order. */
export function nodeAttributes(server: Server, node: WorkerNode): [string, string][] {
  const report = currentReport(server, node);
  const six = server.version === '6.1.3';
  const list: [string, string | undefined][] = [
    ['state', statesOf(node, server.now).join(',')],
    ['power_state', six ? 'Running' : undefined],
    ['np', String(node.np)],
    ['properties', node.properties.join(',')],
    ['ntype', 'cluster'],
    ['jobs', six ? jobRanges(node) : jobSlots(node)],
    ['status', report === undefined ? undefined : statusItems(server, report).join(',')],
    ['note', node.note],
    ['mom_service_port', '15002'],
    ['mom_manager_port', '15003'],
  ];
  return list.filter((item): item is [string, string] => item[1] !== undefined && item[1] !== '');
}

export const nodesXml = (server: Server, nodes: readonly WorkerNode[]): string =>
  `<Data>${nodes
    .map(
      (node) =>
        `<Node><name>${escapeXml(node.name)}</name>${nodeAttributes(server, node)
          .map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`)
          .join('')}</Node>`,
    )
    .join('')}</Data>\n`;

export const nodesText = (server: Server, nodes: readonly WorkerNode[]): string =>
  nodes
    .map(
      (node) =>
        `${node.name}\n${nodeAttributes(server, node)
          .map(([name, value]) => `     ${name} = ${value}\n`)
          .join('')}\n`,
    )
    .join('');

const bySlot = (node: WorkerNode): [number, string][] => [...node.slots].map(([slot, job]): [number, string] => [slot, job.id]).sort((a, b) => a[0] - b[0]);

/** 4.2: `0/1.srv,1/1.srv`. */
const jobSlots = (node: WorkerNode): string =>
  bySlot(node)
    .map(([slot, id]) => `${slot}/${id}`)
    .join(',');

/** 6.1: `0-1/0.srv,2/7.srv`. */
function jobRanges(node: WorkerNode): string {
  const slots = new Map<string, number[]>();
  for (const [slot, id] of bySlot(node)) slots.set(id, [...(slots.get(id) ?? []), slot]);
  return [...slots].map(([id, numbers]) => `${rangesText(numbers)}/${id}`).join(',');
}

/** `0-1,3` of ascending numbers. */
export function rangesText(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}

/** `k=v` of the mom's last report, in the version's order. */
export function statusItems(server: Server, report: Report): string[] {
  const { spec, node } = report.mom;
  const upSeconds = Math.floor((report.at - report.mom.upAt) / 1000);
  const totalKb = (spec.memoryMiB ?? spec.cores * 2048) * 1024;
  const busy = report.jobs.length;
  const sessions = report.jobs.map((_, at) => 19_000 + (upSeconds % 1000) + at);
  const rectime = `rectime=${Math.floor(report.at / 1000)}`;
  const jobs = `jobs=${report.jobs.join(' ')}`;
  const common = [
    'state=free',
    `netload=${10_000 + upSeconds * 113}`,
    'gres=',
    `loadave=${Math.min(busy, spec.cores).toFixed(2)}`,
    `ncpus=${spec.cores}`,
    `physmem=${totalKb}kb`,
    `availmem=${totalKb - Math.min(busy, spec.cores) * 262_144}kb`,
    `totmem=${totalKb}kb`,
    `idletime=${upSeconds}`,
    `nusers=${busy > 0 ? 1 : 0}`,
    `nsessions=${busy}`,
    ...(busy > 0 ? [`sessions=${sessions.join(' ')}`] : []),
    `uname=Linux ${node} 6.1.0-18-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 x86_64`,
    'opsys=linux',
  ];
  if (server.version !== '6.1.3') return [rectime, 'varattr=', jobs, ...common];
  return [...common.reverse(), 'varattr= ', 'cpuclock=Fixed', 'macaddr=00:16:3e:00:00:01', 'version=6.1.3.h5', rectime, jobs];
}
