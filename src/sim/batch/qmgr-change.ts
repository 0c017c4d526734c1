import type { Context } from './command.js';
import { clearNode, lookForMom, overwriteNp } from './moms.js';
import type { WorkerNode } from './node.js';
import type { Change, Directive } from './qmgr-directive.js';
import type { Queue } from './queue.js';
import { parseSeconds } from './resources.js';
import type { Server } from './server.js';
import { isReadOnly, isServerAttribute } from './server-attributes.js';

/** What qmgr prints after `svr=default: `; undefined when it went well. */
export type Fault = string | undefined;

const lists = new Set(['managers', 'operators', 'acl_hosts', 'acl_roots', 'acl_users', 'acl_groups', 'submit_hosts', 'route_destinations']);
const managersOnly = new Set([
  'managers',
  'operators',
  'acl_hosts',
  'acl_roots',
  'acl_host_enable',
  'auto_node_np',
  'node_check_rate',
  'tcp_timeout',
  'submit_hosts',
  'server_name',
  'mom_job_sync',
]);
const booleans = new Set([
  'scheduling',
  'enabled',
  'started',
  'auto_node_np',
  'query_other_jobs',
  'poll_jobs',
  'mom_job_sync',
  'down_on_error',
  'acl_host_enable',
  'acl_user_enable',
  'acl_group_enable',
  'moab_array_compatible',
  'note_append_on_error',
  'allow_node_submit',
]);
const queueWords =
  /^(queue_type|enabled|started|Priority|max_running|max_user_run|max_queuable|max_user_queuable|keep_completed|route_destinations|acl_\w+|features_required|disallowed_types|resources_(default|max|min|available)\.[a-z]+)$/;
const numeric =
  /^(scheduler_iteration|node_check_rate|keep_completed|tcp_timeout|job_stat_rate|max_\w+|Priority|log_level|log_events|resources_available\.nodect)$/;

const refusedAttribute = (name: string): string => `Cannot set attribute, read only or insufficient permission  ${name}`;
const illegal = (name: string): string => `Illegal attribute or resource value for ${name}`;

/** The value as it is stored; undefined when it is none. */
function storedValue(name: string, text: string): string | undefined {
  if (booleans.has(name)) {
    if (/^(true|t|1|y)$/i.test(text)) return 'True';
    return /^(false|f|0|n)$/i.test(text) ? 'False' : undefined;
  }
  if (numeric.test(name)) return parseSeconds(text) === undefined ? undefined : String(parseSeconds(text));
  if (name === 'queue_type') return /^e/i.test(text) ? 'Execution' : /^r/i.test(text) ? 'Route' : undefined;
  return text;
}

function store(attributes: Map<string, string[]>, { name, op, value }: Change): Fault {
  const values = (lists.has(name) ? value.split(',') : [value]).map((text) => storedValue(name, text.trim()));
  if (values.includes(undefined)) return illegal('');
  const given = values.filter((text) => text !== undefined);
  const before = attributes.get(name) ?? [];
  if (op === '+=') attributes.set(name, [...before, ...given.filter((text) => !before.includes(text))]);
  else if (op === '-=')
    attributes.set(
      name,
      before.filter((text) => !given.includes(text)),
    );
  else attributes.set(name, given);
  if (attributes.get(name)?.length === 0) attributes.delete(name);
  return undefined;
}

export function create(directive: Directive, name: string, context: Context): Fault {
  const { server } = context;
  if (directive.object === 'queue') {
    if (server.queues.has(name)) return 'Queue already exists ';
    server.queues.set(name, {
      name,
      attributes: new Map([
        ['enabled', ['False']],
        ['started', ['False']],
      ]),
    });
    const fault = assign(directive, name, context);
    if (fault !== undefined) server.queues.delete(name);
    return fault;
  }
  if (directive.object === 'server') return 'Invalid request ';
  if (server.nodes.has(name)) return 'Node name already exists';
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name) || server.options.resolves?.(name) === false) return 'Unknown node ';
  const node = newNode(server, name);
  for (const change of directive.changes) {
    const fault = setNode(server, node, change, true);
    if (fault !== undefined) return fault;
  }
  server.nodes.set(name, node);
  lookForMom(server, node);
  return undefined;
}

/** 4.2: offline until somebody clears it. 6.1: for ten seconds. */
function newNode(server: Server, name: string): WorkerNode {
  const six = server.version === '6.1.3';
  return {
    name,
    np: 1,
    properties: [],
    note: '',
    offline: !six,
    offlineUnsaved: !six,
    listSentAt: six ? server.now + 10_000 : 0,
    slots: new Map(),
    mom: undefined,
    firstReportAt: 0,
    last: undefined,
    downAt: 0,
    flap: undefined,
    flapped: false,
    sisterlyFrom: Number.POSITIVE_INFINITY,
  };
}

