import type { Answer } from './answer.js';
import { type Command, type Context, failed, getopt, hasOption, optionOf, said } from './command.js';
import { clearNode } from './moms.js';
import { isDownAt, statesOf, type WorkerNode } from './node.js';
import { nodesText, nodesXml } from './print-node.js';
import type { Server } from './server.js';

/** `pbsnodes [-x|-a|-l|-o|-c|-r] [-N note] [node...]`. */
export const pbsnodes: Command = (args, context) => {
  const words = getopt(args, 'acdlmnoN:pqrs:x');
  const { server } = context;
  if (words.illegal !== undefined)
    return failed(1, `pbsnodes: invalid option -- '${words.illegal}'\nusage:\tpbsnodes [-{c|d|l|o|r}][-s server] [-n] [-N "note"] [-q] node ...`);
  const note = optionOf(words, 'N');
  const mark = hasOption(words, 'o') ? 'offline' : hasOption(words, 'c') || hasOption(words, 'r') ? 'clear' : undefined;
  if (mark !== undefined || (note !== undefined && words.operands.length > 0)) return marked(words.operands, mark, note, context);
  const found = words.operands.length > 0 ? words.operands.map((name) => server.nodes.get(name)) : [...server.nodes.values()];
  if (found.includes(undefined)) return failed(1, 'pbsnodes: Unknown node  MSG=cannot locate specified node');
  const nodes = found.filter((node) => node !== undefined);
  if (nodes.length === 0)
    return server.version === '6.1.3'
      ? failed(2, 'pbsnodes: No nodes found')
      : failed(1, "pbsnodes: Server has no node list MSG=node list is empty - check 'server_priv/nodes' file");
  if (hasOption(words, 'l')) return said(unusable(nodes, context));
  return said(hasOption(words, 'x') ? nodesXml(server, nodes) : nodesText(server, nodes));
};

/** Exit 0 whatever happens: only stderr tells. */
function marked(names: readonly string[], mark: 'offline' | 'clear' | undefined, note: string | undefined, { server, io }: Context): Answer {
  const complaints = names.map((name) => {
    if (!server.isOperator(io.user)) return `Error marking node ${name} - Unauthorized Request  MSG=error in permissions (PERM_OPorMGR)\n`;
    const node = server.nodes.get(name);
    if (node === undefined) return `Error marking node ${name} - Unknown node \n`;
    if (server.trouble.lie !== 'offline-ignored') change(server, node, mark, note);
    return '';
  });
  return { stdout: '', stderr: complaints.join(''), exit: 0 };
}

function change(server: Server, node: WorkerNode, mark: 'offline' | 'clear' | undefined, note: string | undefined): void {
  if (mark === 'offline') setOffline(server, node);
  if (mark === 'clear') clearNode(server, node);
  if (note !== undefined) node.note = note;
}

/**
 * Measured: 4.2.10 writes the state down only when it changes, so a node created offline stays unsaved until it was cleared once; 6.1.3
 * lets go what was set before its moms were told of the node.
 */
function setOffline(server: Server, node: WorkerNode): void {
  if (server.now < node.listSentAt) return;
  if (!node.offline) node.offlineUnsaved = false;
  node.offline = true;
}

const unusable = (nodes: readonly WorkerNode[], { server }: Context): string =>
  nodes
    .filter((node) => node.offline || isDownAt(node, server.now))
    .map((node) => `${node.name.padEnd(20)} ${statesOf(node, server.now).join(',')}\n`)
    .join('');
