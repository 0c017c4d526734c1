import type { Context } from './command.js';
import { currentReport } from './moms.js';
import type { WorkerNode } from './node.js';
import { nodeAttributes, statusItems } from './print-node.js';
import { queueTotals } from './print-queue.js';
import type { Directive } from './qmgr-directive.js';
import { orderedAttributes, type Queue } from './queue.js';
import type { Server } from './server.js';
import { serverAttributes, storedAttributes } from './server-attributes.js';

/** `list OBJECT`: tab, name, value; of all attributes or of those named. */
export function list(directive: Directive, names: readonly string[], { server, io }: Context): string {
  const wanted = new Set(directive.changes.map((change) => change.name));
  const block = (head: string, attributes: readonly (readonly [string, string])[]): string => {
    const shown = attributes.filter(([name]) => wanted.size === 0 || wanted.has(name));
    return `${head}\n${shown.map(([name, value]) => `${foldedStatus(name, value)}\n`).join('')}\n`;
  };
  if (directive.object === 'server') return block(`Server ${server.name}`, serverAttributes(server, queueTotals(server)));
  if (directive.object === 'node') return names.map((name) => block(`Node ${name}`, nodeAttributes(server, server.nodes.get(name)!))).join('');
  return names
    .map((name) =>
      block(
        `Queue ${name}`,
        orderedAttributes(server.queues.get(name)!)
          .filter(([key]) => server.isManager(io.user) || !key.endsWith('.neednodes'))
          .map(([key, values]) => [key, values.join(',')] as const),
      ),
    )
    .join('');
}

/** Long values go on under the value's own column. */
export function foldedStatus(name: string, value: string): string {
  const indent = ' '.repeat(name.length + 11);
  let text = `\t${name} = `;
  let column = 8 + name.length + 3;
  let begun = false;
  for (const item of value.split(/(?<=,)/)) {
    if (begun && column + item.length > 79) {
      text += `\n${indent}`;
      column = indent.length;
    }
    text += item;
    column += item.length;
    begun = true;
  }
  return text;
}

const title = (kind: string): string => `#\n# ${kind}\n#\n`;
const assigned = (kind: string, name: string, attribute: string, values: readonly string[]): string =>
  values.map((value, at) => `set ${kind} ${name === '' ? '' : `${name} `}${attribute} ${at === 0 ? '=' : '+='} ${value}\n`).join('');

/** `print OBJECT`: directives that would make it again. */
export function print(directive: Directive, names: readonly string[], { server }: Context): string {
  if (directive.object === 'node')
    return title('Create nodes and set their properties.') + names.map((name) => nodeScript(server, server.nodes.get(name)!)).join('');
  const queues = directive.object === 'server' ? [...server.queues.values()] : names.map((name) => server.queues.get(name)!);
  const start = queues.length === 0 ? '' : title('Create queues and set their attributes.') + queues.map(queueScript).join('');
  if (directive.object === 'queue') return start;
  const wanted = new Set(directive.changes.map((change) => change.name));
  const stored = storedAttributes(server);
  if (server.version === '6.1.3') stored.push(['next_job_number', [String(server.nextNumber)]]);
  const lines = stored.filter(([name]) => wanted.size === 0 || wanted.has(name)).map(([name, values]) => assigned('server', '', name, values));
  return `${wanted.size === 0 ? start : ''}${title('Set server attributes.')}${lines.join('')}`;
}

const queueScript = (queue: Queue): string =>
  `${title(`Create and define queue ${queue.name}`)}create queue ${queue.name}\n${orderedAttributes(queue)
    .map(([name, values]) => assigned('queue', queue.name, name, values))
    .join('')}`;

function nodeScript(server: Server, node: WorkerNode): string {
  const report = currentReport(server, node);
  const lines = nodeAttributes(server, node)
    .filter(([name]) => name !== 'mom_service_port' && name !== 'mom_manager_port' && name !== 'jobs')
    .map(([name, value]) => {
      if (name === 'status' && report !== undefined) return assigned('node', node.name, name, statusItems(server, report));
      return assigned('node', node.name, name, name === 'state' || name === 'properties' ? value.split(',') : [value]);
    });
  return `${title(`Create and define node ${node.name}`)}create node ${node.name}\n${lines.join('')}`;
}