/** A busy node goes too: its jobs stay R on a node that is no more. */
export function remove(directive: Directive, name: string, { server }: Context): Fault {
  if (directive.object === 'node') return server.nodes.delete(name) ? undefined : 'Unknown node ';
  if (directive.object === 'server') return 'Invalid request ';
  if (!server.queues.has(name)) return 'Unknown queue ';
  for (const job of server.jobs.values()) if (job.queue === name && job.state !== 'C') return 'Cannot delete busy queue ';
  server.queues.delete(name);
  return undefined;
}

export function assign(directive: Directive, name: string, context: Context): Fault {
  const { server, io } = context;
  const manager = server.isManager(io.user);
  const queue = server.queues.get(name);
  const node = server.nodes.get(name);
  if (directive.object === 'queue' && queue === undefined) return 'Unknown queue ';
  if (directive.object === 'node' && node === undefined) return 'Unknown node ';
  for (const change of directive.changes) {
    const fault =
      directive.object === 'server'
        ? setServer(change, manager, context)
        : queue !== undefined && directive.object === 'queue'
          ? setQueue(queue, change, context)
          : node && setNode(server, node, change, manager);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function setServer(change: Change, manager: boolean, { server, scheduler }: Context): Fault {
  const { name } = change;
  if (!isServerAttribute(name)) return `Undefined attribute  ${name}`;
  if (name === 'next_job_number' && manager && /^\d+$/.test(change.value)) server.nextNumber = Number(change.value);
  else if (isReadOnly(name) || (managersOnly.has(name) && !manager)) return refusedAttribute(name);
  else {
    const fault = store(server.attributes, change);
    if (fault !== undefined) return fault;
  }
  if (name === 'scheduling') server.wake();
  if (name === 'scheduler_iteration') scheduler.reschedule();
  if (name === 'auto_node_np') for (const node of server.nodes.values()) overwriteNp(server, node);
  return undefined;
}

function setQueue(queue: Queue, change: Change, { server }: Context): Fault {
  if (!queueWords.test(change.name)) return `Undefined attribute  ${change.name}`;
  const fault = store(queue.attributes, change);
  if (fault === undefined && change.name === 'started') server.wake();
  return fault;
}

function setNode(server: Server, node: WorkerNode, { name, op, value }: Change, manager: boolean): Fault {
  switch (name) {
    case 'np':
      if (!/^[1-9]\d{0,4}$/.test(value)) return illegal('');
      node.np = Number(value);
      overwriteNp(server, node);
      return undefined;
    case 'properties': {
      if (!manager) return refusedAttribute(name);
      const given = value
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== '');
      const kept = op === '=' ? [] : node.properties.filter((word) => !given.includes(word));
      node.properties = op === '-=' ? kept : [...kept, ...given];
      return undefined;
    }
    case 'note':
      node.note = value;
      return undefined;
    case 'state':
      return setState(server, node, op, value);
    case 'ntype':
      return value === 'cluster' ? undefined : illegal('');
    default:
      return `Undefined attribute  ${name}`;
  }
}

function setState(server: Server, node: WorkerNode, op: Change['op'], value: string): Fault {
  const words = value.split(',').map((word) => word.trim());
  if (words.some((word) => !['free', 'offline', 'down'].includes(word))) return 'Illegal value for  state';
  if (server.trouble.lie === 'offline-ignored') return undefined;
  if (words.includes('down') && op !== '-=') node.flap = { from: server.now, until: server.now + server.statusMs };
  if (words.includes('offline')) {
    if (op === '-=') clearNode(server, node);
    else node.offline = true;
    node.offlineUnsaved = false;
  } else if (words.includes('free') && op === '=') clearNode(server, node);
  return undefined;
}

export function unset(directive: Directive, name: string, context: Context): Fault {
  const { server, scheduler } = context;
  if (directive.object === 'node') return unsetNode(directive, server.nodes.get(name));
  const attributes = directive.object === 'server' ? server.attributes : server.queues.get(name)?.attributes;
  if (attributes === undefined) return 'Unknown queue ';
  const manager = server.isManager(context.io.user);
  for (const change of directive.changes) {
    if (!manager && managersOnly.has(change.name)) return refusedAttribute(change.name);
    attributes.delete(change.name);
  }
  if (directive.object === 'server') scheduler.reschedule();
  return undefined;
}

/** Only the note of a node may be away. */
function unsetNode(directive: Directive, node: WorkerNode | undefined): Fault {
  if (node === undefined) return 'Unknown node ';
  for (const change of directive.changes) {
    if (change.name !== 'note') return refusedAttribute(change.name);
    node.note = '';
  }
  return undefined;
}
