import type { Server } from './server.js';

/** Names that `set server` knows, in the order they are printed. */
const order = [
  'server_state',
  'scheduling',
  'max_running',
  'max_user_run',
  'total_jobs',
  'state_count',
  'acl_host_enable',
  'acl_hosts',
  'acl_roots',
  'managers',
  'operators',
  'default_queue',
  'log_events',
  'mail_from',
  'query_other_jobs',
  'resources_assigned.nodect',
  'resources_available.nodect',
  'resources_default.nodes',
  'resources_default.nodect',
  'resources_default.walltime',
  'scheduler_iteration',
  'node_check_rate',
  'tcp_timeout',
  'job_stat_rate',
  'poll_jobs',
  'log_level',
  'down_on_error',
  'mom_job_sync',
  'pbs_version',
  'keep_completed',
  'auto_node_np',
  'submit_hosts',
  'allow_node_submit',
  'server_name',
  'next_job_number',
  'net_counter',
  'moab_array_compatible',
  'nppcu',
  'timeout_for_job_delete',
  'timeout_for_job_requeue',
  'note_append_on_error',
] as const;
const readOnly = new Set<string>(['server_state', 'total_jobs', 'state_count', 'resources_assigned.nodect', 'pbs_version', 'net_counter', 'next_job_number']);
const place = new Map<string, number>(order.map((name, at) => [name, at]));

export const isServerAttribute = (name: string): boolean => place.has(name) || /^resources_(available|default|max)\.[a-z]+$/.test(name);
export const isReadOnly = (name: string): boolean => readOnly.has(name);

/** What was set, in the server's order. */
export const storedAttributes = (server: Server): [string, string[]][] =>
  [...server.attributes].sort(([a], [b]) => (place.get(a) ?? order.length) - (place.get(b) ?? order.length));

/** With what the server reckons itself: `qstat -Bf`, `list server`. */
export function serverAttributes(
  server: Server,
  reckoned: { readonly total: number; readonly stateCount: string; readonly nodect: number },
): [string, string][] {
  const all = new Map<string, string>(storedAttributes(server).map(([name, values]) => [name, values.join(',')]));
  all.set('server_state', server.scheduling ? 'Active' : 'Idle');
  all.set('total_jobs', String(reckoned.total));
  all.set('state_count', reckoned.stateCount);
  if (reckoned.nodect > 0) all.set('resources_assigned.nodect', String(reckoned.nodect));
  all.set('pbs_version', server.version === '6.1.3' ? '6.1.3.h5' : server.version);
  all.set('next_job_number', String(server.nextNumber));
  all.set('net_counter', '3 0 0');
  return [...all].sort(([a], [b]) => (place.get(a) ?? order.length) - (place.get(b) ?? order.length));
}
